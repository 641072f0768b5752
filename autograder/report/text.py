"""Make text from students safe to show: the one place where every output passes it through."""

from __future__ import annotations

import re
from collections.abc import Iterable

from autograder.model import Outcome

LONGEST = 10_000
"""Characters of one piece of text that a report shows; who needs more opens the notebook."""

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links, clipboard
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # device control and other strings
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colour, cursor
    r"|\x1b[ -/]*[0-~]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that reorder
    "\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # no width
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # halves of pairs, and what is no character
    "\U000e0000-\U000e0fff]"  # tags: text that no reader sees
)

OUTCOME_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.PARTIAL: "partial",
    Outcome.FAILED: "failed",
    Outcome.SKIPPED: "skipped",
    Outcome.UNGRADED: "awaits marking",
    Outcome.ERROR: "grader error",
}
"""What people read for each outcome."""


def clean(text: str, limit: int = LONGEST) -> str:
    """Return text without terminal escapes, control characters and marks that reorder or hide text.

    Line breaks of every kind become newlines. What is longer than `limit` characters is cut, and
    the cut is said.
    """
    head = text[: 2 * limit]  # so that the patterns never see a 50 MB message
    kept = _UNSEEN.sub("", _BREAKS.sub("\n", _ESCAPES.sub("", head)))
    whole = head == text and len(kept) <= limit
    return kept if whole else f"{kept[:limit]}… (cut)"


def clean_line(text: str, limit: int = 200) -> str:
    """Return cleaned text on one line, white space folded."""
    folded = " ".join(clean(text, 2 * limit).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def points_text(points: float, decimals: int | None = None) -> str:
    """Write points as people do: at most two decimals, no trailing zeros unless `decimals` asks."""
    if decimals is not None:
        return f"{points:.{decimals}f}"
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def decimals_needed(column: Iterable[float]) -> int:
    """Return the decimals, 0 to 2, with which the numbers of a column line up."""
    return max((len(points_text(points).partition(".")[2]) for points in column), default=0)
