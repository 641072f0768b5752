"""Single values and sequences of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.compare.arrays import compare_arrays, read_entries
from autograder.compare.closeness import Exactness, is_close, is_number
from autograder.compare.comparison import RIGHT, Comparison, describe, wrong
from autograder.wire import Array

Sets = (set, frozenset)


def compare_values(
    got: Any, expected: Any, tolerance: Exactness = None, *, ignore_order: bool = False
) -> Comparison:
    """Compare an answer with the expected value, whatever that is.

    Numbers go by the tolerance (1820.0 is 1820), a boolean is only a boolean, text must be the same
    but for white space at its ends. A list is as good as a tuple, an array as good as the list of its entries, an
    array without axes as good as its number.

    Args:
        got: decoded plain data or a dataclass of `wire`.
        expected: a number, text, boolean, None, an array, or a list, tuple, set or dict of these.
        tolerance: how far each number may be off.
        ignore_order: the entries of the outermost sequence may come in any order.

    Returns:
        Whether it is equal, and for containers the share of entries that are; entries too many
        lower the share. The reason holds no expected value.
    """
    got, expected = _number_of(got), _number_of(expected)
    if isinstance(expected, Sets):
        return _compare_unordered(got, list(expected), tolerance)
    if isinstance(expected, (list, tuple)):
        if ignore_order:
            return _compare_unordered(got, expected, tolerance)
        return _compare_sequences(got, expected, tolerance)
    if isinstance(expected, (Array, np.ndarray)):
        return compare_arrays(got, expected, tolerance)
    if isinstance(expected, dict):
        return _compare_dicts(got, expected, tolerance)
    if is_number(expected):
        if not is_number(got):
            return _mismatch(got, expected)
        return RIGHT if is_close(got, expected, tolerance) else wrong("the value is not right")
    if type(got) is not type(expected):
        return _mismatch(got, expected)
    if isinstance(expected, str):
        got, expected = got.strip(), expected.strip()
    return RIGHT if got == expected else wrong("the value is not right")


def _number_of(value: Any) -> Any:
    """Return the number in an array without axes, and anything else as it is."""
    if isinstance(value, (Array, np.ndarray)) and value.shape == ():
        return value.values.item() if isinstance(value, Array) else value.item()
    return value


def _mismatch(got: Any, expected: Any) -> Comparison:
    return wrong(f"expected {describe(expected)}, found {describe(got)}")


def _compare_sequences(got: Any, expected: Sequence[Any], tolerance: Exactness) -> Comparison:
    """Compare entry by entry, in order."""
    if isinstance(got, Array):
        block = read_entries(expected)
        if block is None or not block.present.all():
            return _mismatch(got, expected)
        return compare_arrays(got, expected, tolerance)
    if not isinstance(got, (list, tuple)):
        return _mismatch(got, expected)
    parts = [
        compare_values(mine, wanted, tolerance) for mine, wanted in zip(got, expected, strict=False)
    ]
    if len(got) == len(expected) and all(part.equal for part in parts):
        return RIGHT
    share = sum(part.share for part in parts) / max(len(got), len(expected))
    if len(got) != len(expected):
        return wrong(f"{len(got)} entries is not the number asked for", share)
    at, part = next((at, part) for at, part in enumerate(parts) if not part.equal)
    return wrong(f"at [{at}]: {part.reason}", share)


def _compare_unordered(got: Any, expected: Sequence[Any], tolerance: Exactness) -> Comparison:
    """Pair up entries that are equal, as many as can be paired."""
    if isinstance(got, Array):
        got = got.values.tolist()
    if not isinstance(got, (list, tuple, *Sets)):
        return _mismatch(got, expected)
    got = list(got)
    if len(got) > 10 * len(expected) + 10:  # pairing takes time in proportion to both
        return wrong(f"{len(got)} entries are too many")
    choices = [
        [at for at, mine in enumerate(got) if compare_values(mine, wanted, tolerance).equal]
        for wanted in expected
    ]
    paired = _pair(choices)
    if paired == len(expected) == len(got):
        return RIGHT
    share = paired / max(len(got), len(expected))
    if len(got) != len(expected):
        return wrong(f"{len(got)} entries is not the number asked for", share)
    missed = len(expected) - paired
    return wrong(
        f"{missed} of {len(got)} entries {'is' if missed == 1 else 'are'} not right", share
    )


def _pair(choices: Sequence[Sequence[int]]) -> int:
    """Return how many entries can be paired at most (Kuhn's augmenting paths, breadth first).

    Taking the first that fits would not do: with a tolerance, two answers may fit one expected value and only
    one of them the next.

    Args:
        choices: for each expected entry the positions of the answers that equal it.
    """
    taken: dict[int, int] = {}
    for start in range(len(choices)):
        reached: dict[int, int] = {}  # answer -> the expected entry from which it was reached
        queue, end = deque([start]), None
        while queue and end is None:
            entry = queue.popleft()
            for answer in choices[entry]:
                if answer not in reached:
                    reached[answer] = entry
                    if answer not in taken:
                        end = answer
                        break
                    queue.append(taken[answer])
        while end is not None:
            entry = reached[end]
            previous = next((a for a, e in taken.items() if e == entry and a != end), None)
            taken[end] = entry
            end = None if entry == start else previous
    return len(taken)


def _compare_dicts(got: Any, expected: dict[Any, Any], tolerance: Exactness) -> Comparison:
    """Compare key by key; keys must be the same."""
    if not isinstance(got, dict):
        return _mismatch(got, expected)
    parts = {
        key: compare_values(got[key], wanted, tolerance)
        for key, wanted in expected.items()
        if key in got
    }
    if got.keys() == expected.keys() and all(part.equal for part in parts.values()):
        return RIGHT
    share = sum(part.share for part in parts.values()) / max(len(got), len(expected))
    if got.keys() != expected.keys():
        return wrong("the keys are not the ones asked for", share)
    key, part = next((key, part) for key, part in parts.items() if not part.equal)
    return wrong(f"at [{key!r:.40}]: {part.reason}", share)
