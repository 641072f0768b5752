"""student.html, instructor.html and index.html."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

from autograder.model import (
    CellRun,
    CellStatus,
    CheckReport,
    Execution,
    Outcome,
    QuestionReport,
    Report,
    Visibility,
)
from autograder.report import summarise, write_class, write_report
from autograder.report.html import instructor_page, overview_page, student_page
from autograder.rubric.schema import Rubric

RUBRIC = Rubric.model_validate(
    {
        "version": 1,
        "assignment": "demo",
        "title": "Convolutions",
        "questions": [
            {
                "id": "1",
                "checks": [
                    {"kind": "value", "id": "macs"},
                    {"kind": "value", "id": "hid", "visibility": "hidden"},
                    {"kind": "text", "id": "why", "key_points": [{"point": "reuse", "any": ["x"]}]},
                    {"kind": "manual", "id": "sketch", "guidance": "an arrow per layer"},
                ],
            }
        ],
    }
)
RELATIVE = ("./", "../", "#", "student.html", "grades.csv", "awaiting.csv")


def check(id: str = "macs", **fields: Any) -> CheckReport:
    row = CheckReport(
        id=id,
        kind="value",
        title=f"Title of {id}",
        outcome=Outcome.FAILED,
        points=0,
        max_points=1,
        visibility=Visibility.PUBLIC,
        message=f"message of {id}",
        feedback=f"feedback of {id}",
        got=f"got of {id}",
        expected=f"EXPECTED of {id}",
        detail=f"DETAIL of {id}",
    )
    return replace(row, **fields)


def report(*checks: CheckReport, **fields: Any) -> Report:
    score = round(sum(check.points for check in checks), 6)
    most = sum(check.max_points for check in checks)
    whole = Report(
        submission="ada",
        assignment="demo",
        rubric_version=1,
        status="graded",
        reason="",
        score=score,
        max_score=most,
        awaiting=0,
        questions=(QuestionReport("1", "Arithmetic", score, most, checks),),
        execution=Execution(cells=(CellRun(0, "1", "ok", 0.1),), seconds=1.0),
        provenance={"grader": "0.1.0"},
    )
    return replace(whole, **fields)


def ungradable(submission: str, reason: str = "the file is empty") -> Report:
    return report(submission=submission, status="ungradable", reason=reason, questions=())


def overview(one: Report, rubric: Rubric) -> str:
    return overview_page([replace(one, submission="z"), replace(one, status="ungradable")], rubric)


PAGES = [student_page, instructor_page, overview]
Page = Callable[[Report, Rubric], str]


class Structure(HTMLParser):
    """Everything about a page that is not text: tags, attributes, and values not made of text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.style = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a tag with the names of its attributes."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Record the end of a tag."""
        self.tags.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        """Record text, the style sheet apart."""
        if self.tags and self.tags[-1][0] == "style":
            self.style += data
        else:
            self.text.append(data)

    @property
    def words(self) -> str:
        """The text as a reader sees it, white space folded."""
        return " ".join(" ".join(self.text).split())


def words(page: str) -> str:
    return Structure(page).words


# ── nothing of a student's is ever markup ─────────────────────────────────────────────────────

FREE = {"submission", "reason", "id", "title", "message", "feedback", "got", "expected", "detail",
        "question", "error", "sandbox", "ended"}  # fmt: skip
"""Fields of the report that hold text; the others are numbers and words of ours."""


def fill(value: Any, text: str) -> Any:
    """Return a copy of a report with `text` in every field that holds text."""
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for field in fields(value):
            old = getattr(value, field.name)
            changed[field.name] = text if field.name in FREE else fill(old, text)
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(text if isinstance(item, str) else fill(item, text) for item in value)
    if isinstance(value, dict):
        return {text: text}
    return value


def crowded() -> Report:
    """Return a report in which every part of a page appears."""
    rows = [check(outcome.value, outcome=outcome, suggested=1.0) for outcome in Outcome]
    cells = tuple(CellRun(n, "1", s, 2.0, "error") for n, s in enumerate(get_args(CellStatus)))
    execution = Execution(cells, 2.0, "none", "out of time", ("a note",))
    hidden = check("hid", visibility=Visibility.HIDDEN)
    return report(*rows, hidden, execution=execution, notes=("a note",), awaiting=2)


PAYLOADS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)><svg onload=alert(1)>'",
    "</pre></style></title></main><iframe src=javascript:alert(1)>",
    "`<b>` and ` onclick=alert(1) x='` {{ 7*7 }} {% raw %} <!-- -->",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;i&#62;",
    "<a href=//example.org>x</a>\n<style>*{}</style>\n<meta http-equiv=refresh content=0>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("page", PAGES)
