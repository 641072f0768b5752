"""Kinds `text` and `manual`, which a human judges."""

from __future__ import annotations

import numpy as np
import pytest
from desk import FAILED, earned

from autograder.model import Reply
from autograder.wire import Array, Opaque

TEXT = """
    - id: densenet
      kind: text
      key_points:
        - {point: features are concatenated, any: [concatenat, "/stack(s|ed)?/"]}
        - {point: short paths for the gradient, any: [gradient flow, short path]}
        - {point: fewer parameters, any: [fewer parameters], weight: 2}
      misconceptions:
        - {point: says that DenseNet adds, any: [densenet adds], costs: 0.25}
"""


def test_key_points_suggest_full_credit_and_a_human_confirms(desk):
    desk.set(TEXT)
    desk.write("# Question 1\n\nLayers are **Concatenated**, which gives\nshort\npaths;")
    desk.write("fewer  parameters follow.")
    verdict = desk.judge()
    assert earned(verdict) == ("ungraded", 1.0)
    assert verdict.message == "awaits a human"
    assert "found: features are concatenated" in verdict.detail


def test_a_part_of_the_key_points_suggests_its_weight(desk):
    desk.set(TEXT)
    desk.write("Features are stacked.")
    verdict = desk.judge()
    assert earned(verdict) == ("ungraded", 0.25)
    assert "not found: short paths for the gradient; fewer parameters" in verdict.detail
    assert "gradient" not in verdict.message + verdict.feedback


def test_so_many_key_points_may_be_enough(desk):
    desk.set(TEXT + "      enough: 1\n")
    desk.write("It has fewer parameters.")
    assert earned(desk.judge()) == ("ungraded", 1.0)
    desk.notebook.clear()
    desk.write("Features are stacked.")
    assert earned(desk.judge()) == ("ungraded", 0.5)


def test_misconceptions_lower_the_suggestion_but_not_below_nothing(desk):
    desk.set(TEXT)
    desk.write("DenseNet adds. Fewer parameters.")
    verdict = desk.judge()
    assert earned(verdict) == ("ungraded", 0.25)
    assert "misconceptions: says that DenseNet adds" in verdict.detail
    desk.notebook.clear()
    desk.write("DenseNet adds.")
    assert earned(desk.judge()) == ("ungraded", 0.0)


def test_phrases_are_found_from_the_start_of_a_word(desk):
    desk.set("- {id: t, kind: text, key_points: [{point: p, any: [any]}]}")
    desk.write("There are many.")
    assert earned(desk.judge()) == ("ungraded", 0.0)


@pytest.mark.parametrize("text", ["", "## Question 1", "*Type your answer here*", "   \n "])
def test_a_blank_answer_is_not_answered(desk, text):
    desk.set(TEXT)
    desk.write("Features are stacked: short paths, fewer parameters.", given=True)
    desk.write(text)
    desk.run("# features are stacked, short paths, fewer parameters")
    verdict = desk.judge()
    assert earned(verdict) == FAILED
    assert verdict.message == "not answered: there is no text cell of yours in question 1"


def test_an_answer_in_large_type_is_an_answer(desk):
    desk.set(TEXT)
    desk.write("# " + "Features are concatenated and so there are fewer parameters. " * 3)
    assert earned(desk.judge()) == ("ungraded", 0.75)


def test_an_answer_whose_heading_was_not_found_awaits_a_human(desk):
    desk.set(TEXT)
    desk.headings = False
    verdict = desk.judge()
    assert earned(verdict) == ("ungraded", 0.0)
    assert "no heading of question 1 was found" in verdict.detail


# ── text in a variable ────────────────────────────────────────────────────────────────────────

VARIABLE = TEXT + "      answer: why\n"


def test_text_may_stand_in_a_variable(desk):
    desk.set(VARIABLE)
    assert earned(desk.judge({"why": "stacked, fewer parameters"})) == ("ungraded", 0.75)
    assert earned(desk.judge({"why": ["stacked", "fewer parameters"]})) == ("ungraded", 0.75)


@pytest.mark.parametrize("answer", [None, ..., "", " \n", []], ids=repr)
def test_an_open_variable_is_not_answered(desk, answer):
    desk.set(VARIABLE)
    verdict = desk.judge({"why": answer})
    assert earned(verdict) == FAILED
    assert verdict.message == "not answered: `why` is empty"


def test_a_variable_that_is_not_there_or_no_text_fails(desk):
    desk.set(VARIABLE)
    assert desk.judge({}).message.startswith("not answered: `why` is not defined")
    assert desk.judge({"why": 3}).message == "expected text, found a number"


@pytest.mark.parametrize(
    "value",
    [
        Opaque("str", "fewer parameters"),
        b"fewer parameters",
        {"cells": []},
        Array(np.zeros(3), "float64"),
        1j,
    ],
    ids=lambda value: type(value).__name__,
)
def test_forged_text_earns_nothing(desk, value):
    desk.set(VARIABLE)
    assert earned(desk.judge_value(value)) == FAILED
    assert earned(desk.judge_reply(Reply("lost"))) == FAILED


def test_hostile_text_only_ever_gets_a_suggestion_and_is_shown_harmlessly(desk):
    desk.set(VARIABLE)
    verdict = desk.judge_value("<script>\x1b[2J\u202e" * 20_000 + "fewer parameters")
    assert verdict.outcome.value == "ungraded"
    assert "\x1b" not in verdict.got
    assert "\u202e" not in verdict.got


# ── manual ────────────────────────────────────────────────────────────────────────────────────


def test_a_manual_check_asks_nothing_and_awaits_a_human(desk):
    desk.set("- {id: diagram, kind: manual, guidance: Both inputs reach the head.}")
    assert desk.ask() == []
    verdict = desk.judge()
    assert earned(verdict) == ("ungraded", 0.0)
    assert verdict.detail == "Both inputs reach the head."
    assert "head" not in verdict.message
