"""Self-contained pages: student.html, instructor.html and the index of a class.

No script, no link to the outside, no style but our own: the Content-Security-Policy names the hash
of the one style sheet and forbids everything else. Every expression in a template is cleaned
(`text.clean`) and then escaped; nothing in a template is marked safe.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.model import (
    CellRun,
    CheckReport,
    Execution,
    Outcome,
    QuestionReport,
    Report,
    Visibility,
)
from autograder.report.tally import AWAITING, count_class, flags
from autograder.report.text import OUTCOME_WORDS, clean, clean_line, decimals_needed, points_text
from autograder.rubric.schema import ManualCheck, Rubric, TextCheck

TEMPLATES = Path(__file__).parent / "templates"
MOST_CELLS = 200
"""Cells that a page lists; a notebook may hold a hundred thousand."""
SYMBOLS = {
    Outcome.PASSED: "✓",
    Outcome.PARTIAL: "◐",
    Outcome.FAILED: "✗",
    Outcome.SKIPPED: "↷",
    Outcome.UNGRADED: "…",
    Outcome.ERROR: "!",
}
"""Colour is never the only sign."""
CELL_WORDS = {
    "ok": "ran",
    "error": "raised an error",
    "timeout": "took too long",
    "died": "ended the kernel",
    "not_run": "did not run",
}
"""What people read for each cell status."""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question as a student may see it."""

    id: str
    """The question's id."""
    title: str
    """The question's title."""
    checks: tuple[CheckReport, ...]
    """The checks that are not hidden, without what only the instructor may know."""
    hidden: int
    """How many checks are hidden."""
    score: float
    """Points earned in the checks shown."""
    max_score: float
    """Points to be had in the checks shown."""


@dataclass(frozen=True, slots=True)
class RunView:
    """What happened when the notebook ran, short enough for a page."""

    ran: int
    """Cells that ended without an error."""
    total: int
    """Cells that are not blank."""
    failing: tuple[CellRun, ...]
    """Cells that raised, took too long or ended the kernel, as many as a page lists."""
    failing_unlisted: int
    """Further ones."""
    not_run: int
    """Cells whose turn never came."""


def student_page(report: Report, rubric: Rubric) -> str:
    """Return the page that a student may read once grades are published.

    It is made from a copy of the report that holds neither hidden checks nor expected values.
    """
    questions = [_question_view(question) for question in report.questions]
    shown = [check for question in questions for check in question.checks]
    blank = replace(report, questions=(), score=0.0, max_score=0.0, awaiting=0.0, provenance={})
    return _render(
        "student.html",
        rubric=rubric,
        report=blank,
        questions=questions,
        hidden=sum(question.hidden for question in questions),
        score=round(sum(question.score for question in questions), 6),
        max_score=round(sum(question.max_score for question in questions), 6),
        awaiting=sum(check.max_points for check in shown if check.outcome in AWAITING),
        run=_run_view(report.execution),
    )


def instructor_page(report: Report, rubric: Rubric) -> str:
    """Return the page with everything: expected values, details, every cell, provenance."""
    return _render(
        "instructor.html",
        rubric=rubric,
        report=report,
        flags=flags(report),
        looked_for={check.id: _looked_for(check) for check in rubric.checks},
        run=_run_view(report.execution),
        cells=report.execution.cells[:MOST_CELLS],
    )


def overview_page(reports: Sequence[Report], rubric: Rubric) -> str:
    """Return the index of a class, for the instructor; summaries of the reports suffice."""
    graded = [report for report in reports if report.status == "graded"]
    return _render(
        "index.html",
        rubric=rubric,
        graded=graded,
        ungradable=[report for report in reports if report.status == "ungradable"],
        tally=count_class(reports),
        bins=_bins([report.score for report in graded], rubric.max_score),
        flags=flags,
    )


def _question_view(question: QuestionReport) -> QuestionView:
    shown = tuple(
        replace(check, expected="", detail="", suggested=None)
        for check in question.checks
        if check.visibility is not Visibility.HIDDEN
    )
    return QuestionView(
        id=question.id,
        title=question.title,
        checks=shown,
        hidden=len(question.checks) - len(shown),
        score=round(sum(check.points for check in shown), 6),
        max_score=round(sum(check.max_points for check in shown), 6),
    )


def _is_undecided(question: QuestionReport | QuestionView) -> bool:
    """Tell whether everything in a question awaits a human."""
    return all(check.outcome in AWAITING for check in question.checks)


def _run_view(execution: Execution) -> RunView:
    failing = [cell for cell in execution.cells if cell.status not in ("ok", "not_run")]
    return RunView(
        ran=sum(cell.status == "ok" for cell in execution.cells),
        total=len(execution.cells),
        failing=tuple(failing[:MOST_CELLS]),
        failing_unlisted=max(0, len(failing) - MOST_CELLS),
        not_run=sum(cell.status == "not_run" for cell in execution.cells),
    )


def _looked_for(check: Any) -> list[str]:
    """Return what a human who marks this check looks for, from the rubric."""
    if isinstance(check, TextCheck):
        avoid = [f"not: {misconception.point}" for misconception in check.misconceptions]
        return [key_point.point for key_point in check.key_points] + avoid
    if isinstance(check, ManualCheck) and check.guidance:
        return [check.guidance]
    return []


def _bins(scores: Sequence[float], most: float, count: int = 10) -> list[int]:
    """Count the scores in ten equal parts of 0 to `most`, full marks in the last."""
    bins = [0] * count
    for score in scores:
        bins[min(count - 1, int(count * score / most)) if most else 0] += 1
    return bins


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'",
        symbols={outcome.value: symbol for outcome, symbol in SYMBOLS.items()},
        outcome_words={outcome.value: words for outcome, words in OUTCOME_WORDS.items()},
        cell_words=CELL_WORDS,
        outcomes=list(Outcome),
        awaiting_outcomes=AWAITING,
        undecided=_is_undecided,
        decimals_needed=decimals_needed,
    )
    environment.filters.update(points=points_text, prose=_prose, line=clean_line, clean=clean)
    return environment


def _finalize(value: Any) -> Any:
    """Clean whatever a template shows; only `Markup` made in this module passes as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return value


def _prose(text: str) -> Markup:
    """Return a message as HTML, with `names in backticks` set as code."""
    parts = re.split(r"`([^`\n]+)`", clean(text))
    pieces = [
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    ]
    return Markup("").join(pieces)
