"""Values and untrusted text as people read them."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checks.wording import clean, count, show
from autograder.wire import Array, Figure, Frame, Opaque


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4864, "4864"),
        (0.1, "0.1"),
        (True, "True"),
        ("conv", '"conv"'),
        ((64,), "(64,)"),
        ([1, ("a", None)], "[1, ('a', None)]"),
        ({"a": {1}}, "{'a': {1}}"),
        (Array(np.eye(2), "float64"), "ndarray of shape (2, 2), float64: [1.0, 0.0, 0.0, 1.0]"),
        (Frame(("x",), (0, 1), ((1, 2),)), "DataFrame of 2 rows, columns ('x',)"),
        (Opaque("Mul", "K*M"), "K*M"),
        (Opaque("Net"), "an object of type Net"),
        (Figure(()), "a figure"),
        (10**1000, "a whole number of about 1,001 digits"),
    ],
    ids=lambda case: type(case).__name__,
)
def test_values_are_shown_as_people_write_them(value, text):
    assert show(value) == text


@pytest.mark.parametrize(
    "value",
    [
        list(range(10**6)),
        "x" * 10**6,
        {str(n): n for n in range(10**5)},
        Array(np.zeros(10**6), "float64" * 100),
        10**100_000,
        Opaque("\x1b[2J" * 9999),
        [[[[[[[[1]]]]]]]],
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_value_takes_more_room_than_it_may(value):
    assert len(show(value)) <= 200
    assert len(show(value, 20)) <= 20


def test_nothing_that_steers_a_terminal_or_a_page_is_left():
    assert clean("a\x1b[31mb\u202ec\x00\nd\ud800") == r"a\x1b[31mb\u202ec\x00 d\ud800"
    assert clean("x" * 300).endswith("…")
    assert clean(" " * 10_000 + "x") == "…"


def test_numbers_come_with_their_noun():
    assert [count(1, "row"), count(1000, "row")] == ["1 row", "1,000 rows"]
