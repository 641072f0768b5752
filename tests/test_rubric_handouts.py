"""What a rubric hands to every notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from course import autograder, read_report, write_notebook
from linting import TOP, checks, lint

CHECKS = "- {id: a, expected: 1}\n- {id: b, kind: pytest, file: tests/check.py}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "data/x.csv",
        "more/data/y.csv",
        "tests/check.py",
        "ref/ref.py",
        "ref/locks/hw.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def problems(folder: Path, files: str) -> list[str]:
    return lint(folder, checks(CHECKS, f"{TOP}files: {files}\n"), reference=False)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ("[dta]", "files: there is no 'dta', seen from the rubric's folder"),
        ("[data, more/data]", "files: two entries are called 'data'"),
        ("[.]", "files: '.' would hand the rubric itself to students"),
        ("[tests]", "files: 'tests' would hand a test file to students"),
        ("[tests/check.py]", "would hand a test file to students"),
    ],
)
def test_a_handout_that_is_missing_or_gives_an_answer_away_is_refused(
    folder: Path, files: str, words: str
) -> None:
    found = problems(folder, files)
    assert len(found) == 1 and words in found[0]


def test_what_is_there_and_harmless_is_accepted(folder: Path) -> None:
    assert problems(folder, "[data, tests/../more]") == []


@pytest.mark.parametrize("entry", ["ref", "ref/ref.py", "ref/locks", "link"])
def test_the_reference_and_its_lock_are_never_handed_out(folder: Path, entry: str) -> None:
    (folder / "link").symlink_to("ref")
    top = f"{TOP}reference: ref/ref.py\nfiles: [{entry}]\n"
    found = lint(folder, checks("- {id: a, expected: 1}", top), reference=False)
    assert len(found) == 1 and "to students" in found[0]


@pytest.mark.parametrize("sandbox", ["bubblewrap", "none"])
def test_every_notebook_finds_the_files_beside_itself(tmp_path: Path, sandbox: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("7")
    text = "version: 1\nassignment: a\nfiles: [data]\nquestions:\n  - id: 1\n    checks: [{id: x, expected: 7}]\n"
    (tmp_path / "hw.yaml").write_text(text)
    student = tmp_path / "class" / "s"
    write_notebook(student / "s.ipynb", "# Question 1", "x = int(open('data/x.txt').read())")
    if sandbox == "bubblewrap":  # without a sandbox nothing is read-only
        write_notebook(
            tmp_path / "class" / "t" / "t.ipynb", "# Question 1", "open('data/x.txt', 'w')\nx = 7"
        )
    (student / "data").mkdir()
    (student / "data" / "x.txt").write_text("the student's own, which does not count")
    out = tmp_path / "out"
    run = autograder(
        "grade", tmp_path / "hw.yaml", tmp_path / "class", "-o", out, "--sandbox", sandbox
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert read_report(out, "s")["score"] == 1
    if sandbox == "bubblewrap":
        assert read_report(out, "t")["score"] == 0
        assert (tmp_path / "data" / "x.txt").read_text() == "7"