def test_markup_in_any_field_changes_nothing_but_text(page: Page, payload: str) -> None:
    harmless = "".join("x" if char in "<>&\"'" else char for char in payload)
    got = Structure(page(fill(crowded(), payload), RUBRIC))
    assert got.tags == Structure(page(fill(crowded(), harmless), RUBRIC)).tags
    shown = " ".join(payload.replace("`", "").split())
    assert "".join(shown.split()) in "".join("".join(got.text).split()).replace("`", "")


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_no_script_no_handler_and_no_link_to_the_outside(page: Page) -> None:
    structure = Structure(page(fill(crowded(), "javascript:alert(1)//x"), RUBRIC))
    tags = {tag for tag, _ in structure.tags}
    assert not tags & {"script", "iframe", "img", "link", "object", "embed", "form", "base"}
    for name, value in structure.values:
        assert not name.startswith("on")
        assert name not in ("src", "style", "action", "xlink:href")
        if name == "href":
            assert value.startswith(RELATIVE), value


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_allows_the_one_style_sheet_and_nothing_else(page: Page) -> None:
    structure = Structure(page(crowded(), RUBRIC))
    digest = base64.b64encode(hashlib.sha256(structure.style.encode()).digest()).decode()
    policies = [v for _, v in structure.values if v.startswith("default-src")]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert [tag for tag, _ in structure.tags].count("style") == 1
    assert "url(" not in structure.style
    assert "@import" not in structure.style


@pytest.mark.parametrize("page", PAGES)
def test_marks_that_hide_or_reorder_text_are_taken_out(page: Page) -> None:
    html = page(fill(crowded(), "a\u202eb\x1b[31mc\x00d\u200be\ud800"), RUBRIC)
    assert "abcde" in html
    assert not set(html) & set("\u202e\x1b\x00\u200b\ud800")


@pytest.mark.parametrize("page", PAGES)
def test_the_style_of_a_page_closes_where_it_should(page: Page) -> None:
    assert page(crowded(), RUBRIC).count("</style>") == 1


# ── what a student may know ───────────────────────────────────────────────────────────────────


def test_expected_values_and_details_appear_in_the_instructors_page_alone(tmp_path: Path) -> None:
    one = report(*(check(outcome.value, outcome=outcome) for outcome in Outcome))
    write_report(tmp_path, one, RUBRIC)
    write_class(tmp_path, [one], RUBRIC)
    files = {
        path.relative_to(tmp_path).as_posix(): path.read_text("utf-8")
        for path in tmp_path.rglob("*.*")
    }
    assert sorted(files) == [
        "ada/instructor.html", "ada/report.json", "ada/student.html",
        "awaiting.csv", "grades.csv", "index.html",
    ]  # fmt: skip
    for secret in ("EXPECTED", "DETAIL"):
        assert [name for name, text in files.items() if secret in text] == ["ada/instructor.html"]


def test_a_hidden_check_is_counted_and_not_shown() -> None:
    hidden = check("hid", visibility=Visibility.HIDDEN, points=0.25, max_points=7)
    page = student_page(report(check(points=0.5), hidden), RUBRIC)
    assert "1 hidden check, not shown" in words(page)
    assert "hid" not in words(page).replace("hidden", "")
    assert "8" not in words(page)
    two = student_page(report(hidden, replace(hidden, id="hid2")), RUBRIC)
    assert "2 hidden checks, not shown" in words(two)


def test_no_total_is_shown_where_it_would_tell_how_a_hidden_check_went() -> None:
    hidden = check("hid", visibility=Visibility.HIDDEN, points=1)
    passed, failed = (
        student_page(report(check(), replace(hidden, points=points)), RUBRIC) for points in (1, 0)
    )
    assert passed == failed
    assert "so your total is not shown" in words(passed)


def test_the_students_page_does_not_depend_on_anything_that_is_hidden() -> None:
    plain = report(check(), check("hid", visibility=Visibility.HIDDEN))
    row = check("x", visibility=Visibility.HIDDEN, outcome=Outcome.UNGRADED, max_points=3)
    other = replace(
        report(check(expected="?", detail="?", suggested=1), row, provenance={"k": "v"}), awaiting=3
    )
    assert student_page(plain, RUBRIC) == student_page(other, RUBRIC)


def test_the_total_and_each_check_are_shown_in_full() -> None:
    visible = [check(v.value, visibility=v, points=0.5) for v in Visibility if v.value != "hidden"]
    text = words(student_page(report(*visible), RUBRIC))
    assert "1.5 of 3 points" in text
    for row in visible:
        for part in ("Title of", "message of", "feedback of", "got of"):
            assert f"{part} {row.id}" in text


def test_points_that_await_a_human_are_a_dash_and_never_a_zero() -> None:
    row = check(outcome=Outcome.UNGRADED, suggested=0.75)
    text = words(student_page(report(row, awaiting=1), RUBRIC))
    assert "\u2013 of 1" in text
    assert "1 more point awaits a human" in text
    assert "0.75" not in text


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("page", [student_page, instructor_page])
def test_an_outcome_is_a_word_and_a_symbol_and_not_a_colour_alone(
    page: Page, outcome: Outcome
) -> None:
    expected = {
        Outcome.PASSED: "✓ passed",
        Outcome.PARTIAL: "◐ partial",
        Outcome.FAILED: "✗ failed",
        Outcome.SKIPPED: "↷ skipped",
        Outcome.UNGRADED: "… awaits marking",
        Outcome.ERROR: "! grader error",
    }
    text = words(page(report(check(outcome=outcome)), RUBRIC))
    assert [o for o, sign in expected.items() if sign in text] == [outcome]


