"""The reply to a `cells` request: sources and outputs as plain data, for checks on the notebook itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograder.model import Cell, CellRun, Execution, Reply, Submission
from autograder.rubric.schema import Rubric

MAX_TEXT = 200_000
"""Characters of output text per cell that a check sees."""


def cells_reply(
    submission: Submission, rubric: Rubric, execution: Execution, question: str
) -> Reply:
    """Describe the cells of one question, or of the whole notebook.

    The whole notebook is meant where `question` is empty, and where it has no place in the notebook: its
    answer may then stand anywhere.

    Returns:
        A reply whose value is ``{"cells": [...], "notebook_name", "filename", "questions"}``. Per cell:
        index, kind, question, given, source, submitted_outputs (whether the file holds any),
        submitted_text, execution_count, status, error, text (what this run showed), expects_output
        (whether this run showed anything).
    """
    runs = {run.index: run for run in execution.cells}
    chosen: Iterable[Cell] = submission.cells
    if question in submission.cells_of:
        own = set(submission.cells_of[question])
        chosen = [cell for cell in submission.cells if cell.index in own]
    return Reply(
        "ok",
        {
            "cells": [_describe(cell, runs.get(cell.index)) for cell in chosen],
            "notebook_name": submission.notebook_name,
            "filename": rubric.filename,
            "questions": {q.id: q.id in submission.ends for q in rubric.questions},
        },
    )


def _describe(cell: Cell, run: CellRun | None) -> dict[str, Any]:
    return {
        "index": cell.index,
        "kind": cell.kind,
        "question": cell.question,
        "given": cell.given,
        "source": cell.source,
        "submitted_outputs": bool(cell.outputs),
        "submitted_text": output_text(cell.outputs),
        "execution_count": cell.execution_count,
        "status": run.status if run else "",
        "error": run.error if run else "",
        "text": output_text(run.outputs) if run else "",
        "expects_output": bool(run and run.outputs),
    }


def output_text(outputs: Iterable[dict[str, Any]]) -> str:
    """Return the text of outputs: what was printed, and the plain form of what was displayed."""
    parts = []
    for output in outputs:
        if output.get("output_type") == "stream":
            parts.append(_joined(output.get("text")))
        elif isinstance(output.get("data"), dict):
            parts.append(_joined(output["data"].get("text/plain")) + "\n")
    return "".join(parts)[:MAX_TEXT]


def _joined(text: Any) -> str:
    """Return nbformat's text, which may be a list of lines."""
    if isinstance(text, list):
        return "".join(str(line) for line in text)
    return text if isinstance(text, str) else ""
