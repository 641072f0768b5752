"""The calls of function checks, and what the model solution returns."""

from __future__ import annotations

import numpy as np
import pytest
from course_folder import IOU, IOU_CHECK, refusal

from autograder.truth import compute_lock
from autograder.wire import Array


def test_the_calls_are_the_cases_the_random_ones_and_each_propertys(course):
    course.write(IOU)
    cases = course.truth(IOU_CHECK).cases("iou")
    assert [case.origin for case in cases] == ["case"] * 2 + ["random"] * 3 + ["in_range"] * 2
    assert cases[0].args == ([0, 1], [0, 1])
    assert cases[0].expected == 1.0
    assert (cases[1].args, cases[1].kwargs, cases[1].expected) == (([0, 2],), {"b": [1, 2]}, 0.5)


def test_random_calls_are_drawn_with_one_seed(course):
    course.write(IOU)
    drawn = [case.args for case in course.truth(IOU_CHECK).cases("iou") if case.origin == "random"]
    rng = np.random.default_rng(1)
    for args in drawn:
        for array in args:
            np.testing.assert_array_equal(array.values, np.sort(rng.random(2)))


def test_a_solution_cannot_change_the_arguments_that_students_get(course):
    course.write("""
        from autograder.truth import function
        @function
        def double(rows):
            rows.append(0)
            return len(rows)
    """)
    check = {"id": "double", "kind": "function", "cases": [{"args": [[1, 2]]}]}
    (case,) = course.truth(check).cases("double")
    assert (case.args, case.expected) == (([1, 2],), 3)


def test_lists_of_numbers_become_arrays_where_the_rubric_says_so(course):
    course.write("""
        from autograder.truth import function
        @function
        def kind(*args, **kwargs): return [type(x).__name__ for x in (*args, *kwargs.values())]
    """)
    args = [[[1, 2], [3, 4]], [1, "a"], [[1], [2, 3]], 5, {"x": [0.5]}]
    check = {"id": "kind", "kind": "function", "cases": [{"args": args, "kwargs": {"k": [True]}}]}
    (case,) = course.truth({**check, "arrays": True}).cases("kind")
    assert case.expected == ["ndarray", "list", "list", "int", "dict", "ndarray"]
    np.testing.assert_array_equal(case.args[0].values, [[1, 2], [3, 4]])
    assert [type(row) for row in case.args[2]] == [Array, Array]
    (case,) = course.truth(check).cases("kind")
    assert case.expected == ["list", "list", "list", "int", "dict", "list"]


def test_tensors_are_arguments_and_results(course):
    course.write("""
        import torch
        from autograder.truth import function, inputs
        @function
        def double(x): return x.mul_(2)
        @inputs
        def draws(rng): return (torch.tensor(rng.random(3), dtype=torch.float32),)
    """)
    check = {"id": "double", "kind": "function", "random": {"inputs": "draws", "count": 2}}
    for case in course.truth(check).cases("double"):
        assert (case.args[0].kind, case.expected.dtype) == ("tensor", "float32")
        np.testing.assert_allclose(case.expected.values, 2 * case.args[0].values)


def test_properties_alone_need_no_solution(course):
    course.write(IOU.replace("@function", "").replace("def iou", "def _iou"))
    check = {key: IOU_CHECK[key] for key in ("id", "kind", "properties")}
    assert [case.expected for case in course.truth(check).cases("iou")] == [None, None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": "iuo"}, "reference/hw.py: there is no @function 'iuo'; did you mean 'iou'?"),
        ({"id": "other"}, "reference/hw.py: there is no @function 'other'"),
        ({"random": {"inputs": "interval"}}, "no @inputs 'interval'; did you mean 'intervals'?"),
        (
            {"properties": [{"holds": "range", "on": {"inputs": "intervals"}}]},
            "reference/hw.py: there is no @property_test 'range'",
        ),
        (
            {"cases": [{"args": [1, 2]}]},
            "reference/hw.py:11: 'iou' raised TypeError: 'int' object is not subscriptable"
            " on case 1 of check 'iou'",
        ),
    ],
)
def test_calls_that_cannot_be_made_are_refused(course, change, message):
    course.write(IOU)
    assert message in refusal(compute_lock, course.rubric({**IOU_CHECK, **change}))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "return all(0 <=",
            "return all(2 <=",
            "reference/hw.py: property 'in_range' does not hold of the model solution of check 'iou':"
            " it does not hold",
        ),
        ("return all(0 <=", "all(0 <=", "property 'in_range' returned NoneType"),
        ("return all(0 <=", "return any(x <=", "property 'in_range' raised NameError"),
        (
            "return tuple(",
            "return list(",
            "draw 1 of 'intervals' returned list; it must return a tuple",
        ),
        ("return tuple(", "return nothing(", "draw 1 of 'intervals' raised NameError"),
        (
            "return float(",
            "return lambda: (",
            "the result on case 1 of check 'iou' holds an object",
        ),
    ],
)
def test_a_reference_whose_calls_go_wrong_is_refused(course, old, new, message):
    assert IOU.count(old) == 1
    course.write(IOU.replace(old, new))
    assert message in refusal(compute_lock, course.rubric(IOU_CHECK))


def test_an_unknown_function_check_is_refused(course):
    course.write(IOU)
    assert "no function check 'io'; did you mean 'iou'?" in refusal(
        course.truth(IOU_CHECK).cases, "io"
    )
