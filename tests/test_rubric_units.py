"""Durations and sizes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from autograder.rubric.units import Bytes, Seconds

SECONDS: TypeAdapter[float] = TypeAdapter(Seconds)
BYTES: TypeAdapter[int] = TypeAdapter(Bytes)


def refusal(adapter: TypeAdapter[Any], value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    (error,) = caught.value.errors()
    return str(error["ctx"]["error"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (90, 90.0), (0.5, 0.5), ("90", 90.0), ("90 s", 90.0), ("90s", 90.0), ("5 min", 300.0),
        ("5 MIN", 300.0), ("1 h", 3600.0), ("1.5 hours", 5400.0), ("250 ms", 0.25), (" 2 m ", 120.0),
        (".5 s", 0.5), ("1 minute", 60.0), ("+5 s", 5.0),
    ],
)  # fmt: skip
def test_a_duration_is_read(text: Any, seconds: float) -> None:
    assert SECONDS.validate_python(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (100000, 100000), ("2 GiB", 2 * 2**30), ("2GiB", 2 * 2**30), ("64 MB", 64 * 10**6),
        ("1 KiB", 1024), ("1 k", 1024), ("1.5 MiB", 3 * 2**19), ("10 B", 10), ("0.5 B", 1),
        ("1 TB", 10**12),
    ],
)  # fmt: skip
def test_a_size_is_read_in_whole_bytes(text: Any, size: int) -> None:
    found = BYTES.validate_python(text)
    assert (found, type(found)) == (size, int)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("5 mins", "unknown unit 'mins' (units: ms, s, min, h); did you mean 'min'?"),
        ("5 parsecs", "unknown unit 'parsecs' (units: ms, s, min, h)"),
        ("five", "expected a quantity such as \"5 min\", found the text 'five'"),
        ("", "expected a quantity such as \"5 min\", found the text ''"),
        ("1e3 s", "expected a quantity such as \"5 min\", found the text '1e3 s'"),
        ("٣ s", "expected a quantity such as \"5 min\", found the text '٣ s'"),
        (True, 'expected a quantity such as "5 min", found true'),
        (None, 'expected a quantity such as "5 min", found nothing'),
        ([5], 'expected a quantity such as "5 min", found a list'),
        ({}, 'expected a quantity such as "5 min", found an empty mapping'),
        (0, "expected more than 0, found the number 0"),
        (-5, "expected more than 0, found the number -5"),
        ("-5 s", "expected more than 0, found the text '-5 s'"),
        (math.nan, "expected more than 0, found the number nan"),
        (-math.inf, "expected more than 0, found the number -inf"),
        (math.inf, "expected at most 720 h, found the number inf"),
        ("721 h", "expected at most 720 h, found the text '721 h'"),
        ("9" * 400, f"expected at most 720 h, found the text '{'9' * 57}...'"),
        (10**400, f"expected at most 720 h, found the number 1{'0' * 56}..."),
    ],
)
def test_what_is_no_duration_is_refused(value: Any, message: str) -> None:
    assert refusal(SECONDS, value) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "2 gigs",
            "unknown unit 'gigs' (units: B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)",
        ),
        (-1, "expected more than 0, found the number -1"),
        ("2000 TiB", "expected at most 1024 TiB, found the text '2000 TiB'"),
        (True, 'expected a quantity such as "2 GiB", found true'),
    ],
)
def test_what_is_no_size_is_refused(value: Any, message: str) -> None:
    assert refusal(BYTES, value) == message


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()))
def test_whatever_is_read_as_a_duration_is_finite_and_positive(value: Any) -> None:
    try:
        seconds = SECONDS.validate_python(value)
    except ValidationError:
        return
    assert 0 < seconds < math.inf
