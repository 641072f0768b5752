"""Which of a student's own values may take a node's place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.truth import usable
from autograder.truth.followthrough import as_own
from autograder.wire import Array, Opaque

values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.complex_numbers(),
        st.just(10**4000), st.just(Opaque("X")), st.just(Array(np.ones((2, 2)), "float64")),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected", "own"),
    [
        (5, 7, 5),
        (1820.0, 7, 1820),
        (-3, 7, -3),
        (5, 0.5, 5.0),
        (0.25, 0.5, 0.25),
        (True, False, True),
        ([64, 64.0, 3], (1, 2, 3), (64, 64, 3)),
        (Array(np.array([64, 3]), "int64"), (1, 2), (64, 3)),
        (Array(np.array(4.0), "float64"), 7, 4),
        ([[1, 2], (3, 4)], [(0, 0), (0, 0)], [(1, 2), (3, 4)]),
        ({"b": 2.0, "a": 1}, {"a": 0, "b": 0}, {"a": 1, "b": 2}),
    ],
)
def test_a_value_of_the_nodes_sort_is_used_in_the_nodes_types(value, expected, own):
    assert usable(value, expected) == ""
    assert as_own(value, expected) == own
    assert repr(as_own(value, expected)) == repr(own)


@pytest.mark.parametrize(
    ("value", "expected", "reason"),
    [
        (None, 7, "it is not a number"),
        (True, 7, "it is not a number"),
        ("5", 7, "it is not a number"),
        (5j, 7, "it is not a number"),
        ([5], 7, "it is not a number"),
        (Opaque("Evil"), 7, "it is not a number"),
        (1, True, "it is not true or false"),
        (0.5, 7, "it is not a whole number"),
        (math.nan, 0.5, "it is not finite"),
        (math.inf, 7, "it is not finite"),
        (10**19, 7, "it is too large"),
        (-(10**19), 7, "it is too small"),
        (1e19, 0.5, "it is too large"),
        (5, (1, 2), "it is not a sequence"),
        ({0: 1, 1: 2}, (1, 2), "it is not a sequence"),
        ((1, 2, 3), (1, 2), "it has another number of entries"),
        ((1, None), (1, 2), "it is not a number"),
        (Array(np.ones(200_000), "float64"), (1, 2), "it has too many entries"),
        ({"a": 1}, {"b": 1}, "it is not a dictionary with the keys asked for"),
        ("N*K", "N*M", "only numbers and collections of numbers can be carried forward"),
        (np.ones(2), Array(np.ones(2), "float64"), "only numbers and collections of numbers"),
    ],
)
def test_any_other_value_is_refused_with_the_reason(value, expected, reason):
    assert usable(value, expected).startswith(reason)


def test_a_number_of_a_million_digits_is_refused_before_anything_converts_it():
    assert usable(10**1_000_000, 7) == "it is not finite"
    assert usable(-(10**1_000_000), 0.5, -1e300, 1e300) == "it is not finite"


def test_the_rubrics_bounds_are_kept_and_include_their_ends():
    assert usable(1, 7, 1, 10) == ""
    assert usable(10, 7, 1, 10) == ""
    assert usable(0, 7, 1, 10) == "it is too small"
    assert usable(11, 7, 1, 10) == "it is too large"
    assert usable([5, 11], (1, 2), 1, 10) == "it is too large"
    assert usable(10**23, 7, maximum=1e24) == ""
    assert usable(0, 0.5, minimum=0.5) == "it is too small"


@given(values, st.sampled_from([7, 0.5, True, (1, 2), [0.5], {"a": 1}, "text", None]))
def test_no_value_makes_it_raise_and_a_usable_one_can_be_converted(value, expected):
    if not usable(value, expected):
        assert type(as_own(value, expected)) is type(expected)
