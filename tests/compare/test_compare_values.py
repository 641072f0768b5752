"""Numbers, values and arrays: when is an answer the expected one?"""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.compare import compare_arrays, compare_values, describe, is_close
from autograder.rubric.schema import Tolerance
from autograder.wire import Array, Frame, Opaque

finite = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.one_of(
    st.integers(), finite, st.complex_numbers(allow_nan=False, allow_infinity=False)
)
tolerances = st.one_of(
    st.none(),
    st.just("exact"),
    st.builds(
        Tolerance,
        rtol=st.floats(0, 0.99),
        atol=st.floats(0, 1e6),
        significant=st.none() | st.integers(1, 15),
        decimals=st.none() | st.integers(0, 15),
    ),
)


def array(values, dtype=None, kind="ndarray"):
    """Return what a student's array looks like once decoded."""
    values = np.asarray(values)
    return Array(values, dtype or str(values.dtype), kind)


# ── one number ────────────────────────────────────────────────────────────────────────────────


@given(numbers, tolerances)
def test_a_finite_number_is_close_to_itself(number, tolerance):
    assert is_close(number, number, tolerance)


@given(numbers | st.just(math.inf), tolerances)
def test_nan_is_never_close(number, tolerance):
    assert not is_close(math.nan, number, tolerance)
    assert not is_close(number, math.nan, tolerance)


@given(tolerances)
def test_nan_is_close_where_nan_is_expected(tolerance):
    assert is_close(math.nan, math.nan, tolerance)


@given(st.integers() | finite, st.integers() | finite, tolerances)
def test_changing_both_signs_changes_nothing(got, expected, tolerance):
    assert is_close(got, expected, tolerance) == is_close(-got, -expected, tolerance)


@given(st.booleans(), numbers, tolerances)
def test_a_boolean_is_not_a_number(truth, number, tolerance):
    assert not is_close(truth, number, tolerance)
    assert not is_close(number, truth, tolerance)


@given(st.integers() | finite, tolerances)
def test_an_infinity_is_close_to_itself_alone(number, tolerance):
    assert is_close(math.inf, math.inf, tolerance)
    assert not is_close(math.inf, -math.inf, tolerance)
    assert not is_close(math.inf, number, tolerance)
    assert not is_close(number, math.inf, tolerance)


@given(st.integers(), st.integers())
def test_whole_numbers_are_exact_by_default(got, expected):
    assert is_close(got, expected) == (got == expected)


@given(st.integers(min_value=2**53), st.integers(1, 1000))
def test_whole_numbers_beyond_doubles_are_told_apart(number, off):
    assert not is_close(number + off, number, "exact")
    assert is_close(number + off, number, Tolerance(atol=off))
    assert not is_close(number + off, number, Tolerance(atol=off - 0.5))


def test_the_tolerance_scales_with_what_is_expected():
    assert is_close(110, 100, Tolerance(rtol=0.1))
    assert not is_close(100, 110.5, Tolerance(rtol=0.09))
    assert is_close(100, 110.5, Tolerance(rtol=0.1))
    assert not is_close(1e9, 1.0, Tolerance(rtol=0.99))


def test_a_large_answer_does_not_widen_its_own_tolerance():
    assert not is_close(10**400, 1, Tolerance(rtol=0.5))
    assert not is_close(10**400, 1.0, Tolerance(rtol=0.5))
    assert not is_close(10**400, 1j, Tolerance(rtol=0.5))
    assert not is_close(10**400, 1, Tolerance(significant=2))
    assert is_close(10**400 + 1, 10**400, Tolerance(rtol=1e-9))


def test_a_distance_of_exactly_the_tolerance_is_close():
    assert is_close(1.1, 1.0, Tolerance(atol=0.1))
    assert is_close(0.4, 0.1, Tolerance(atol=0.3))
    assert is_close(2**60 + 3, 2**60, Tolerance(atol=3))
    assert not is_close(1.1001, 1.0, Tolerance(atol=0.1))


def test_a_zero_tolerance_is_exact_for_doubles():
    assert not is_close(math.nextafter(1.0, 2), 1.0, Tolerance())
    assert is_close(1, 1.0, Tolerance())


def test_floats_have_a_millionth_by_default():
    assert is_close(0.3333333, 1 / 3)
    assert not is_close(0.3333, 1 / 3)
    assert not is_close(1e-9, 0.0)


def test_a_whole_float_is_as_good_as_an_int():
    assert is_close(1820.0, 1820)
    assert not is_close(1820.0001, 1820)
    assert not is_close(2.0**53, 2**53 + 1)


@pytest.mark.parametrize(
    ("got", "expected", "decimals"),
    [(2.67, 2.675, 2), (2.68, 2.675, 2), (2.675, 2.68, 2), (-2.67, -2.675, 2), (3, 2.9999, 3)],
)
def test_half_may_be_rounded_up_or_down(got, expected, decimals):
    assert is_close(got, expected, Tolerance(decimals=decimals))


