"""Paths on the command line → submissions, and their files → the place where the notebook runs."""

from __future__ import annotations

import json
import os
import socket
import zipfile
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.model import Submission
from autograder.rubric.schema import ManualCheck, Question, Rubric
from autograder.submission import (
    collect_submissions,
    document,
    folder,
    matches_filename,
    stage_files,
)
from autograder.submission.naming import safe_id, unique_ids

NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "# Question 1"},
            {
                "cell_type": "code",
                "metadata": {},
                "source": "x = 1",
                "outputs": [],
                "execution_count": 1,
            },
        ],
    }
)


def rubric(filename: str | None = None) -> Rubric:
    question = Question(id="1", checks=[ManualCheck(kind="manual", id="check")])
    return Rubric(version=1, assignment="hw", filename=filename, questions=[question])


def tree(root: Path, *names: str, text: str = NOTEBOOK) -> Path:
    """Make files, each holding a notebook; a name that ends in `.zip` holds `hw.ipynb`."""
    root.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".zip"):
            make_zip(path, {"hw.ipynb": text})
        else:
            path.write_text(text)
    return root


def make_zip(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, text in members.items():
            file.writestr(name, text)
    return path


def collect(*paths: Path, filename: str | None = None) -> list[Submission]:
    workspace = paths[0].parent / "workspace"
    return collect_submissions(paths, rubric(filename), workspace)


def ids(found: list[Submission]) -> list[str]:
    return [submission.id for submission in found]


# ── one student's work ────────────────────────────────────────────────────────────────────────


def test_a_lone_notebook_has_no_files_beside_it(tmp_path: Path) -> None:
    tree(tmp_path / "class", "hw.ipynb", "data.csv")
    (found,) = collect(tmp_path / "class" / "hw.ipynb")
    assert (found.id, found.notebook_name, found.files, found.problem) == (
        "hw",
        "hw.ipynb",
        None,
        "",
    )
    assert (found.ends, found.cells_of) == ({"1": 1}, {"1": (0, 1)})
    assert [cell.question for cell in found.cells] == ["1", "1"]
    assert len(found.sha256) == 64


def test_a_folder_with_one_notebook_is_one_submission(tmp_path: Path) -> None:
    path = tree(
        tmp_path / "jane",
        "hw.ipynb",
        "data/x.csv",
        "layers.py",
        ".ipynb_checkpoints/hw.ipynb",
        "expect.yaml",
    )
    (found,) = collect(path)
    assert (found.id, found.files, found.path, found.problem) == ("jane", path, path, "")


def test_a_zip_of_data_beside_the_notebook_does_not_make_a_class(tmp_path: Path) -> None:
    path = tree(tmp_path / "jane", "hw.ipynb")
    make_zip(path / "data.zip", {"x.csv": "1"})
    assert ids(collect(path)) == ["jane"]


def test_a_zip_is_one_submission(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "jane.zip",
        {"hw/hw.ipynb": NOTEBOOK, "hw/data.csv": "1", "__MACOSX/hw/._hw.ipynb": "x"},
    )
    (found,) = collect(path)
    assert (found.id, found.problem, found.notebook_name) == ("jane", "", "hw.ipynb")
    assert found.files == tmp_path / "workspace" / "jane" / "hw"
    assert sorted(child.name for child in found.files.iterdir()) == ["data.csv", "hw.ipynb"]


def test_an_endings_case_does_not_matter(tmp_path: Path) -> None:
    tree(tmp_path / "class", "a.IPYNB")
    make_zip(tmp_path / "class" / "b.ZIP", {"HW.Ipynb": NOTEBOOK})
    assert [(found.id, found.problem) for found in collect(tmp_path / "class")] == [
        ("a", ""),
        ("b", ""),
    ]


def test_a_path_may_be_a_link_when_the_user_names_it(tmp_path: Path) -> None:
    tree(tmp_path / "real", "hw.ipynb")
    make_zip(tmp_path / "real.zip", {"hw.ipynb": NOTEBOOK})
    for name in ("real", "real.zip", "real/hw.ipynb"):
        link = tmp_path / f"link_{name.replace('/', '_')}"
        link.symlink_to(tmp_path / name)
        (found,) = collect(link)
        assert (found.problem, found.path) == ("", link)


# ── a class ───────────────────────────────────────────────────────────────────────────────────


def test_a_folder_of_folders_is_a_class(tmp_path: Path) -> None:
    path = tree(
        tmp_path / "class", "perfect/hw.ipynb", "blank/hw.ipynb", "blank/expect.yaml", "README.md"
    )
    found = collect(path)
    assert ids(found) == ["blank", "perfect"]
    assert [submission.files for submission in found] == [path / "blank", path / "perfect"]


def test_a_class_of_one_folder_is_a_class(tmp_path: Path) -> None:
    assert ids(collect(tree(tmp_path / "class", "perfect/hw.ipynb"))) == ["perfect"]


def test_a_folder_of_notebooks_is_a_class(tmp_path: Path) -> None:
    path = tree(tmp_path / "class", "b.ipynb", "a.ipynb", "data/x.csv", "roster.csv", "solution.py")
    found = collect(path, filename="a.ipynb")
    assert ids(found) == ["a", "b"]
    assert [submission.files for submission in found] == [None, None]


def test_a_class_may_hold_notebooks_zips_and_folders(tmp_path: Path) -> None:
    path = tree(tmp_path / "class", "a.ipynb", "b.zip", "c/hw.ipynb", "d/inner/hw.zip")
    found = collect(path)
    assert ids(found) == ["a", "b", "c", "d"]
    assert [submission.problem for submission in found] == [""] * 4


def test_a_students_folder_may_hold_just_a_zip(tmp_path: Path) -> None:
    found = collect(tree(tmp_path / "class", "39786 - Given Family/hw.zip", "other/hw.ipynb"))
    assert ids(found) == ["39786_-_Given_Family", "other"]
    assert found[0].notebook_name == "hw.ipynb"


def test_what_systems_add_is_no_submission(tmp_path: Path) -> None:
    junk = (
        ".DS_Store",
        "__MACOSX/a.ipynb",
        ".hidden.ipynb",
        "._a.ipynb",
        ".ipynb_checkpoints/a.ipynb",
        "expect.yaml",
        "Thumbs.db",
    )
    assert ids(collect(tree(tmp_path / "class", "a.ipynb", "b.ipynb", *junk))) == ["a", "b"]


def test_a_student_who_hands_in_something_else_is_not_lost(tmp_path: Path) -> None:
    found = collect(
        tree(
            tmp_path / "class",
            "a.ipynb",
            "b.ipynb",
            "c.pdf",
            "d.ipynb.txt",
            "e.tar.gz",
            "index.html",
            "data.csv",
        )
    )
    assert ids(found) == ["a", "b", "c.pdf", "d.ipynb.txt", "e.tar.gz"]
    assert found[2].problem.startswith("c.pdf is no notebook.")


def test_a_student_without_a_notebook_is_not_lost(tmp_path: Path) -> None:
    path = tree(tmp_path / "class", "a/hw.ipynb", "b/report.pdf", "b/notes.txt")
    (path / "c").mkdir()
    found = collect(path)
    assert ids(found) == ["a", "b", "c"]
    assert "no notebook (.ipynb) in it. It holds notes.txt, report.pdf." in found[1].problem
    assert "no notebook (.ipynb) in it. It is empty." in found[2].problem


def test_bad_work_does_not_stop_the_class(tmp_path: Path) -> None:
    path = tree(tmp_path / "class", "a.ipynb", "f.ipynb")
    (path / "b.ipynb").write_text("")
    (path / "c.zip").write_text("no zip")
    (path / "d.ipynb").mkdir()
    (path / "e.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(path / "g.ipynb")
    found = {submission.id: submission.problem for submission in collect(path)}
    assert found["a"] == found["f"] == ""
    assert "is empty" in found["b"]
    assert "is something else" in found["c"]
    assert "links are not followed" in found["e"]
    assert "not an ordinary file" in found["g"]
    assert "d.ipynb" not in found


# ── which notebook ────────────────────────────────────────────────────────────────────────────


def test_the_notebook_with_the_rubrics_name_is_graded(tmp_path: Path) -> None:
    path = tree(
        tmp_path / "class", "jane/abc_hw3.ipynb", "jane/scratch.ipynb", "jane/old/abc_hw3.ipynb"
    )
    (found,) = collect(path, filename="{netid}_hw3.ipynb")
    assert found.notebook_name == "abc_hw3.ipynb"
    assert found.files == path / "jane"
    assert found.notes == ("not graded: old/abc_hw3.ipynb, scratch.ipynb",)


def test_the_only_outermost_notebook_is_graded(tmp_path: Path) -> None:
    (found,) = collect(
        tree(tmp_path / "class", "jane/x/hw.ipynb", "jane/x/old/a.ipynb", "jane/x/old/b.ipynb")
    )
    assert (found.problem, found.notebook_name) == ("", "hw.ipynb")
    assert found.files == tmp_path / "class" / "jane" / "x"


def test_several_notebooks_are_a_reason_that_lists_five(tmp_path: Path) -> None:
    path = tree(tmp_path / "class", *(f"jane/{number}.ipynb" for number in range(7)))
    (found,) = collect(path, filename="{netid}_hw3.ipynb")
    assert found.problem == (
        "There are 7 notebooks in it and no telling which to grade: 0.ipynb, 1.ipynb, 2.ipynb, 3.ipynb, 4.ipynb "
        "and 2 more. Hand in exactly one, named `{netid}_hw3.ipynb`."
    )


@pytest.mark.parametrize(
    ("name", "follows"),
    [
        ("abc123_hw3_p2.ipynb", True),
        ("a-b_hw3_p2.ipynb", True),
        ("ABC_HW3_P2.ipynb", True),
        ("abc123_hw3_p2 (1).ipynb", False),
        ("_hw3_p2.ipynb", False),
        ("abc_hw3_p.ipynb", False),
        ("abc_hw3_p2xipynb", False),
        ("abc_hw3_p2.ipynb.txt", False),
        ("../abc_hw3_p2.ipynb", False),
    ],
)
def test_braces_in_the_rubrics_filename_stand_for_a_word(name: str, follows: bool) -> None:
    assert matches_filename(name, "{netid}_hw3_p{problem}.ipynb") is follows


# ── ids ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jane", "jane"),
        ("Jörg Müller", "Jörg_Müller"),
        ("=cmd()|x", "cmd_x"),
        ("+1", "1"),
        ("-rf", "rf"),
        ("@SUM(A1)", "SUM_A1"),
        ("a\u202eb\nc\td", "a_b_c_d"),
        ("a/../b", "a_.._b"),
        ("CON", "submission-CON"),
        ("nul.txt", "submission-nul.txt"),
        ("e\u0301", "é"),
    ],
)
def test_ids_are_safe_names(name: str, expected: str) -> None:
    assert safe_id(name) == expected


