"""Which of a student's own values may take a node's place, and in what form."""

from __future__ import annotations

from typing import Any

from autograder.wire import Array

LARGEST = 1e18
"""Where the rubric sets no bounds: far above any count in a homework, and no work for the graph."""
MOST_ENTRIES = 100_000
"""Entries of a student's array; no sequence that a node returns is longer."""


def usable(
    value: Any, expected: Any, minimum: float | None = None, maximum: float | None = None
) -> str:
    """Say why a student's value cannot take a node's place.

    Args:
        value: what the student had; untrusted plain data.
        expected: the node's own value. `value` must be of its sort: a number where it is a number, whole where
            it is whole (1820.0 is), a boolean where it is one, as many entries where it is a sequence, the same keys
            where it is a dict. A node that is an array or text takes nothing.
        minimum: the least number allowed; None for -1e18.
        maximum: the greatest; None for 1e18.

    Returns:
        The reason, as a clause about "it", without any value; empty where it is usable. Never raises.
    """
    if isinstance(value, Array) and value.values.size > MOST_ENTRIES:
        return "it has too many entries"
    value = _listed(value)
    if isinstance(expected, bool):
        return "" if isinstance(value, bool) else "it is not true or false"
    if isinstance(expected, (int, float)):
        low = -LARGEST if minimum is None else minimum
        high = LARGEST if maximum is None else maximum
        return _usable_number(value, whole=isinstance(expected, int), low=low, high=high)
    if isinstance(expected, (list, tuple)):
        if not isinstance(value, list):
            return "it is not a sequence"
        if len(value) != len(expected):
            return "it has another number of entries"
        pairs = zip(value, expected, strict=True)
    elif isinstance(expected, dict):
        if not isinstance(value, dict) or value.keys() != expected.keys():
            return "it is not a dictionary with the keys asked for"
        pairs = zip(map(value.__getitem__, expected), expected.values(), strict=True)
    else:
        return "only numbers and collections of numbers can be carried forward"
    return next((why for v, e in pairs if (why := usable(v, e, minimum, maximum))), "")


def _usable_number(value: Any, *, whole: bool, low: float, high: float) -> str:
    """Judge one number. Sizes are compared before anything converts it: it may have a million digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "it is not a number"
    if value != value or abs(value) > 1e308:
        return "it is not finite"
    if value < low:
        return "it is too small"
    if value > high:
        return "it is too large"
    if whole and isinstance(value, float) and not value.is_integer():
        return "it is not a whole number"
    return ""


def as_own(value: Any, expected: Any) -> Any:
    """Give a usable value the types of the node's own, so that the graph computes as it does by itself.

    1820.0 becomes 1820 where the node is whole, a list becomes a tuple where it is a tuple.

    Args:
        value: a value for which `usable` found no objection.
        expected: the node's own value.
    """
    value = _listed(value)
    if isinstance(expected, (list, tuple)):
        return type(expected)(as_own(v, e) for v, e in zip(value, expected, strict=True))
    if isinstance(expected, dict):
        return {key: as_own(value[key], own) for key, own in expected.items()}
    return value if isinstance(expected, bool) else type(expected)(value)


def _listed(value: Any) -> Any:
    """Return arrays and tuples as lists, an array without axes as its number; anything else as it is."""
    if isinstance(value, Array):
        return value.values.tolist()
    return list(value) if isinstance(value, tuple) else value
