"""From verdicts to points: requirements, slips that cost only once, marks given by a human.

The rules, in the order in which they apply to one check:

1. A human's mark replaces whatever the verdict says.
2. `credit` of the verdict times `points` of the check, rounded to 4 decimals; full credit is worth
   exactly `points`. Sums are rounded to 6 decimals: floating-point noise goes, nothing else.
3. `requires`: met by a check that passed, or whose slip was forgiven (rule 4). Otherwise the check
   is skipped. While a requirement awaits a human, whatever this check would earn awaits one too.
4. `deduct_once`: in each group the first loss counts, later ones get their points back. First means
   first in the rubric, except that what a check requires is settled before the check itself.
5. `ungraded` and `error` take and give nothing: their points are awaiting.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType

from autograder.errors import UsageError
from autograder.model import CheckReport, Outcome, QuestionReport, Verdict, Visibility
from autograder.rubric.schema import AnyCheck, ManualCheck, Rubric

UNDECIDED = frozenset({Outcome.UNGRADED, Outcome.ERROR})
"""Outcomes that await a human."""
JUDGED = frozenset({Outcome.PASSED, Outcome.PARTIAL, Outcome.FAILED})
"""Outcomes that a check reaches by itself."""
OPENNESS = (
    Visibility.PUBLIC,
    Visibility.AFTER_DUE,
    Visibility.AFTER_PUBLISHED,
    Visibility.HIDDEN,
)
"""From what everybody sees at once to what no student ever sees."""
OUR_FAULT = (
    "the grader could not judge this; that is not your mistake and costs nothing: "
    "a human will look at it"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a human decided about one check."""

    points: float
    """Points given."""
    comment: str = ""
    """Words for the student."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over a submission."""

    score: float
    """Points earned so far."""
    max_score: float
    """Points to be had, those awaiting a human included."""
    awaiting: float
    """Points that await a human."""


def assemble(
    rubric: Rubric,
    verdicts: Mapping[str, Verdict],
    marks: Mapping[str, Mark] = MappingProxyType({}),
) -> tuple[QuestionReport, ...]:
    """Turn the verdicts on one submission into points.

    `verdicts` and `marks` are keyed by check id. A check without a verdict, or with a credit
    outside 0 to 1 (NaN too), is reported as an `error` of ours; nothing is raised for it. Returns
    the questions in the rubric's order. Raises UsageError for a mark whose check does not exist or
    whose points do not fit.
    """
    for check_id, mark in marks.items():
        refuse_mark(rubric, check_id, mark.points)
    checks: dict[str, AnyCheck] = {check.id: check for check in rubric.checks}
    rows: dict[str, CheckReport] = {}
    payers: dict[str, AnyCheck] = {}
    forgiven: set[str] = set()
    for check in _required_first(checks):
        verdict = verdicts.get(check.id)
        row = _judge_row(check, verdict)
        if check.id in marks:
            rows[check.id] = _mark_row(row, marks[check.id])
            continue
        row = _apply_requirements(row, check, checks, rows, forgiven)
        if verdict is not None and verdict.deduct_once and _is_loss(row):
            payer = payers.setdefault(verdict.deduct_once, check)
            if payer is not check:
                row = _forgive_row(row, _mention(payer, check))
                forgiven.add(check.id)
        rows[check.id] = row
    return tuple(
        _question_report(question.id, question.title, [rows[c.id] for c in question.checks])
        for question in rubric.questions
    )


def total(questions: tuple[QuestionReport, ...]) -> Totals:
    """Sum the points over all questions."""
    rows = [row for question in questions for row in question.checks]
    return Totals(
        score=_sum(row.points for row in rows),
        max_score=_sum(row.max_points for row in rows),
        awaiting=_sum(row.max_points for row in rows if row.outcome in UNDECIDED),
    )


