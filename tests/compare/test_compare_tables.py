"""Tables of answers, in every layout that students use."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograder.compare import compare_tables
from autograder.rubric.schema import Tolerance
from autograder.wire import Array, Frame, Opaque

EXPECTED = {
    "conv1": {"params": 4864, "macs": 19660800},
    "conv2": {"params": 204928, "macs": 209715200},
    "conv3": {"params": 819456, "macs": 209715200},
}
ROWS = [[4864, 19660800], [204928, 209715200], [819456, 209715200]]
COLUMNS = tuple(zip(*ROWS, strict=True))
NAMES = ("conv1", "conv2", "conv3")


@pytest.mark.parametrize(
    "got",
    [
        EXPECTED,
        {"Conv 1": EXPECTED["conv1"], "CONV_2": EXPECTED["conv2"], "conv-3": EXPECTED["conv3"]},
        dict(reversed(EXPECTED.items())),
        {name: list(cells.values()) for name, cells in EXPECTED.items()},
        {c.upper(): {row: EXPECTED[row][c] for row in NAMES} for c in ("macs", "params")},
        {"params": list(COLUMNS[0]), "macs": list(COLUMNS[1])},
        ROWS,
        [tuple(row) for row in ROWS],
        Array(np.array(ROWS), "int64"),
        Array(np.array(ROWS).T, "int64"),
        [EXPECTED[row] for row in NAMES],
        [{"layer": row, **EXPECTED[row]} for row in reversed(NAMES)],
        [
            ["layer", "params", "macs"],
            *([name, *row] for name, row in zip(NAMES, ROWS, strict=True)),
        ],
        Frame(("params", "macs"), NAMES, COLUMNS),
        Frame(NAMES, ("params", "macs"), tuple(map(tuple, ROWS))),
        Frame(("macs", "layer", "params"), (0, 1, 2), (COLUMNS[1], NAMES, COLUMNS[0])),
        Frame((0, 1), (0, 1, 2), COLUMNS),
        {**EXPECTED, "total": {"params": 1, "macs": 2}},
        {row: {**cells, "size": "64x64"} for row, cells in EXPECTED.items()},
    ],
)
def test_every_layout_of_the_right_table_is_right(got):
    comparison = compare_tables(got, EXPECTED)
    assert comparison.equal
    assert comparison.share == 1
    assert comparison.reason == ""


def test_each_cell_has_its_share():
    got = {**EXPECTED, "conv2": {"params": 204800, "macs": 209715200}}
    comparison = compare_tables(got, EXPECTED)
    assert comparison.share == pytest.approx(5 / 6)
    assert comparison.reason == "not right: conv2 / params"


def test_missing_cells_count_and_are_named():
    comparison = compare_tables({"conv1": {"params": 4864}, "conv3": EXPECTED["conv3"]}, EXPECTED)
    assert comparison.share == 0.5
    assert comparison.reason == "missing: conv1 / macs, conv2 / params, conv2 / macs"


def test_rows_and_columns_too_many_gain_nothing():
    got = {"conv1": {"params": 0, "macs": 0, "again": 4864}, "other": EXPECTED["conv1"]}
    assert compare_tables(got, EXPECTED).share == 0


def test_a_second_row_of_the_same_name_does_not_count():
    got = Frame(("params", "macs"), ("conv1", "conv1"), ((0, 4864), (0, 19660800)))
    assert compare_tables(got, EXPECTED).share == 0


def test_a_square_table_is_not_turned_to_suit_its_values():
    expected = [[1, 2], [3, 4]]
    assert compare_tables(Array(np.array(expected).T, "int64"), expected).share == 0.5


def test_a_table_without_names_is_named_by_position():
    comparison = compare_tables([[1, 2], [3, 0]], [[1, 2], [3, 4]])
    assert comparison.reason == "not right: row 2 / column 2"


def test_lists_as_expected_rows_go_by_position():
    assert compare_tables({"a": [1, 2], "b": [3, 4]}, {"a": [1, 2], "b": [3, 4]}).equal
    assert compare_tables(
        Frame(("a", "b"), (0, 1), ((1, 2), (3, 4))), {"a": [1, 2], "b": [3, 4]}
    ).equal


def test_one_column_needs_no_name():
    expected = {"conv": 456, "pool": 0, "total": 456}
    assert compare_tables({"Conv": 456, "Pool": 0, "Total": 456}, expected).equal
    assert compare_tables([456, 0, 456], expected).equal
    assert compare_tables({"conv": 1, "total": 456}, expected).reason == (
        "not right: conv; missing: pool"
    )


def test_a_total_may_stand_beneath_rows_of_dicts():
    expected = {"conv1": {"params": 1}, "total": 5}
    assert compare_tables({"conv1": {"params": 1}, "total": 5}, expected).equal
    assert (
        compare_tables({"conv1": {"params": 1}, "total": 6}, expected).reason == "not right: total"
    )


@pytest.mark.parametrize("blank", [None, "", "none", "-", math.nan])
def test_a_blank_cell_stands_for_a_number_only_where_the_rubric_says_so(blank):
    expected = {"conv": 456, "pool": 0}
    got = {"conv": 456, "pool": blank}
    assert compare_tables(got, expected, blank_is=0).equal
    assert compare_tables(got, expected).reason == "missing: pool"


def test_a_row_that_is_not_there_is_no_blank_cell():
    assert compare_tables({"conv": 456}, {"conv": 456, "pool": 0}, blank_is=0).share == 0.5


def test_rounded_notation_is_read_where_the_rubric_says_so():
    expected, tolerance = {"conv": 3_211_264, "pool": 401_408}, Tolerance(rtol=0.005)
    got = {"conv": "3.2M", "pool": "400K"}
    assert compare_tables(got, expected, tolerance, rounded=True).equal
    assert compare_tables(got, expected, tolerance).share == 0


def test_cells_may_hold_shapes_and_text():
    expected = {"conv1": {"size": (64, 64, 64), "padding": "same", "bias": "none"}}
    got = {"conv1": {"size": [64, 64, 64], "padding": "same", "bias": "none"}}
    assert compare_tables(got, expected).equal


def test_an_expected_cell_of_none_is_not_graded():
    assert compare_tables([[1, 99]], [[1, None]]).equal


def test_names_that_differ_in_signs_alone_are_kept_apart():
    expected = {"C+": 1, "C-": 2}
    assert compare_tables({"c-": 2, "c+": 1}, expected).equal


def test_many_wrong_cells_are_counted_rather_than_listed():
    reason = compare_tables([[0] * 10] * 3, [[1] * 10] * 3).reason
    assert reason.endswith("row 1 / column 8 and 22 more")


@pytest.mark.parametrize(
    "got", [5, "table", None, Opaque("Table"), Array(np.ones((2, 2, 2)), "float64")]
)
def test_what_is_no_table_earns_nothing(got):
    comparison = compare_tables(got, EXPECTED)
    assert comparison.share == 0
    assert comparison.reason.startswith("expected a table, found ")


@pytest.mark.parametrize(
    "got", [{}, [], [[]], [{}], {"conv1": {}}, Frame((), (), ()), [[[1], 2], 3]]
)
def test_an_empty_or_odd_table_earns_nothing(got):
    comparison = compare_tables(got, EXPECTED)
    assert (comparison.equal, comparison.share) == (False, 0)


def test_a_reason_never_tells_an_expected_value():
    reason = compare_tables([[0, 0], [0, 0], [0, 0]], EXPECTED).reason
    assert not any(str(value) in reason for row in ROWS for value in row)


@pytest.mark.parametrize("expected", [5, {}, [[None]], "table"])
def test_expecting_what_is_no_table_is_our_own_fault(expected):
    with pytest.raises(ValueError, match="not a table"):
        compare_tables(EXPECTED, expected)
