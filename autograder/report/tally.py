"""Figures about a class, counted once for the terminal and the index page."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autograder.model import CheckReport, Execution, Outcome, QuestionReport, Report
from autograder.report.text import clean_line

COUNTED = (Outcome.PASSED, Outcome.PARTIAL, Outcome.FAILED, Outcome.SKIPPED)
"""Outcomes that say something about how hard a check is."""
AWAITING = (Outcome.UNGRADED, Outcome.ERROR)
"""Outcomes that await a human."""


@dataclass(frozen=True, slots=True)
class CheckTally:
    """How a class did on one check."""

    question: str
    """Id of its question."""
    id: str
    """The check's id."""
    title: str
    """What people read in place of the id."""
    outcomes: dict[Outcome, int]
    """How many submissions had each outcome."""

    @property
    def counted(self) -> int:
        """Submissions in which the check was decided."""
        return sum(self.outcomes.get(outcome, 0) for outcome in COUNTED)

    @property
    def awaiting(self) -> int:
        """Submissions in which it awaits a human."""
        return sum(self.outcomes.get(outcome, 0) for outcome in AWAITING)

    @property
    def pass_rate(self) -> float | None:
        """Share of the decided ones that passed, 0 to 1; None where none is decided."""
        return self.outcomes.get(Outcome.PASSED, 0) / self.counted if self.counted else None


@dataclass(frozen=True, slots=True)
class ClassTally:
    """How a class did as a whole."""

    graded: int
    """Submissions that were graded."""
    ungradable: int
    """Submissions that were not."""
    mean: float | None
    """Mean score of the graded ones; None where there are none."""
    median: float | None
    """Median score of the graded ones; None where there are none."""
    awaiting: float
    """Points that await a human, over all submissions."""
    checks: tuple[CheckTally, ...]
    """In the rubric's order."""

    def hardest(self, count: int) -> list[CheckTally]:
        """Return up to `count` checks that not everybody passed, the worst first.

        A check that mostly awaits a human is left out: its few decided rows are the blank ones.
        """
        decided = [check for check in self.checks if check.counted > check.awaiting]
        missed = [check for check in decided if (check.pass_rate or 0) < 1]
        return sorted(missed, key=lambda check: check.pass_rate or 0)[:count]


def count_class(reports: Iterable[Report]) -> ClassTally:
    """Count outcomes and scores over the reports of one assignment."""
    scores: list[float] = []
    ungradable = 0
    awaiting = 0.0
    rows: dict[str, tuple[str, CheckReport]] = {}
    outcomes: dict[str, Counter[Outcome]] = {}
    for report in reports:
        if report.status == "ungradable":
            ungradable += 1
            continue
        scores.append(report.score)
        awaiting += report.awaiting
        for question in report.questions:
            for check in question.checks:
                rows.setdefault(check.id, (question.id, check))
                outcomes.setdefault(check.id, Counter())[check.outcome] += 1
    return ClassTally(
        graded=len(scores),
        ungradable=ungradable,
        mean=statistics.fmean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        awaiting=round(awaiting, 6),
        checks=tuple(
            CheckTally(question, id, check.title, dict(outcomes[id]))
            for id, (question, check) in rows.items()
        ),
    )


def flags(report: Report) -> list[str]:
    """Return what an instructor should know of one report at a glance, in a few words each."""
    checks = [check for question in report.questions for check in question.checks]
    errors = sum(check.outcome is Outcome.ERROR for check in checks)
    found = []
    if errors:
        found.append(f"grader error in {errors} check{'s' if errors > 1 else ''}")
    if report.execution.ended:
        found.append("stopped early")
    if report.execution.sandbox.split(" ")[0] == "none":
        found.append("no sandbox")
    return found


def summarise(report: Report) -> Report:
    """Drop what only the pages of one submission show, so that a large class fits in memory.

    What is left suffices for `write_class` and `render_class`.
    """
    execution = Execution(
        seconds=report.execution.seconds,
        sandbox=report.execution.sandbox,
        ended=clean_line(report.execution.ended),
    )
    questions = tuple(_summarise_question(question) for question in report.questions)
    return replace(report, questions=questions, execution=execution, provenance={}, notes=())


def _summarise_question(question: QuestionReport) -> QuestionReport:
    checks = (
        replace(check, message="", feedback="", got="", expected="", detail="")
        for check in question.checks
    )
    return replace(question, checks=tuple(checks))


def ungradable_first(reports: Sequence[Report]) -> list[Report]:
    """Return the reports sorted by submission, those that need a human's eye first."""
    return sorted(reports, key=lambda r: (r.status == "graded", clean_line(r.submission)))
