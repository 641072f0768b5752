"""Kind `function`."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
import torch
from desk import FAILED, PASSED, earned

from autograder.model import Reply
from autograder.wire import Array, Opaque

REFERENCE = """
    import numpy as np
    from autograder.truth import function, inputs, property_test

    @function
    def iou(a, b):
        low, high = max(a[0], b[0]), min(a[1], b[1])
        inner = max(high - low, 0)
        return float(inner / ((a[1] - a[0]) + (b[1] - b[0]) - inner))

    @inputs
    def intervals(rng):
        return tuple(np.sort(rng.random(2)) for _ in range(2))

    @property_test
    def in_range(inputs, results):
        for result in results:
            if not 0 <= result <= 1:
                return f"an IoU of {result} is not between 0 and 1"
        return True

    @function
    def split(x):
        return {"low": x[x < 0], "rest": (x[x >= 0], [1, {"n": len(x)}])}

    @inputs
    def vectors(rng):
        return (rng.normal(size=5),)
"""
IOU = """
    - id: iou
      kind: function
      credit: per_entry
      cases:
        - {args: [[0, 1], [0, 1]]}
        - {args: [[0, 2]], kwargs: {b: [1, 2]}, expected: 0.5}
      random: {inputs: intervals, count: 7}
      properties:
        - {holds: in_range, title: IoU lies in its range, on: {inputs: intervals, count: 5, seed: 2}}
