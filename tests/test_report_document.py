"""report.json."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.errors import UsageError
from autograder.model import (
    CellRun,
    CheckReport,
    Execution,
    Outcome,
    QuestionReport,
    Report,
    Visibility,
)
from autograder.report import document
from autograder.report.document import read_document, to_document, write_document

SCHEMA = Path(document.__file__).with_name("report.schema.json")


def check(**fields: Any) -> CheckReport:
    row = CheckReport(
        id="macs",
        kind="value",
        title="Multiply-accumulates",
        outcome=Outcome.PARTIAL,
        points=0.5,
        max_points=1,
        visibility=Visibility.HIDDEN,
        message="`macs` is a known slip",
        feedback="Count each output once.",
        got="2097152000",
    )
    return replace(row, **fields)


def report(**fields: Any) -> Report:
    essay = check(id="why", kind="text", outcome=Outcome.UNGRADED, points=0.0, suggested=0.75)
    whole = Report(
        submission="student_07",
        assignment="demo",
        rubric_version=3,
        status="graded",
        reason="",
        score=0.5,
        max_score=2,
        awaiting=1,
        questions=(QuestionReport("1", "Convolutions", 0.5, 2, (check(), essay)),),
        execution=Execution(
            cells=(CellRun(0, "1", "ok", 0.25), CellRun(4, "1", "error", 1.5, "ValueError: no")),
            seconds=2.5,
            sandbox="bubblewrap (memory: cgroup v2)",
            ended="cell 5 used up the memory",
            notes=("output was cut",),
        ),
        provenance={"grader": "0.1.0"},
        notes=("upgraded from format 3",),
    )
    return replace(whole, **fields)


def test_the_document_has_the_agreed_shape() -> None:
    written = to_document(report())
    assert list(written) == [
        "submission", "assignment", "rubric_version", "status", "score", "max_score", "awaiting",
        "questions", "execution", "provenance", "reason", "notes",
    ]  # fmt: skip
    (question,) = written["questions"]
    assert list(question) == ["id", "title", "score", "max_score", "checks"]
    assert list(question["checks"][0]) == [
        "id", "kind", "title", "outcome", "points", "max_points", "visibility", "message",
        "feedback", "got", "suggested",
    ]  # fmt: skip
    assert list(written["execution"]) == ["seconds", "sandbox", "ended", "notes", "cells"]
    assert list(written["execution"]["cells"][0]) == [
        "index", "question", "status", "seconds", "error",
    ]  # fmt: skip


def test_the_shipped_schema_is_current() -> None:
    command = (
        "python -c 'from autograder.report.document import schema_text; "
        f'print(schema_text(), end="")\' > autograder/report/{SCHEMA.name}'
    )
    assert SCHEMA.read_text(encoding="utf-8") == document.schema_text(), f"run: {command}"


def test_what_is_written_satisfies_the_shipped_schema(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    write_document(tmp_path / "report.json", report())
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written | {"expected": 1}, schema)


def test_a_report_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_document(tmp_path / "report.json", report())
    assert read_document(tmp_path / "report.json") == report()


def test_an_ungradable_report_reads_back_too(tmp_path: Path) -> None:
    empty = report(status="ungradable", reason="the file is empty", questions=(), score=0.0)
    write_document(tmp_path / "report.json", empty)
    assert read_document(tmp_path / "report.json") == empty


def test_expected_values_details_and_outputs_are_not_in_the_file(tmp_path: Path) -> None:
    cell = CellRun(0, "1", "ok", outputs=({"output_type": "stream", "text": "CANARY"},))
    row = check(expected="CANARY", detail="CANARY")
    leaky = report(
        questions=(QuestionReport("1", "", 0, 1, (row,)),), execution=Execution(cells=(cell,))
    )
    write_document(tmp_path / "report.json", leaky)
    assert "CANARY" not in (tmp_path / "report.json").read_text(encoding="utf-8")


def test_a_number_that_is_none_is_never_written_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_document(path, report())
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_document(path, report(score=math.nan))
    assert path.read_bytes() == before


def test_text_is_cleaned_and_half_pairs_do_not_stop_the_writing(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    dirty = check(got="\x1b[31m\ud83d\u202eok", message="ü 畳")
    write_document(path, report(questions=(QuestionReport("1", "\udc80", 0, 1, (dirty,)),)))
    row = read_document(path).questions[0].checks[0]
    assert (row.got, row.message) == ("ok", "ü 畳")
    assert "ü 畳" in path.read_text(encoding="utf-8")


def test_nothing_but_the_report_is_left_in_the_folder(tmp_path: Path) -> None:
    write_document(tmp_path / "new" / "report.json", report())
    write_document(tmp_path / "new" / "report.json", report(score=1))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.json"]
    (tmp_path / "taken" / "report.json" / "x").mkdir(parents=True)
    with pytest.raises(OSError):
        write_document(tmp_path / "taken" / "report.json", report())
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["report.json"]


def test_a_link_in_place_of_the_report_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep", encoding="utf-8")
    (tmp_path / "report.json").symlink_to(precious)
    write_document(tmp_path / "report.json", report())
    assert precious.read_text(encoding="utf-8") == "keep"
    assert not (tmp_path / "report.json").is_symlink()


@pytest.mark.parametrize(
    "content", [b"", b'{"submission": "a', b"[]", b"\xff\xfe\x00", b'{"submission": 1}', b"null"]
)
def test_a_damaged_report_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_document(path)
    assert str(caught.value).startswith(f"{path}: not a report")
    assert "\n" not in str(caught.value)


def test_a_report_with_numbers_out_of_range_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for score in (math.nan, -1):
        path.write_text(json.dumps(to_document(report(score=score))), encoding="utf-8")
        with pytest.raises(UsageError, match=r"report\.json: not a report: score"):
            read_document(path)


def test_a_missing_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"report\.json: cannot be read"):
        read_document(tmp_path / "report.json")
