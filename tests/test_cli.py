"""The command line as a user meets it: exit codes, messages, files."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from course import autograder, read_report, write_notebook, write_rubric

import autograder as package


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    return write_rubric(tmp_path)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_class_is_graded_and_the_ungradable_are_named(rubric: Path, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    write_notebook(folder / "right.ipynb", "# Question 1", "x = 3\nsecret = 424242")
    write_notebook(folder / "wrong.ipynb", "# Question 1", "x = 4")
    (folder / "empty.ipynb").write_text("")
    out = tmp_path / "out"
    run = autograder("grade", rubric, folder, "-o", out, "--workers", "2")
    assert run.returncode == 1 and run.stderr == ""
    table = run.stdout.partition("Submission")[2].partition("not graded")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "empty" in run.stdout and "2 graded, 1 not gradable" in run.stdout
    assert read_report(out, "right")["score"] == 3 and read_report(out, "wrong")["score"] == 0
    assert read_report(out, "empty")["status"] == "ungradable"
    rows = read_csv(out / "grades.csv")
    assert [row["submission"] for row in rows] == ["empty", "right", "wrong"]
    for name in ("index.html", "awaiting.csv", "right/student.html", "right/instructor.html"):
        assert (out / name).is_file()


def test_reports_fit_their_schema_and_hold_no_expected_value(rubric: Path, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "s.ipynb", "# Question 1", "x = 4\nsecret = 5")
    out = tmp_path / "out"
    assert autograder("grade", rubric, notebook, "-o", out).returncode == 0
    schema = json.loads((Path(package.__file__).parent / "report/report.schema.json").read_text())
    jsonschema.validate(read_report(out, "s"), schema)
    for path in (out / "s").iterdir():
        assert ("424242" in path.read_text()) == (path.name == "instructor.html")


def test_marks_of_a_human_are_taken_in(rubric: Path, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "s.ipynb", "# Question 1", "x = 3")
    out = tmp_path / "out"
    autograder("grade", rubric, notebook, "-o", out)
    assert read_report(out, "s")["awaiting"] == 2
    rows = read_csv(out / "awaiting.csv")
    rows[0] |= {"points": "1.5", "comment": "nearly"}
    with (tmp_path / "marks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    run = autograder("grade", rubric, notebook, "-o", out, "--marks", tmp_path / "marks.csv")
    assert run.returncode == 0 and "no submission" not in run.stdout
    report = read_report(out, "s")
    assert (report["score"], report["awaiting"]) == (3.5, 0)
    assert report["questions"][1]["checks"][0]["feedback"] == "nearly"


def test_marks_for_nobody_are_named(rubric: Path, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "s.ipynb", "# Question 1", "x = 3")
    marks = tmp_path / "marks.csv"
    marks.write_text("submission,check,points,comment\nt,essay,1,\n")
    run = autograder("grade", rubric, notebook, "-o", tmp_path / "out", "--marks", marks)
    assert run.returncode == 0
    assert "marks: no submission is called 't'; its rows are not used" in run.stdout


def test_a_rubric_with_mistakes_is_refused_with_all_of_them(tmp_path: Path) -> None:
    text = (
        "version: 1\nassignment: a\nquestions:\n  - id: 1\n    checks:\n"
        "      - {id: x, expcted: 3}\n      - {id: x, expected: 3, pionts: 1}\n"
    )
    path = write_rubric(tmp_path, text)
    for command in (["lint", path], ["grade", path, tmp_path]):
        run = autograder(*command)
        words = run.stdout + run.stderr
        assert run.returncode == 2 and "Traceback" not in words
        assert "tiny.yaml:6: check 'x': unknown key 'expcted'; did you mean 'expected'?" in words
        assert "tiny.yaml:7: check 'x': unknown key 'pionts'; did you mean 'points'?" in words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["grade", "nowhere.yaml", "."], "nowhere.yaml"),
        (["grade", "{rubric}", "nowhere.ipynb"], "nowhere.ipynb"),
        (["grade", "{rubric}", "{notebook}", "--sandbox", "podman"], "auto, bubblewrap, none"),
        (["grade", "{rubric}", "{notebook}", "--marks", "nowhere.csv"], "nowhere.csv"),
        (["grade", "{rubric}", "{notebook}", "-o", "/proc/x"], "/proc/x"),
        (["grade", "{rubric}"], "SUBMISSION"),
        (["truth", "{rubric}"], "no `reference:`"),
        (["grad"], "grade"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_message(
    rubric: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    notebook = write_notebook(tmp_path / "s.ipynb", "x = 3")
    run = autograder(*[w.format(rubric=rubric, notebook=notebook) for w in words], cwd=tmp_path)
    assert run.returncode == 2
    assert message in run.stderr and "Traceback" not in run.stderr


def test_a_reference_without_a_lock_names_the_command_that_makes_one(tmp_path: Path) -> None:
    (tmp_path / "ref.py").write_text("def x():\n    return 3\n")
    text = "version: 1\nassignment: a\nreference: ref.py\nquestions:\n  - id: 1\n    checks: [{id: x}]\n"
    rubric = write_rubric(tmp_path, text)
    notebook = write_notebook(tmp_path / "s.ipynb", "x = 3")
    run = autograder("grade", rubric, notebook, "-o", tmp_path / "out")
    assert run.returncode == 2 and f"autograder truth {rubric}" in run.stderr
    assert autograder("truth", rubric).returncode == 0
    assert autograder("grade", rubric, notebook, "-o", tmp_path / "out").returncode == 0
    (tmp_path / "ref.py").write_text("def x():\n    return 4\n")
    run = autograder("grade", rubric, notebook, "-o", tmp_path / "out")
    assert run.returncode == 2 and f"autograder truth {rubric}" in run.stderr


def test_grading_imports_neither_torch_nor_pandas_even_where_the_reference_does(
    tmp_path: Path,
) -> None:
    (tmp_path / "ref.py").write_text(
        "import torch\ndef x():\n    return int(torch.ones(3).sum())\n"
    )
    text = "version: 1\nassignment: a\nreference: ref.py\nquestions:\n  - id: 1\n    checks: [{id: x}]\n"
    rubric = write_rubric(tmp_path, text)
    notebook = write_notebook(tmp_path / "s.ipynb", "x = 3")
    assert autograder("truth", rubric).returncode == 0
    code = (
        "import sys\nfrom pathlib import Path\nfrom autograder.commands import grade_command\n"
        "rubric, notebook, out = map(Path, sys.argv[1:])\n"
        "assert grade_command(rubric, [notebook], out, 1, 'auto', None) == 0\n"
        "assert not {'torch', 'pandas', 'otter'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-c", code, str(rubric), str(notebook), str(tmp_path / "out")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_a_node_that_the_lock_lacks_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "ref.py").write_text("def total():\n    return 3\n")
    text = "version: 1\nassignment: a\nreference: ref.py\nquestions:\n  - id: 1\n    checks: [{id: total}]\n"
    rubric = write_rubric(tmp_path, text)
    assert autograder("truth", rubric).returncode == 0
    write_rubric(tmp_path, text.replace("{id: total}", "{id: total}, {id: totl}"))
    notebook = write_notebook(tmp_path / "s.ipynb", "total = 3")
    run = autograder("grade", rubric, notebook, "-o", tmp_path / "out")
    assert run.returncode == 2
    assert (
        "tiny.yaml:6: check 'totl': the reference has no node 'totl'; did you mean 'total'?"
        in run.stderr
    )


def test_the_version_is_told() -> None:
    assert autograder("--version").stdout == f"autograder {package.__version__}\n"


def test_the_doctor_proves_the_sandbox() -> None:
    run = autograder("doctor")
    assert run.returncode == 0
    assert "did not hold" not in run.stdout and "Ready" in run.stdout