@pytest.mark.parametrize("name", ["", ".", "..", "///", "\udcff", "ü" * 500, "a" * 500, "\0"])
def test_ids_of_hopeless_names_are_safe_and_stable(name: str) -> None:
    found = safe_id(name)
    assert found == safe_id(name)
    assert 0 < len(found.encode()) <= 120
    assert not found.startswith(".")
    assert "/" not in found


def test_long_names_that_differ_at_the_end_have_different_ids() -> None:
    assert safe_id("a" * 500 + "1") != safe_id("a" * 500 + "2")


def test_ids_are_unique_where_case_is_ignored() -> None:
    found = unique_ids([Path("/c/a.ipynb"), Path("/c/A.zip"), Path("/c/a"), Path("/c/a-2")])
    assert found == ["a", "A-3", "a-4", "a-2"]


def test_notebooks_of_one_name_get_the_name_of_their_folder(tmp_path: Path) -> None:
    path = tree(tmp_path, "jane/hw.ipynb", "john/hw.ipynb")
    assert ids(collect(path / "jane" / "hw.ipynb", path / "john" / "hw.ipynb")) == [
        "jane_hw",
        "john_hw",
    ]


def test_a_path_given_twice_is_graded_once(tmp_path: Path) -> None:
    path = tree(tmp_path / "class", "a.ipynb", "b.ipynb")
    assert ids(collect(path, path / "a.ipynb", path / "." / "b.ipynb")) == ["a", "b"]


