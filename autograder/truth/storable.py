"""What a node or a model solution may return, and its form in a lock."""

from __future__ import annotations

import cmath
import sys
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from autograder.errors import TruthError, WireError
from autograder.wire import Array, from_json, to_json


def as_stored(value: Any, what: str, *, finite: bool) -> Any:
    """Turn a value of the reference into the form in which a student's would arrive.

    Numpy scalars become Python numbers, arrays and tensors `wire.Array`, a Fraction an int where it is
    whole and a float otherwise, subclasses of built-in types the types themselves.

    Args:
        value: what a function of the reference returned.
        what: whose value it is, for the message ("node 'kernel'").
        finite: refuse NaN and infinities outside arrays, where they are hardly ever meant.

    Raises:
        TruthError: it cannot be stored, or is not finite; says whose it is and what to return instead.
    """
    try:
        stored = _convert(value, what, finite=finite)
        return from_json(to_json(stored))
    except RecursionError as error:
        raise TruthError(f"{what} is nested too deeply to be stored") from error
    except (WireError, ValueError) as error:  # ValueError: a whole number of thousands of digits
        raise TruthError(f"{what} cannot be stored: {error}") from error


def _convert(value: Any, what: str, *, finite: bool) -> Any:
    """Convert one value, and what it holds."""
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Fraction):
        value = int(value) if value.denominator == 1 else float(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (float, complex)):
        if finite and not cmath.isfinite(value):
            raise TruthError(f"{what} is {value}; only entries of an array may be")
        return float(value) if isinstance(value, float) else complex(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        kind = next(k for k in (list, tuple, frozenset, set) if isinstance(value, k))
        return kind(_convert(item, what, finite=finite) for item in value)
    if isinstance(value, Mapping):
        return {
            _convert(key, what, finite=finite): _convert(item, what, finite=finite)
            for key, item in value.items()
        }
    return _array(value, what)


def _array(value: Any, what: str) -> Array:
    """Convert an array or a tensor; refuse anything else."""
    torch = sys.modules.get("torch")  # a tensor can only exist where torch is loaded already
    kind = "ndarray"
    if torch is not None and isinstance(value, torch.Tensor):
        name = str(value.dtype).removeprefix("torch.")
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        value, kind = (plain.float() if name == "bfloat16" else plain).numpy(), "tensor"
    elif isinstance(value, np.ndarray):
        name = str(value.dtype)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc" and value.dtype.itemsize <= 16:
        return Array(np.asarray(value), name, kind)
    raise TruthError(
        f"{what} holds {_named(value)}, which cannot be stored; return numbers, text, lists,"
        " tuples, dicts, arrays of numbers or tensors"
    )


def _named(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    return f"an object of type {type(value).__name__}"


def as_plain(value: Any) -> Any:
    """Turn arrays and tensors within a stored or a student's value into numpy arrays, for the reference's functions."""
    if isinstance(value, Array):
        return value.values.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(as_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: as_plain(item) for key, item in value.items()}
    return value
