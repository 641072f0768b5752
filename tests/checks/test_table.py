"""Kind `table`."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from desk import FAILED, PASSED, earned

from autograder.wire import Array, Frame, Opaque

REFERENCE = """
    def params():
        return {"conv1": 4864, "conv2": 204928}
    def layers(params):
        return {
            "conv1": {"size": 64, "params": params["conv1"]},
            "conv2": {"size": 32, "params": params["conv2"]},
        }
    def pooled(): return {"conv": 4864, "pool": 0}
"""
LAYERS = """
    - id: layers
      kind: table
      feedback: "See the lecture."
"""
RIGHT = {"conv1": {"size": 64, "params": 4864}, "conv2": {"size": 32, "params": 204928}}


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        [[64, 4864], [32, 204928]],
        pd.DataFrame({"size": [64, 32], "params": [4864, 204928]}, index=["conv1", "conv2"]),
        np.array([[64, 4864], [32, 204928]]),
        {"Conv 1": {"Size": 64.0, "Params": 4864}, "Conv 2": {"Size": 32, "Params": 204928}},
    ],
    ids=["dicts", "rows", "frame", "array", "other names"],
)
def test_a_table_is_right_in_whatever_form_it_comes(desk, answer):
    desk.set(LAYERS, reference=REFERENCE)
    assert earned(desk.judge({"layers": answer})) == PASSED


def test_each_cell_counts_and_wrong_ones_are_named_without_their_values(desk):
    desk.set(LAYERS, reference=REFERENCE)
    answer = {"conv1": {"size": 64, "params": 4800}, "conv2": {"size": 32, "params": 204928}}
    verdict = desk.judge({"layers": answer})
    assert earned(verdict) == ("partial", 0.75)
    assert "conv1 / params" in verdict.message
    assert "4864" not in verdict.message
    assert verdict.feedback == "See the lecture."


def test_all_or_nothing_gives_nothing_for_a_part(desk):
    desk.set(LAYERS + "      credit: all_or_nothing\n", reference=REFERENCE)
    answer = {"conv1": {"size": 64, "params": 4800}, "conv2": {"size": 32, "params": 204928}}
    assert earned(desk.judge({"layers": answer})) == FAILED
    assert earned(desk.judge({"layers": RIGHT})) == PASSED


def test_a_table_with_nothing_right_fails(desk):
    desk.set(LAYERS, reference=REFERENCE)
    assert earned(desk.judge({"layers": [[1, 2], [3, 4]]})) == FAILED


def test_a_table_follows_from_ones_own_values(desk):
    checks = "- {id: params, kind: table}\n- {id: layers, kind: table, follow_through: [params]}"
    desk.set(checks, reference=REFERENCE)
    own = {"conv1": 4800, "conv2": 204928}
    layers = {"conv1": {"size": 64, "params": 4800}, "conv2": {"size": 32, "params": 204928}}
    assert earned(desk.judge({"params": own, "layers": layers})) == PASSED
    layers["conv2"]["size"] = 31
    assert earned(desk.judge({"params": own, "layers": layers})) == ("partial", 0.75)


def test_a_known_mistake_is_worth_what_the_rubric_says_and_not_its_share(desk):
    mistakes = "      mistakes: [{value: [[64, 4864], [32, 7]], credit: 0.1, feedback: Oh.}]\n"
    desk.set(LAYERS + mistakes, reference=REFERENCE)
    verdict = desk.judge({"layers": [[64, 4864], [32, 7]]})
    assert earned(verdict) == ("partial", 0.1)
    assert verdict.feedback == "Oh."


def test_a_blank_cell_reads_as_a_number_but_a_blank_table_is_not_answered(desk):
    desk.set("- {id: pooled, kind: table, blank_is: 0}", reference=REFERENCE)
    assert earned(desk.judge({"pooled": {"conv": 4864, "pool": "none"}})) == PASSED
    for blank in ({"conv": None, "pool": None}, {"conv": "", "pool": "-"}, [None, None], []):
        verdict = desk.judge({"pooled": blank})
        assert earned(verdict) == FAILED
        assert verdict.message == "not answered"
    blank = pd.DataFrame({"layer": ["conv", "pool"], "params": [math.nan, math.nan]})
    assert desk.judge({"pooled": blank}).message == "not answered"


def test_rounded_notation_is_read_where_the_rubric_says_so(desk):
    desk.set(
        "- {id: pooled, kind: table, notation: rounded, tolerance: {rtol: 0.02}}",
        reference=REFERENCE,
    )
    assert earned(desk.judge({"pooled": {"conv": "4.9K", "pool": "0"}})) == PASSED


@pytest.mark.parametrize("blank", [None, ..., {}, "", {"conv1": {"size": ...}}], ids=repr)
def test_an_open_table_earns_nothing(desk, blank):
    desk.set(LAYERS, reference=REFERENCE)
    assert earned(desk.judge({"layers": blank})) == FAILED


# ── cheating ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "value",
    [
        Opaque("dict", "{'conv1': 64}"),
        Frame((), (), ()),
        Frame(("size", "size"), (0,), ((1,), (2,))),
        Array(np.zeros((1000, 200)), "float64"),
        {"conv1": {"size": math.nan, "params": math.inf}},
        {Opaque("str"): {Opaque("str"): Opaque("int")}},
        [[[64, 4864], [32, 204928]]],
        {"conv1": [Opaque("int", "64")] * 50_000},
        {"conv1\x1b[2J\u202e": {"size\n": "\x00"}},
        "size 64 params 4864",
    ],
    ids=lambda value: type(value).__name__,
)
def test_forged_tables_earn_nothing(desk, value):
    desk.set(LAYERS, reference=REFERENCE)
    assert earned(desk.judge_value(value)) == FAILED


def test_cells_that_were_not_asked_for_change_nothing(desk):
    desk.set(LAYERS, reference=REFERENCE)
    rows = {name: {**row, "guess": 204928} for name, row in RIGHT.items()}
    assert earned(desk.judge({"layers": {**rows, "conv3": {"size": 64}}})) == PASSED
    guesses = {name: {"size": 1, "params": 2, "other": 64} for name in RIGHT}
    assert earned(desk.judge({"layers": guesses})) == FAILED
