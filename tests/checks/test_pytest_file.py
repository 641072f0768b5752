"""Kind `pytest`."""

from __future__ import annotations

import pytest
from desk import FAILED, PASSED, earned

from autograder.model import Reply


@pytest.fixture
def file_desk(desk):
    """Return a desk whose rubric names a pytest file that exists."""
    (desk.folder / "checks").mkdir()
    (desk.folder / "checks" / "test_iou.py").write_text("def test_it(student): pass\n")
    return desk


CHECK = "- {id: iou, kind: pytest, file: checks/test_iou.py, select: range%s}"


def ran(*outcomes: str) -> Reply:
    rows = [
        {
            "name": f"test_{at}",
            "outcome": outcome,
            "message": f"IoU {at}",
            "detail": f"because {at}",
        }
        for at, outcome in enumerate(outcomes)
    ]
    return Reply("ok", {"tests": rows})


def test_the_request_names_the_file_and_what_to_select(file_desk):
    file_desk.set(CHECK % ", time: 3 s")
    (request,) = file_desk.ask()
    assert (request.kind, request.question, request.expression) == ("dialogue", "1", "range")
    assert request.program == str(file_desk.folder / "checks" / "test_iou.py")
    assert request.time_s == 3


def test_all_tests_passed(file_desk):
    file_desk.set(CHECK % "")
    verdict = file_desk.judge_reply(ran("passed", "passed", "skipped"))
    assert earned(verdict) == PASSED
    assert verdict.message == "right: 2 tests"


def test_a_part_of_the_tests_earns_its_share_and_the_failed_ones_are_named(file_desk):
    file_desk.set(CHECK % "")
    verdict = file_desk.judge_reply(ran("passed", "failed", "passed", "failed"))
    assert earned(verdict) == ("partial", 0.5)
    assert verdict.message == "2 of 4 tests right; IoU 1; IoU 3"
    assert "because 1" in verdict.detail
    assert "because" not in verdict.message
    file_desk.set(CHECK % ", credit: all_or_nothing")
    assert earned(file_desk.judge_reply(ran("passed", "failed"))) == FAILED


def test_no_test_passed(file_desk):
    file_desk.set(CHECK % "")
    assert earned(file_desk.judge_reply(ran("failed", "failed"))) == FAILED


@pytest.mark.parametrize("outcomes", [("error",), ("passed", "error"), (), ("skipped",), ("?",)])
def test_a_file_that_does_not_work_is_our_fault(file_desk, outcomes):
    file_desk.set(CHECK % "")
    verdict = file_desk.judge_reply(ran(*outcomes))
    assert earned(verdict) == ("error", 0.0)
    assert verdict.detail.startswith("checks/test_iou.py: ")
    assert "because" not in verdict.message


def test_a_notebook_that_stopped_before_fails(file_desk):
    file_desk.set(CHECK % "")
    verdict = file_desk.judge_reply(Reply("lost", error="the notebook stopped in cell 2"))
    assert earned(verdict) == FAILED
    assert verdict.message == "the notebook stopped in cell 2"


def test_messages_are_shown_harmlessly(file_desk):
    file_desk.set(CHECK % "")
    row = {"name": "t", "outcome": "failed", "message": "\x1b[2J\u202e" * 999, "detail": ""}
    verdict = file_desk.judge_reply(Reply("ok", {"tests": [row]}))
    assert earned(verdict) == FAILED
    assert len(verdict.message) < 300