def test_rounding_is_to_the_figures_asked_for():
    assert is_close(0.667, 2 / 3, Tolerance(significant=3))
    assert not is_close(0.666, 2 / 3, Tolerance(significant=3))
    assert is_close(3_210_000, 3_211_264, Tolerance(significant=3))
    assert not is_close(3_220_000, 3_211_264, Tolerance(significant=3))
    assert is_close(0.1, 0.0999, Tolerance(significant=2))
    assert not is_close(0.01, 0, Tolerance(significant=3))


def test_half_is_judged_without_the_noise_of_binary():
    noisy = 0.285 + 3e-17
    assert noisy != 0.285
    assert is_close(0.28, noisy, Tolerance(decimals=2))
    assert is_close(0.29, noisy, Tolerance(decimals=2))


def test_meeting_one_of_two_tolerances_is_enough():
    either = Tolerance(atol=0.01, significant=1)
    assert is_close(1.26, 1.3, either)
    assert is_close(14.991, 15, either)
    assert not is_close(1.6, 1.3, either)


def test_complex_numbers_are_rounded_part_by_part():
    assert is_close(0.67 + 0.33j, 2 / 3 + 1j / 3, Tolerance(decimals=2))
    assert not is_close(0.67 + 0.34j, 2 / 3 + 1j / 3, Tolerance(decimals=2))
    assert is_close(complex(1e308, 1e308), complex(1e308, 1e308 * (1 + 1e-9)))


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**15), st.floats(1e-9, 0.5))
def test_the_formula_holds_away_from_its_edge(expected, off, rtol):
    ratio = off / max(abs(expected) * rtol, sys.float_info.min)
    if not 0.999 < ratio < 1.001:
        assert is_close(float(expected + off), float(expected), Tolerance(rtol=rtol)) == (ratio < 1)


# ── values ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (" valid\n", "valid"),
        ((64, 64, 64), [64, 64, 64]),
        (array([64, 64, 64]), (64, 64, 64)),
        (array(5.0), 5),
        (5, array(5)),
        ([1, [2, 3.0]], (1, (2, 3))),
        ({"last": 29}, {"last": 29}),
        (frozenset({1, 2}), {2, 1}),
        ([2, 1], {1, 2}),
        (None, None),
        (True, True),
        ([], ()),
    ],
)
def test_the_same_in_another_form_is_equal(got, expected):
    comparison = compare_values(got, expected)
    assert comparison.equal
    assert comparison.share == 1
    assert comparison.reason == ""


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (True, 1),
        (1, True),
        ("1", 1),
        ([1820], 1820),
        (None, 0),
        (Opaque("Everything"), 5),
        ("Valid", "valid"),
        (array([True, True]), (1, 1)),
        (array([[64, 64, 64]]), (64, 64, 64)),
        ({"first": 29}, {"last": 29}),
        (array([1, 2]), ("a", "b")),
        (Frame((), (), ()), (1, 2)),
        ([1, 1], {1}),
    ],
)
def test_another_thing_is_not_equal(got, expected):
    comparison = compare_values(got, expected)
    assert not comparison.equal
    assert comparison.share < 1
    assert comparison.reason


def test_entries_that_are_right_have_their_share():
    assert compare_values([1, 2, 4], (1, 2, 3)).share == pytest.approx(2 / 3)
    assert compare_values({"a": 1, "b": 0}, {"a": 1, "b": 2}).share == 0.5
    assert compare_values([[1, 2], [3, 0]], [[1, 2], [3, 4]]).share == 0.75


def test_entries_too_many_or_too_few_lower_the_share():
    assert compare_values([1, 2, 3, 3], (1, 2, 3)).share == 0.75
    assert compare_values([1, 2], (1, 2, 3)).share == pytest.approx(2 / 3)
    assert compare_values({"a": 1, "z": 0}, {"a": 1}).share == 0.5


def test_order_can_be_ignored():
    assert compare_values([3, 1, 2], [1, 2, 3], ignore_order=True).equal
    assert not compare_values([3, 1, 2], [1, 2, 3]).equal
    assert compare_values(array([3, 1, 2]), [1, 2, 3], ignore_order=True).equal
    assert compare_values([3, 1, 1], [1, 2, 3], ignore_order=True).share == pytest.approx(2 / 3)
    assert not compare_values(list(range(1000)), [1, 2], ignore_order=True).equal


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_pairing_finds_a_match_that_greed_would_miss(expected, random):
    answers = [number + random.choice([-1, 0, 1]) for number in expected]
    random.shuffle(answers)
    assert compare_values(answers, expected, Tolerance(atol=1), ignore_order=True).equal


def test_a_reason_never_tells_the_expected_value():
    for got in (1, "text", None, [1, 2], [1, 2, 3, 4], array([1, 2, 3]), {"a": 1}):
        for expected in (777, (777, 777, 777), {"a": 777}, {777}, np.array([777, 777, 777])):
            assert "777" not in compare_values(got, expected).reason


@given(st.recursive(numbers | st.text() | st.none(), st.lists, max_leaves=12), tolerances)
def test_every_value_equals_itself(value, tolerance):
    assert compare_values(value, value, tolerance).equal


# ── arrays ────────────────────────────────────────────────────────────────────────────────────


