"""The output folder as a journal: which reports still hold, so that a command that was stopped goes on.

A report names the fingerprint of all that went into it. It is written whole or not at all, so what is there
is finished. Whatever changes the fingerprint (the notebook, its files, the rubric, the truth, a human's
marks) makes the submission run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import autograder
from autograder.batch import Job
from autograder.kernel.launch import environment_of
from autograder.model import Outcome, Report, Submission
from autograder.rubric.schema import PytestCheck
from autograder.sandbox.place import probe_interpreter


def fingerprint(submission: Submission, job: Job) -> str:
    """Return a hash of everything that a submission's report depends on.

    Files beside notebooks, and the instructor's own, count by path, size and time of change: a class may
    bring gigabytes of them.
    """
    rubric = job.rubric
    folder = rubric.path.parent
    ours = [folder / name for name in rubric.files]
    tests = [folder / check.file for check in rubric.checks if isinstance(check, PytestCheck)]
    ours += [module for test in tests for module in sorted(test.parent.glob("*.py"))]
    marks = {
        check: [mark.points, mark.comment]
        for (who, check), mark in job.marks.items()
        if who == submission.id
    }
    parts = [
        autograder.__version__,
        job.sandbox,
        rubric.sha256,
        job.truth.sha256,
        submission.id,
        submission.notebook_name,
        submission.sha256,
        sorted(marks.items()),
        _facts([submission.path] if submission.files else []),  # a zip is extracted anew each time
        _facts(ours),
        _packages(environment_of(rubric)[0]),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def still_holds(report: Report, wanted: str) -> bool:
    """Say whether a report from an earlier run can stand.

    One in which the grader itself failed cannot, nor one of a submission that could not be graded: that
    costs nothing to find out again.
    """
    checks = [check for question in report.questions for check in question.checks]
    failed = any(check.outcome is Outcome.ERROR for check in checks)
    return (
        report.status == "graded" and not failed and report.provenance.get("fingerprint") == wanted
    )


def _packages(python: str) -> list[list[str | int]]:
    """Return when something was last installed for an interpreter: its folders of packages, and their times."""
    folders = {
        packages
        for folder in probe_interpreter(python).folders
        for packages in folder.glob("lib/python*/site-packages")
    }
    return [[str(packages), packages.stat().st_mtime_ns] for packages in sorted(folders)]


def _facts(paths: Iterable[Path]) -> list[list[str | int]]:
    """Return path, size and time of change of all files beneath some paths."""
    found: list[list[str | int]] = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink():
                status = file.stat()
                found.append(
                    [str(file.relative_to(path.parent)), status.st_size, status.st_mtime_ns]
                )
    return found
