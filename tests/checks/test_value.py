"""Kind `value`."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from desk import FAILED, PASSED, earned

from autograder.checks import KINDS
from autograder.model import Reply
from autograder.wire import Array, Opaque

REFERENCE = """
    def conv2_macs(): return 52_428_800
    def shape(): return (64, 32, 32)
"""


# ── right ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        52_428_800,
        52_428_800.0,
        np.int64(52_428_800),
        np.float64(52_428_800),
        np.array(52_428_800),
        torch.tensor(52_428_800),
    ],
    ids=repr,
)
def test_a_number_is_right_in_whatever_type_it_comes(desk, answer):
    desk.set("- id: conv2_macs", reference=REFERENCE)
    assert earned(desk.judge({"conv2_macs": answer})) == PASSED


@pytest.mark.parametrize(
    "answer",
    [(64, 32, 32), [64, 32, 32], torch.Size([64, 32, 32]), np.array([64, 32, 32])],
    ids=repr,
)
def test_a_shape_is_right_as_tuple_list_size_or_array(desk, answer):
    desk.set("- id: shape", reference=REFERENCE)
    assert earned(desk.judge({"shape": answer})) == PASSED


@pytest.mark.parametrize("answer", ["Concatenation", " concat\n enation".replace("\n ", "")])
def test_text_is_compared_without_regard_to_case_and_white_space(desk, answer):
    desk.set("- {id: operation, expected: concatenation}")
    assert earned(desk.judge({"operation": answer})) == PASSED
    desk.set("- {id: operation, expected: [channel, 'batch  norm']}")
    assert earned(desk.judge({"operation": ("Channel", "Batch\nNorm")})) == PASSED


def test_the_answer_may_be_any_expression(desk):
    desk.set("- {id: last, answer: 'rf[\"last\"]', expected: 29}")
    assert earned(desk.judge({"rf": {"last": 29}})) == PASSED


def test_entries_may_come_in_any_order_where_the_rubric_says_so(desk):
    desk.set("- {id: kept, expected: [3, 1], ignore_order: true}")
    assert earned(desk.judge({"kept": {1, 3}})) == PASSED
    desk.set("- {id: kept, expected: [3, 1]}")
    assert earned(desk.judge({"kept": [1, 3]})) == FAILED


def test_a_tolerance_is_relative_to_the_expected_value(desk):
    desk.set("- {id: share, expected: 0.375, tolerance: {rtol: 0.01}}")
    assert earned(desk.judge({"share": 0.378})) == PASSED
    assert earned(desk.judge({"share": 0.38})) == FAILED


# ── wrong ─────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_number_fails_with_the_feedback_of_the_check(desk):
    desk.set("- {id: conv2_macs, feedback: 'Count the channels.'}", reference=REFERENCE)
    verdict = desk.judge({"conv2_macs": 52_428_801})
    assert earned(verdict) == FAILED
    assert verdict.feedback == "Count the channels."
    assert verdict.got == "52428801"
    assert verdict.expected == "52428800"
    assert "52428800" not in verdict.message + verdict.feedback + verdict.got


@pytest.mark.parametrize("answer", [None, ..., "", "  ", (..., ...)], ids=repr)
def test_an_open_answer_is_not_answered(desk, answer):
    desk.set("- id: shape", reference=REFERENCE)
    verdict = desk.judge({"shape": answer})
    assert earned(verdict) == FAILED
    assert verdict.message == "not answered"


def test_a_name_that_is_not_defined_is_not_answered_and_says_where(desk):
    desk.set("- id: shape", reference=REFERENCE)
    verdict = desk.judge({"shap": (64, 32, 32)})
    assert verdict.message == "not answered: `shape` is not defined at the end of question 1"
    desk.set("- {id: shape, at: end}", reference=REFERENCE)
    assert "at the end of the notebook" in desk.judge({}).message


def test_an_expression_that_raises_says_what_was_raised(desk):
    desk.set("- {id: last, answer: 'rf[\"last\"]', expected: 29}")
    verdict = desk.judge({"rf": {}})
    assert earned(verdict) == FAILED
    assert verdict.message == "`rf[\"last\"]` raised KeyError: 'last'"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("4864", "expected a number, found text: remove the quotes"),
        ("many", "expected a number, found text"),
        ([52_428_800], "expected a number, found a list"),
        (True, "expected a number, found true or false"),
        (np.array([1, 2]), "expected a number, found an array of shape (2,)"),
        (object(), "expected a number, found an object of type object"),
        (math.nan, "the answer is NaN, which is not a number"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_wrong_type_is_told_in_words(desk, answer, words):
    desk.set("- id: conv2_macs", reference=REFERENCE)
    verdict = desk.judge({"conv2_macs": answer})
    assert earned(verdict) == FAILED
    assert verdict.message == words


def test_the_type_that_the_rubric_asks_for_is_demanded(desk):
    desk.set("- {id: n, expected: 2, type: integer, tolerance: {atol: 0.5}}")
    assert earned(desk.judge({"n": 2.0})) == PASSED
    assert desk.judge({"n": 2.25}).message == "expected a whole number, found a number"
    assert earned(desk.judge({"n": math.inf})) == FAILED
    desk.set("- {id: same, expected: true, type: boolean}")
    assert earned(desk.judge({"same": np.bool_(True)})) == PASSED
    assert desk.judge({"same": 1}).message == "expected True or False, found a number"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("timeout"), "`shape` took longer than 10 s"),
        (Reply("died", error="killed"), "the notebook's process ended"),
        (Reply("malformed", error="the reply is not JSON"), "cannot be read: the reply is not"),
        (Reply("lost", error="the notebook stopped in cell 3"), "the notebook stopped in cell 3"),
        (Reply("lost"), "the notebook stopped before this question ended"),
    ],
    ids=lambda case: getattr(case, "status", ""),
)
def test_a_reply_without_a_value_fails_and_says_why(desk, reply, words):
    desk.set("- id: shape", reference=REFERENCE)
    verdict = desk.judge_reply(reply)
    assert earned(verdict) == FAILED
    assert words in verdict.message


# ── notations ─────────────────────────────────────────────────────────────────────────────────


def test_rounded_notation_reads_text_only_where_the_rubric_says_so(desk):
    desk.set("- {id: size, expected: 3211264, notation: rounded, tolerance: {rtol: 0.005}}")
    assert earned(desk.judge({"size": "3.2M"})) == PASSED
    assert earned(desk.judge({"size": "-3.2M"})) == FAILED
    desk.set("- {id: size, expected: 3211264, tolerance: {rtol: 0.005}}")
    assert earned(desk.judge({"size": "3.2M"})) == FAILED
    desk.set("- {id: sizes, expected: [3200000, 400000], notation: rounded}")
    assert earned(desk.judge({"sizes": ("3.2M", "400K")})) == PASSED


def test_a_blank_reads_as_a_number_where_the_rubric_says_so(desk):
    desk.set("- {id: pool_params, expected: 0, blank_is: 0}")
    assert earned(desk.judge({"pool_params": None})) == PASSED
    assert earned(desk.judge({"pool_params": "none"})) == PASSED
    assert earned(desk.judge({"pool_params": ...})) == FAILED
    assert earned(desk.judge({})) == FAILED


# ── cheating ──────────────────────────────────────────────────────────────────────────────────


class EqualToAll(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__

    def __float__(self):
        return 52_428_800.0


class Pretender:
    __class__ = int  # type: ignore[assignment]

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__

    def __index__(self):
        return 52_428_800


@pytest.mark.parametrize(
    "answer",
    [
        EqualToAll(5),
        Pretender(),
        lambda: 52_428_800,
        float("inf"),
        10**3000,
        {"t": "int", "v": "1"},
    ],
    ids=["equal to all", "pretender", "function", "infinity", "huge", "forged tag"],
)
def test_objects_that_claim_to_be_right_are_wrong(desk, answer):
    desk.set("- id: conv2_macs", reference=REFERENCE)
    assert earned(desk.judge({"conv2_macs": answer})) == FAILED


@pytest.mark.parametrize(
    "value",
    [
        Opaque("int", "52428800"),
        Opaque("\x1b[2J\u202e" * 50, "52428800"),
        (Reply("ok", 52_428_800),),
        [[[52_428_800]]],
        {"value": 52_428_800},
        Array(np.full((2, 2), 52_428_800), "int64"),
        "\x1b[31m52428800\u202e\n" * 1000,
        b"52428800",
        frozenset({52_428_800}),
        -52_428_800,
    ],
    ids=lambda value: type(value).__name__,
)
def test_forged_replies_earn_nothing_and_are_shown_harmlessly(desk, value):
    desk.set("- id: conv2_macs", reference=REFERENCE)
    verdict = desk.judge_value(value)
    assert earned(verdict) == FAILED
    assert len(verdict.message) < 300


def test_an_open_answer_is_not_the_same_slip_again(desk):
    desk.set("- {id: x, expected: 3, deduct_once: biases}")
    assert desk.judge({"x": 4}).deduct_once == "biases"
    assert desk.judge({"x": None}).deduct_once == desk.judge({}).deduct_once == ""


def test_requests_carry_the_rubrics_time_limit_or_the_checks_own(desk):
    desk.set(
        "- {id: x, expected: 3}\n- {id: y, expected: 3, time: 2 s}",
        top="limits: {request_time: 7 s}\n",
    )
    asked = [KINDS["value"].ask(check, desk.truth)[0].time_s for check in desk.rubric.checks]
    assert asked == [7.0, 2.0]
