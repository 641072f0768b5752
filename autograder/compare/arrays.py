"""Arrays, tensors and nested lists of numbers, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autograder.compare.closeness import (
    DEFAULT,
    SLACK,
    WHOLE,
    Exactness,
    Limit,
    Tolerance,
    is_close,
    is_number,
    same_digits,
)
from autograder.compare.comparison import RIGHT, Comparison, describe, wrong
from autograder.wire import Array, Frame

Dtype = Literal["any", "integer", "floating", "boolean", "same"]
"""What the entries must be; `same` asks for the very dtype of what is expected."""

AXES = 32
"""Deeper nesting than this is no array."""
NOISE = 1e-12
"""Rounding noise of a zero among other numbers, as a share of the largest of them."""
KINDS = {"integer": "iu", "floating": "f", "boolean": "b"}
"""Dtypes, by numpy's letters."""


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """A rectangular block of numbers or of booleans, with gaps where an entry is neither."""

    values: NDArray[Any]
    """Numeric or boolean; 0 in the gaps."""
    dtype: str
    """The name of the dtype as its author sees it."""
    present: NDArray[np.bool_]
    """False in the gaps."""


def compare_arrays(
    got: Any,
    expected: Any,
    tolerance: Exactness = None,
    *,
    dtype: Dtype = "any",
    squeeze: bool = False,
) -> Comparison:
    """Compare an array with the expected one.

    By default whole numbers and booleans must be the same, other numbers agree within
    rtol = 1e-6 or, so that a zero computed in another order still counts, within 1e-12 of the largest expected
    magnitude. Whole numbers are told apart beyond 2**53 too.

    Args:
        got: `wire.Array`, `wire.Frame`, nested lists or one number; an entry that is no number is a
            wrong entry.
        expected: the same, or a numpy array, of any shape.
        tolerance: how far each entry may be off.
        dtype: what the entries must be.
        squeeze: ignore axes of length 1 in both.

    Returns:
        The share of entries that are right; 0 where the shape or the dtype is not right. The reason
        holds the student's own shape, never the expected one.

    Raises:
        ValueError: `expected` is not an array of numbers or booleans (the rubric's fault).
    """
    theirs, ours = read_entries(got), read_entries(expected)
    if ours is None or not ours.present.all():
        raise ValueError(f"the expected value is not an array of numbers: {describe(expected)}")
    if theirs is None:
        return wrong(f"expected an array of numbers, found {describe(got)}")
    shape = theirs.values.shape
    mine, wanted, present = theirs.values, ours.values, theirs.present
    if squeeze:
        mine, wanted, present = np.squeeze(mine), np.squeeze(wanted), np.squeeze(present)
    if mine.shape != wanted.shape:
        return wrong(f"the shape {shape} is not the one asked for")
    if not _has_dtype(theirs, ours.dtype, dtype):
        return wrong(f"the entries are {theirs.dtype}, which is not the type asked for")
    if present.any() and (mine.dtype.kind == "b") != (wanted.dtype.kind == "b"):
        found, asked = ("true or false", "numbers") if mine.dtype.kind == "b" else (
            "numbers", "true or false")  # fmt: skip
        return wrong(f"the entries are {found} where {asked} are expected")
    right = close_entries(mine, wanted, tolerance) & present
    return _summary(right)


def read_entries(value: Any) -> Entries | None:
    """Read a value as a rectangular block; None where it is ragged or nothing of the kind."""
    if isinstance(value, Array):
        return _entries(value.values, value.dtype)
    if isinstance(value, np.ndarray):
        return _entries(value, str(value.dtype))
    if isinstance(value, Frame):
        value = [list(row) for row in zip(*value.data, strict=True)]
    elif not isinstance(value, (list, tuple, bool)) and not is_number(value):
        return None
    return _read_nested(value)


def _entries(values: NDArray[Any], dtype: str) -> Entries | None:
    if values.dtype.kind not in "biufc":
        return None
    return Entries(values, dtype, np.ones(values.shape, dtype=np.bool_))


def _read_nested(value: Any) -> Entries | None:
    """Read nested lists level by level, so that no depth of nesting can exhaust the stack."""
    level: list[Any] = [_opened(value)]
    shape: list[int] = []
    while level and all(isinstance(item, (list, tuple)) for item in level):
        length = len(level[0])
        if len(shape) == AXES or any(len(item) != length for item in level):
            return None
        shape.append(length)
        level = [_opened(item) for group in level for item in group]
    if any(isinstance(item, (list, tuple)) for item in level):
        return None
    boolean = bool(level) and all(isinstance(item, bool) for item in level)
    present = [boolean or is_number(item) for item in level]
    if level and not any(present):
        return None
    values = _numbers([item if there else 0 for item, there in zip(level, present, strict=True)])
    if values is None:
        return None
    gaps = np.array(present, dtype=np.bool_).reshape(shape)
    return Entries(values.reshape(shape), str(values.dtype), gaps)