# ── command lines that make no sense ──────────────────────────────────────────────────────────


def test_a_path_that_does_not_exist_suggests_one_that_does(tmp_path: Path) -> None:
    tree(tmp_path, "submissions/hw.ipynb")
    with pytest.raises(
        UsageError, match="there is no such file or folder; did you mean 'submissions'"
    ):
        collect(tmp_path / "submision")
    with pytest.raises(UsageError, match=r"there is no such file or folder$"):
        collect(tmp_path / "nowhere" / "at" / "all")


def test_a_folder_with_nothing_to_grade_says_what_is_in_it(tmp_path: Path) -> None:
    path = tree(tmp_path / "class", "a.csv", "b.txt")
    with pytest.raises(
        UsageError, match=r"nothing to grade; expected a notebook .* found a.csv, b.txt"
    ):
        collect(path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="found an empty folder"):
        collect(tmp_path / "empty")


def test_a_file_that_is_nothing_to_grade_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not something to grade; expected a notebook"):
        collect(tree(tmp_path, "a.py") / "a.py")


# ── bounds and links ──────────────────────────────────────────────────────────────────────────


def test_a_notebook_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "hw.ipynb"
    with path.open("wb") as file:
        file.truncate(document.MAX_BYTES + 1)
    (found,) = collect(path)
    assert "is too large: 100 MB, and the limit is 100 MB" in found.problem
    assert found.notebook_name == "hw.ipynb"


