"""How messages name things: quoted text, found values, suggestions."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

LONGEST = 60
"""Characters of a rubric's own text that a message repeats; the line number shows the rest."""


def quoted(value: object) -> str:
    """Return `value` in quotes, on one line, cut to `LONGEST` characters."""
    text = str(value)
    return repr(text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}...")


def printable(text: str) -> str:
    """Return `text` on one line, with escapes for what a terminal would not show as it is."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def described(value: Any) -> str:
    """Say in plain words what was found where something else was expected."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = repr(value)
        return f"the number {text if len(text) <= LONGEST else text[: LONGEST - 3] + '...'}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return "a list" if value else "an empty list"


def listed(words: Iterable[object]) -> str:
    """Join words with commas."""
    return ", ".join(str(word) for word in words)


def closest(word: object, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the known word most like `word`, whatever the case; empty where none is like it."""
    text = str(word).lower()
    rated = [
        (SequenceMatcher(None, text, candidate.lower()).ratio(), candidate) for candidate in known
    ]
    score, best = max(rated, key=lambda pair: pair[0], default=(0.0, ""))
    return best if score >= cutoff else ""


def suggestion(word: object, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the known word most like `word`; empty where none is."""
    best = closest(word, known)
    return f"; did you mean {best!r}?" if best else ""
