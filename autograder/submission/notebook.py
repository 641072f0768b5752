"""A notebook file's bytes → cells of nbformat 4, repaired where that is safe, or one clear reason why not.

The reading is structural and tolerant: what Jupyter would open is graded, and so is much that it would not.
Nothing is validated against nbformat's schema, which refuses notebooks for faults that change nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder.model import Cell
from autograder.submission.document import EXPORT, Refusal, read_document
from autograder.submission.language import check_language
from autograder.submission.outputs import encodable, join_text, read_count, read_outputs

MAX_CELLS = 5000
"""Cells of a notebook that is read; long homeworks have some 200."""

_KINDS: dict[str, Literal["code", "markdown", "raw"]] = {
    "code": "code",
    "markdown": "markdown",
    "raw": "raw",
    "heading": "markdown",
    "html": "markdown",
}
"""Cell types, those of nbformat 3 included, and what they are now."""

SAVE_AGAIN = "Open it in Jupyter, check it, save it there, and hand in again."


@dataclass(frozen=True, slots=True)
class Mark:
    """What a cell's metadata says about the question that it belongs to. Not yet compared with the rubric."""

    question: str
    """A question's id, or something that may be one (a tag, an nbgrader id)."""
    source: Literal["autograder", "tag", "nbgrader"]
    """Who wrote it: our template, a person, nbgrader."""


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as read from its file; the cells have no questions yet."""

    cells: tuple[Cell, ...] = ()
    """All cells in order."""
    marks: dict[int, Mark] = field(default_factory=dict)
    """Index of a cell → what its metadata says about its question."""
    problem: str = ""
    """Why it cannot be graded, for the student; empty where it can."""
    notes: tuple[str, ...] = ()
    """What was repaired."""
    sha256: str = ""
    """Hash of the bytes."""


def read_notebook(data: bytes) -> Notebook:
    """Read a notebook of nbformat 2 to 4 from the bytes of its file.

    Returned instead of raised: whatever is wrong with the bytes is in `problem`, one line for the student.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        document = read_document(data)
        version, version_notes = _read_version(document.value)
        language_notes = check_language(document.value)
        raw = _find_cells(document.value)
    except Refusal as refusal:
        return Notebook(problem=str(refusal), sha256=sha256)
    reader = _CellReader(version)
    cells = tuple(cell for item in raw if (cell := reader.read(item)) is not None)
    if not cells:
        problem = f"The notebook holds no cells, so there is nothing to grade. {SAVE_AGAIN}"
        return Notebook(problem=problem, sha256=sha256)
    notes = (*document.notes, *version_notes, *language_notes, *reader.notes())
    return Notebook(cells, reader.marks, "", notes, sha256)


def _read_version(document: dict[str, Any]) -> tuple[int, tuple[str, ...]]:
    """Return the major version of the format, and a note where it is old or missing."""
    if not {"cells", "worksheets", "nbformat"} & document.keys():
        if {"doc_id", "resource_id"} & document.keys() or (
            document and set(document) <= {"url", "email", ""}
        ):
            raise Refusal(
                f"The file is a Google Drive shortcut: it holds a link and none of your work. {EXPORT}"
            )
        raise Refusal(f"The file is JSON but not a notebook: it has no `cells`. {EXPORT}")
    found = document.get("nbformat")
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 4:
        found = int(found)
    if not isinstance(found, (int, float)) or isinstance(found, bool):
        version = 4 if "cells" in document else 3
        return version, (f"the file does not say its format; it was read as nbformat {version}",)
    if found < 2 or found >= 5:
        raise Refusal(
            f"The notebook is in format {found:g}; formats 2 to 4 can be graded. "
            "Open it in a current Jupyter, save it there, and hand in again."
        )
    version = int(found)
    return version, (f"upgraded from nbformat {version}",) if version < 4 else ()


