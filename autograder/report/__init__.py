"""Reports: JSON, HTML, CSV and the terminal. Nothing here judges or scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.model import Report
from autograder.report.csv import read_marks, write_awaiting, write_grades
from autograder.report.document import read_document, write_document
from autograder.report.files import write_text
from autograder.report.html import instructor_page, overview_page, student_page
from autograder.report.tally import summarise, ungradable_first
from autograder.report.terminal import render_class
from autograder.rubric.schema import Rubric

__all__ = [
    "read_document",
    "read_marks",
    "render_class",
    "summarise",
    "write_class",
    "write_report",
]


def write_report(folder: Path, report: Report, rubric: Rubric) -> None:
    """Write report.json, student.html and instructor.html into ``folder/<submission id>``.

    report.json comes last: where it is there, so are the pages.
    """
    own = folder / report.submission
    write_text(own / "student.html", student_page(report, rubric))
    write_text(own / "instructor.html", instructor_page(report, rubric))
    write_document(own / "report.json", report)


def write_class(folder: Path, reports: Sequence[Report], rubric: Rubric) -> None:
    """Write grades.csv, awaiting.csv and index.html; summaries of the reports suffice."""
    in_order = ungradable_first(reports)
    write_grades(folder / "grades.csv", reports, rubric)
    write_awaiting(folder / "awaiting.csv", in_order)
    write_text(folder / "index.html", overview_page(in_order, rubric))
