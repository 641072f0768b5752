"""The result of a comparison, and the words for what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.wire import Array, Figure, Frame, Opaque


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an answer stands to the expected one."""

    equal: bool
    """Whether all of it is right."""
    share: float
    """Share of the entries that are right, from 0 to 1; 1 exactly where `equal`."""
    reason: str = ""
    """What is wrong, for the student: never an expected value; empty where `equal`."""


RIGHT = Comparison(True, 1.0)
"""All of it is right."""


def wrong(reason: str, share: float = 0.0) -> Comparison:
    """Say that an answer is not right, or not all of it."""
    return Comparison(False, share, reason)


def describe(value: Any) -> str:
    """Say in a few words what sort of thing a value is ("text", "an array of shape (3, 3)").

    Returns:
        Words without the value itself; the type name of an object is the student's, hence untrusted.
    """
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, Array):
        noun = "a tensor" if value.kind == "tensor" else "an array"
        return f"{noun} of shape {value.shape}"
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name[:60]}"
    for kind, words in _WORDS:
        if isinstance(value, kind):
            return words
    return "something else"


_WORDS: list[tuple[type | tuple[type, ...], str]] = [
    (type(None), "nothing"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (complex, "a complex number"),
    (str, "text"),
    (bytes, "bytes"),
    (list, "a list"),
    (tuple, "a tuple"),
    (dict, "a dictionary"),
    ((set, frozenset), "a set"),
    (Frame, "a table"),
    (Figure, "a figure"),
]
