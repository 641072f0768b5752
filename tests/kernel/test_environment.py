"""Notebooks run on the interpreter that the rubric names, with its packages, not on the grader's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from course import autograder, read_report, write_notebook


def requirements(name: str, found: set[str]) -> set[str]:
    """Collect an installed distribution and all that it needs."""
    if name in found:
        return found
    try:
        needs = metadata.distribution(name).requires or []
    except metadata.PackageNotFoundError:  # not needed on this platform
        return found
    found.add(name)
    for need in needs:
        if "extra ==" not in need:
            requirements(re.split(r"[^A-Za-z0-9._-]", need, maxsplit=1)[0], found)
    return found


@pytest.fixture
def course_python(tmp_path: Path) -> Path:
    """Make an environment with ipykernel, and with a package that the grader's does not have."""
    folder = tmp_path / "course"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in requirements("ipykernel", set()):
        for file in metadata.distribution(name).files or []:
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file():
                target = packages / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    (packages / "course_tools.py").write_text("edition = 7\n")
    return folder / "bin" / "python"


@pytest.mark.slow
def test_the_interpreter_of_the_rubric_runs_the_notebook(
    course_python: Path, tmp_path: Path
) -> None:
    rubric = tmp_path / "hw.yaml"
    rubric.write_text(
        "version: 1\nassignment: a\n"
        f"environment: {{python: {course_python}, variables: {{COURSE: dl}}}}\n"
        "questions:\n  - id: 1\n    checks:\n"
        "      - {id: edition, answer: course_tools.edition, expected: 7}\n"
        f"      - {{id: prefix, answer: sys.prefix, expected: '{course_python.parent.parent}'}}\n"
        "      - {id: course, answer: 'os.environ[\"COURSE\"]', expected: dl}\n"
        "      - {id: without, answer: found, expected: false}\n"
    )
    source = (
        "import os, sys, course_tools\n"
        "import importlib.util\nfound = importlib.util.find_spec('pydantic') is not None"
    )
    notebook = write_notebook(tmp_path / "s.ipynb", "# Question 1", source)
    run = autograder("grade", rubric, notebook, "-o", tmp_path / "out")
    assert run.returncode == 0, run.stdout + run.stderr
    report = read_report(tmp_path / "out", "s")
    assert report["score"] == 4, report["questions"]


def test_an_interpreter_that_is_not_there_is_named_before_anything_runs(tmp_path: Path) -> None:
    rubric = tmp_path / "hw.yaml"
    rubric.write_text(
        "version: 1\nassignment: a\nenvironment: /nowhere/python\n"
        "questions:\n  - id: 1\n    checks: [{id: x, expected: 1}]\n"
    )
    notebook = write_notebook(tmp_path / "s.ipynb", "x = 1")
    run = autograder("grade", rubric, notebook, "-o", tmp_path / "out")
    assert run.returncode == 2
    assert "no Python at /nowhere/python" in run.stderr