def _find_cells(document: dict[str, Any]) -> list[Any]:
    """Return the cells as they stand in the file; those of several worksheets in one list."""
    raw = document.get("cells")
    if raw is None and isinstance(document.get("worksheets"), list):
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
        raw = [cell for sheet in sheets for cell in _as_list(sheet.get("cells"))]
    if not isinstance(raw, list):
        raise Refusal(f"The notebook is damaged: its `cells` are not a list. {SAVE_AGAIN}")
    if len(raw) > MAX_CELLS:
        raise Refusal(
            f"The notebook has {len(raw):,} cells; at most {MAX_CELLS:,} can be graded. "
            "Delete those that are not part of your answers and hand in again."
        )
    return raw


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class _CellReader:
    """Reads cells one by one and counts what it had to repair."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.marks: dict[int, Mark] = {}
        self._index = 0
        self._ids: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def read(self, item: Any) -> Cell | None:
        """Read one cell; None where it is nothing like a cell."""
        if not isinstance(item, dict):
            self._faults["{} without content dropped"] += 1
            return None
        if isinstance(item.get("id"), str):
            self._ids[item["id"]] += 1
        metadata = item.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        kind, source = self._kind(item), self._source(item)
        if item.get("cell_type") == "heading":
            level = item.get("level")
            level = level if isinstance(level, int) and 1 <= level <= 6 else 1
            source = "#" * level + " " + " ".join(source.split())
        outputs, dropped = read_outputs(item.get("outputs")) if kind == "code" else ((), 0)
        if dropped:
            self._faults["malformed outputs dropped in {}"] += 1
        count = read_count(item.get("execution_count", item.get("prompt_number")))
        if mark := _read_mark(metadata):
            self.marks[self._index] = mark
        cell = Cell(
            index=self._index,
            kind=kind,
            source=source,
            outputs=outputs,
            execution_count=count if kind == "code" else None,
            given=_is_given(metadata),
        )
        self._index += 1
        return cell

    def notes(self) -> tuple[str, ...]:
        """Return one line for each kind of repair."""
        doubles = sum(count - 1 for count in self._ids.values())
        if doubles:
            self._faults["new ids for {} whose id was taken"] = doubles
        return tuple(
            text.format(f"{count} cell{'s' * (count > 1)}") for text, count in self._faults.items()
        )

    def _kind(self, item: dict[str, Any]) -> Literal["code", "markdown", "raw"]:
        found = item.get("cell_type")
        kind = _KINDS.get(found) if isinstance(found, str) else None
        if kind:
            return kind
        self._faults["{} of unknown type read as raw text"] += 1
        return "raw"

    def _source(self, item: dict[str, Any]) -> str:
        """Return the text of a cell, with its lines joined and what no kernel could take replaced."""
        value = item.get("source", item.get("input", ""))
        text = join_text(value)
        if text is None:
            self._faults["unreadable text left out of {}"] += 1
            text = "".join(piece for piece in _as_list(value) if isinstance(piece, str))
        elif isinstance(value, list) and len(value) > 1 and "\n" not in text:
            # Some exporters write one list entry per line without line ends; joined they would run together.
            self._faults["line ends restored in {}"] += 1
            text = "\n".join(value)
        if "\x00" in text or encodable(text) != text:
            self._faults["characters that no text can hold replaced in {}"] += 1
            text = encodable(text).replace("\x00", "\ufffd")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if all(re.search(rf"^{mark}{{7}} ", text, re.MULTILINE) for mark in "<>"):
            self._faults["unresolved merge conflict left in {}"] += 1
        return text


def _read_mark(metadata: dict[str, Any]) -> Mark | None:
    """Read which question a cell belongs to: our template's metadata, a tag `question:1b`, nbgrader's id."""
    ours = metadata.get("autograder")
    if isinstance(ours, dict) and isinstance(ours.get("question"), str) and ours["question"]:
        return Mark(ours["question"], "autograder")
    for tag in _as_list(metadata.get("tags")):
        if isinstance(tag, str) and tag.lower().startswith("question:"):
            return Mark(tag.partition(":")[2].strip(), "tag")
    nbgrader = metadata.get("nbgrader")
    if isinstance(nbgrader, dict) and isinstance(nbgrader.get("grade_id"), str):
        return Mark(nbgrader["grade_id"], "nbgrader")
    return None


def _is_given(metadata: dict[str, Any]) -> bool:
    """Say whether metadata names the instructor as the author (nbgrader: locked and no solution)."""
    ours, nbgrader = metadata.get("autograder"), metadata.get("nbgrader")
    if isinstance(ours, dict):
        return ours.get("given") is True
    return (
        isinstance(nbgrader, dict)
        and nbgrader.get("locked") is True
        and not nbgrader.get("solution")
    )
