"""When two numbers count as the same.

    exact         got == expected, in exact arithmetic: 1820.0 is 1820, and 2**53 + 1 is not 2.0**53
    rtol, atol    |got - expected| <= atol + rtol * |expected|
    significant   R(got) and R(expected) share a member, R(x) being x rounded to so many figures
    decimals      the same with so many decimals
    None          exact where a whole number is expected, otherwise rtol = 1e-6

Where a tolerance names several of these, meeting one is enough. NaN is close to nothing but an expected
NaN, an infinity only to itself, and a boolean is not a number.

R(x) rounds half both up and down, so it has two members when x lies exactly half-way: schools and
languages disagree on 2.675, and neither the student nor the reference should lose by that. Half-way is
judged in decimal, on x as Python prints it, cut to 15 figures, which hides the noise of binary
arithmetic but no digit that was meant.

Doubles get a slack of 2**-50 * (|expected| + limit): 1.1 lies within 0.1 of 1.0, though in binary their
difference is a little more. Whole numbers beyond 2**53, which doubles cannot tell apart, are compared as fractions.
"""

from __future__ import annotations

import cmath
import math
import sys
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, Literal, Protocol, TypeGuard

SLACK = 2.0**-50
"""Four units in the last place of a double."""
WHOLE = 2**53
"""Up to here, doubles represent every whole number."""
NOISE_FREE = Context(prec=15)
"""Cuts a double to the figures that decimal notation can promise."""
WIDE = Context(prec=400)
"""Holds any double with 15 decimals."""


class Tolerance(Protocol):
    """How far an answer may be off; the rubric's model of the same name is one."""

    @property
    def rtol(self) -> float:
        """Relative to the expected value."""

    @property
    def atol(self) -> float:
        """Absolute."""

    @property
    def significant(self) -> int | None:
        """Significant figures to which both are rounded."""

    @property
    def decimals(self) -> int | None:
        """Decimals to which both are rounded."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A tolerance by distance alone."""

    rtol: float = 0.0
    """Relative to the expected value."""
    atol: float = 0.0
    """Absolute."""
    significant: int | None = None
    """Not used."""
    decimals: int | None = None
    """Not used."""


DEFAULT = Limit(rtol=1e-6)
"""For numbers that are not whole, where the rubric says nothing."""

Exactness = Tolerance | Literal["exact"] | None
"""A tolerance, "exact", or None for the default."""


def is_number(value: Any) -> TypeGuard[complex]:
    """Tell whether a value is an int, float or complex; a boolean is not a number."""
    return isinstance(value, (int, float, complex)) and not isinstance(value, bool)


def is_close(got: Any, expected: Any, tolerance: Exactness = None) -> bool:
    """Tell whether a number is the expected one, by the rules at the head of this module.

    Args:
        got: what the student gave; anything that is not a number is not close.
        expected: an int, float or complex.
        tolerance: how far it may be off; None for the default.

    Returns:
        True where it is close. Never raises, however large the numbers.
    """
    if not is_number(got) or not is_number(expected):
        return False
    if got == expected or (_is_nan(got) and _is_nan(expected)):
        return True
    if tolerance is None and not isinstance(expected, int):
        tolerance = DEFAULT
    if tolerance is None or tolerance == "exact":
        return False
    if not (_is_finite(got) and _is_finite(expected)):
        return False
    return is_within(got, expected, tolerance) or same_digits(got, expected, tolerance)


def is_within(got: complex, expected: complex, tolerance: Tolerance) -> bool:
    """Apply `rtol` and `atol` to two finite numbers."""
    if tolerance.rtol == 0 and tolerance.atol == 0:
        return got == expected
    if not (isinstance(got, complex) or isinstance(expected, complex)) and (
        _is_big(got) or _is_big(expected)
    ):
        allowed = _as_written(tolerance.atol) + _as_written(tolerance.rtol) * abs(
            Fraction(expected)
        )
        return abs(Fraction(got) - Fraction(expected)) <= allowed
    try:
        scale = _size(expected)
        limit = tolerance.atol + tolerance.rtol * scale
        return _size(got - expected) <= limit + SLACK * (scale + limit)
    except OverflowError:  # a whole number beyond the doubles beside a complex one
        return False


def same_digits(got: complex, expected: complex, tolerance: Tolerance) -> bool:
    """Apply `significant` and `decimals` to two finite numbers, part by part where complex."""
    pairs = [(got.real, expected.real), (got.imag, expected.imag)]
    if any(abs(part) > sys.float_info.max for pair in pairs for part in pair):
        return False

    def agree(*, significant: int | None, decimals: int | None) -> bool:
        return all(
            _roundings(a, significant, decimals) & _roundings(b, significant, decimals)
            for a, b in pairs
        )

    return (
        tolerance.significant is not None
        and agree(significant=tolerance.significant, decimals=None)
    ) or (tolerance.decimals is not None and agree(significant=None, decimals=tolerance.decimals))


def _roundings(number: float, significant: int | None, decimals: int | None) -> set[Decimal]:
    """Return what a number may round to: two values where it lies half-way, otherwise one."""
    exact = (
        Decimal(number)
        if isinstance(number, int)
        else NOISE_FREE.create_decimal(repr(float(number)))
    )
    exponent = -decimals if decimals is not None else exact.adjusted() - (significant or 1) + 1
    unit = Decimal((0, (1,), exponent))
    return {exact.quantize(unit, way, WIDE) for way in (ROUND_HALF_UP, ROUND_HALF_DOWN)}


def _as_written(number: float) -> Fraction:
    """Return the decimal that was written, 1/10 for 0.1, rather than the double nearest to it."""
    return Fraction(repr(float(number)))


def _is_big(number: complex) -> bool:
    return isinstance(number, int) and abs(number) > WHOLE


def _is_nan(number: complex) -> bool:
    return number != number


def _is_finite(number: complex) -> bool:
    return isinstance(number, int) or cmath.isfinite(number)


def _size(number: complex) -> float:
    """Return the absolute value; infinity where `abs` of a complex number would overflow."""
    return math.hypot(number.real, number.imag) if isinstance(number, complex) else abs(number)