"""


def iou(a, b):
    inner = max(min(a[1], b[1]) - max(a[0], b[0]), 0)
    return inner / ((a[1] - a[0]) + (b[1] - b[0]) - inner)


def without_overlap(a, b):
    """Forgets that intervals may be apart."""
    inner = min(a[1], b[1]) - max(a[0], b[0])
    return inner / ((a[1] - a[0]) + (b[1] - b[0]) - inner)


# ── right ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "function",
    [iou, lambda a, b: np.float64(iou(a, b)), lambda a, b: torch.tensor(iou(a, b)).double()],
    ids=["float", "numpy", "tensor"],
)
def test_a_right_function_passes(desk, function):
    desk.set(IOU, reference=REFERENCE)
    verdict = desk.judge({"iou": function})
    assert earned(verdict) == PASSED
    assert verdict.message == "right: 10 tests"


def test_nested_results_are_compared_all_the_way_down(desk):
    desk.set(
        "- {id: split, kind: function, random: {inputs: vectors, count: 3}}", reference=REFERENCE
    )

    def right(x):
        return {"low": x[x < 0], "rest": [torch.tensor(x[x >= 0]), (1, {"n": len(x)})]}

    def wrong(x):
        return {"low": x[x < 0], "rest": (x[x >= 0], [1, {"n": len(x) + 1}])}

    assert earned(desk.judge({"split": right})) == PASSED
    assert earned(desk.judge({"split": wrong})) == FAILED


def test_a_function_may_be_any_expression_and_its_arguments_are_fresh_for_each_call(desk):
    desk.set(
        "- {id: last, kind: function, function: tools.last, cases: [{args: [[3, 4]], expected: 4}, "
        "{args: [[3, 4]], expected: 4}]}"
    )
    tools = type("Tools", (), {"last": staticmethod(lambda items: items.pop())})
    assert earned(desk.judge({"tools": tools})) == PASSED


# ── partly right and wrong ────────────────────────────────────────────────────────────────────


def test_calls_and_properties_count_as_one_entry_each(desk):
    desk.set(IOU, reference=REFERENCE)
    verdict = desk.judge({"iou": without_overlap})
    assert verdict.outcome.value == "partial"
    right = round(verdict.credit * 10)
    assert verdict.message.startswith(f"{right} of 10 tests right; ")
    assert "'IoU lies in its range' does not hold" in verdict.message
    desk.set(IOU.replace("per_entry", "all_or_nothing"), reference=REFERENCE)
    assert earned(desk.judge({"iou": without_overlap})) == FAILED


def test_a_property_alone_judges_whatever_the_implementation(desk):
    properties = IOU.replace("iou", "overlap").partition("cases")[0]
    properties += "properties: [{holds: in_range, on: {inputs: intervals}}]\n"
    desk.set(properties, reference=REFERENCE)
    assert earned(desk.judge({"overlap": lambda a, b: 0.5})) == PASSED
    verdict = desk.judge({"overlap": lambda a, b: -0.5})
    assert earned(verdict) == FAILED
    assert verdict.message == "0 of 1 test right; 'in range' does not hold"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda a: 1, "raised TypeError"),
        (lambda a, b: a.missing, "raised AttributeError"),
        (lambda a, b: [1, 2], "returned a wrong value, or one of a wrong type"),
        (lambda a, b: None if a[0] else 1.0, "returned None (is a `return` missing?)"),
        (lambda a, b: exit(), "raised SystemExit"),
    ],
    ids=["arguments", "attribute", "type", "return", "exit"],
)
def test_the_message_tells_the_sort_of_failure(desk, function, words):
    desk.set(IOU, reference=REFERENCE)
    assert words in desk.judge({"iou": function}).message


def stub(a, b):
    raise NotImplementedError


@pytest.mark.parametrize("function", [lambda a, b: None, lambda a, b: ..., stub])
def test_a_stub_is_not_answered(desk, function):
    desk.set(IOU, reference=REFERENCE)
    assert desk.judge({"iou": function}).message == "not answered: `iou` does nothing yet"


def test_what_is_no_function_and_what_is_missing_is_said(desk):
    desk.set(IOU, reference=REFERENCE)
    assert desk.judge({"iou": 0.5}).message == "expected a function; `iou` is none"
    assert desk.judge({}).message == "not answered: `iou` is not defined at the end of question 1"
    assert desk.judge_reply(Reply("timeout")).message == "`iou` took longer than 10 s"


# ── hidden inputs stay hidden ─────────────────────────────────────────────────────────────────


def leak_by_text(a, b):
    raise ValueError(repr((a, b)))


def leak_by_name(a, b):
    raise type("Leak_" + str(a).replace(".", "_"), (Exception,), {})()


def leak_by_type(a, b):
    return type("Leak_" + str(a), (), {})()


def leak_by_value(a, b):
    return f"{a} {b}"


LEAKS = [leak_by_text, leak_by_name, leak_by_type, leak_by_value]


@pytest.mark.parametrize("leak", LEAKS)
def test_a_hidden_check_shows_nothing_that_student_code_chose(desk, leak):
    desk.set(IOU.replace("cases:", "visibility: after_due\n      cases:"), reference=REFERENCE)
    messages = set()
    for seed in ("0, 1", "0.25, 0.75"):
        desk.set(IOU.replace("0, 1", seed), reference=REFERENCE)
        verdict = desk.judge({"iou": leak})
        assert earned(verdict) == FAILED
        assert verdict.got == ""
        messages.add(verdict.message)
    assert len(messages) == 1
    (message,) = messages
    assert "0.25" in verdict.detail
    assert not any(char.isdigit() for char in message.partition(";")[2])


def test_a_public_check_shows_the_first_failing_call_and_never_the_expected_result(desk):
    public = """
        - id: half
          kind: function
          visibility: public
          cases: [{args: [4], kwargs: {of: [1, 2]}, expected: 2.125}]
    """
    desk.set(public)
    verdict = desk.judge({"half": lambda n, of: n * 3})
    assert verdict.message == (
        "0 of 1 test right; half(4, of=[1, 2]) returned 12: the value is not right"
    )
    assert "expected 2.125" in verdict.detail
    verdict = desk.judge({"half": lambda n, of: of[n]})
    assert "half(4, of=[1, 2]) failed: IndexError: list index out of range" in verdict.message


# ── cheating ──────────────────────────────────────────────────────────────────────────────────


class EqualToAll:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__

    def __float__(self):
        return 1.0

    def __le__(self, other):
        return True

    __ge__ = __le__


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: EqualToAll(),
        lambda a, b: math.nan,
        lambda a, b: True,
        lambda a, b: 10**3000,
        lambda a, b: np.full((50, 50), 0.5),
        lambda a, b: os,
    ],
    ids=["equal to all", "nan", "true", "huge", "array", "module"],
)
def test_results_that_pretend_earn_nothing(desk, function):
    desk.set(IOU.partition("properties")[0], reference=REFERENCE)
    assert earned(desk.judge({"iou": function})) == FAILED


@pytest.mark.parametrize(
    "value",
    [
        None,
        (),
        1.0,
        [Reply("ok", 1.0)] * 20,
        (1.0,) * 20,
        (Reply("ok", Opaque("float", "1.0")),) * 14,
        (Reply("ok", Array(np.ones(3), "float64")),) * 14,
        (Reply("malformed", error="x"),) * 14,
        (Reply("lost"),) * 14,
    ],
    ids=repr,
)
def test_forged_replies_earn_nothing(desk, value):
    desk.set(IOU, reference=REFERENCE)
    assert earned(desk.judge_value(value)) == FAILED


def test_more_results_than_calls_do_not_count(desk):
    desk.set(
        "- {id: f, kind: function, cases: [{args: [1], expected: 1}, {args: [2], expected: 2}]}"
    )
    results = (Reply("ok", 7), Reply("ok", 7), Reply("ok", 1), Reply("ok", 2))
    assert earned(desk.judge_value(results)) == FAILED
    assert earned(desk.judge_value(results[2:])) == PASSED


def test_calls_after_the_process_died_are_not_right(desk):
    desk.set(IOU, reference=REFERENCE)
    verdict = desk.judge_value((Reply("ok", 1.0), Reply("ok", 0.5)))
    assert earned(verdict) == ("partial", 0.2)
    assert "ended the notebook's process" in verdict.message
