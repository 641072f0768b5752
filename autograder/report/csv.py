"""grades.csv and awaiting.csv: tables for spreadsheets, and a filled-in one read back.

Text that a spreadsheet would run as a formula gets an apostrophe in front, the spreadsheets' own
mark for text; reading takes it off again. Numbers are written as numbers.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from autograder.errors import UsageError
from autograder.model import CheckReport, QuestionReport, Report
from autograder.report.files import write_text
from autograder.report.tally import AWAITING
from autograder.report.text import clean, clean_line
from autograder.rubric.schema import Rubric
from autograder.score import Mark, refuse_mark

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a spreadsheet evaluate a cell; the last four are their wide forms."""
GRADES = ("submission", "status", "score", "max_score", "awaiting", "reason")
"""Columns of grades.csv before those of the questions."""
AWAITS = (
    "submission",
    "check",
    "question",
    "title",
    "max_points",
    "suggested",
    "points",
    "comment",
)
"""Columns of awaiting.csv; a human fills in the last two."""

Key = tuple[str, str]
"""Submission and check."""
Row = dict[str, str | float]


def write_grades(path: Path, reports: Iterable[Report], rubric: Rubric) -> None:
    """Write one row per submission, sorted; what an ungradable one earned is blank, never zero."""
    headings = {question.id: _heading(question.id) for question in rubric.questions}
    rows: list[Row] = []
    for report in sorted(reports, key=lambda report: report.submission):
        row: Row = {"submission": clean_line(report.submission), "status": report.status}
        row |= {"max_score": report.max_score, "reason": clean_line(report.reason, 500)}
        if report.status == "graded":
            row |= {"score": report.score, "awaiting": report.awaiting}
            row |= {headings[q.id]: q.score for q in report.questions if q.id in headings}
        rows.append(row)
    _write(path, (*GRADES, *headings.values()), rows)


def _heading(question: str) -> str:
    """Name the column of a question, apart from the columns that every table has."""
    return f"question {question}" if question in GRADES else question


def write_awaiting(path: Path, reports: Iterable[Report]) -> None:
    """Write what a human must still mark, one row per check, all submissions of a check together.

    Rows that a human has filled in already stay, so that nobody's work is lost and the file, given
    back with ``--marks``, holds every mark. A file of another kind at `path` is moved aside.
    """
    done = _filled_rows(path)
    order: dict[str, int] = {}
    rows: dict[Key, Row] = {}
    for report in reports:
        submission = clean_line(report.submission)
        for question in report.questions:
            for check in question.checks:
                order.setdefault(check.id, len(order))
                if check.outcome in AWAITING:
                    rows[submission, check.id] = _awaiting_row(submission, question, check)
    for key, row in done.items():
        filled: Row = {"points": _plain(row["points"]), "comment": row["comment"]}
        rows[key] = {**row, **rows.get(key, {}), **filled}
    in_order = sorted(rows, key=lambda key: (order.get(key[1], len(order)), key[0]))
    _write(path, AWAITS, [rows[key] for key in in_order])


def _awaiting_row(submission: str, question: QuestionReport, check: CheckReport) -> Row:
    row: Row = {
        "submission": submission,
        "check": check.id,
        "question": question.id,
        "title": clean_line(check.title),
        "max_points": check.max_points,
    }
    return row if check.suggested is None else row | {"suggested": check.suggested}


def read_marks(path: Path, rubric: Rubric) -> dict[Key, Mark]:
    """Read a filled-in awaiting.csv: the mark for each (submission, check id).

    Rows whose points are blank are not marked yet and are left out. Commas, semicolons or tabs may
    separate the cells, and a decimal comma is read. Raises UsageError, with the line, where the
    file is not such a table, a check is unknown, a row is there twice, or points are no number or
    do not fit.
    """
    marks: dict[Key, Mark] = {}
    for line, row in _read(path):
        key = (row["submission"], row["check"])
        if not row["points"].strip():
            continue
        if key in marks:
            raise UsageError(f"{path}:{line}: '{key[1]}' of '{key[0]}' is marked twice; keep one")
        points = _number(row["points"])
        if points is None:
            raise UsageError(
                f"{path}:{line}: points are '{clean_line(row['points'])}'; expected a number"
            )
        try:
            refuse_mark(rubric, key[1], points)
        except UsageError as error:
            raise UsageError(f"{path}:{line}: {error}") from None
        marks[key] = Mark(points, row["comment"].strip())
    return marks


def _filled_rows(path: Path) -> dict[Key, dict[str, str]]:
    """Return the rows in which a human has written something; move a strange file aside."""
    if not path.exists():
        return {}
    try:
        rows = [row for _, row in _read(path)]
    except UsageError:
        path.replace(_unused(path))
        return {}
    return {
        (row["submission"], row["check"]): row
        for row in rows
        if row["points"].strip() or row["comment"].strip()
    }


def _unused(path: Path) -> Path:
    """Return the first free name of the form ``awaiting.old-1.csv``."""
    number = 1
    while (other := path.with_name(f"{path.stem}.old-{number}{path.suffix}")).exists():
        number += 1
    return other


def _read(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the cells of each row of an awaiting table."""
    text = _decode(path)
    heading = text.split("\n", 1)[0]
    separator = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = [cell.strip() for cell in next(reader, [])]
        missing = [name for name in ("submission", "check", "points") if name not in columns]
        if missing:
            raise UsageError(
                f"{path}:1: no column '{missing[0]}'; expected the columns of awaiting.csv"
            )
        line = reader.line_num + 1
        for cells in reader:
            texts = zip(columns, map(_unescape, cells), strict=False)  # short rows are padded
            if any(cell.strip() for cell in cells):
                yield line, dict.fromkeys(AWAITS, "") | dict(texts)
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: not a CSV table ({error})") from error


def _decode(path: Path) -> str:
    """Return the text of a file as spreadsheets save it: UTF-8, UTF-16 or a Windows code page."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    if data.startswith(b"PK"):
        raise UsageError(f"{path}: a spreadsheet, not a CSV file; save it as CSV (UTF-8)")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _number(text: str) -> float | None:
    """Read "1.5", or "1,5" as much of Europe writes it; None for anything else."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _plain(text: str) -> str | float:
    """Return a number where the cell holds one, so that it is written as one."""
    number = _number(text)
    return text if number is None else number


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str | float]]) -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column, "")) for column in columns])
    write_text(path, table.getvalue(), durable=True)


def _cell(value: str | float) -> str:
    """Write a number as `repr` does, whole ones without ``.0``; disarm and clean text."""
    if not isinstance(value, str):
        return repr(int(value)) if value == int(value) else repr(value)
    text = clean(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _unescape(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell
