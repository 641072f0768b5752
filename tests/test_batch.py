"""A class in worker processes: what one submission or worker does must not cost the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from course import autograder, read_report, write_notebook, write_rubric

from autograder.batch import Job, grade_class, grade_one
from autograder.errors import SandboxError
from autograder.model import Outcome, Report
from autograder.rubric import load_rubric
from autograder.submission import collect_submissions
from autograder.truth import open_truth

NAP = "import time; time.sleep(1)\nx = 3"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    rubric = load_rubric(write_rubric(tmp_path))
    return Job(rubric, open_truth(rubric), "auto", {})


@pytest.mark.slow
def test_a_killed_worker_costs_nobody_a_report(tmp_path: Path) -> None:
    rubric = write_rubric(tmp_path)
    for index in range(6):
        write_notebook(tmp_path / "class" / f"s{index}.ipynb", "# Question 1", NAP)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "autograder", "grade", str(rubric), str(tmp_path / "class")]
    command += ["-o", str(out), "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("1/6")
        workers = [
            child
            for child in psutil.Process(process.pid).children()
            if "spawn_main" in " ".join(child.cmdline())
        ]
        workers[0].kill()
        process.stdout.read()
        assert process.wait(120) == 0
    assert [read_report(out, f"s{index}")["score"] for index in range(6)] == [2.0] * 6


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_written_and_leaves_nothing_running(tmp_path: Path) -> None:
    rubric = write_rubric(tmp_path)
    for index in range(6):
        write_notebook(tmp_path / "class" / f"s{index}.ipynb", "# Question 1", NAP)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "autograder", "grade", str(rubric), str(tmp_path / "class")]
    command += ["-o", str(out), "--workers", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("1/6")
        os.killpg(process.pid, signal.SIGINT)
        words = process.stderr.read()
        assert process.wait(60) == 130
    assert words.strip() == "autograder: stopped; the reports written so far are kept"
    assert len(list(out.glob("*/report.json"))) >= 1
    until = time.monotonic() + 10
    while _descends_from(out) and time.monotonic() < until:
        pass
    assert _descends_from(out) == []


def _descends_from(out: Path) -> list[int]:
    """Return processes of this run: their command lines name its folder."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if str(out) in " ".join(process.info["cmdline"] or []) and process.pid != os.getpid()
    ]


def test_one_worker_and_two_give_the_same_reports(job: Job, tmp_path: Path) -> None:
    for index in range(3):
        write_notebook(tmp_path / "class" / f"s{index}.ipynb", "# Question 1", f"x = {index + 2}")
    submissions = collect_submissions([tmp_path / "class"], job.rubric, tmp_path / "work")
    scores = []
    for workers in (1, 2):
        reports: list[Report] = []
        grade_class(job, submissions, reports.append, workers=workers)
        scores.append(sorted((report.submission, report.score) for report in reports))
    assert scores[0] == scores[1] == [("s0", 0.0), ("s1", 2.0), ("s2", 0.0)]


def test_a_kernel_that_cannot_start_is_not_the_students_fault(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise SandboxError("the sandbox did not start: no space left")

    monkeypatch.setattr("autograder.grade.run_submission", refuse)
    notebook = write_notebook(tmp_path / "s.ipynb", "x = 3")
    (submission,) = collect_submissions([notebook], job.rubric, tmp_path / "work")
    with closing(job.launcher()) as launcher:
        report = grade_one(submission, job, launcher)
    assert report.status == "ungradable"
    assert "not through any fault of its own: the sandbox did not start" in report.reason


def test_a_check_that_fails_on_our_side_takes_no_points(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("autograder.checks.value.compare_values", break_down)
    notebook = write_notebook(tmp_path / "s.ipynb", "# Question 1", "x = 3")
    (submission,) = collect_submissions([notebook], job.rubric, tmp_path / "work")
    with closing(job.launcher()) as launcher:
        report = grade_one(submission, job, launcher)
    check = report.questions[0].checks[0]
    assert check.outcome is Outcome.ERROR
    assert (report.score, report.awaiting) == (0.0, 4.0)  # x and the essay; the other has no answer


def test_a_zygote_that_dies_costs_nobody_anything(job: Job, tmp_path: Path) -> None:
    source = "import os, time\nx = 3\ntime.sleep(1)"
    notebook = write_notebook(tmp_path / "s.ipynb", "# Question 1", source)
    (submission,) = collect_submissions([notebook], job.rubric, tmp_path / "work")
    with closing(job.launcher()) as launcher:
        assert grade_one(submission, job, launcher).score == 2
        (zygote,) = [
            child
            for child in psutil.Process().children()
            if "zygote.py" in " ".join(child.cmdline())
        ]
        killer = threading.Timer(0.3, zygote.kill)
        killer.start()
        report = grade_one(submission, job, launcher)
        killer.join()
        assert not zygote.is_running() or zygote.status() == psutil.STATUS_ZOMBIE
    assert (report.status, report.score) == ("graded", 2.0)
    assert report.execution.ended == "" and "warm start" in report.execution.sandbox


def test_the_commands_table_fits_80_columns_with_long_names(tmp_path: Path) -> None:
    rubric = write_rubric(tmp_path)
    write_notebook(tmp_path / "class" / f"{'long_name_' * 9}.ipynb", "# Question 1", "x = 3")
    write_notebook(tmp_path / "class" / "b.ipynb", "# Question 1", "x = 3")
    run = autograder("grade", rubric, tmp_path / "class", "-o", tmp_path / "out")
    table = run.stdout.partition("Submission")[2].partition("2 graded")[0]
    assert run.returncode == 0 and max(map(len, table.splitlines())) <= 80
