"""The sample class of convnets_hw3, graded through the real sandbox, gets what a human worked out."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow

RUBRIC = ROOT / "rubrics" / "convnets_hw3.yaml"
SAMPLES = ROOT / "submissions" / "convnets_hw3"
EXPECTED = {path.parent.name: path for path in sorted(SAMPLES.glob("*/expect.yaml"))}


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Grade the whole class once, as an instructor does, for all test processes; return the output folder."""
    base = tmp_path_factory.getbasetemp()
    output = (base if worker_id == "master" else base.parent) / "corpus"
    with output.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (output / "index.html").exists():
            command = [sys.executable, "-m", "autograder", "grade", RUBRIC, SAMPLES, "-o", output]
            done = subprocess.run(
                [*map(str, command), "--workers", "2"], cwd=ROOT, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
    return output


def read_report(graded: Path, case: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((graded / case / "report.json").read_text("utf-8"))
    return report


def rows_of(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["id"]: check for question in report["questions"] for check in question["checks"]}


@pytest.mark.parametrize("case", EXPECTED)
def test_sample_gets_what_was_worked_out_by_hand(graded: Path, case: str) -> None:
    expected = yaml.safe_load(EXPECTED[case].read_text(encoding="utf-8"))
    report = read_report(graded, case)
    rows = rows_of(report)
    found = {
        id: {key: rows[id][key] for key in wanted} for id, wanted in expected["checks"].items()
    }
    assert found == expected["checks"]
    assert list(rows) == list(expected["checks"])
    assert report["status"] == "graded"
    assert (report["score"], report["awaiting"]) == (expected["score"], expected["awaiting"])


def test_each_sample_has_a_report_and_nothing_else_has(graded: Path) -> None:
    assert sorted(path.parent.name for path in graded.glob("*/report.json")) == list(EXPECTED)


def test_endless_loop_is_named_with_its_cell(graded: Path) -> None:
    cells = read_report(graded, "endless_loop")["execution"]["cells"]
    stopped = [cell for cell in cells if cell["status"] != "ok"]
    assert [(cell["question"], cell["status"]) for cell in stopped] == [("1c2", "timeout")]


def test_end_of_the_process_is_said(graded: Path) -> None:
    execution = read_report(graded, "exits")["execution"]
    assert execution["cells"][-1]["status"] == "died"
    assert execution["ended"]


def test_blank_template_is_reported_as_not_answered(graded: Path) -> None:
    messages = {row["message"] for row in rows_of(read_report(graded, "blank")).values()}
    assert {message.partition(":")[0] for message in messages} == {"not answered"}


def test_undeclared_slip_names_what_to_declare(graded: Path) -> None:
    rows = rows_of(read_report(graded, "mistake_doubled"))
    assert 'mac_convention = "2xMAC"' in rows["conv_macs"]["feedback"]


def test_student_page_never_shows_an_expected_value(graded: Path) -> None:
    page = (graded / "mistake_arithmetic" / "student.html").read_text(encoding="utf-8")
    assert re.search(
        r"(?<![\d,])196608000(?!\d)", page
    )  # the student's own, to which a digit was added
    assert not re.search(r"(?<![\d,])(19,?660,?800|209,?715,?200)(?![\d,])", page)
