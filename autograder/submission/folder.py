"""A student's folder: what is in it, within bounds and without following links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from autograder.model import Submission
from autograder.submission.document import Refusal
from autograder.submission.naming import is_passed_over, list_names, printable

MAX_FILES = 10_000
"""Files and folders of one submission."""
MAX_TOTAL_BYTES = 512 * 1024**2
"""Size of all files of one submission, bytes."""
MAX_DEPTH = 40
"""Folders within folders."""
CHUNK = 1024**2
"""Bytes copied at a time."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The files of a folder."""

    files: tuple[str, ...]
    """Regular files, relative to the folder, in order, parts joined by `/`."""
    left_out: tuple[str, ...]
    """Links, sockets, pipes and devices: never opened, followed or copied."""


def survey_folder(folder: Path) -> Survey:
    """List the files of a folder and of those in it.

    Hidden files, caches and what systems add (`__MACOSX`, ...) are passed over in silence.

    Raises:
        Refusal: it has too many files, too many bytes, folders nested too deeply, or cannot be read.
    """
    files: list[str] = []
    left_out: list[str] = []
    seen = total = 0
    waiting = [("", 0)]
    while waiting:
        inner, depth = waiting.pop()
        for entry in _entries(folder / inner):
            name = f"{inner}/{entry.name}" if inner else entry.name
            seen += 1
            if seen > MAX_FILES:
                raise Refusal(
                    f"The submission holds more than {MAX_FILES:,} files. Leave out environments and data sets "
                    "that can be downloaded, and hand in again."
                )
            if entry.is_dir(follow_symlinks=False):
                if depth + 1 > MAX_DEPTH:
                    raise Refusal(
                        f"The submission's folders are nested more than {MAX_DEPTH} deep: {printable(name)}. "
                        "Move your files further out and hand in again."
                    )
                waiting.append((name, depth + 1))
            elif entry.is_file(follow_symlinks=False):
                files.append(name)
                total += entry.stat(follow_symlinks=False).st_size
            else:
                left_out.append(name)
    if total > MAX_TOTAL_BYTES:
        raise Refusal(
            f"The submission's files have {total / 1024**2:,.0f} MiB; the limit is {MAX_TOTAL_BYTES // 1024**2} MiB. "
            "Leave out data sets that can be downloaded, and hand in again."
        )
    return Survey(tuple(sorted(files)), tuple(sorted(left_out)))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not is_passed_over(entry.name)]
    except OSError as error:
        raise Refusal(
            f"The folder {printable(folder.name)} could not be read: {error.strerror}."
        ) from error


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading; never a link, a pipe or a device, even if it was swapped in just now.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not an ordinary file")
        yield file


def stage_files(submission: Submission, destination: Path) -> list[str]:
    """Copy a submission's files to where the notebook will run: regular files only, never what a link points to.

    Args:
        submission: one that `collect_submissions` returned; a lone notebook has no files, and nothing is copied.
        destination: a folder; made where it does not exist. Files of the same name are replaced.

    Returns:
        Notes for the report: what was left out, what could not be copied, where a limit ended the copying.
        Nothing that a student handed in makes this raise.
    """
    destination.mkdir(parents=True, exist_ok=True)
    if submission.files is None:
        return []
    try:
        survey = survey_folder(submission.files)
    except Refusal as refusal:
        return [f"no files were put beside the notebook. {refusal}"]
    notes = []
    if survey.left_out:
        notes.append(f"left out, being links or no ordinary files: {list_names(survey.left_out)}")
    failed: list[str] = []
    left = MAX_TOTAL_BYTES
    for name in survey.files:
        try:
            left -= _copy(submission.files / name, destination / name, left)
        except OSError:
            failed.append(name)
    if failed:
        notes.append(f"could not be copied: {list_names(failed)}")
    return notes


def _copy(source: Path, target: Path, most: int) -> int:
    """Copy at most `most` bytes; return how many there were."""
    copied = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_regular(source) as original, target.open("wb") as copy:
        while chunk := original.read(CHUNK):
            copied += len(chunk)
            if copied > most:
                raise OSError(0, "grew while it was copied")
            copy.write(chunk)
        executable = os.fstat(original.fileno()).st_mode & stat.S_IXUSR
    target.chmod(0o755 if executable else 0o644)
    return copied
