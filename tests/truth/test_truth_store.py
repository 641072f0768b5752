"""Truth as checks see it while they grade."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from course_folder import IOU, IOU_CHECK, refusal

from autograder.errors import LockError
from autograder.truth import compute_lock, open_truth
from autograder.wire import Array

# ── without a reference ───────────────────────────────────────────────────────────────────────


def test_a_rubric_without_a_reference_has_no_nodes(course):
    rubric = course.rubric(reference=None)
    assert open_truth(rubric).nodes == {}
    assert "no node 'params'" in refusal(open_truth(rubric).value, "params")
    assert "names no `reference`" in refusal(compute_lock, rubric)
    assert "names no reference" in refusal(open_truth(rubric).reevaluate, "params", {})


def test_cases_that_say_what_they_expect_need_no_reference(course):
    check = {"id": "f", "kind": "function", "cases": [{"args": [1], "expected": None}]}
    (case,) = open_truth(course.rubric(check, reference=None)).cases("f")
    assert (case.args, case.expected) == ((1,), None)
    check["cases"] = [{"args": [1]}]
    assert "check 'f'" in refusal(open_truth, course.rubric(check, reference=None))


# ── running the reference while grading ───────────────────────────────────────────────────────


def test_follow_through_computes_with_the_students_values(course):
    course.write(IOU)
    truth = course.truth()
    assert truth.reevaluate("params", {"weights": 4864.0}) == 4928
    assert type(truth.reevaluate("params", {"weights": 4864.0})) is int
    assert truth.value("params") == 4864


def test_follow_through_that_cannot_be_computed_is_an_error_of_truth(course):
    course.write(IOU)
    truth = course.truth()
    assert "node 'share' raised ZeroDivisionError" in refusal(
        truth.reevaluate, "share", {"params": 0}
    )
    course.write(
        "import numpy as np\ndef a(): return 1\ndef params(a): return np.log(np.float64(a))\n"
    )
    truth = course.truth()
    message = refusal(truth.reevaluate, "params", {"a": 0})
    assert message.startswith("node 'params' on the student's values is -inf")


def test_a_property_judges_a_students_results(course):
    course.write(IOU)
    truth = course.truth(IOU_CHECK)
    inputs = [case.args for case in truth.cases("iou") if case.origin == "in_range"]
    assert truth.holds("in_range", inputs, [0.5, 1]) == ""
    assert truth.holds("in_range", inputs, [0.5, 1.5]) == "it does not hold"
    assert truth.holds("in_range", inputs, [Array(np.array(0.5), "float64"), 1]) == ""
    message = truth.holds("in_range", inputs, [None, "secret"])
    assert message == "the results are not of the kind that is expected (TypeError)"


def test_a_reference_that_changes_while_grading_is_noticed(course):
    course.write(IOU)
    truth = course.truth()
    course.write(IOU + "\n")
    with pytest.raises(LockError, match="changed while grading"):
        truth.reevaluate("params", {"weights": 1})


def test_truth_travels_to_worker_processes(course):
    course.write(IOU)
    truth = course.truth(IOU_CHECK)
    truth.reevaluate("params", {"weights": 1})
    copy = pickle.loads(pickle.dumps(truth))
    assert copy.nodes == truth.nodes
    assert [case.origin for case in copy.cases("iou")] == [
        case.origin for case in truth.cases("iou")
    ]
    assert copy.reevaluate("params", {"weights": 1}) == 65
