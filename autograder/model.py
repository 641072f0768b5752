"""The data that flows through the pipeline: frozen, plain, and free of behaviour.

Submission ──execute──▶ Execution ──ask──▶ Reply ──judge──▶ Verdict ──score──▶ Report
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal


class Outcome(str, Enum):
    """What became of a check. `error` means that *we* failed: no points are taken or given."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNGRADED = "ungraded"
    ERROR = "error"


class Visibility(str, Enum):
    """Who may see a check's result, and when. The words are Gradescope's."""

    PUBLIC = "public"
    HIDDEN = "hidden"
    AFTER_DUE = "after_due"
    AFTER_PUBLISHED = "after_published"


# ── what was handed in ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Cell:
    """One notebook cell, as submitted."""

    index: int
    """Position in the notebook, from 0."""
    kind: Literal["code", "markdown", "raw"]
    """The cell type."""
    source: str
    """The text of the cell."""
    question: str = ""
    """The rubric's question it belongs to; empty where it belongs to none."""
    outputs: tuple[dict[str, Any], ...] = ()
    """Outputs stored in the file (nbformat 4 dictionaries)."""
    execution_count: int | None = None
    """The number beside the cell, as stored in the file."""
    given: bool = False
    """True where template metadata says that the instructor wrote this cell, not the student."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's work, ready to run, or the reason why it is not."""

    id: str
    """Unique within a class and safe as a folder name."""
    path: Path
    """The notebook, folder or zip it came from."""
    notebook_name: str = ""
    """File name of the notebook as handed in; empty where none was found."""
    cells: tuple[Cell, ...] = ()
    """All cells in order, each with the question it belongs to."""
    ends: dict[str, int] = field(default_factory=dict)
    """For each question found in the notebook, the index of its last cell."""
    cells_of: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """For each question found in the notebook, the indices of its cells."""
    files: Path | None = None
    """Folder whose contents lie beside the notebook when it runs; None for a lone notebook."""
    problem: str = ""
    """Why this cannot be graded, in words for the student; empty where it can."""
    notes: tuple[str, ...] = ()
    """What was repaired while reading it (upgraded format, new cell ids, ...)."""
    sha256: str = ""
    """Hash of the notebook's bytes."""


# ── what happened when it ran ─────────────────────────────────────────────────────────────────

CellStatus = Literal["ok", "error", "timeout", "died", "not_run"]


@dataclass(frozen=True, slots=True)
class CellRun:
    """What one code cell did."""

    index: int
    """Position in the notebook, from 0."""
    question: str
    """The question it belongs to; empty where none."""
    status: CellStatus
    """How it ended; `not_run` where the kernel was gone before its turn."""
    seconds: float = 0.0
    """Wall-clock time, seconds."""
    error: str = ""
    """``Type: message`` where it raised, or the limit it broke; bounded in length."""
    outputs: tuple[dict[str, Any], ...] = ()
    """Outputs of this run (nbformat 4 dictionaries), bounded in size."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What happened when the notebook ran. Holds facts; says nothing about right or wrong."""

    cells: tuple[CellRun, ...] = ()
    """One per code cell that is not blank, in order."""
    seconds: float = 0.0
    """Wall-clock time from the start of the sandbox to its end, seconds."""
    sandbox: str = ""
    """The backend and how it limits memory, e.g. ``bubblewrap (memory: cgroup v1)``."""
    ended: str = ""
    """Why the run ended early, in words for the student; empty where it did not."""
    notes: tuple[str, ...] = ()
    """Other facts for the report: questions asked in place, questions judged at the end, output cut, ..."""


# ── asking ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Case:
    """The arguments of one call. Values are plain data or `wire.Array`."""

    args: tuple[Any, ...] = ()
    """Positional arguments."""
    kwargs: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask of a student's state. Holds nothing that a student may not see after the run."""

    kind: Literal["evaluate", "call", "cells", "dialogue"]
    """`evaluate` an expression; `call` a function, once per case; list the notebook's `cells`; hold the
    `dialogue` that a pytest file leads."""
    question: str = ""
    """Whose snapshot answers; empty for the state at the end of the notebook."""
    expression: str = ""
    """A Python expression over the notebook's names (evaluate), or one that yields a callable (call)."""
    cases: tuple[Case, ...] = ()
    """Arguments, one entry per call."""
    program: str = ""
    """Path of the instructor's pytest file (dialogue)."""
    time_s: float = 10.0
    """Wall-clock limit for this request, seconds."""


ReplyStatus = Literal["ok", "raised", "missing", "timeout", "died", "malformed", "lost"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Claimed by the student's process: plain data, possibly forged, never trusted.

    `missing`: a name in the expression is not defined. `lost`: there was no state to ask, because the
    kernel was gone before the question ended. `malformed`: bytes that the decoder refused.
    """

    status: ReplyStatus
    """How the request ended."""
    value: Any = None
    """Decoded plain data where `ok`; for a call, a tuple of one `Reply` per case."""
    error: str = ""
    """``Type: message`` where not `ok`, bounded in length; untrusted text."""


# ── judging ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one check."""

    outcome: Outcome
    """What became of it."""
    credit: float = 0.0
    """Share of the points earned, 0 to 1. For `ungraded`: the share that the key points suggest."""
    message: str = ""
    """What happened, for the student; never holds an expected value."""
    feedback: str = ""
    """The instructor's words for this case; empty where there are none."""
    got: str = ""
    """What the student gave, as short text; untrusted."""
    expected: str = ""
    """What was expected, as short text; for the instructor only."""
    detail: str = ""
    """More for the instructor only (a traceback of ours, the failing case, ...)."""
    deduct_once: str = ""
    """Group within which only the first loss counts; empty for none."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One row of a report."""

    id: str
    """The check's id."""
    kind: str
    """The check's kind."""
    title: str
    """What a human reads in place of the id."""
    outcome: Outcome
    """What became of it."""
    points: float
    """Points earned; 0 while it awaits a human."""
    max_points: float
    """Points to be had."""
    visibility: Visibility
    """Who may see the row."""
    message: str = ""
    """What happened, for the student."""
    feedback: str = ""
    """The instructor's words."""
    got: str = ""
    """What the student gave."""
    expected: str = ""
    """What was expected: the instructor's pages only."""
    detail: str = ""
    """More for the instructor only."""
    suggested: float | None = None
    """Points that the key points suggest, where a human has yet to confirm."""


@dataclass(frozen=True, slots=True)
class QuestionReport:
    """All checks of one question."""

    id: str
    """The question's id."""
    title: str
    """The question's title."""
    score: float
    """Points earned."""
    max_score: float
    """Points to be had."""
    checks: tuple[CheckReport, ...]
    """In the rubric's order."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result for one submission."""

    submission: str
    """The submission's id."""
    assignment: str
    """The rubric's assignment."""
    rubric_version: int
    """The rubric's version."""
    status: Literal["graded", "ungradable"]
    """Whether it could be graded."""
    reason: str
    """Why it could not, for the student; empty where graded."""
    score: float
    """Points earned so far."""
    max_score: float
    """Points to be had, those awaiting a human included."""
    awaiting: float
    """Points that await a human."""
    questions: tuple[QuestionReport, ...]
    """In the rubric's order."""
    execution: Execution
    """What happened when it ran."""
    provenance: dict[str, str]
    """Versions and hashes that make the result reproducible."""
    notes: tuple[str, ...] = ()
    """Facts about the file for its author (repairs, policy warnings)."""
