"""The same command again goes on where it was stopped, and runs again whatever has changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from course import RUBRIC, autograder, read_report, write_notebook, write_rubric


@pytest.fixture
def course(tmp_path: Path) -> Path:
    write_rubric(tmp_path)
    for index in range(3):
        write_notebook(tmp_path / "class" / f"s{index}.ipynb", "# Question 1", "x = 3")
    return tmp_path


def grade(course: Path, *more: str | Path) -> str:
    run = autograder("grade", course / "tiny.yaml", course / "class", "-o", course / "out", *more)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def ran(output: str) -> int:
    """Return how many notebooks a command ran."""
    lines = [line for line in output.splitlines() if line[:1].isdigit() and "/" in line[:4]]
    return len(lines)


def test_what_is_finished_is_not_run_again(course: Path) -> None:
    assert ran(grade(course)) == 3
    before = (course / "out/s1/report.json").read_bytes()
    grades = (course / "out/grades.csv").read_bytes()
    again = grade(course)
    assert ran(again) == 0 and "3 of 3 reports of an earlier run still hold" in again
    assert (course / "out/s1/report.json").read_bytes() == before
    assert (course / "out/grades.csv").read_bytes() == grades
    assert ran(grade(course, "--fresh")) == 3


def test_a_changed_notebook_is_run_again_alone(course: Path) -> None:
    grade(course)
    write_notebook(course / "class/s1.ipynb", "# Question 1", "x = 4")
    assert ran(grade(course)) == 1
    scores = [read_report(course / "out", f"s{index}")["score"] for index in range(3)]
    assert scores == [2, 0, 2]


def test_a_changed_rubric_runs_all_again(course: Path) -> None:
    grade(course)
    write_rubric(course, RUBRIC.replace("points: 2, visibility", "points: 4, visibility"))
    assert ran(grade(course)) == 3


def test_a_damaged_or_missing_report_is_made_again(course: Path) -> None:
    grade(course)
    (course / "out/s0/report.json").write_text("{")
    (course / "out/s2/report.json").unlink()
    assert ran(grade(course)) == 2


def test_a_report_in_which_the_grader_failed_is_made_again(course: Path) -> None:
    grade(course)
    path = course / "out/s0/report.json"
    report = json.loads(path.read_text())
    report["questions"][0]["checks"][0]["outcome"] = "error"
    path.write_text(json.dumps(report))
    assert ran(grade(course)) == 1


def test_marks_run_only_those_again_that_they_name(course: Path) -> None:
    grade(course)
    marks = course / "marks.csv"
    marks.write_text("submission,check,points,comment\ns1,essay,1,fair\n")
    assert ran(grade(course, "--marks", marks)) == 1
    assert ran(grade(course, "--marks", marks)) == 0
    assert read_report(course / "out", "s1")["score"] == 3


def test_a_changed_file_beside_a_notebook_counts_and_a_zip_is_recognised(course: Path) -> None:
    folder = course / "class" / "with_files"
    write_notebook(folder / "a.ipynb", "# Question 1", "x = int(open('x.txt').read())")
    (folder / "x.txt").write_text("3")
    with zipfile.ZipFile(course / "class" / "zipped.zip", "w") as archive:
        archive.write(folder / "a.ipynb", "a.ipynb")
        archive.write(folder / "x.txt", "x.txt")
    assert ran(grade(course)) == 5
    assert ran(grade(course)) == 0
    (folder / "x.txt").write_text("44")
    assert ran(grade(course)) == 1
    assert read_report(course / "out", "with_files")["score"] == 0
    assert read_report(course / "out", "zipped")["score"] == 2


@pytest.mark.slow
def test_a_grader_that_was_killed_loses_only_what_was_in_flight(course: Path) -> None:
    for index in range(4):
        nap = "import time; time.sleep(0.5)\nx = 3"
        write_notebook(course / "class" / f"t{index}.ipynb", "# Question 1", nap)
    command = [sys.executable, "-m", "autograder", "grade", str(course / "tiny.yaml")]
    command += [str(course / "class"), "-o", str(course / "out"), "--workers", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        os.killpg(process.pid, signal.SIGKILL)
    finished = len(list((course / "out").glob("*/report.json")))
    assert finished >= 3
    assert ran(grade(course)) == 7 - finished
    assert len((course / "out/grades.csv").read_text().splitlines()) == 8
