"""grades.csv, awaiting.csv, and a filled-in one read back."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import UsageError
from autograder.model import CheckReport, Execution, Outcome, QuestionReport, Report, Visibility
from autograder.report.csv import read_marks, write_awaiting, write_grades
from autograder.rubric.schema import Rubric
from autograder.score import Mark

HEAD = "submission,check,question,title,max_points,suggested,points,comment\n"


def rubric(*questions: str) -> Rubric:
    check = {"kind": "text", "points": 2, "key_points": [{"point": "p", "any": ["p"]}]}
    listed = [
        {"id": id, "checks": [{**check, "id": f"why{n}"}]} for n, id in enumerate(questions, 1)
    ]
    return Rubric.model_validate({"version": 1, "assignment": "demo", "questions": listed})


def report(submission: str = "ada", score: float = 1.5, **fields: Any) -> Report:
    questions = tuple(
        QuestionReport(str(n), "", 0, 2, (row(f"why{n}", Outcome.UNGRADED, suggested=1.0),))
        for n in (1, 2)
    )
    whole = Report(
        submission, "demo", 1, "graded", "", score, 4, 4, questions, Execution(), {}, ()
    )  # fmt: skip
    return replace(whole, **fields)


def row(id: str, outcome: Outcome, **fields: Any) -> CheckReport:
    plain = CheckReport(id, "text", f"Title {id}", outcome, 0, 2, Visibility.PUBLIC)
    return replace(plain, **fields)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def save(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


# ── grades.csv ────────────────────────────────────────────────────────────────────────────────


def test_grades_hold_one_row_per_submission_and_a_column_per_question(tmp_path: Path) -> None:
    write_grades(
        tmp_path / "grades.csv", [report("bo", score=3.0), report("ada")], rubric("1", "2")
    )
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8") == (
        "submission,status,score,max_score,awaiting,reason,1,2\n"
        "ada,graded,1.5,4,4,,0,0\n"
        "bo,graded,3,4,4,,0,0\n"
    )


def test_what_could_not_be_graded_has_blanks_and_never_a_zero(tmp_path: Path) -> None:
    broken = report(status="ungradable", reason="the file is empty", questions=(), score=0.0)
    write_grades(tmp_path / "grades.csv", [broken], rubric("1", "2"))
    (line,) = table(tmp_path / "grades.csv")
    assert line["reason"] == "the file is empty"
    assert [line[column] for column in ("score", "awaiting", "1", "2")] == [""] * 4


def test_a_question_called_like_a_column_gets_a_column_of_its_own(tmp_path: Path) -> None:
    question = QuestionReport("score", "", 2, 2, ())
    write_grades(tmp_path / "g.csv", [report(questions=(question,))], rubric("score"))
    (line,) = table(tmp_path / "g.csv")
    assert (line["score"], line["question score"]) == ("1.5", "2")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "\x1b[0m=1"]
)
def test_no_cell_begins_like_a_formula(tmp_path: Path, text: str) -> None:
    write_grades(tmp_path / "g.csv", [report(text), report("x", reason=text)], rubric("1"))
    cells = [cell for line in table(tmp_path / "g.csv") for cell in line.values()]
    assert sum(cell.startswith("'") for cell in cells) == 2
    assert not any(cell.startswith(tuple("=+-@\t\r\n\uff1d")) for cell in cells)


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    write_grades(tmp_path / "g.csv", [report(score=-0.5)], rubric("1"))
    assert table(tmp_path / "g.csv")[0]["score"] == "-0.5"


# ── awaiting.csv ──────────────────────────────────────────────────────────────────────────────


def test_awaiting_lists_what_a_human_must_mark_one_check_after_the_other(tmp_path: Path) -> None:
    write_awaiting(tmp_path / "awaiting.csv", [report("bo"), report("ada")])
    assert (tmp_path / "awaiting.csv").read_text(encoding="utf-8") == (
        HEAD
        + "ada,why1,1,Title why1,2,1,,\n"
        + "bo,why1,1,Title why1,2,1,,\n"
        + "ada,why2,2,Title why2,2,1,,\n"
        + "bo,why2,2,Title why2,2,1,,\n"
    )


def test_awaiting_lists_faults_of_ours_but_nothing_that_is_decided(tmp_path: Path) -> None:
    outcomes = {outcome.value: row(outcome.value, outcome) for outcome in Outcome}
    question = QuestionReport("1", "", 0, 2, tuple(outcomes.values()))
    write_awaiting(tmp_path / "a.csv", [report(questions=(question,))])
    assert [line["check"] for line in table(tmp_path / "a.csv")] == ["ungraded", "error"]
    assert [line["suggested"] for line in table(tmp_path / "a.csv")] == ["", ""]


def test_what_a_human_has_filled_in_is_kept(tmp_path: Path) -> None:
    path = save(
        tmp_path / "awaiting.csv",
        HEAD + "ada,why1,1,Old title,2,1,1.5,'=good\nada,why2,2,Title,2,1,,\nbo,why1,1,T,2,,2,\n",
    )
    decided = QuestionReport("1", "", 0, 2, (row("why1", Outcome.PARTIAL),))
    write_awaiting(path, [report("ada"), report("bo", questions=(decided,))])
    assert path.read_text(encoding="utf-8") == (
        HEAD
        + "ada,why1,1,Title why1,2,1,1.5,'=good\n"
        + "bo,why1,1,T,2,,2,\n"
        + "ada,why2,2,Title why2,2,1,,\n"
    )
    assert read_marks(path, rubric("1", "2")) == {
        ("ada", "why1"): Mark(1.5, "=good"),
        ("bo", "why1"): Mark(2.0, ""),
    }


def test_words_that_are_not_points_yet_are_kept_as_they_are(tmp_path: Path) -> None:
    path = save(tmp_path / "awaiting.csv", HEAD + "ada,why1,1,T,2,1,nan,\nada,why2,2,T,2,1,?,\n")
    write_awaiting(path, [report("ada")])
    assert [line["points"] for line in table(path)] == ["nan", "?"]


def test_a_file_that_is_no_such_table_is_moved_aside(tmp_path: Path) -> None:
    path = save(tmp_path / "awaiting.csv", "my own notes")
    save(tmp_path / "awaiting.old-1.csv", "older notes")
    write_awaiting(path, [report("ada")])
    assert (tmp_path / "awaiting.old-1.csv").read_text(encoding="utf-8") == "older notes"
    assert (tmp_path / "awaiting.old-2.csv").read_text(encoding="utf-8") == "my own notes"
    assert len(table(path)) == 2


# ── marks read back ───────────────────────────────────────────────────────────────────────────


def test_a_written_table_filled_in_reads_back_whatever_the_names(tmp_path: Path) -> None:
    path = tmp_path / "awaiting.csv"
    write_awaiting(path, [report("-dash, comma"), report('=1"2')])
    text = path.read_text(encoding="utf-8").replace(",1,,\n", ",1,0.5,well done\n")
    marks = read_marks(save(path, text), rubric("1", "2"))
    assert set(marks) == {(s, c) for s in ("-dash, comma", '=1"2') for c in ("why1", "why2")}
    assert set(marks.values()) == {Mark(0.5, "well done")}


def test_rows_without_points_are_not_marked_yet(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.csv", HEAD + "ada,why1,1,T,2,1,,later\n\n,,,,,,,\nada,why2,2,T,2,1, ,\n"
    )
    assert read_marks(path, rubric("1", "2")) == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_are_read_as_spreadsheets_save_them(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    text = (HEAD + "ada,why1,1,T,2,1,POINTS,schön\n").replace(",", separator)
    number = '"1,5"' if separator == "," else "1,5"
    path = tmp_path / "a.csv"
    path.write_bytes(text.replace("POINTS", number).replace("\n", "\r\n").encode(encoding))
    assert read_marks(path, rubric("1")) == {("ada", "why1"): Mark(1.5, "schön")}


def test_columns_may_be_moved_added_and_left_out(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", "points,mine,check,submission\n1,x,why1,ada\n")
    assert read_marks(path, rubric("1")) == {("ada", "why1"): Mark(1.0)}


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("ada,why1,1,T,2,1,two,\n", "a.csv:2: points are 'two'; expected a number"),
        ("ada,why1,1,T,2,1,nan,\n", "a.csv:2: points are 'nan'; expected a number"),
        ("ada,why1,1,T,2,1,2.5,\n", "a.csv:2: mark for 'why1': 2.5 points; expected 0 to 2"),
        ("ada,why1,1,T,2,1,-1,\n", "a.csv:2: mark for 'why1': -1 points; expected 0 to 2"),
        ("ada,wy1,1,T,2,1,1,\n", "a.csv:2: mark for 'wy1'"),
        ('ada,why1,1,T,2,1,1,"two\nlines"\nbo,why1,1,T,2,1,x,\n', "a.csv:4: points are 'x'"),
        ("ada,why1,1,T,2,1,1,\nada,why1,1,T,2,1,2,\n", "a.csv:3: 'why1' of 'ada' is marked twice"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, rows: str, complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_marks(save(tmp_path / "a.csv", HEAD + rows), rubric("1"))
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no column 'submission'"),
        (b"submission,check\n", "no column 'points'"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b'submission,check,points\n"' + b"x" * 200_000 + b'"', "not a CSV table"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        read_marks(path, rubric("1"))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.csv: cannot be read"):
        read_marks(tmp_path / "a.csv", rubric("1"))