def test_folders_out_of_bounds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree(
        tmp_path / "class", "many/hw.ipynb", *(f"many/{n}" for n in range(20)), "large/hw.ipynb"
    )
    tree(path / "deep" / "/".join("d" * 50), "hw.ipynb")
    with (path / "large" / "sparse.bin").open("wb") as file:
        file.truncate(folder.MAX_TOTAL_BYTES + 1)
    monkeypatch.setattr(folder, "MAX_FILES", 20)
    monkeypatch.setattr(folder, "MAX_DEPTH", 15)
    found = {submission.id: submission.problem for submission in collect(path)}
    assert "folders are nested more than 15 deep" in found["deep"]
    assert "files have 512 MiB; the limit is 512 MiB" in found["large"]
    assert "holds more than 20 files" in found["many"]


def test_staging_copies_regular_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree(
        tmp_path / "class",
        "jane/hw.ipynb",
        "jane/data/x.csv",
        "jane/run.sh",
        "jane/expect.yaml",
        "secret.txt",
    )
    jane = path / "jane"
    (jane / "run.sh").chmod(0o4777)
    (jane / "link").symlink_to("../secret.txt")
    (jane / "data" / "up").symlink_to("../..")
    (jane / "loop").symlink_to("loop")
    os.mkfifo(jane / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(jane)  # the path of a socket must be short
        server.bind("socket")
        (found,) = collect(path)
        notes = stage_files(found, tmp_path / "out")
    said = "left out, being links or no ordinary files: data/up, link, loop, pipe, socket"
    assert found.problem == ""
    assert notes == [said]
    staged = {
        str(p.relative_to(tmp_path / "out"))
        for p in (tmp_path / "out").rglob("*")
        if not p.is_dir()
    }
    assert staged == {"hw.ipynb", "data/x.csv", "run.sh"}
    assert (tmp_path / "out" / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "out" / "hw.ipynb").stat().st_mode & 0o7777 == 0o644


def test_staging_a_lone_notebook_copies_nothing(tmp_path: Path) -> None:
    (found,) = collect(tree(tmp_path / "a", "hw.ipynb", "data.csv") / "hw.ipynb")
    assert stage_files(found, tmp_path / "out") == []
    assert list((tmp_path / "out").iterdir()) == []


def test_staging_never_follows_a_link_that_lies_in_the_way(tmp_path: Path) -> None:
    (found,) = collect(tree(tmp_path / "jane", "hw.ipynb", "data.csv"))
    (tmp_path / "jane" / "data.csv").unlink()
    (tmp_path / "jane" / "data.csv").symlink_to("hw.ipynb")
    assert stage_files(found, tmp_path / "out") == [
        "left out, being links or no ordinary files: data.csv"
    ]


def test_staging_says_what_can_no_longer_be_read(tmp_path: Path) -> None:
    (found,) = collect(tree(tmp_path / "jane", "hw.ipynb"))
    (tmp_path / "jane" / "hw.ipynb").unlink()
    (tmp_path / "jane").rmdir()
    (note,) = stage_files(found, tmp_path / "out")
    assert note.startswith("no files were put beside the notebook.")


def test_staging_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = collect(tree(tmp_path / "jane", "hw.ipynb"))
    monkeypatch.setattr(folder, "MAX_TOTAL_BYTES", 10)
    assert "the limit is" in stage_files(found, tmp_path / "out")[0]
    assert list((tmp_path / "out").iterdir()) == []
