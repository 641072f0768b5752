"""Paths on the command line → submissions.

How a path is read:

    hw.ipynb                 one submission; nothing lies beside the notebook when it runs
    jane.zip                 one submission: one student's work
    folder/                  one submission where its only notebook is at its top level, beside files and folders
                             that hold no notebook; otherwise a class
    class folder/            each notebook, zip and folder in it is one student's work; where there are notebooks or
                             zips, folders without any are taken for data. Documents and other archives that
                             students hand in by mistake become ungradable submissions, so that nobody is lost

The notebook of a student's folder or zip is the one whose name follows the rubric's `filename`; otherwise the only
one at the outermost level that has any. A student's folder that holds no notebook but exactly one zip is that zip.
A path on the command line may be a link; links inside a folder are never followed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from autograder.errors import UsageError
from autograder.model import Submission
from autograder.rubric.schema import Rubric
from autograder.rubric.words import suggestion
from autograder.submission.archive import extract_zip, list_zip
from autograder.submission.document import MAX_BYTES, Refusal, too_large
from autograder.submission.folder import open_regular, survey_folder
from autograder.submission.naming import (
    is_notebook,
    is_passed_over,
    is_zip,
    list_names,
    matches_filename,
    printable,
    unique_ids,
)
from autograder.submission.notebook import read_notebook
from autograder.submission.questions import assign_questions

Kind = Literal["notebook", "zip", "folder", "link", "other"]

MISTAKEN = (
    ".pdf",
    ".html",
    ".htm",
    ".doc",
    ".docx",
    ".rar",
    ".7z",
    ".tar",
    ".gz",
    ".tgz",
    ".ipynb.txt",
    ".ipynb.json",
)
"""Endings of files that students hand in in place of a notebook."""
WANTED = "expected a notebook (.ipynb), a zip, or a folder of these"
HAND_IN = "Hand in the notebook (.ipynb), or one zip with the notebook and its files."


@dataclass(frozen=True, slots=True)
class Entry:
    """One student's work, not yet opened."""

    path: Path
    """Where it lies, as the user knows it."""
    place: Path
    """Where it is read: a link that the user named is resolved."""
    kind: Kind
    """What it is, by its name and type."""


def collect_submissions(paths: Sequence[Path], rubric: Rubric, workspace: Path) -> list[Submission]:
    """Open all the work that the paths hold, in order; see the module for how a path is read.

    Args:
        paths: notebooks, zips, folders of one student, folders of a class.
        rubric: its questions are looked for in the cells; its `filename` helps to choose among notebooks.
        workspace: a folder of ours; zips are unpacked into `workspace/<submission id>`.

    Returns:
        One submission for each student's work. Whatever is wrong with it is its `problem`, never raised.

    Raises:
        UsageError: a path does not exist, or there is nothing to grade in it.
    """
    entries: dict[Path, Entry] = {}
    for path in paths:
        for entry in _find_entries(path):
            entries.setdefault(entry.path.resolve(), entry)
    found = list(entries.values())
    ids = unique_ids(entry.path for entry in found)
    return [_open(entry, id_, rubric, workspace) for entry, id_ in zip(found, ids, strict=True)]


# ── which paths are submissions ───────────────────────────────────────────────────────────────


