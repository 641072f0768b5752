"""report.json: its shape, its JSON Schema, writing it and reading it back.

The document holds no expected value and no `detail`: these live in the instructor's page alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.errors import UsageError
from autograder.model import (
    CellRun,
    CellStatus,
    CheckReport,
    Execution,
    Outcome,
    QuestionReport,
    Report,
    Visibility,
)
from autograder.report.files import write_text
from autograder.report.text import clean

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Part(BaseModel):
    """Base of everything in the document."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CheckPart(Part):
    """One check."""

    id: str
    """The check's id in the rubric."""
    kind: str
    """The check's kind."""
    title: str
    """What people read in place of the id."""
    outcome: Outcome
    """What became of it; `ungraded` and `error` await a human."""
    points: Amount
    """Points earned; 0 while it awaits a human."""
    max_points: Amount
    """Points to be had."""
    visibility: Visibility
    """Who may see this check."""
    message: str
    """What happened, for the student."""
    feedback: str
    """The instructor's words."""
    got: str
    """What the student gave, as short text: untrusted, escape it."""
    suggested: Amount | None
    """Points that are suggested where a human has yet to confirm."""


class QuestionPart(Part):
    """One question."""

    id: str
    """The question's id in the rubric."""
    title: str
    """The question's title."""
    score: Amount
    """Points earned."""
    max_score: Amount
    """Points to be had."""
    checks: tuple[CheckPart, ...]
    """In the rubric's order."""


class CellPart(Part):
    """What one code cell did."""

    index: Annotated[int, Field(ge=0)]
    """Position in the notebook, from 0, text cells included."""
    question: str
    """The question it belongs to; empty where none."""
    status: CellStatus
    """How it ended."""
    seconds: Amount
    """Wall-clock time, seconds."""
    error: str
    """What it raised, or the limit it broke: untrusted, escape it."""


class ExecutionPart(Part):
    """What happened when the notebook ran."""

    seconds: Amount
    """Wall-clock time, seconds."""
    sandbox: str
    """The sandbox, and how it limits memory."""
    ended: str
    """Why the run ended early; empty where it did not."""
    notes: tuple[str, ...]
    """Other facts about the run."""
    cells: tuple[CellPart, ...]
    """One per code cell that is not blank, in order."""


class Document(Part):
    """The result for one submission."""

    submission: str
    """The submission's id."""
    assignment: str
    """The rubric's assignment."""
    rubric_version: int
    """The rubric's revision."""
    status: Literal["graded", "ungradable"]
    """Whether it could be graded."""
    score: Amount
    """Points earned so far."""
    max_score: Amount
    """Points to be had, those awaiting a human included."""
    awaiting: Amount
    """Points that await a human."""
    questions: tuple[QuestionPart, ...]
    """In the rubric's order; none where ungradable."""
    execution: ExecutionPart
    """What happened when the notebook ran."""
    provenance: dict[str, str]
    """Versions and hashes that make the result reproducible."""
    reason: str
    """Why it could not be graded; empty where it could."""
    notes: tuple[str, ...]
    """Facts about the file for its author."""


def to_document(report: Report) -> dict[str, Any]:
    """Return the report as plain data for JSON, all text cleaned."""
    execution = report.execution
    return {
        "submission": clean(report.submission),
        "assignment": report.assignment,
        "rubric_version": report.rubric_version,
        "status": report.status,
        "score": report.score,
        "max_score": report.max_score,
        "awaiting": report.awaiting,
        "questions": [_question_part(question) for question in report.questions],
        "execution": {
            "seconds": round(execution.seconds, 3),
            "sandbox": clean(execution.sandbox),
            "ended": clean(execution.ended),
            "notes": [clean(note) for note in execution.notes],
            "cells": [
                {
                    "index": cell.index,
                    "question": cell.question,
                    "status": cell.status,
                    "seconds": round(cell.seconds, 3),
                    "error": clean(cell.error),
                }
                for cell in execution.cells
            ],
        },
        "provenance": {key: clean(value) for key, value in report.provenance.items()},
        "reason": clean(report.reason),
        "notes": [clean(note) for note in report.notes],
    }


def _question_part(question: QuestionReport) -> dict[str, Any]:
    return {
        "id": question.id,
        "title": clean(question.title),
        "score": question.score,
        "max_score": question.max_score,
        "checks": [_check_part(check) for check in question.checks],
    }


def _check_part(check: CheckReport) -> dict[str, Any]:
    return {
        "id": check.id,
        "kind": check.kind,
        "title": clean(check.title),
        "outcome": check.outcome.value,
        "points": check.points,
        "max_points": check.max_points,
        "visibility": check.visibility.value,
        "message": clean(check.message),
        "feedback": clean(check.feedback),
        "got": clean(check.got),
        "suggested": check.suggested,
    }


def write_document(path: Path, report: Report) -> None:
    """Write report.json atomically and durably.

    Raises ValueError where a number is NaN or infinite: no such report may exist.
    """
    document = to_document(report)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
    write_text(path, text + "\n", durable=True)


def read_document(path: Path) -> Report:
    """Read a report.json back; `expected`, `detail` and outputs are not in it and come back empty.

    Raises UsageError, naming the file, where it is missing, damaged or of another shape.
    """
    remedy = "grade the submission again"
    try:
        document = Document.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); {remedy}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise UsageError(f"{path}: not a report: {place}: {first['msg']}; {remedy}") from error
    return Report(
        submission=document.submission,
        assignment=document.assignment,
        rubric_version=document.rubric_version,
        status=document.status,
        reason=document.reason,
        score=document.score,
        max_score=document.max_score,
        awaiting=document.awaiting,
        questions=tuple(_question_report(part) for part in document.questions),
        execution=_execution(document.execution),
        provenance=document.provenance,
        notes=document.notes,
    )


def _question_report(part: QuestionPart) -> QuestionReport:
    return QuestionReport(
        id=part.id,
        title=part.title,
        score=part.score,
        max_score=part.max_score,
        checks=tuple(CheckReport(**dict(check)) for check in part.checks),
    )


def _execution(part: ExecutionPart) -> Execution:
    return Execution(
        cells=tuple(CellRun(**dict(cell)) for cell in part.cells),
        seconds=part.seconds,
        sandbox=part.sandbox,
        ended=part.ended,
        notes=part.notes,
    )


def schema_text() -> str:
    """Return the JSON Schema of report.json, as shipped in ``report.schema.json``."""
    schema = Document.model_json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=1) + "\n"