def test_names_in_backticks_are_set_as_code() -> None:
    page = student_page(report(check(message="`a<b` is not defined; nor ` is `")), RUBRIC)
    assert "<code>a&lt;b</code> is not defined" in page


# ── what happened ─────────────────────────────────────────────────────────────────────────────


def test_an_ungradable_page_says_why_and_what_to_do_and_no_score() -> None:
    text = words(student_page(ungradable("ada", "the file is empty"), RUBRIC))
    assert "This could not be graded the file is empty" in text
    assert "What to do" in text
    assert "points" not in text


@pytest.mark.parametrize("page", [student_page, instructor_page])
def test_failing_cells_are_named_with_their_question_and_error(page: Page) -> None:
    cells = (
        CellRun(0, "", "ok"),
        CellRun(6, "2a", "error", 0.1, "ValueError: shapes"),
        CellRun(8, "2b", "died", 3.0, "out of memory"),
        CellRun(9, "2b", "not_run"),
    )
    execution = Execution(cells, 4.0, "bubblewrap", "the memory was used up", ("output was cut",))
    text = words(page(report(check(), execution=execution), RUBRIC))
    assert "Cell 7 , question 2a: raised an error ValueError: shapes" in text
    assert "Cell 9 , question 2b: ended the kernel (3 s) out of memory" in text
    assert "1 of 4 code cells ran" in text
    assert "1 cell did not run" in text
    assert "the memory was used up" in text
    assert "output was cut" in text


def test_a_run_without_errors_and_one_without_cells_say_so() -> None:
    assert "The one code cell ran without an error" in words(student_page(report(check()), RUBRIC))
    empty = report(check(), execution=Execution())
    assert "no code that could run" in words(student_page(empty, RUBRIC))


@pytest.mark.parametrize("page", [student_page, instructor_page])
def test_a_page_stays_small_however_much_failed(page: Page) -> None:
    cells = tuple(CellRun(n, "1", "error", 0.1, "E" * 100) for n in range(20_000))
    html = page(report(check(got="x" * 5_000_000), execution=Execution(cells)), RUBRIC)
    assert len(html) < 200_000
    assert "And 19800 more." in html


# ── the instructor's pages ────────────────────────────────────────────────────────────────────


def test_the_instructor_sees_everything() -> None:
    rows = (
        check("hid", visibility=Visibility.HIDDEN),
        check("why", outcome=Outcome.UNGRADED, suggested=0.75),
        check("sketch", outcome=Outcome.UNGRADED),
    )
    text = words(instructor_page(report(*rows), RUBRIC))
    for part in (
        "EXPECTED of hid", "DETAIL of hid", "hid, value, hidden", "suggested: 0.75",
        "Look for reuse", "Look for an arrow per layer", "grader 0.1.0",
    ):  # fmt: skip
        assert part in text


def test_the_index_lists_what_could_not_be_graded_first() -> None:
    text = words(overview_page([report(check(), submission="first"), ungradable("zoe")], RUBRIC))
    assert "zoe : the file is empty" in text
    assert text.index("zoe") < text.index("first")


def test_the_index_links_to_folders_whatever_they_are_called() -> None:
    html = overview_page([report(check(), submission="//host/é ?#%\"'")], RUBRIC)
    links = [value for name, value in Structure(html).values if name == "href"]
    assert ".///host/%C3%A9%20%3F%23%25%22%27/instructor.html" in links


def test_the_index_shows_how_hard_each_check_was() -> None:
    rows = [
        report(check(outcome=outcome), submission=outcome.value)
        for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.UNGRADED)
    ]
    assert "Title of macs 33 % 1 1 1 1" in words(overview_page(rows, RUBRIC))
    undecided = overview_page([report(check(outcome=Outcome.ERROR))], RUBRIC)
    assert "Title of macs \u2013 1" in words(undecided)


def test_an_index_can_be_made_of_nothing_and_of_a_rubric_without_points() -> None:
    free = RUBRIC.model_dump()
    for row in free["questions"][0]["checks"]:
        row["points"] = 0
        for key in ("expected", "node"):
            row.pop(key, None)
    rubric = Rubric.model_validate(free)
    assert "The class" in words(overview_page([], rubric))
    assert "ada" in words(overview_page([report(check(max_points=0))], rubric))


def test_summaries_suffice_for_the_files_of_a_class(tmp_path: Path) -> None:
    whole = [crowded(), ungradable("bo")]
    write_class(tmp_path / "whole", whole, RUBRIC)
    write_class(tmp_path / "short", [summarise(one) for one in whole], RUBRIC)
    for name in ("index.html", "grades.csv", "awaiting.csv"):
        assert (tmp_path / "whole" / name).read_text("utf-8") == (
            tmp_path / "short" / name
        ).read_text("utf-8")
    assert summarise(crowded()).execution.cells == ()
