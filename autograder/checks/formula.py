"""Kind `formula`: text, a function or a sympy expression, equivalent to the expected formula.

Two formulas are equivalent when they have the same value at `POINTS` points of the domain: exactly where both
values are exact, otherwise within rtol = 1e-9. Points where the expected formula is undefined are
passed over. A function gets the variables as keyword arguments. Text is parsed by `autograder.formulas`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from autograder.checks.candidates import Candidate, alternate_candidate, met, mistake_candidate
from autograder.checks.conventions import convention_requests, declared_conventions
from autograder.checks.verdicts import (
    credited,
    failed,
    is_open,
    not_answered,
    ours,
    plain,
    refusal,
    results_of,
)
from autograder.checks.wording import clean, describe_value, quote, show_integer
from autograder.errors import FormulaError
from autograder.formulas import Number, parse_formula
from autograder.model import Case, Reply, Request, Verdict
from autograder.rubric.schema import Alternate, FormulaCheck
from autograder.truth import Truth
from autograder.wire import Opaque

POINTS = 32
"""Points at which two formulas must agree."""
ENOUGH = 8
"""Points at which the expected formula must be defined; with fewer it is the rubric that is wrong."""
RTOL, ATOL = Fraction(1, 10**9), Fraction(1, 10**12)

Point = dict[str, int | float]
Values = list[Number | None]


def ask(check: FormulaCheck, truth: Truth) -> list[Request]:
    """Return two requests, since it cannot be known what was given: the value, and calls at the points.

    What declares conventions follows.
    """
    expression, limit = check.answer or check.id, check.time_s
    cases = tuple(Case(kwargs=dict(point)) for point in points_of(check))
    return [
        Request("evaluate", check.place, expression, time_s=limit),
        Request("call", check.place, expression, cases, time_s=limit),
        *convention_requests(check, [*check.alternates, *check.mistakes]),
    ]


def judge(check: FormulaCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge the formula against the expected one, other right ones and known wrong ones."""
    evaluate, call, *_ = ask(check, truth)
    refused = refusal(check, evaluate, replies[0])
    if refused is not None:
        return refused
    got = plain(replies[0].value)
    if is_open(got):
        return not_answered(check)
    values = _given_values(check, got)
    if values is None:
        refused = refusal(check, call, replies[1])
        values = refused.message if refused else _called_values(check, got, replies[1])
    if isinstance(values, str):
        return failed(check, values, got=got)
    declared = declared_conventions(check, [*check.alternates, *check.mistakes], replies[2:])
    try:
        return _compare(check, truth, declared, got, values)
    except FormulaError as error:  # the rubric's own formula
        return ours(f"check '{check.id}': {error}")


def points_of(check: FormulaCheck) -> list[Point]:
    """Draw the points, the same every time: small ones, where floor and powers differ most, and larger ones.

    Numbers that are not whole are multiples of 1/16, which floats hold exactly.
    """
    return _draw_points(tuple(check.variables), check.domain)


@lru_cache(maxsize=64)
def _draw_points(variables: tuple[str, ...], domain: str) -> list[Point]:
    rng = random.Random(0)  # no secret: knowing the points does not make a wrong formula right

    def draw(largest: int) -> int | float:
        if domain == "positive integers":
            return rng.randint(1, largest)
        number = rng.randint(1, 16 * largest) / 16
        return -number if domain == "real" and rng.random() < 0.5 else number

    sizes = [6 if index % 4 == 0 else 40 for index in range(POINTS)]
    return [{name: draw(size) for name in variables} for size in sizes]


def _compare(
    check: FormulaCheck, truth: Truth, declared: frozenset[str], got: Any, values: Values
) -> Verdict:
    """Return the verdict of the first formula that is met; raise FormulaError where the rubric's is none."""
    text = check.expected if check.expected is not None else truth.value(check.node or check.id)
    expected = _values_of_text(check, text)
    if sum(value is not None for value in expected) < ENOUGH:
        raise FormulaError(f"the expected formula {text!r} is undefined nearly everywhere")
    for candidate in _candidates(check, truth, declared, expected):
        if _agree(values, candidate.value):
            return met(check, candidate, candidate.credit, got, text)
    differing = next(
        index for index, pair in enumerate(zip(values, expected, strict=True)) if not _close(*pair)
    )
    point = ", ".join(f"{name}={value}" for name, value in points_of(check)[differing].items())
    mine, wanted = _shown(values[differing]), _shown(expected[differing])
    return credited(
        check,
        0.0,
        "not equivalent to the right formula",
        got=got,
        expected=text,
        detail=f"at {point} it is {mine}, expected {wanted}",
    )


