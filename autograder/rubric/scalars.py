"""What an unquoted word in the YAML means.

The rules are those of YAML 1.2's core schema, which editors follow, and not PyYAML's (YAML 1.1):
there ``on:`` is a key called True, ``1e-5`` is text and ``010`` is eight. A word that one reader
takes for a number or a boolean and another for text is refused, with what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Scalar = str | int | float | bool | None
"""What a single word can be."""

_WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_TO_SOME = re.compile(
    r"[-+]?(0[0-9_]+|0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|[0-9]+(_[0-9]+)+)"
)
_DOUBTFUL = (
    (re.compile(r"yes|on", re.IGNORECASE), "true"),
    (re.compile(r"no|off", re.IGNORECASE), "false"),
    (re.compile(r"None"), "null"),
    (re.compile(r"nan", re.IGNORECASE), ".nan"),
    (re.compile(r"\+?inf", re.IGNORECASE), ".inf"),
    (re.compile(r"-inf", re.IGNORECASE), "-.inf"),
)
_LONGEST_NUMBER = 1000
"""Digits; Python itself refuses to read more than 4300."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one word means."""

    value: Scalar
    """The value; the text itself where there is a problem."""
    problem: str = ""
    """Why it cannot be read and what to write instead; empty where it can."""


def read_word(text: str) -> Reading:
    """Read one unquoted word. Never raises; what is in doubt comes back with a `problem`."""
    if text in _WORDS:
        return Reading(_WORDS[text])
    if _NUMBER.fullmatch(text) and len(text) > _LONGEST_NUMBER:
        return Reading(text, f"a number of {len(text)} digits is too long to read")
    if _WHOLE.fullmatch(text):
        return Reading(int(text))
    if _NUMBER_TO_SOME.fullmatch(text):
        return Reading(
            text,
            f"some YAML readers take {text[:60]} for a number and others for text; "
            f'write plain decimal digits, or "{text[:60]}" in quotes if text is meant',
        )
    if _NUMBER.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            return Reading(text, f"{text} is too large for a number; infinity is written .inf")
        return Reading(number)
    for pattern, instead in _DOUBTFUL:
        if pattern.fullmatch(text):
            return Reading(
                text,
                f"some YAML readers take {text} for {instead} and others for text; "
                f'write {instead}, or "{text}" in quotes if text is meant',
            )
    return Reading(text)
