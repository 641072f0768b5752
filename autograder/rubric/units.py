"""Durations and sizes as people write them: "5 min", "2 GiB"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from autograder.rubric.words import described, listed, quoted, suggestion


@dataclass(frozen=True, slots=True)
class _Measure:
    """One kind of quantity and how it is written."""

    units: Mapping[str, float]
    """Each unit, in lower case, in multiples of the base unit; "" is the base unit itself."""
    shown: tuple[str, ...]
    """The units that a message lists."""
    example: str
    """A quantity that is well written."""
    most: float
    """The largest quantity that makes sense, in the base unit."""
    most_shown: str
    """The same in words."""


_DURATION = _Measure(
    units={"ms": 0.001}
    | dict.fromkeys(["", "s", "sec", "second", "seconds"], 1.0)
    | dict.fromkeys(["m", "min", "minute", "minutes"], 60.0)
    | dict.fromkeys(["h", "hour", "hours"], 3600.0),
    shown=("ms", "s", "min", "h"),
    example="5 min",
    # Far below the 292 years at which Python's timers overflow, far above any homework.
    most=30 * 24 * 3600.0,
    most_shown="720 h",
)
_SIZE = _Measure(
    units={"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
    | dict.fromkeys(["k", "kib"], 2.0**10)
    | dict.fromkeys(["m", "mib"], 2.0**20)
    | dict.fromkeys(["g", "gib"], 2.0**30)
    | dict.fromkeys(["t", "tib"], 2.0**40),
    shown=("B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"),
    example="2 GiB",
    # setrlimit takes 63 bits; anything near that is a slip.
    most=2.0**50,
    most_shown="1024 TiB",
)
_QUANTITY = re.compile(r"\s*([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))\s*([^\W\d_]*)\s*")


def _quantity(value: Any, measure: _Measure) -> float:
    """Turn a number, or text such as "5 min", into the base unit.

    Raises ValueError, whose text completes "limits.time: ...", for anything that is not a positive
    quantity within reason.
    """
    wanted = f'a quantity such as "{measure.example}"'
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"expected {wanted}, found {described(value)}")
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        if not match:
            raise ValueError(f"expected {wanted}, found {described(value)}")
        unit = match[2].lower()
        if unit not in measure.units:
            raise ValueError(
                f"unknown unit {quoted(match[2])} (units: {listed(measure.shown)})"
                + suggestion(match[2], measure.shown)
            )
        amount = float(match[1]) * measure.units[unit]
    else:
        amount = value
    if not amount > 0:
        raise ValueError(f"expected more than 0, found {described(value)}")
    if amount > measure.most:
        raise ValueError(f"expected at most {measure.most_shown}, found {described(value)}")
    return float(amount)


def _seconds(value: Any) -> float:
    return _quantity(value, _DURATION)


def _bytes(value: Any) -> int:
    return ceil(_quantity(value, _SIZE))


_Number = Annotated[float, Field(gt=0)]
_Text = Annotated[str, Field(pattern=r"^\s*[0-9.]+\s*[A-Za-z]*\s*$")]

Seconds = Annotated[float, BeforeValidator(_seconds, json_schema_input_type=_Number | _Text)]
"""A duration in seconds; 90, "90 s", "5 min" and "1 h" are read."""

Bytes = Annotated[int, BeforeValidator(_bytes, json_schema_input_type=_Number | _Text)]
"""A size in bytes; 100000, "2 GiB" and "64 MB" are read."""