def _candidates(
    check: FormulaCheck, truth: Truth, declared: frozenset[str], expected: Values
) -> Iterator[Candidate]:
    """Yield what the formula may be equivalent to, as values at the points, in the order in which it is tried."""

    def values(alternate: Alternate) -> Values:
        if alternate.multiply is not None:
            factor = Fraction(repr(alternate.multiply))
            return [None if value is None else value * factor for value in expected]
        text = alternate.value if alternate.node is None else truth.value(alternate.node)
        return _values_of_text(check, text)

    yield Candidate(expected)
    for alternate in check.alternates:
        if alternate.when is None or alternate.when in declared:
            yield alternate_candidate(check, alternate, values(alternate))
    for mistake in check.mistakes:
        if mistake.when is None or mistake.when in declared:
            yield mistake_candidate(mistake, values(mistake))


def _given_values(check: FormulaCheck, got: Any) -> Values | str | None:
    """Return a formula that is given as text or by sympy at the points.

    Returns:
        The values; text for the student where it is no formula; None where it may be a function.
    """
    text = got.text if isinstance(got, Opaque) else got
    if isinstance(text, str) and text:
        try:
            return _values_of_text(check, text)
        except FormulaError as error:
            return _refused_text(error, text)
    return None if isinstance(got, Opaque) else _not_a_formula(check, got)


def _called_values(check: FormulaCheck, got: Opaque, calls: Reply) -> Values | str:
    """Return what a function gave at the points; text for the student where it gave no numbers."""
    name = quote(check.answer or check.id)
    values: Values = []
    for reply in results_of(calls, POINTS):
        if reply.status != "ok":
            error = clean(reply.error) or reply.status
            if error.endswith("object is not callable"):
                return _not_a_formula(check, got)
            names = ", ".join(f"{variable}=..." for variable in check.variables)
            return f"{name} failed when it was called with {names}: {error}"
        number = plain(reply.value)
        if not isinstance(number, (int, float)) or isinstance(number, bool):
            return f"{name} must return a number; it returned {describe_value(number)}"
        if isinstance(number, int):
            values.append(Fraction(number))
        else:
            values.append(number if math.isfinite(number) else None)
    return values


def _not_a_formula(check: FormulaCheck, got: Any) -> str:
    variables = ", ".join(check.variables)
    return (
        f"expected a formula in {variables}: text, a function or a sympy expression; "
        f"found {describe_value(got)}"
    )


def _values_of_text(check: FormulaCheck, text: Any) -> Values:
    """Parse and evaluate at the points; raise FormulaError where that is not possible."""
    if not isinstance(text, str):
        raise FormulaError(f"expected a formula as text, found {describe_value(text)}")
    formula = parse_formula(text, check.variables)
    exact = ({name: Fraction(at) for name, at in point.items()} for point in points_of(check))
    return [formula.value_at(point) for point in exact]


def _refused_text(error: FormulaError, text: str) -> str:
    """Say on one line why text is no formula, and mark the place."""
    if error.position is None:
        return f"this cannot be read as a formula: {error.reason}"
    before, after = text[: error.position][-30:], text[error.position :][:30]
    place = f"at ▲ in {clean(before)}▲{clean(after)}"
    return f"this cannot be read as a formula: {error.reason}, {place}"


def _agree(values: Values, expected: Values) -> bool:
    return all(map(_close, values, expected))


def _close(got: Number | None, expected: Number | None) -> bool:
    """Compare at one point; where the expected formula is undefined, everything agrees."""
    if got is None or expected is None:
        return expected is None
    if got == expected:
        return True
    if isinstance(got, Fraction) and isinstance(expected, Fraction):
        return False
    wanted = Fraction(expected)
    return abs(Fraction(got) - wanted) <= RTOL * abs(wanted) + ATOL


def _shown(value: Number | None) -> str:
    if value is None:
        return "undefined"
    exact = Fraction(value)
    if exact.denominator == 1:
        return show_integer(exact.numerator)
    return clean(str(value), 40)