def test_lists_and_tensors_are_arrays():
    expected = np.array([[1, 4], [10, 16]])
    assert compare_arrays([[1, 4], [10, 16]], expected).equal
    assert compare_arrays(array(expected.astype(np.float32), kind="tensor"), expected).equal
    assert compare_arrays([array([1, 4]), array([10, 16])], expected).equal
    assert compare_arrays(Frame((0, 1), (0, 1), ((1, 10), (4, 16))), expected).equal


def test_entries_that_are_no_numbers_are_wrong_entries():
    comparison = compare_arrays([[1, None], ["10", 16]], np.array([[1, 4], [10, 16]]))
    assert comparison.share == 0.5
    assert comparison.reason == "2 of 4 entries are not right, the first at [0, 1]"
    assert compare_arrays([None, 2.0], np.array([math.nan, 2.0])).share == 0.5
    assert compare_arrays([None, 2], np.array([0, 2])).share == 0.5


@pytest.mark.parametrize("got", [[[1, 2], [3]], "1 2 3", None, {}, [[]], [["a"]], Opaque("list")])
def test_what_is_no_array_earns_nothing(got):
    comparison = compare_arrays(got, np.array([1, 2]))
    assert (comparison.equal, comparison.share) == (False, 0)


def test_a_wrong_shape_earns_nothing_and_only_ones_own_is_told():
    comparison = compare_arrays(array(np.ones((2, 3))), np.ones((3, 2)))
    assert comparison.share == 0
    assert "(2, 3)" in comparison.reason
    assert "(3, 2)" not in comparison.reason


def test_axes_of_length_one_can_be_ignored():
    assert not compare_arrays(array(np.ones((1, 1, 3, 3))), np.ones((3, 3))).equal
    assert compare_arrays(array(np.ones((1, 1, 3, 3))), np.ones((3, 3)), squeeze=True).equal


@pytest.mark.parametrize(
    ("dtype", "right", "wrong"),
    [
        ("integer", [1, 2], [1.0, 2.0]),
        ("floating", [1.0, 2.0], [1, 2]),
        ("same", array([1, 2], dtype="bfloat16"), array([1.0, 2.0])),
    ],
)
def test_the_dtype_can_be_asked_for(dtype, right, wrong):
    expected = array([1, 2], dtype="bfloat16") if dtype == "same" else np.array([1, 2])
    assert compare_arrays(right, expected, dtype=dtype).equal
    assert compare_arrays(wrong, expected).equal
    assert compare_arrays(wrong, expected, dtype=dtype).share == 0


def test_booleans_are_not_ones_and_zeros():
    assert not compare_arrays([True, False], np.array([1, 0])).equal
    assert not compare_arrays([1, 0], np.array([True, False])).equal
    assert not compare_arrays([True, 0], np.array([1, 0])).equal
    assert compare_arrays([True, False], np.array([True, False]), dtype="boolean").equal


def test_whole_numbers_beyond_doubles_are_told_apart_in_arrays():
    big = np.array([2**53 + 1, 5])
    assert compare_arrays([2**53 + 1, 5], big).equal
    assert compare_arrays([2**53, 5], big).share == 0.5
    assert compare_arrays([float(2**53), 5.0], big).share == 0.5
    assert compare_arrays(array(np.array([2**64 - 1], np.uint64)), np.array([-1])).share == 0
    assert compare_arrays([10**400, 5], big).share == 0


@given(
    st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=6),
    st.builds(
        Tolerance, rtol=st.floats(0, 0.9), atol=st.floats(0, 10), decimals=st.none() | st.just(2)
    ),
)
def test_an_array_is_judged_as_its_entries_are(pairs, tolerance):
    got, expected = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    one_by_one = sum(is_close(mine, wanted, tolerance) for mine, wanted in pairs) / len(pairs)
    assert compare_arrays(array(got), expected, tolerance).share == pytest.approx(one_by_one)


def test_extreme_entries_raise_no_warning():
    got = array([1e308, math.nan, math.inf, -1e308])
    expected = np.array([-1e308, 1.0, -math.inf, 1e308])
    assert compare_arrays(got, expected, Tolerance(rtol=0.5, decimals=3)).share == 0


def test_the_noise_of_a_zero_among_larger_entries_is_no_mistake():
    assert compare_arrays([1e-17, 0.5], np.array([0.0, 0.5])).equal
    assert not compare_arrays([1e-17, 0.5], np.array([0.0, 0.5]), "exact").equal
    assert not compare_arrays([1e-9, 0.5], np.array([0.0, 0.5])).equal


def test_empty_arrays_of_one_shape_are_equal():
    assert compare_arrays([], np.zeros(0)).equal
    assert not compare_arrays([1], np.zeros(0)).equal


def test_expecting_what_is_no_array_is_our_own_fault():
    with pytest.raises(ValueError, match="not an array"):
        compare_arrays([1], [1, None])


def test_descriptions_name_the_sort_and_not_the_value():
    assert describe(5) == "a number"
    assert describe(array([[1.0]], kind="tensor")) == "a tensor of shape (1, 1)"
    assert describe(Opaque("X" * 200)) == "an object of type " + "X" * 60
    assert describe(object()) == "something else"
