"""The bytes of a file → the JSON object in it, or one clear reason why there is none."""

from __future__ import annotations

import codecs
import json
import math
import re
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 100 * 1000 * 1000
"""Size of a notebook that is read, bytes; what is larger holds data or films in its outputs."""
MAX_VALUES = 15_000_000
"""Commas and brackets in a notebook that is read: each stands for a Python object of some 60 bytes."""
LONGEST_INTEGER = 300
"""Digits of a whole number that is read; Python refuses to read longer ones quickly."""

MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip"),
    (b"PK\x05\x06", "a zip"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3", "a database"),
    (b"\x80\x04", "a Python pickle"),
)
"""How files of other kinds begin."""

EXPORT = (
    "Hand in the notebook itself: in Jupyter or Colab choose File → Download → Download .ipynb."
)
OPENING_WORDS = (
    (r"<!doctype\s+html|<html|<head", f"a web page (an HTML export), not a notebook. {EXPORT}"),
    (r"<\?xml|<svg", f"an XML document, not a notebook. {EXPORT}"),
    (r"\{\\rtf", f"a text document (RTF), not a notebook. {EXPORT}"),
    (
        r"version https://git-lfs",
        "a Git LFS pointer, not the notebook. Run `git lfs pull`, then hand in the notebook itself.",
    ),
    (
        r"\[InternetShortcut\]",
        f"a shortcut to a web page: it holds a link and none of your work. {EXPORT}",
    ),
    (r"https?://\S+\s*$", f"only a link; the notebook itself is not in it. {EXPORT}"),
    (
        r"#!.*python|# ?-\*-|# coding|# ?%%|from \w[\w.]* import |import \w|def \w+\(|class \w+\s*[(:]|\"\"\"",
        f"a Python script that was renamed, not a notebook. {EXPORT}",
    ),
)
"""How text files of other kinds begin, and what to tell their authors."""

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte-order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
"""Byte-order marks; that of UTF-32 begins like that of UTF-16, so it comes first."""


class Refusal(Exception):
    """A student's file cannot be used; the text is the reason, for the student. Never leaves this package."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object and what was mended to read it."""

    value: dict[str, Any]
    """The object."""
    notes: tuple[str, ...] = ()
    """What was mended."""


def read_document(data: bytes) -> Document:
    """Read the JSON object that a notebook's bytes hold.

    Numbers that JSON or Python cannot carry (NaN, infinities, whole numbers of more than 300 digits) become
    None; of duplicate keys the last counts, as in Jupyter.

    Raises:
        Refusal: it is empty, too large, of another kind, in an unknown encoding, damaged, or no object.
    """
    if len(data) > MAX_BYTES:
        raise Refusal(too_large(len(data)))
    if not data.strip(b"\x00 \t\r\n"):
        size = f"holds {len(data)} blank bytes" if data else "is empty (0 bytes)"
        raise Refusal(
            f"The file {size}. Open your copy, check that your work is in it, save, and hand in again."
        )
    _refuse_other_kinds(data)
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise Refusal(
            f"The notebook is too large: it holds more than {MAX_VALUES:,} values. "
            "Clear the outputs of cells that show large data, save, and hand in again."
        )
    text, notes = _decode(data)
    return Document(_parse(text), notes)


def too_large(size: int) -> str:
    """Return the reason for refusing a notebook of so many bytes."""
    return (
        f"The notebook is too large: {size / 1e6:.0f} MB, and the limit is {MAX_BYTES / 1e6:.0f} MB. "
        "Clear the outputs of cells that show large data or pictures, save, and hand in again."
    )


def _refuse_other_kinds(data: bytes) -> None:
    for magic, kind in MAGIC:
        if data.startswith(magic):
            hint = (
                "Rename it to .zip, or hand in the notebook inside." if kind == "a zip" else EXPORT
            )
            raise Refusal(f"The file is {kind}, not a notebook. {hint}")


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of the bytes, and a note where it was not plain UTF-8."""
    for bom, encoding, name in BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding), (f"read as {name}",)
            except UnicodeDecodeError as error:
                raise Refusal(
                    f"The file begins as {name} but breaks off or is damaged at byte {error.start}. "
                    "Save it again from Jupyter and hand in again."
                ) from error
    nul = data.find(b"\x00")
    if nul >= 0:
        raise Refusal(
            f"The file is damaged: it holds NUL bytes, the first in line {_line(data, nul)}. "
            "It was probably cut short while it was copied or synchronised: save it again and hand in again."
        )
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        raise Refusal(
            f"The file is not UTF-8 text: byte 0x{data[error.start]:02x} in line {_line(data, error.start)} "
            "is not valid. Open it in Jupyter, save it there, and hand in again."
        ) from error


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _parse(text: str) -> dict[str, Any]:
    try:
        # Raw tabs and newlines inside strings are let through: the text is unharmed.
        value = json.loads(
            text, strict=False, parse_int=_integer, parse_float=_number, parse_constant=_nothing
        )
    except json.JSONDecodeError as error:
        raise Refusal(_why_not_json(text, error)) from error
    except RecursionError as error:
        raise Refusal(
            "The file nests lists or objects too deeply to be a notebook. "
            "Open it in Jupyter, clear all outputs, save, and hand in again."
        ) from error
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        raise Refusal(f"The file is JSON but not a notebook: it holds {kind}. {EXPORT}")
    return value


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= LONGEST_INTEGER else None


def _number(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _nothing(_: str) -> None:
    return None


def _why_not_json(text: str, error: json.JSONDecodeError) -> str:
    conflict = re.search(r"^(?:<{7}|>{7}|\|{7})(?: .*)?$", text, re.MULTILINE)
    if conflict:
        return (
            f"The notebook holds an unresolved merge conflict: line {text.count(chr(10), 0, conflict.start()) + 1} "
            f"begins with `{conflict[0][:7]}`. Resolve it (`git mergetool`, or keep one of the two versions), "
            "check that it opens in Jupyter, and hand in again."
        )
    opening = text.lstrip()[:200]
    for pattern, what in OPENING_WORDS:
        if re.match(pattern, opening, re.IGNORECASE):
            return f"The file is {what}"
    if not opening.startswith(("{", "[")):
        return (
            f"The file is not a notebook: a notebook is JSON and begins with `{{`, this begins with "
            f"{opening[:20]!a}. {EXPORT}"
        )
    place = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or "Unterminated" in error.msg:
        return (
            f"The notebook breaks off at {place}: the file is incomplete. "
            "Save it again, check that it opens in Jupyter, and hand in again."
        )
    return (
        f"The notebook is damaged: it is not valid JSON at {place} ({error.msg}). "
        "Check that it opens in Jupyter, save it there, and hand in again."
    )
