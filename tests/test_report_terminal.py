"""The class on a terminal, and the figures behind it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from autograder.model import CheckReport, Execution, Outcome, QuestionReport, Report, Visibility
from autograder.report.tally import count_class, flags
from autograder.report.terminal import render_class
from autograder.rubric.schema import Rubric

RUBRIC = Rubric.model_validate(
    {
        "version": 1,
        "assignment": "demo",
        "questions": [{"id": "1", "checks": [{"kind": "value", "id": "a", "points": 10}]}],
    }
)


def report(submission: str, score: float = 5, **fields: Any) -> Report:
    whole = Report(submission, "demo", 1, "graded", "", score, 10, 0, (), Execution(), {}, ())
    return replace(whole, **fields)


def ungradable(submission: str, reason: str) -> Report:
    return report(submission, 0, status="ungradable", reason=reason)


def answered(submission: str, **outcomes: Outcome) -> Report:
    checks = tuple(
        CheckReport(id, "value", f"Title {id}", outcome, 0, 1, Visibility.PUBLIC)
        for id, outcome in outcomes.items()
    )
    return report(submission, questions=(QuestionReport("1", "", 0, 1, checks),))


def render(*reports: Report, colour: bool = False) -> str:
    output = io.StringIO()
    render_class(reports, RUBRIC, Console(file=output, width=80, force_terminal=colour))
    return output.getvalue()


def test_the_table_names_each_submission_with_its_score_and_what_awaits() -> None:
    text = render(report("ada", 7.5, awaiting=2), report("bo", 10))
    (ada,) = [line.split() for line in text.splitlines() if line.startswith(("ada", " ada"))]
    assert ada == ["ada", "7.5", "/", "10", "2"]
    assert "10.0 / 10" in text


def test_a_class_fits_eighty_columns_however_long_the_names() -> None:
    ended = Execution(sandbox="none", ended="out of memory")
    rows = [report("名" * 50, execution=ended), report("x" * 300), report("[bold]" * 20)]
    assert all(cell_len(line) <= 80 for line in render(*rows).splitlines())


@pytest.mark.parametrize("colour", [False, True])
def test_no_escape_sequence_of_a_student_reaches_the_terminal(colour: bool) -> None:
    evil = "\x1b]0;pwned\x07\x1b[2J\x9b31m\x07\u202eevil\r\n"
    check = CheckReport("a", "value", evil, Outcome.FAILED, 0, 1, Visibility.PUBLIC)
    questions = (QuestionReport(evil, evil, 0, 1, (check,)),)
    execution = Execution(sandbox=evil, ended=evil)
    rows = [report(evil, questions=questions, execution=execution), ungradable(evil, evil)]
    text = render(*rows, colour=colour)
    assert "evil" in text
    assert "pwned" not in text
    for forbidden in ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\u202e", "\r"):
        assert forbidden not in text


def test_markup_in_names_and_reasons_is_shown_and_not_read() -> None:
    text = render(
        report("[red]ada[/red]"), ungradable("bo", "see [link=http://x]this[/link] :bomb:")
    )
    assert "[red]ada[/red]" in text
    assert "see [link=http://x]this[/link] :bomb:" in text


def test_what_could_not_be_graded_is_named_with_its_reason() -> None:
    text = render(report("ada"), ungradable("bo", "the file is empty"))
    assert "not graded  bo: the file is empty\n" in text
    assert "1 graded, 1 not gradable; mean 5, median 5 of 10 points" in text


def test_a_class_in_which_nothing_could_be_graded_has_no_mean() -> None:
    text = render(ungradable("bo", "the file is empty"))
    assert "0 graded, 1 not gradable" in text
    assert "mean" not in text
    assert "0 graded, 0 not gradable" in render()


def test_the_checks_that_most_fail_come_last_in_the_order_of_failing() -> None:
    passed, failed = Outcome.PASSED, Outcome.FAILED
    text = render(
        answered("s1", a=passed, b=failed, c=Outcome.SKIPPED, d=Outcome.UNGRADED),
        answered("s2", a=passed, b=passed, c=Outcome.PARTIAL, d=Outcome.UNGRADED),
    )
    lines = text.splitlines()
    assert lines[-2:] == ["  100%  1  Title c", "   50%  1  Title b"]
    assert "Title a" not in text
    assert "Title d" not in text


def test_points_that_await_a_human_say_what_to_do() -> None:
    text = render(report("ada", awaiting=2), report("bo", awaiting=1.5))
    assert "3.5 points await a human: fill in awaiting.csv" in text
    assert "await a human" not in render(report("ada"))


def test_flags_tell_what_an_instructor_should_look_at() -> None:
    faulty = answered("ada", a=Outcome.ERROR, b=Outcome.ERROR, c=Outcome.PASSED)
    execution = Execution(sandbox="none", ended="out of memory")
    assert flags(replace(faulty, execution=execution)) == [
        "grader error in 2 checks",
        "stopped early",
        "no sandbox",
    ]
    assert flags(report("bo", execution=Execution(sandbox="bubblewrap (memory: none)"))) == []


def test_the_tally_counts_only_what_is_decided() -> None:
    tally = count_class(
        [
            answered("s1", a=Outcome.PASSED),
            answered("s2", a=Outcome.FAILED),
            answered("s3", a=Outcome.UNGRADED),
            answered("s4", a=Outcome.ERROR),
            ungradable("s5", "empty"),
        ]
    )
    (check,) = tally.checks
    assert (check.counted, check.awaiting, check.pass_rate) == (2, 2, 0.5)
    assert (tally.graded, tally.ungradable) == (4, 1)


def test_a_check_that_nobody_had_decided_has_no_pass_rate() -> None:
    (check,) = count_class([answered("s1", a=Outcome.UNGRADED)]).checks
    assert check.pass_rate is None
