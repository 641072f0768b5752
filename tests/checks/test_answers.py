"""What an answer may equal: alternates, declared conventions, mistakes, what follows from earlier answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from desk import FAILED, PASSED, earned

from autograder.model import Reply
from autograder.wire import Opaque

REFERENCE = """
    def conv1_macs(): return 19_660_800
    def conv2_macs(): return 52_428_800
    def total_macs(conv1_macs, conv2_macs): return conv1_macs + conv2_macs
    def doubled(conv2_macs): return 2 * conv2_macs
    def half(conv2_macs): return 100 / (conv2_macs - 7)
"""


# ── alternates, conventions, mistakes ─────────────────────────────────────────────────────────

CONVENTIONS = """
    conventions:
      two_operations:
        title: a MAC counted as two operations
        answer: mac_convention
        equals: ["2×MAC", 2]
        mentions: ["two operations per mac"]
"""
ALTERNATES = """
    - id: conv2_macs
      alternates:
        - {multiply: 2, when: two_operations, feedback: Fine.}
        - {value: 52428700, credit: 0.5}
      mistakes:
        - {multiply: 2, credit: 0.25, feedback: "Declare it.", deduct_once: doubled}
        - {value: 2097152000, feedback: "1,600 products, not 16,000."}
"""


@pytest.mark.parametrize("declaration", ["2xMAC", "2 x mac", 2, np.int64(2)], ids=repr)
def test_an_alternate_counts_where_its_convention_is_declared_in_a_variable(desk, declaration):
    desk.set(ALTERNATES, reference=REFERENCE, top=CONVENTIONS)
    verdict = desk.judge({"conv2_macs": 104_857_600, "mac_convention": declaration})
    assert earned(verdict) == PASSED
    assert verdict.message == "right: a MAC counted as two operations"
    assert verdict.feedback == "Fine."


def test_an_alternate_counts_where_its_convention_is_declared_in_words(desk):
    desk.set(ALTERNATES, reference=REFERENCE, top=CONVENTIONS)
    desk.write("I count two operations\nper MAC.")
    assert earned(desk.judge({"conv2_macs": 104_857_600})) == PASSED


def test_words_of_the_template_declare_nothing(desk):
    desk.set(ALTERNATES, reference=REFERENCE, top=CONVENTIONS)
    desk.write("Say so if you count two operations per MAC.", given=True)
    assert earned(desk.judge({"conv2_macs": 104_857_600})) == ("partial", 0.25)


@pytest.mark.parametrize("declaration", [True, 1, "", None, "MAC"], ids=repr)
def test_an_undeclared_convention_is_a_mistake(desk, declaration):
    desk.set(ALTERNATES, reference=REFERENCE, top=CONVENTIONS)
    verdict = desk.judge({"conv2_macs": 104_857_600, "mac_convention": declaration})
    assert earned(verdict) == ("partial", 0.25)
    assert verdict.feedback == "Declare it."
    assert verdict.deduct_once == "doubled"


def test_the_instructor_is_told_of_a_convention_that_was_not_declared(desk):
    without_mistakes = ALTERNATES.partition("mistakes")[0]
    desk.set(without_mistakes, reference=REFERENCE, top=CONVENTIONS)
    verdict = desk.judge({"conv2_macs": 104_857_600})
    assert earned(verdict) == FAILED
    assert "had the student declared 'two_operations'" in verdict.detail
    assert "two_operations" not in verdict.message


def test_an_alternate_may_be_worth_less(desk):
    desk.set(ALTERNATES, reference=REFERENCE, top=CONVENTIONS)
    verdict = desk.judge({"conv2_macs": 52_428_700})
    assert earned(verdict) == ("partial", 0.5)
    assert verdict.message == "partly right"


def test_a_known_mistake_has_its_own_feedback_and_no_credit_by_default(desk):
    desk.set(ALTERNATES, reference=REFERENCE, top=CONVENTIONS)
    verdict = desk.judge({"conv2_macs": 2_097_152_000})
    assert earned(verdict) == FAILED
    assert verdict.feedback == "1,600 products, not 16,000."


def test_a_factor_multiplies_each_number_of_a_sequence_and_keeps_whole_numbers_exact(desk):
    big = 3**60
    desk.set(f"- {{id: sizes, expected: [{big}, [1, 3]], alternates: [{{multiply: 2}}]}}")
    assert earned(desk.judge({"sizes": [2 * big, (2, 6)]})) == PASSED
    assert earned(desk.judge({"sizes": [2 * big + 1, (2, 6)]})) == FAILED
    desk.set("- {id: sizes, expected: [1, 3], alternates: [{multiply: 0.5}]}")
    assert earned(desk.judge({"sizes": [0.5, 1.5]})) == PASSED


# ── follow-through ────────────────────────────────────────────────────────────────────────────

TOTAL = "- id: conv1_macs\n- id: conv2_macs\n- {id: total_macs, follow_through: %s%s}\n"
NODES = "[conv1_macs, conv2_macs]"


def test_a_value_that_follows_from_ones_own_is_right(desk):
    desk.set(TOTAL % (NODES, ""), reference=REFERENCE)
    verdict = desk.judge({"conv1_macs": 19_660_800, "conv2_macs": 100, "total_macs": 19_660_900})
    assert earned(verdict) == PASSED
    assert verdict.message == ("right for your own conv2_macs")
    assert "19660900" in verdict.detail


def test_the_original_value_is_right_whatever_came_before(desk):
    desk.set(TOTAL % (NODES, ""), reference=REFERENCE)
    verdict = desk.judge({"conv1_macs": 1, "conv2_macs": 2, "total_macs": 72_089_600})
    assert earned(verdict) == PASSED
    assert verdict.message == "right"


def test_follow_through_may_cost_a_share(desk):
    desk.set(TOTAL % (f"{{nodes: {NODES}, penalty: 0.25}}", ""), reference=REFERENCE)
    names = {"conv1_macs": 1, "conv2_macs": 2}
    assert earned(desk.judge({**names, "total_macs": 3})) == ("partial", 0.75)
    assert earned(desk.judge({**names, "total_macs": 72_089_600})) == PASSED
    assert earned(desk.judge({**names, "total_macs": 4})) == FAILED


def test_ones_own_value_may_be_tried_first(desk):
    long = f"{{nodes: {NODES}, penalty: 0.25, order: own first}}"
    alternates = ", alternates: [{value: 3}]"
    desk.set(TOTAL % (long, alternates), reference=REFERENCE)
    names = {"conv1_macs": 1, "conv2_macs": 2}
    assert earned(desk.judge({**names, "total_macs": 3})) == ("partial", 0.75)
    desk.set(TOTAL % (long.replace("own first", "original first"), alternates), reference=REFERENCE)
    assert earned(desk.judge({**names, "total_macs": 3})) == PASSED


def test_follow_through_comes_before_known_mistakes(desk):
    mistakes = ", mistakes: [{value: 3, feedback: Oh.}]"
    desk.set(TOTAL % (NODES, mistakes), reference=REFERENCE)
    assert earned(desk.judge({"conv1_macs": 1, "conv2_macs": 2, "total_macs": 3})) == PASSED
    right = {"conv1_macs": 19_660_800, "conv2_macs": 52_428_800}
    verdict = desk.judge({**right, "total_macs": 3})
    assert earned(verdict) == FAILED
    assert verdict.feedback == "Oh."


def test_conventions_and_mistakes_apply_to_what_follows_from_ones_own_values_too(desk):
    checks = """
        - id: conv2_macs
        - id: doubled
          follow_through: [conv2_macs]
          alternates: [{multiply: 2, when: two_operations}]
          mistakes: [{node: conv2_macs, credit: 0.5}]
    """
    desk.set(checks, reference=REFERENCE, top=CONVENTIONS)
    assert earned(desk.judge({"conv2_macs": 5, "doubled": 20})) == FAILED
    declared = {"conv2_macs": 5, "doubled": 20, "mac_convention": 2}
    assert earned(desk.judge(declared)) == PASSED
    assert "your own conv2_macs" in desk.judge(declared).message
    assert earned(desk.judge({"conv2_macs": 5, "doubled": 5})) == ("partial", 0.5)


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ("a lot", "conv2_macs: it is not a number"),
        (math.inf, "conv2_macs: it is not finite"),
        (2.5, "conv2_macs: it is not a whole number"),
        (-1, "conv2_macs: it is too small"),
        (Opaque("ellipsis"), "conv2_macs: not answered"),
        (Opaque("Liar"), "conv2_macs: it is not a number"),
    ],
    ids=repr,
)
def test_an_unusable_value_is_left_at_the_references_and_the_detail_says_so(desk, own, why):
    desk.set(TOTAL % (f"{{nodes: {NODES}, min: 0}}", ""), reference=REFERENCE)
    replies = [Reply("ok", value) for value in (52_428_801, 1, own)]
    verdict = desk.judge_replies(replies)
    assert earned(verdict) == PASSED
    assert verdict.message == "right for your own conv1_macs"
    assert why in verdict.detail


def test_ones_own_value_in_rounded_notation_can_be_carried_forward(desk):
    desk.set(TOTAL % (NODES, ""), reference=REFERENCE)
    names = {"conv1_macs": 19_660_800, "conv2_macs": "5M", "total_macs": 24_660_800}
    assert earned(desk.judge(names)) == PASSED


def test_values_with_which_the_reference_cannot_compute_earn_nothing(desk):
    desk.set("- id: conv2_macs\n- {id: half, follow_through: [conv2_macs]}", reference=REFERENCE)
    verdict = desk.judge({"conv2_macs": 7, "half": 3})
    assert earned(verdict) == FAILED
    assert "no follow-through to half" in verdict.detail
    assert "ZeroDivisionError" not in verdict.message


# ── cheating ───────────────────────────────────────────────────────────────────────────────────

FORGED_CELLS = {"cells": [{"kind": "markdown", "given": False, "source": "two operations per MAC"}]}


def test_a_forged_convention_declares_nothing(desk):
    desk.set(ALTERNATES, reference=REFERENCE, top=CONVENTIONS)
    answer = Reply("ok", 104_857_600)
    for declaration in (Opaque("str", "2xMAC"), {"cells": 2}, FORGED_CELLS, [2], True):
        cells = desk.cells("1")
        verdict = desk.judge_replies([answer, Reply("ok", declaration), cells])
        assert earned(verdict) == ("partial", 0.25), declaration


def test_equal_checks_ask_equal_requests(desk):
    desk.set(TOTAL % (NODES, ""), reference=REFERENCE)
    own = desk.ask("conv1_macs") + desk.ask("conv2_macs")
    assert desk.ask("total_macs")[1:] == own
    assert desk.ask("total_macs") == desk.ask("total_macs")
