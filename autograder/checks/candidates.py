"""Values that an answer may equal, and what each is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from autograder.checks.verdicts import credited
from autograder.compare import is_number
from autograder.model import Verdict
from autograder.rubric.schema import Alternate, Check
from autograder.truth import Truth
from autograder.wire import Array

RIGHT = "right"
WRONG = "not right"
PARTLY = "partly right"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value that the answer may equal, and what that is worth."""

    value: Any
    """The value."""
    credit: float = 1.0
    """Share of the points when the answer equals it."""
    message: str = RIGHT
    """What the student reads then."""
    feedback: str = ""
    """The instructor's words for it."""
    deduct_once: str = ""
    """Group within which this loss counts once."""
    detail: str = ""
    """More for the instructor."""
    is_mistake: bool = False
    """Whether it is a known wrong answer; the share of entries that agree with one earns nothing."""


def alternate_candidate(check: Check, alternate: Alternate, value: Any) -> Candidate:
    """Return another right answer as a candidate; its message names the convention."""
    credit = 1.0 if alternate.credit is None else alternate.credit
    message = RIGHT if credit >= 1 else PARTLY
    if alternate.when is not None:
        message += f": {check.conventions[alternate.when].title}"
    return Candidate(value, credit, message, alternate.feedback)


def mistake_candidate(mistake: Alternate, value: Any) -> Candidate:
    """Return a known wrong answer as a candidate."""
    credit = mistake.credit or 0.0
    return Candidate(
        value,
        credit,
        PARTLY if credit else WRONG,
        mistake.feedback,
        mistake.deduct_once,
        "a known mistake",
        is_mistake=True,
    )


def met(check: Check, candidate: Candidate, credit: float, got: Any, expected: Any) -> Verdict:
    """Return the verdict on an answer that equals a candidate.

    Args:
        check: the check.
        candidate: what it equals.
        credit: share of the points; less than the candidate's where only a part of it is met.
        got: the answer.
        expected: the expected value.
    """
    verdict = credited(
        check,
        credit,
        candidate.message,
        got=got,
        expected=expected,
        feedback=candidate.feedback,
        detail=candidate.detail,
    )
    if candidate.deduct_once and credit < 1:
        return replace(verdict, deduct_once=candidate.deduct_once)
    return verdict


def value_of(alternate: Alternate, truth: Truth, expected: Any) -> Any:
    """Return the value of an alternate or a mistake."""
    if alternate.node is not None:
        return truth.value(alternate.node)
    if alternate.multiply is not None:
        return multiplied(expected, alternate.multiply)
    return alternate.value


def multiplied(value: Any, factor: float) -> Any:
    """Multiply a number, or each number in a sequence, dict or array; whole numbers stay exact."""
    if isinstance(value, (list, tuple)):
        return type(value)(multiplied(item, factor) for item in value)
    if isinstance(value, dict):
        return {key: multiplied(item, factor) for key, item in value.items()}
    if isinstance(value, Array):
        return multiplied(value.values, factor)
    if isinstance(value, np.ndarray):
        return value * (int(factor) if factor.is_integer() else factor)
    if isinstance(value, int) and not isinstance(value, bool):
        product = value * Fraction(factor)
        return int(product) if product.denominator == 1 else value * factor
    return value * factor if is_number(value) else value