def _find_entries(path: Path) -> list[Entry]:
    """Return the submissions that one path of the command line holds."""
    try:
        return _look_into(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error


def _look_into(path: Path) -> list[Entry]:
    if not path.exists():
        siblings = [child.name for child in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UsageError(
            f"{path}: there is no such file or folder{suggestion(path.name, siblings)}"
        )
    place = path.resolve()
    kind = _kind(place)
    if kind == "other":
        raise UsageError(f"{path}: not something to grade; {WANTED}")
    if kind != "folder":
        return [Entry(path, place, kind)]
    children = [
        Entry(child, child, _kind(child))
        for child in sorted(path.iterdir(), key=lambda child: (child.name.casefold(), child.name))
        if not is_passed_over(child.name)
    ]
    if _is_one_students(children):
        return [Entry(path, place, "folder")]
    flat = any(child.kind in ("notebook", "zip") for child in children)
    found = [child for child in children if _is_submission(child, flat=flat)]
    if not any(child.kind != "other" for child in found):
        names = list_names(child.path.name for child in children)
        raise UsageError(f"{path}: nothing to grade; {WANTED}, found {names or 'an empty folder'}")
    return found


def _kind(path: Path) -> Kind:
    """Say what a path is, by its name and type."""
    if path.is_dir():
        return "link" if path.is_symlink() else "folder"
    if is_notebook(path.name) or is_zip(path.name):
        if path.is_symlink():
            return "link"
        return "notebook" if is_notebook(path.name) else "zip"
    return "other"


def _is_one_students(children: list[Entry]) -> bool:
    """Say whether a folder holds the work of one student: one notebook, and no other in anything beside it."""
    notebooks = [child for child in children if child.kind == "notebook"]
    return len(notebooks) == 1 and not any(
        _holds_notebook(child) for child in children if child.kind in ("zip", "folder")
    )


def _holds_notebook(entry: Entry) -> bool:
    """Say whether a folder or zip holds a notebook or a zip; one that cannot be looked into may."""
    try:
        if entry.kind == "zip":
            return any(is_notebook(name) for name in list_zip(entry.place))
        return any(is_notebook(name) or is_zip(name) for name in survey_folder(entry.place).files)
    except Refusal:
        return True


def _is_submission(child: Entry, *, flat: bool) -> bool:
    """Say whether a child of a class folder is a student's work."""
    if child.kind == "other":
        name = child.path.name.lower()
        return flat and name.endswith(MISTAKEN) and name != "index.html"
    if child.kind == "link" and not (is_notebook(child.path.name) or is_zip(child.path.name)):
        return not flat
    return child.kind != "folder" or not flat or _holds_notebook(child)


# ── opening one ───────────────────────────────────────────────────────────────────────────────


def _open(entry: Entry, id_: str, rubric: Rubric, workspace: Path) -> Submission:
    """Open one student's work; what is wrong with it becomes its `problem`."""
    submission = Submission(id=id_, path=entry.path)
    place = entry.place
    try:
        if entry.kind == "link":
            raise Refusal(
                f"{printable(place.name)} is only a link, and links are not followed. {HAND_IN}"
            )
        if entry.kind == "other":
            raise Refusal(f"{printable(place.name)} is no notebook. {HAND_IN}")
        if entry.kind == "notebook":
            return _read(replace(submission, notebook_name=entry.path.name), place, rubric)
        if entry.kind == "zip":
            return _open_zip(submission, place, rubric, workspace / id_)
        return _open_folder(submission, place, rubric, workspace / id_)
    except Refusal as refusal:
        return replace(submission, problem=str(refusal))


def _open_zip(submission: Submission, path: Path, rubric: Rubric, folder: Path) -> Submission:
    notes = extract_zip(path, folder)
    names = survey_folder(folder).files
    chosen, others = _choose(names, rubric)
    return _read_in(submission, folder, chosen, (*notes, *others), rubric)


def _open_folder(submission: Submission, folder: Path, rubric: Rubric, room: Path) -> Submission:
    survey = survey_folder(folder)
    zips = [name for name in survey.files if is_zip(name)]
    if len(zips) == 1 and not any(is_notebook(name) for name in survey.files):
        return _open_zip(submission, folder / zips[0], rubric, room)
    chosen, others = _choose(survey.files, rubric)
    return _read_in(submission, folder, chosen, others, rubric)


def _choose(names: Sequence[str], rubric: Rubric) -> tuple[str, tuple[str, ...]]:
    """Return the notebook to grade and a note that names the others, or refuse."""
    notebooks = [name for name in names if is_notebook(name)]
    if not notebooks:
        found = f"It holds {list_names(names)}." if names else "It is empty."
        raise Refusal(f"There is no notebook (.ipynb) in it. {found} {HAND_IN}")
    named = [
        name
        for name in notebooks
        if rubric.filename and matches_filename(PurePosixPath(name).name, rubric.filename)
    ]
    chosen = _outermost(named) or _outermost(notebooks)
    if chosen is None:
        rule = f", named `{rubric.filename}`" if rubric.filename else ""
        raise Refusal(
            f"There are {len(notebooks)} notebooks in it and no telling which to grade: "
            f"{list_names(notebooks)}. Hand in exactly one{rule}."
        )
    others = [name for name in notebooks if name != chosen]
    return chosen, (f"not graded: {list_names(others)}",) if others else ()


def _outermost(names: Sequence[str]) -> str | None:
    """Return the only name at the outermost level that has any; None where there are none or several."""
    level = min((name.count("/") for name in names), default=0)
    top = [name for name in names if name.count("/") == level]
    return top[0] if len(top) == 1 else None


def _read_in(
    submission: Submission, folder: Path, name: str, notes: tuple[str, ...], rubric: Rubric
) -> Submission:
    """Read a notebook of a folder; what lies in the notebook's own folder lies beside it when it runs."""
    path = folder / name
    known = replace(submission, notebook_name=path.name, files=path.parent, notes=notes)
    return _read(known, path, rubric)


def _read(submission: Submission, path: Path, rubric: Rubric) -> Submission:
    """Read the notebook and find the questions in it."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except OSError as error:
        raise Refusal(f"{printable(path.name)} could not be read: {error.strerror}.") from error
    if size > MAX_BYTES:
        return replace(submission, problem=too_large(size))
    notebook = read_notebook(data)
    known = replace(submission, sha256=notebook.sha256, problem=notebook.problem)
    if notebook.problem:
        return known
    placed = assign_questions(notebook.cells, rubric, notebook.marks)
    return replace(
        known,
        cells=placed.cells,
        ends=placed.ends,
        cells_of=placed.cells_of,
        notes=(*submission.notes, *notebook.notes, *placed.notes),
    )
