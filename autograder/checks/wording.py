"""Values and untrusted text as people read them: short, on one line, without control characters.

Whatever a student's process sent may be huge, nested or full of escape codes. Everything here looks at no
more of it than it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from autograder.compare import describe
from autograder.wire import Array, Frame, Opaque

SHOWN = 200
"""Characters of a value or an error that are shown."""
LONGEST_INTEGER = 400
"""Bits of a whole number that is shown digit by digit."""
ELLIPSIS = "…"


def clean(text: str, limit: int = SHOWN) -> str:
    """Return text on one line, at most `limit` characters, with nothing in it that steers a terminal or page.

    Control characters, bidirectional marks and other unprintable ones become visible escapes.
    """
    shown = " ".join(text[: 4 * limit].split())
    shown = "".join(char if char.isprintable() else _escape(char) for char in shown[: limit + 1])
    return (
        shown if len(shown) <= limit and len(text) <= 4 * limit else shown[: limit - 1] + ELLIPSIS
    )


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def show(value: Any, limit: int = SHOWN) -> str:
    """Return a value as short text, at most `limit` characters."""
    parts: list[str] = []
    length = 0
    for part in _pieces(value, 0, limit):
        parts.append(part)
        length += len(part)
        if length > limit:
            break
    return clean("".join(parts), limit)


def _pieces(value: Any, depth: int, limit: int) -> Iterator[str]:
    """Yield the text of a value bit by bit, so that the reader can stop early."""
    if isinstance(value, str):
        yield f"'{clean(value, limit)}'" if depth else f'"{clean(value, limit)}"'
    elif isinstance(value, bool) or value is None or isinstance(value, (float, complex)):
        yield repr(value)
    elif isinstance(value, int):
        yield show_integer(value)
    elif isinstance(value, (list, tuple, set, frozenset)) and depth < 4:
        opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        opening, closing = ("{", "}") if isinstance(value, (set, frozenset)) else (opening, closing)
        closing = ",)" if isinstance(value, tuple) and len(value) == 1 else closing
        yield from _joined((_pieces(item, depth + 1, limit) for item in value), opening, closing)
    elif isinstance(value, dict) and depth < 4:
        pairs = (_pair(key, item, depth + 1, limit) for key, item in value.items())
        yield from _joined(pairs, "{", "}")
    elif isinstance(value, Array):
        yield f"{value.kind} of shape {value.shape}, {clean(value.dtype, 40)}: "
        yield from _pieces(value.values.ravel()[:limit].tolist(), depth + 1, limit)
    elif isinstance(value, Frame):
        yield f"DataFrame of {len(value.index)} rows, columns "
        yield from _pieces(value.columns, depth + 1, limit)
    else:
        yield value.text if isinstance(value, Opaque) and value.text else describe_value(value)


def _pair(key: Any, item: Any, depth: int, limit: int) -> Iterator[str]:
    yield from _pieces(key, depth, limit)
    yield ": "
    yield from _pieces(item, depth, limit)


def _joined(items: Iterable[Iterator[str]], opening: str, closing: str) -> Iterator[str]:
    yield opening
    for position, item in enumerate(items):
        yield ", " if position else ""
        yield from item
    yield closing


def show_integer(value: int) -> str:
    """Return a whole number; one that is too long by its size (Python refuses to print the longest)."""
    if value.bit_length() <= LONGEST_INTEGER:
        return str(value)
    digits = int(value.bit_length() * 0.30103) + 1
    return f"a whole number of about {digits:,} digits"


def describe_value(value: Any) -> str:
    """Say in a few words what sort of thing a value is; the student's type names are cleaned."""
    return clean(describe(value), 100)


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 row", "3 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def quote(expression: str) -> str:
    """Return an expression of the rubric as it is named in messages."""
    return f"`{clean(expression, 80)}`"
