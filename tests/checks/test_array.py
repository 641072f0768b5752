"""Kind `array`."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from desk import FAILED, PASSED, earned

from autograder.model import Reply
from autograder.wire import Array, Frame, Opaque

REFERENCE = """
    import numpy as np
    def kernel(): return np.array([[1., 2.], [3., 4.]])
    def transposed(kernel):
        out = np.zeros((3, 3))
        for i in range(2):
            for j in range(2):
                out[i:i + 2, j:j + 2] += kernel[i, j] * kernel
        return out
    def scaled(factor): return np.arange(3) * factor
    def factor(): return 2
"""
CHECK = "- {id: transposed, kind: array, tolerance: {rtol: 1e-5}%s}"
RIGHT = [[1, 4, 4], [6, 20, 16], [9, 24, 16]]


@pytest.mark.parametrize(
    "answer",
    [
        np.array(RIGHT),
        torch.tensor(RIGHT, dtype=torch.float32),
        torch.tensor(RIGHT, dtype=torch.bfloat16, requires_grad=True),
        RIGHT,
        np.array(RIGHT) * (1 + 1e-6),
    ],
    ids=["array", "tensor", "bfloat16 with gradient", "lists", "rounding"],
)
def test_an_array_is_right_in_whatever_form_it_comes(desk, answer):
    desk.set(CHECK % "", reference=REFERENCE)
    assert earned(desk.judge({"transposed": answer})) == PASSED


def test_a_wrong_entry_fails_or_costs_its_share(desk):
    answer = np.array(RIGHT)
    answer[2, 2] = 15
    desk.set(CHECK % "", reference=REFERENCE)
    verdict = desk.judge({"transposed": answer})
    assert earned(verdict) == FAILED
    assert "[2, 2]" in verdict.message
    desk.set(CHECK % ", credit: per_entry", reference=REFERENCE)
    assert earned(desk.judge({"transposed": answer})) == ("partial", round(8 / 9, 6))


def test_a_wrong_shape_is_told_with_ones_own_shape_only(desk):
    desk.set(CHECK % ", credit: per_entry", reference=REFERENCE)
    verdict = desk.judge({"transposed": np.array(RIGHT)[None, None]})
    assert earned(verdict) == FAILED
    assert verdict.message == "the shape (1, 1, 3, 3) is not the one asked for"
    desk.set(CHECK % ", squeeze: true", reference=REFERENCE)
    assert earned(desk.judge({"transposed": torch.tensor(RIGHT)[None, None]})) == PASSED


def test_the_dtype_counts_where_the_rubric_says_so(desk):
    desk.set(CHECK % ", dtype: floating", reference=REFERENCE)
    verdict = desk.judge({"transposed": np.array(RIGHT)})
    assert earned(verdict) == FAILED
    assert "int64" in verdict.message
    assert earned(desk.judge({"transposed": np.array(RIGHT, dtype=np.float16)})) == PASSED
    desk.set(CHECK % ", dtype: same", reference=REFERENCE)
    assert earned(desk.judge({"transposed": np.array(RIGHT, dtype=np.float32)})) == FAILED


def test_a_factor_multiplies_an_array(desk):
    desk.set(CHECK % ", mistakes: [{multiply: 2, credit: 0.5}]", reference=REFERENCE)
    assert earned(desk.judge({"transposed": 2.0 * np.array(RIGHT)})) == ("partial", 0.5)


def test_an_array_follows_from_ones_own_values(desk):
    checks = "- id: factor\n- {id: scaled, kind: array, follow_through: [factor]}"
    desk.set(checks, reference=REFERENCE)
    assert earned(desk.judge({"factor": 3, "scaled": np.array([0, 3, 6])})) == PASSED
    assert earned(desk.judge({"factor": 2, "scaled": np.array([0, 3, 6])})) == FAILED


@pytest.mark.parametrize("answer", [None, ..., [[...], [...]]], ids=repr)
def test_an_open_array_is_not_answered(desk, answer):
    desk.set(CHECK % "", reference=REFERENCE)
    assert desk.judge({"transposed": answer}).message == "not answered"


# ── cheating ──────────────────────────────────────────────────────────────────────────────────


class Lying(np.ndarray):
    """An array that says it is equal to everything."""

    def __eq__(self, other):
        return np.ones((3, 3), dtype=bool)

    def __array_function__(self, function, types, args, kwargs):
        return True


def test_a_subclass_that_is_equal_to_everything_is_compared_by_its_numbers(desk):
    desk.set(CHECK % "", reference=REFERENCE)
    lying = np.zeros((3, 3)).view(Lying)
    assert earned(desk.judge({"transposed": lying})) == FAILED


@pytest.mark.parametrize(
    "value",
    [
        Array(np.full((3, 3), math.nan), "float64"),
        Array(np.full((3, 3), math.inf), "float32"),
        Array(np.ones((3, 3), dtype=bool), "bool"),
        Array(np.array(RIGHT) * 1j, "complex128"),
        Array(np.zeros((0, 3)), "float64"),
        Array(np.zeros(2_000_000), "float64\x1b[2J" * 4),
        Array(np.array(16.0), "float64"),
        Opaque("Tensor", "[[1, 4, 4], [6, 20, 16], [9, 24, 16]]"),
        Frame((), (), ()),
        [[1, 4, 4], [6, 20, 16], [9, 24]],
        [[10**400] * 3] * 3,
        (Reply("ok", RIGHT),),
        "[[1, 4, 4], [6, 20, 16], [9, 24, 16]]",
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("credit", ["per_entry", "all_or_nothing"])
def test_forged_arrays_earn_nothing(desk, value, credit):
    desk.set(CHECK % f", credit: {credit}", reference=REFERENCE)
    assert earned(desk.judge_value(value)) == FAILED
