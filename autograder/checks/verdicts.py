"""Verdicts that all kinds share: not answered, no usable reply, credit with its outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autograder.checks.wording import clean, quote, show
from autograder.model import Outcome, Reply, Request, Verdict
from autograder.rubric.schema import Check
from autograder.wire import Array, Opaque

NOT_ANSWERED = "not answered"
TOO_LARGE = "the answer is too large"
"""How the agent begins where it could not send an answer."""
LOST = "the notebook stopped before this question ended"


def outcome_for(credit: float) -> Outcome:
    """Return passed, partial or failed for a share of the points."""
    if credit >= 1:
        return Outcome.PASSED
    return Outcome.PARTIAL if credit > 0 else Outcome.FAILED


def credited(
    check: Check,
    credit: float,
    message: str,
    *,
    got: Any = None,
    expected: Any = None,
    feedback: str = "",
    detail: str = "",
) -> Verdict:
    """Return the verdict for a share of the points.

    Args:
        check: where the feedback comes from when points are lost and `feedback` is empty.
        credit: share of the points, 0 to 1.
        message: what happened, without the expected value.
        got: the student's value; None where there is nothing to show.
        expected: the expected value, for the instructor; None where there is none.
        feedback: the instructor's words for this very case.
        detail: more for the instructor.
    """
    lost = credit < 1
    return Verdict(
        outcome_for(credit),
        credit=credit,
        message=message,
        feedback=feedback or (check.feedback if lost else ""),
        got="" if got is None else show(got),
        expected="" if expected is None else show(expected),
        detail=detail,
        deduct_once=check.deduct_once if lost else "",
    )


def failed(check: Check, message: str, *, got: Any = None, detail: str = "") -> Verdict:
    """Return the verdict for no points at all."""
    return credited(check, 0.0, message, got=got, detail=detail)


def not_answered(check: Check, why: str = "") -> Verdict:
    """Return the verdict for a question that was left open.

    It is no slip that was made before, so `deduct_once` does not forgive it.
    """
    message = f"{NOT_ANSWERED}: {why}" if why else NOT_ANSWERED
    return replace(failed(check, message), deduct_once="")


def ours(detail: str) -> Verdict:
    """Return the verdict for a fault of the rubric or the grader: no points are taken or given."""
    return Verdict(
        Outcome.ERROR, message="this could not be graded, through no fault of yours", detail=detail
    )


def refusal(check: Check, request: Request, reply: Reply) -> Verdict | None:
    """Return the verdict where a reply holds no value to judge; None where it does."""
    name, error = quote(request.expression), clean(reply.error)
    place = f"question {request.question}" if request.question else "the notebook"
    if reply.status == "ok":
        return None
    if reply.status == "missing":
        missing = quote(reply.error) if reply.error.isidentifier() else name
        return not_answered(check, f"{missing} is not defined at the end of {place}")
    words = {
        "raised": f"{name}: {error}"
        if error.startswith(TOO_LARGE)
        else f"{name} raised {error or 'an error'}",
        "timeout": f"{name} took longer than {request.time_s:g} s",
        "died": f"the notebook's process ended while {name} was evaluated"
        + (f": {error}" if error else ""),
        "malformed": f"{name} gave something that cannot be read: {error or 'no reason given'}",
        "lost": error or LOST,
    }
    return failed(check, words[reply.status])


def results_of(reply: Reply, wanted: int) -> list[Reply]:
    """Return one reply per call; calls that came to nothing count as lost with the process.

    Args:
        reply: the reply to a `call` request; its value may be forged.
        wanted: how many calls were asked for.
    """
    given = reply.value if type(reply.value) is tuple else ()
    results = [each if isinstance(each, Reply) else Reply("malformed") for each in given[:wanted]]
    return [*results, *[Reply("died")] * (wanted - len(results))]


def is_open(value: Any) -> bool:
    """Tell whether a value stands for no answer: None, ``...``, blank text, or a collection of only these."""
    if value is None or value == Opaque("ellipsis"):
        return True
    if isinstance(value, str):
        return not value.strip()
    items = value.values() if isinstance(value, dict) else value
    return isinstance(value, (list, tuple, dict)) and bool(value) and all(map(is_open, items))


def plain(value: Any) -> Any:
    """Return a 0-d array as the number it holds; anything else as it is."""
    if isinstance(value, Array) and not value.shape:
        return value.values.item()
    return value
