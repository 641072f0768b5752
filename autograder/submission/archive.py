"""Zips from students: unpacked within bounds, into one folder, as regular files only; or refused as a whole.

Nothing in a zip's headers is believed: names are taken apart and checked before anything is written, and
sizes are counted while the bytes are unpacked.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.submission.document import MAGIC, Refusal
from autograder.submission.folder import CHUNK, MAX_DEPTH, MAX_FILES, MAX_TOTAL_BYTES, open_regular
from autograder.submission.naming import is_passed_over, list_names, printable

MAX_DIRECTORY_BYTES = 4 * 1024**2
"""Size of a zip's table of contents, bytes; MAX_FILES entries take some 1.5 MiB."""
MAX_RATIO = 200
"""Unpacked bytes for each byte of the zip, once past FREE_BYTES; deflate can reach 1032."""
FREE_BYTES = 64 * 1024**2
"""Unpacked bytes up to which any ratio will do: a file of zeros is no attack."""
MAX_NAME_BYTES = 255
"""Length of one part of a name, as file systems have it."""

REPACK = "Make a new zip of your notebook and its files and hand in again."
DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError,
    ValueError, RuntimeError, LookupError, ArithmeticError,
)  # fmt: skip
"""What `zipfile` raises on damaged or forged input, found by fuzzing; its own error is only one of them."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip that may be unpacked."""

    info: zipfile.ZipInfo
    """Its entry."""
    name: str
    """Its safe relative path, parts joined by `/`."""
    renamed: bool
    """True where characters of its name were replaced."""


class _BoundedFile(io.BufferedReader):
    """A file that refuses huge reads: `zipfile` reads the table of contents in one, whatever its size."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise Refusal(f"The zip lists too many files (the limit is {MAX_FILES:,}). {REPACK}")
        return super().read(size)


def extract_zip(path: Path, destination: Path) -> tuple[str, ...]:
    """Unpack a student's zip into a new folder.

    Args:
        path: the zip.
        destination: the folder to make; what is there from an earlier run is removed first.

    Returns:
        Notes: names that were changed.

    Raises:
        Refusal: the zip is damaged, encrypted, too large, or holds a name, link or duplicate that is not safe;
            nothing of it is left behind.
    """
    shutil.rmtree(destination, ignore_errors=True)
    try:
        with _opened(path) as (archive, size):
            members = _check_members(archive)
            destination.mkdir(parents=True)
            _unpack(archive, members, destination, size)
    except Refusal:
        shutil.rmtree(destination, ignore_errors=True)
        raise
    renamed = [member.name for member in members if member.renamed]
    return (f"characters replaced in file names: {list_names(renamed)}",) if renamed else ()


def list_zip(path: Path) -> tuple[str, ...]:
    """Return the safe names of the files in a zip.

    Raises:
        Refusal: as `extract_zip`, for what can be seen without unpacking.
    """
    with _opened(path) as (archive, _):
        return tuple(member.name for member in _check_members(archive))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, int]]:
    """Open a zip; whatever goes wrong with it, here or while it is read, becomes a `Refusal`."""
    try:
        with open_regular(path) as plain:
            size = os.fstat(plain.fileno()).st_size
            raw = io.FileIO(plain.fileno(), closefd=False)
            with _BoundedFile(raw) as file, zipfile.ZipFile(file) as archive:
                yield archive, size
    except DAMAGE as error:
        raise Refusal(_why_damaged(path, error)) from error


def _why_damaged(path: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"The zip could not be unpacked: {error.strerror}."
    try:
        with open_regular(path) as file:
            start = file.read(16)
    except OSError:
        start = b""
    if not start:
        return f"The zip is empty (0 bytes). {REPACK}"
    if start.startswith(b"PK"):
        return f"The zip is damaged or was cut short while it was uploaded. {REPACK}"
    kind = next((kind for magic, kind in MAGIC if start.startswith(magic)), "something else")
    return f"The file is called .zip but is {kind}. {REPACK}"


def _check_members(archive: zipfile.ZipFile) -> list[Member]:
    """Return the files to unpack; refuse the zip where one is not safe, or where any entry leads out of it."""
    members: list[Member] = []
    for info in archive.infolist():
        decoded = _decoded_name(info)
        parts = _safe_parts(decoded)
        if parts and not info.is_dir() and not any(is_passed_over(part) for part in parts):
            _refuse_special(info)
            clean = [
                "".join(char if char.isprintable() else "_" for char in part) for part in parts
            ]
            members.append(Member(info, "/".join(clean), clean != parts))
    if len(members) > MAX_FILES:
        raise Refusal(f"The zip holds {len(members):,} files; the limit is {MAX_FILES:,}. {REPACK}")
    if sum(member.info.file_size for member in members) > MAX_TOTAL_BYTES:
        raise Refusal(_too_large())
    _refuse_collisions(members)
    return members


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; macOS and many scripts write UTF-8 without saying so, which reads as code page 437."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name


def _safe_parts(name: str) -> list[str]:
    """Return the parts of an entry's name; refuse one that could lead out of the folder or exhaust it."""
    slashed = name.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    if "\0" in name:
        reason = "a name with a NUL character"
    elif slashed.startswith("/") or re.match(r"[A-Za-z]:", slashed):
        reason = "an absolute path"
    elif ".." in parts:
        reason = "a path that leads out of the zip"
    elif any(len(part.encode("utf-8", "replace")) > MAX_NAME_BYTES for part in parts):
        reason = f"a name of more than {MAX_NAME_BYTES} bytes"
    elif len(parts) > MAX_DEPTH:
        reason = f"folders nested more than {MAX_DEPTH} deep"
    else:
        return parts
    raise Refusal(f"The zip holds {reason}: {printable(name)}. {REPACK}")


