"""What a node may return, and how it comes back from the lock."""

from __future__ import annotations

import math

import numpy as np
import pytest
from course_folder import IOU, refusal

from autograder.errors import TruthError


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("return 5", 5),
        ("return 2**80", 2**80),
        ("return 0.5", 0.5),
        ("return np.float32(0.5)", 0.5),
        ("return np.int64(5)", 5),
        ("return np.bool_(True)", True),
        ("return 1 + 2j", 1 + 2j),
        ("return 'N*K'", "N*K"),
        ("return None", None),
        ("return (64, [64, np.int32(3)])", (64, [64, 3])),
        ("return {'last': (1, 2), 3: {'a': 1}}", {"last": (1, 2), 3: {"a": 1}}),
        ("return {1, 2}", frozenset({1, 2})),
        ("from fractions import Fraction; return [Fraction(6, 3), Fraction(1, 2)]", [2, 0.5]),
        ("from enum import IntEnum; return IntEnum('E', 'a b').b", 2),
        ("import torch; return torch.Size((2, 3))", (2, 3)),
        ("return np.array(5)", 5),
        ("import torch; return torch.tensor(0.5)", 0.5),
    ],
)
def test_values_come_back_from_the_lock_as_plain_data(course, body, value):
    stored = course.value(body)
    assert stored == value
    assert type(stored) is type(value)


@pytest.mark.parametrize(
    ("body", "dtype", "kind"),
    [
        ("return np.array([[1, 2], [3, 4]], dtype='int32')", "int32", "ndarray"),
        ("return np.arange(1, 5.).reshape(2, 2).T.copy().T", "float64", "ndarray"),
        (
            "import torch; return torch.arange(1, 5).reshape(2, 2).to(torch.bfloat16)",
            "bfloat16",
            "tensor",
        ),
        (
            "import torch; return torch.tensor([[1., 2], [3, 4]], requires_grad=True)",
            "float32",
            "tensor",
        ),
    ],
)
def test_arrays_and_tensors_come_back_with_their_dtype(course, body, dtype, kind):
    stored = course.value(body)
    assert (stored.dtype, stored.kind) == (dtype, kind)
    np.testing.assert_array_equal(stored.values, [[1, 2], [3, 4]])


def test_lazily_conjugated_tensors_are_stored_as_what_they_are(course):
    conjugate = "torch.tensor([1 + 2j]).conj()"
    np.testing.assert_array_equal(
        course.value(f"import torch; return {conjugate}").values, [1 - 2j]
    )
    np.testing.assert_array_equal(
        course.value(f"import torch; return {conjugate}.imag").values, [-2]
    )


def test_entries_of_an_array_may_be_infinite(course):
    stored = course.value("return np.array([np.inf, np.nan])")
    np.testing.assert_array_equal(stored.values, [math.inf, math.nan])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return math.nan", "node 'params' is nan"),
        ("return [1, {'a': math.inf}]", "node 'params' is inf"),
        ("return np.array(math.nan)", "node 'params' is nan"),
        ("return object()", "node 'params' holds an object of type object, which cannot be stored"),
        ("return [lambda: 1]", "node 'params' holds an object of type function"),
        ("return np.array(['a'])", "node 'params' holds an array of <U1"),
        ("x = []; x.append(x); return x", "node 'params' is nested too deeply"),
        ("return 10**5000", "node 'params' cannot be stored"),
        ("return [0] * 300_000", "node 'params' cannot be stored: the reply holds too many values"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_node(course, body, message):
    with pytest.raises(TruthError) as caught:
        course.value(body)
    assert str(caught.value).startswith(message)


def test_an_unknown_node_gets_a_suggestion(course):
    course.write(IOU)
    assert refusal(course.truth().value, "param") == (
        "reference/hw.py: there is no node 'param'; did you mean 'params'?"
    )
