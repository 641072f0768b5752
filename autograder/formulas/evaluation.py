"""Parsed formulas as a list of steps for a stack machine, and their values.

Evaluating needs no recursion and cannot exhaust the interpreter. Values are exact fractions as long
as that is possible and affordable, otherwise floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from autograder.errors import FormulaError

Number: TypeAlias = Fraction | float

MAX_BITS = 4096
"""Size of a fraction from which on it becomes a float; 9**9**9 is refused because that overflows."""


class _UndefinedError(ArithmeticError):
    """The formula has no value at this point."""


def _power(base: Number, exponent: Number) -> Number:
    """Raise to a power: exactly where that is affordable, otherwise in floats."""
    whole = isinstance(exponent, Fraction) and exponent.denominator == 1
    if base == 0 and exponent < 0:
        raise _UndefinedError
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and whole:
        bits = base.numerator.bit_length() + base.denominator.bit_length()
        if bits * abs(exponent) <= MAX_BITS:
            return Fraction(base**exponent.numerator)
    if base < 0 and not whole and not float(exponent).is_integer():
        raise _UndefinedError
    return float(float(base) ** float(exponent))


def _divide(left: Number, right: Number) -> Number:
    if right == 0:
        raise _UndefinedError
    return left / right


def _logarithm(value: Number) -> Number:
    if value <= 0:
        raise _UndefinedError
    return math.log(value)


def _root(value: Number) -> Number:
    if value < 0:
        raise _UndefinedError
    return math.sqrt(value)


OPERATIONS: dict[str, tuple[int, Callable[..., Number]]] = {
    "+": (2, lambda left, right: left + right),
    "-": (2, lambda left, right: left - right),
    "*": (2, lambda left, right: left * right),
    "/": (2, _divide),
    "//": (2, lambda left, right: Fraction(math.floor(_divide(left, right)))),
    "^": (2, _power),
    "negate": (1, lambda value: -value),
    "sqrt": (1, _root),
    "log": (1, _logarithm),
    "ln": (1, _logarithm),
    "log2": (1, lambda value: _logarithm(value) / math.log(2)),
    "log10": (1, lambda value: _logarithm(value) / math.log(10)),
    "exp": (1, math.exp),
    "sin": (1, math.sin),
    "cos": (1, math.cos),
    "tan": (1, math.tan),
    "abs": (1, abs),
    "floor": (1, lambda value: Fraction(math.floor(value))),
    "ceil": (1, lambda value: Fraction(math.ceil(value))),
    "ceiling": (1, lambda value: Fraction(math.ceil(value))),
    "min": (2, min),
    "max": (2, max),
}
"""What a step can do: how many operands it takes, and the function itself."""
FUNCTIONS = frozenset(name for name in OPERATIONS if name.isalnum()) - {"negate"}


@dataclass(frozen=True, slots=True)
class Variable:
    """A step that pushes the value of a variable."""

    name: str
    """One of the check's variables."""


@dataclass(frozen=True, slots=True)
class Apply:
    """A step that replaces the top of the stack by the result of an operation."""

    operation: str
    """A key of `OPERATIONS`."""


Step: TypeAlias = Fraction | float | Variable | Apply


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula."""

    text: str
    """As it was typed."""
    steps: tuple[Step, ...]
    """In postfix order."""

    def value_at(self, point: Mapping[str, Number | int]) -> Number | None:
        """Evaluate at a point.

        Args:
            point: a value for every variable.

        Returns:
            An exact fraction where possible, otherwise a finite float; None where the formula is
            undefined (a division by zero, the root of a negative number).

        Raises:
            FormulaError: a number on the way is too large.
        """
        stack: list[Number] = []
        try:
            for step in self.steps:
                if isinstance(step, Apply):
                    count, operate = OPERATIONS[step.operation]
                    operands = stack[-count:]
                    del stack[-count:]
                    stack.append(_bounded(operate(*operands)))
                elif isinstance(step, Variable):
                    value = point[step.name]
                    stack.append(value if isinstance(value, float) else Fraction(value))
                else:
                    stack.append(step)
        except _UndefinedError:
            return None
        except (OverflowError, ValueError, ZeroDivisionError) as error:  # beyond what floats hold
            raise FormulaError("a number in this formula is too large to evaluate") from error
        return stack[0]


def _bounded(value: Number) -> Number:
    """Turn a fraction that has grown too large into a float; raise OverflowError beyond floats."""
    if isinstance(value, Fraction):
        bits = value.numerator.bit_length() + value.denominator.bit_length()
        return value if bits <= MAX_BITS else float(value)
    if not math.isfinite(value):
        raise OverflowError
    return float(value)