def _refuse_special(info: zipfile.ZipInfo) -> None:
    mode = info.external_attr >> 16
    shown = printable(_decoded_name(info))
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        kind = "a link" if stat.S_ISLNK(mode) else "a special file"
        raise Refusal(
            f"The zip holds {kind}: {shown}. Put the file itself in the zip and hand in again."
        )
    if info.flag_bits & 0x41:
        raise Refusal(
            f"The zip is protected by a password: {shown}. Make one without and hand in again."
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The decoders of the other methods may return gigabytes for one small read.
        raise Refusal(
            f"The zip uses a rare compression method: {shown}. Choose the ordinary one (deflate) and hand in again."
        )


def _refuse_collisions(members: list[Member]) -> None:
    """Refuse names that are equal where case is ignored, and a file that is also a folder."""
    taken: dict[str, str] = {}
    for member in members:
        key = unicodedata.normalize("NFC", member.name).casefold()
        if key in taken:
            pair = f"{printable(taken[key])} and {printable(member.name)}"
            raise Refusal(f"The zip holds two files of one name: {pair}. {REPACK}")
        taken[key] = member.name
    for member in members:
        for parent in PurePosixPath(member.name).parents:
            if unicodedata.normalize("NFC", str(parent)).casefold() in taken:
                raise Refusal(
                    f"The zip holds a file and a folder of one name: {printable(parent)}. {REPACK}"
                )


def _unpack(archive: zipfile.ZipFile, members: list[Member], destination: Path, size: int) -> None:
    """Write the members as new regular files, counting bytes as they come."""
    most = min(MAX_TOTAL_BYTES, max(FREE_BYTES, MAX_RATIO * size))
    total = 0
    for member in members:
        target = destination / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member.info) as packed, target.open("xb") as file:
            while chunk := packed.read(CHUNK):
                total += len(chunk)
                if total > most:
                    raise Refusal(
                        _too_large()
                        if most == MAX_TOTAL_BYTES
                        else f"The zip unpacks to more than {MAX_RATIO} times its size. {REPACK}"
                    )
                file.write(chunk)


def _too_large() -> str:
    return (
        f"The zip unpacks to more than {MAX_TOTAL_BYTES // 1024**2} MiB. "
        "Leave out data sets that can be downloaded, and hand in again."
    )