def refuse_mark(rubric: Rubric, check_id: str, points: float) -> None:
    """Raise UsageError where a mark names no check of the rubric or its points do not fit."""
    checks = {check.id: check for check in rubric.checks}
    if check_id not in checks:
        near = get_close_matches(check_id, checks, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise UsageError(f"mark for '{check_id}': the rubric has no such check{hint}")
    most = checks[check_id].points
    if not 0 <= points <= most:  # NaN is refused too: every comparison with it is false
        raise UsageError(f"mark for '{check_id}': {points:g} points; expected 0 to {most:g}")


def _required_first(checks: Mapping[str, AnyCheck]) -> Iterator[AnyCheck]:
    """Yield each check once, in the rubric's order, but after the checks it requires."""
    seen: set[str] = set()

    def visit(check: AnyCheck) -> Iterator[AnyCheck]:
        if check.id in seen:
            return
        seen.add(check.id)
        for required in check.requires:
            yield from visit(checks[required])
        yield check

    for check in checks.values():
        yield from visit(check)


def _judge_row(check: AnyCheck, verdict: Verdict | None) -> CheckReport:
    """Make the row that the verdict alone calls for."""
    fault = _fault(verdict)
    if verdict is None or fault:
        verdict = Verdict(Outcome.ERROR, detail=fault)
    credit = round(verdict.credit, 9) if math.isfinite(verdict.credit) else 0.0
    worth = check.points if credit == 1 else round(credit * check.points, 4)
    outcome = _outcome(credit) if verdict.outcome in JUDGED else verdict.outcome
    message = verdict.message
    if not message and outcome is Outcome.ERROR:
        message = OUR_FAULT
    suggests = not isinstance(check, ManualCheck)  # a bare 0 would look like a suggestion
    return CheckReport(
        id=check.id,
        kind=check.kind,
        title=check.title or check.id,
        outcome=outcome,
        points=worth if outcome in JUDGED else 0.0,
        max_points=check.points,
        visibility=check.visibility,
        message=message,
        feedback=verdict.feedback,
        got=verdict.got,
        expected=verdict.expected,
        detail=verdict.detail,
        suggested=worth if outcome is Outcome.UNGRADED and suggests else None,
    )


def _fault(verdict: Verdict | None) -> str:
    """Return why a verdict cannot be used, for the instructor; empty where it can."""
    if verdict is None:
        return "no verdict was reached"
    if verdict.outcome is Outcome.ERROR:
        return ""
    contradiction = {Outcome.PASSED: 0.0, Outcome.FAILED: 1.0}.get(verdict.outcome)
    if not 0 <= verdict.credit <= 1 or verdict.credit == contradiction:
        return f"the check returned '{verdict.outcome.value}' with a credit of {verdict.credit!r}"
    return ""


def _outcome(share: float) -> Outcome:
    """Name a share of the points, 0 to 1."""
    if share == 1:
        return Outcome.PASSED
    return Outcome.PARTIAL if share > 0 else Outcome.FAILED


def _mark_row(row: CheckReport, mark: Mark) -> CheckReport:
    """Put a human's decision in place of the verdict's."""
    full = mark.points == row.max_points
    return replace(
        row,
        outcome=_outcome(1.0 if full else mark.points / row.max_points),
        points=row.max_points if full else round(mark.points, 4),
        message="marked by hand",
        feedback=mark.comment,
        suggested=None,
    )


def _apply_requirements(
    row: CheckReport,
    check: AnyCheck,
    checks: Mapping[str, AnyCheck],
    rows: Mapping[str, CheckReport],
    forgiven: set[str],
) -> CheckReport:
    """Skip a check whose requirement did not pass; hold one back whose requirement is undecided."""
    unmet = [
        rows[required]
        for required in check.requires
        if rows[required].outcome is not Outcome.PASSED and required not in forgiven
    ]
    lost = next((other for other in unmet if other.outcome not in UNDECIDED), None)
    if lost is not None:
        name = _mention(checks[lost.id], check)
        fate = "was skipped" if lost.outcome is Outcome.SKIPPED else "did not pass"
        reason = f"skipped: it builds on {name}, which {fate}"
        skipped = Outcome.SKIPPED
        return replace(
            row, outcome=skipped, points=0.0, message=reason, feedback="", suggested=None
        )
    if unmet and row.points > 0:
        name = _mention(checks[unmet[0].id], check)
        reason = f"waits for {name}, which a human has yet to mark"
        return replace(
            row, outcome=Outcome.UNGRADED, points=0.0, message=reason, suggested=row.points
        )
    return row


def _is_loss(row: CheckReport) -> bool:
    return row.outcome in (Outcome.PARTIAL, Outcome.FAILED)


def _forgive_row(row: CheckReport, payer: str) -> CheckReport:
    """Give the points back for a slip that has already cost some.

    The outcome becomes `partial`, whatever it was: `failed` beside full points would read as a
    mistake of the grader's, and `passed` would call the answer right and hide the slip from the
    failure rates.
    """
    reason = f"the same slip as in {payer}, which already cost points; not deducted again"
    message = f"{row.message}\n{reason}" if row.message else reason
    return replace(row, outcome=Outcome.PARTIAL, points=row.max_points, message=message)


def _mention(other: AnyCheck, reader: AnyCheck) -> str:
    """Name a check in another's message, but only to those who may see it."""
    if OPENNESS.index(other.visibility) > OPENNESS.index(reader.visibility):
        return "another check"
    return f'"{other.title or other.id}"'


def _question_report(id: str, title: str, rows: list[CheckReport]) -> QuestionReport:
    return QuestionReport(
        id=id,
        title=title,
        score=_sum(row.points for row in rows),
        max_score=_sum(row.max_points for row in rows),
        checks=tuple(rows),
    )


def _sum(points: Iterator[float]) -> float:
    return round(math.fsum(points), 6)