def _opened(value: Any) -> Any:
    """Turn an array inside a list into lists, or into its number where it has no axes."""
    return value.values.tolist() if isinstance(value, Array) else value


def _numbers(leaves: list[Any]) -> NDArray[Any] | None:
    """Build an array with one axis: booleans, int64, float64 or complex128, the narrowest that holds all."""
    kinds = {type(leaf) for leaf in leaves}
    if kinds == {bool}:
        return np.array(leaves, dtype=np.bool_)
    try:
        if kinds == {int}:
            return np.array(leaves, dtype=np.int64)
    except OverflowError:
        kinds = {float}
    try:
        return np.array(leaves, dtype=np.complex128 if complex in kinds else np.float64)
    except OverflowError:  # a whole number beyond the doubles
        return None


def _has_dtype(theirs: Entries, expected: str, wanted: Dtype) -> bool:
    if wanted == "any":
        return True
    if wanted == "same":
        return theirs.dtype == expected
    return theirs.values.dtype.kind in KINDS[wanted]


def close_entries(
    got: NDArray[Any], expected: NDArray[Any], tolerance: Exactness
) -> NDArray[np.bool_]:
    """Tell entry by entry which are close, by the rules of `closeness`.

    Args:
        got: numbers or booleans.
        expected: the same shape and, for booleans, the same kind.
        tolerance: how far an entry may be off.

    Returns:
        Booleans of the same shape. Numpy's warnings about overflow and NaN stay inside.
    """
    with np.errstate(all="ignore"):
        if tolerance is None and expected.dtype.kind in "fc":
            finite = np.abs(expected[np.isfinite(expected)]).astype(np.float64)
            tolerance = Limit(rtol=DEFAULT.rtol, atol=NOISE * float(finite.max(initial=0.0)))
        if tolerance is None or got.dtype.kind == "b":
            tolerance = "exact"
        if _beyond_doubles(got) or _beyond_doubles(expected):
            pairs = zip(got.ravel().tolist(), expected.ravel().tolist(), strict=True)
            flat = [is_close(mine, wanted, tolerance) for mine, wanted in pairs]
            return np.array(flat, dtype=np.bool_).reshape(expected.shape)
        complex_ = "c" in (got.dtype.kind, expected.dtype.kind)
        precise = np.complex128 if complex_ else np.float64
        mine, wanted = got.astype(precise), expected.astype(precise)
        right = np.asarray((mine == wanted) | (np.isnan(mine) & np.isnan(wanted)))
        if tolerance == "exact":
            return right
        return right | _within(mine, wanted, tolerance, right)


def _within(
    got: NDArray[Any], expected: NDArray[Any], tolerance: Tolerance, right: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Apply a tolerance to doubles; entries already `right` need no second look."""
    finite = np.isfinite(got) & np.isfinite(expected)
    close = np.zeros(expected.shape, dtype=np.bool_)
    if tolerance.rtol or tolerance.atol:
        scale = np.abs(expected)
        limit = tolerance.atol + tolerance.rtol * scale
        close = np.asarray((np.abs(got - expected) <= limit + SLACK * (scale + limit)) & finite)
    if tolerance.significant is not None or tolerance.decimals is not None:
        for index in np.argwhere(finite & ~right & ~close):
            at = tuple(index)
            close[at] = same_digits(got[at].item(), expected[at].item(), tolerance)
    return close


def _beyond_doubles(values: NDArray[Any]) -> bool:
    """Tell whether whole numbers are among the values that doubles cannot tell apart."""
    if values.dtype.kind not in "iu" or values.dtype.itemsize < 8:
        return False
    return bool(((values > WHOLE) | (values < -WHOLE)).any())


def _summary(right: NDArray[np.bool_]) -> Comparison:
    """Count the entries that are right, and name the first that is not."""
    if right.all():
        return RIGHT
    if right.ndim == 0:
        return wrong("the value is not right")
    missed = right.size - int(right.sum())
    first = [int(position) for position in np.argwhere(~right)[0]]
    count = f"{missed} of {right.size} entries {'is' if missed == 1 else 'are'} not right"
    return wrong(f"{count}, the first at {first}", int(right.sum()) / right.size)
