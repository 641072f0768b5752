"""Kind `text`: an answer in words; key points suggest a score, a human confirms it.

Nobody gains by mentioning key points: the suggestion only saves the human time, who sees which were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autograder.checks.notebook_text import mentions, own_text
from autograder.checks.verdicts import failed, is_open, not_answered, refusal
from autograder.checks.wording import describe_value, quote, show
from autograder.model import Outcome, Reply, Request, Verdict
from autograder.rubric.schema import KeyPoint, Misconception, TextCheck
from autograder.truth import Truth

AWAITS = "awaits a human"


def ask(check: TextCheck, truth: Truth) -> list[Request]:
    """Return the request for the text: an expression, or the question's cells."""
    if check.answer is None:
        return [Request("cells", check.question)]
    return [Request("evaluate", check.place, check.answer, time_s=check.time_s)]


def judge(check: TextCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Suggest a score for the text.

    Returns:
        `ungraded` with the suggestion; `failed` where there is no text at all. Text cells of a question
        whose heading was not found may stand anywhere, so that remains for a human as well.
    """
    refused = refusal(check, ask(check, truth)[0], replies[0])
    if refused is not None:
        return refused
    value = replies[0].value
    text = own_text(value["cells"]) if check.answer is None else _text_of(value)
    if text is None:
        return failed(check, f"expected text, found {describe_value(value)}", got=value)
    lost = check.answer is None and not value["questions"].get(check.question, False)
    if text.strip():
        verdict = _suggest(check, text)
        return replace(verdict, detail=f"{_lost(check)}\n{verdict.detail}") if lost else verdict
    if check.answer is not None:
        return not_answered(check, f"{quote(check.answer)} is empty")
    if lost:
        return Verdict(Outcome.UNGRADED, message=AWAITS, detail=_lost(check))
    return not_answered(check, f"there is no text cell of yours in question {check.question}")


def _lost(check: TextCheck) -> str:
    return (
        f"no heading of question {check.question} was found: all text of the notebook was searched"
    )


def _text_of(value: Any) -> str | None:
    """Return the text that an expression yielded; None where it is not text."""
    if is_open(value):
        return ""
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return value if isinstance(value, str) else None


def _suggest(check: TextCheck, text: str) -> Verdict:
    """Weigh the key points that were found against the misconceptions."""
    found = [point for point in check.key_points if _is_in(point, text)]
    missing = [point for point in check.key_points if point not in found]
    wrong = [slip for slip in check.misconceptions if _is_in(slip, text)]
    weights = sorted((point.weight for point in check.key_points), reverse=True)
    share = sum(point.weight for point in found) / sum(weights[: check.enough])
    credit = max(0.0, min(1.0, share) - sum(slip.costs for slip in wrong))
    lines: list[tuple[str, Sequence[KeyPoint | Misconception]]] = [
        ("found", found),
        ("not found", missing),
        ("misconceptions", wrong),
    ]
    detail = "\n".join(
        f"{title}: " + "; ".join(entry.point for entry in entries)
        for title, entries in lines
        if entries
    )
    return Verdict(Outcome.UNGRADED, credit=credit, message=AWAITS, got=show(text), detail=detail)


def _is_in(point: KeyPoint | Misconception, text: str) -> bool:
    return any(mentions(text, phrase) for phrase in point.any)
