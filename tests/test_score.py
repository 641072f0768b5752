"""From verdicts to points."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.model import CheckReport, Outcome, Verdict
from autograder.rubric.schema import Rubric
from autograder.score import Mark, assemble, total

PASS = Verdict(Outcome.PASSED, 1.0, message="correct")
FAIL = Verdict(Outcome.FAILED, 0.0, message="not the expected value")
AWAITS = Verdict(Outcome.UNGRADED, 0.0)


def value(id: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "value", "id": id, "expected": 1, **fields}


def essay(id: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "text", "id": id, "key_points": [{"point": "p", "any": ["p"]}], **fields}


def rubric(*checks: dict[str, Any]) -> Rubric:
    questions = [{"id": "1", "title": "Convolutions", "checks": list(checks)}]
    return Rubric.model_validate({"version": 1, "assignment": "demo", "questions": questions})


def rows(
    rubric: Rubric, verdicts: dict[str, Verdict], marks: dict[str, Mark] | None = None
) -> dict[str, CheckReport]:
    questions = assemble(rubric, verdicts, marks or {})
    return {row.id: row for question in questions for row in question.checks}


def slip(group: str, credit: float = 0.0) -> Verdict:
    outcome = Outcome.PARTIAL if credit else Outcome.FAILED
    return Verdict(outcome, credit, message="bias left out", deduct_once=group)


# ── points ────────────────────────────────────────────────────────────────────────────────────


def test_points_are_credit_times_points_rounded_to_four_decimals() -> None:
    third = Verdict(Outcome.PARTIAL, 1 / 3)
    assert rows(rubric(value("a", points=2)), {"a": third})["a"].points == 0.6667


def test_full_credit_is_worth_exactly_the_points_of_the_check() -> None:
    row = rows(rubric(value("a", points=0.33333)), {"a": PASS})["a"]
    assert row.points == row.max_points == 0.33333


def test_credit_a_hair_below_one_is_full_credit() -> None:
    row = rows(rubric(value("a", points=2)), {"a": Verdict(Outcome.PARTIAL, 1 - 1e-12)})["a"]
    assert (row.outcome, row.points) == (Outcome.PASSED, 2)


def test_sums_carry_no_floating_point_noise() -> None:
    tenths = [value(f"c{n}", points=0.1) for n in range(3)]
    (question,) = assemble(rubric(*tenths), {f"c{n}": PASS for n in range(3)})
    assert (question.score, question.max_score) == (0.3, 0.3)
    assert total((question,)).score == 0.3


def test_questions_and_checks_keep_the_order_of_the_rubric() -> None:
    checks = rubric(value("b", requires=["a"]), value("a"))
    (question,) = assemble(checks, {"a": PASS, "b": PASS})
    assert question.title == "Convolutions"
    assert [row.id for row in question.checks] == ["b", "a"]


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict(Outcome.PASSED, 0.9), Outcome.PARTIAL),
        (Verdict(Outcome.PARTIAL, 0.0), Outcome.FAILED),
        (Verdict(Outcome.FAILED, 0.5), Outcome.PARTIAL),
        (Verdict(Outcome.PARTIAL, 1.0), Outcome.PASSED),
    ],
)
def test_the_outcome_shown_follows_the_credit(verdict: Verdict, outcome: Outcome) -> None:
    assert rows(rubric(value("a")), {"a": verdict})["a"].outcome is outcome


def test_a_title_stands_in_for_the_id() -> None:
    result = rows(rubric(value("a", title="Area"), value("b")), {"a": PASS, "b": PASS})
    assert (result["a"].title, result["b"].title) == ("Area", "b")


# ── faults of ours ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(Outcome.ERROR, detail="ZeroDivisionError"),
        Verdict(Outcome.PARTIAL, math.nan),
        Verdict(Outcome.PARTIAL, math.inf),
        Verdict(Outcome.PARTIAL, -0.5),
        Verdict(Outcome.PASSED, 1.5),
        Verdict(Outcome.PASSED, 0.0),
        Verdict(Outcome.FAILED, 1.0),
        Verdict(Outcome.UNGRADED, math.nan),
        Verdict(Outcome.ERROR, math.nan, detail="broken"),
    ],
)
def test_our_own_faults_neither_take_nor_give_points(verdict: Verdict) -> None:
    questions = assemble(rubric(value("a", points=3)), {"a": verdict})
    row = questions[0].checks[0]
    assert (row.outcome, row.points) == (Outcome.ERROR, 0)
    assert "not your mistake" in row.message
    assert row.detail != ""
    assert total(questions).awaiting == 3


def test_a_check_without_a_verdict_is_our_fault() -> None:
    row = rows(rubric(value("a")), {})["a"]
    assert row.outcome is Outcome.ERROR
    assert row.detail == "no verdict was reached"


# ── awaiting a human ──────────────────────────────────────────────────────────────────────────


def test_ungraded_points_are_awaiting_and_the_credit_is_a_suggestion() -> None:
    checks = rubric(essay("why", points=4), value("a"))
    questions = assemble(checks, {"why": Verdict(Outcome.UNGRADED, 0.75), "a": PASS})
    row = questions[0].checks[0]
    assert (row.outcome, row.points, row.suggested) == (Outcome.UNGRADED, 0, 3)
    sums = total(questions)
    assert (sums.score, sums.max_score, sums.awaiting) == (1, 5, 4)


def test_a_manual_check_suggests_nothing_not_even_zero() -> None:
    manual = rubric({"kind": "manual", "id": "diagram"})
    assert rows(manual, {"diagram": AWAITS})["diagram"].suggested is None
    assert rows(rubric(essay("why")), {"why": AWAITS})["why"].suggested == 0


@pytest.mark.parametrize(
    ("points", "outcome"), [(4, Outcome.PASSED), (0, Outcome.FAILED), (1.5, Outcome.PARTIAL)]
)
def test_a_mark_replaces_the_verdict(points: float, outcome: Outcome) -> None:
    verdict = Verdict(Outcome.UNGRADED, 0.75, message="awaits a human", got="Because.")
    mark = Mark(points, "well argued")
    questions = assemble(rubric(essay("why", points=4)), {"why": verdict}, {"why": mark})
    row = questions[0].checks[0]
    assert (row.outcome, row.points, row.suggested) == (outcome, points, None)
    assert (row.message, row.feedback) == ("marked by hand", "well argued")
    assert row.got == "Because."
    assert total(questions).awaiting == 0


def test_a_mark_settles_an_error_of_ours_and_overrides_a_skip() -> None:
    checks = rubric(value("a"), value("b", requires=["a"]))
    broken = {"a": FAIL, "b": Verdict(Outcome.ERROR)}
    assert rows(checks, broken, {"b": Mark(1)})["b"].outcome is Outcome.PASSED


def test_a_mark_on_a_check_worth_nothing_passes_it() -> None:
    assert rows(rubric(essay("a", points=0)), {"a": AWAITS}, {"a": Mark(0)})["a"].outcome is (
        Outcome.PASSED
    )


@pytest.mark.parametrize("points", [-0.5, 4.5, math.nan, math.inf])
def test_a_mark_outside_the_points_of_its_check_is_refused(points: float) -> None:
    with pytest.raises(UsageError, match="expected 0 to 4"):
        assemble(rubric(essay("why", points=4)), {"why": AWAITS}, {"why": Mark(points)})


def test_a_mark_for_an_unknown_check_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="did you mean 'densenet'"):
        assemble(rubric(essay("densenet")), {"densenet": AWAITS}, {"densnet": Mark(1)})


# ── requires ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verdict", [FAIL, Verdict(Outcome.PARTIAL, 0.9)])
def test_a_check_is_skipped_where_what_it_builds_on_did_not_pass(verdict: Verdict) -> None:
    checks = rubric(value("a", title="Area"), value("b", requires=["a"]))
    own = Verdict(Outcome.PARTIAL, 0.5, feedback="Look again.")
    row = rows(checks, {"a": verdict, "b": own})["b"]
    assert (row.outcome, row.points) == (Outcome.SKIPPED, 0)
    assert '"Area", which did not pass' in row.message
    assert row.feedback == ""


def test_requirements_hold_through_a_chain_in_whatever_order_it_is_written() -> None:
    checks = rubric(value("c", requires=["b"]), value("b", requires=["a"]), value("a"))
    result = rows(checks, {"a": FAIL, "b": PASS, "c": PASS})
    assert [result[id].outcome for id in "abc"] == [
        Outcome.FAILED,
        Outcome.SKIPPED,
        Outcome.SKIPPED,
    ]
    assert '"b", which was skipped' in result["c"].message


def test_a_human_mark_of_full_points_meets_a_requirement() -> None:
    checks = rubric(essay("a"), value("b", requires=["a"]))
    verdicts = {"a": AWAITS, "b": PASS}
    assert rows(checks, verdicts, {"a": Mark(1)})["b"].outcome is Outcome.PASSED
    assert rows(checks, verdicts, {"a": Mark(0.5)})["b"].outcome is Outcome.SKIPPED


@pytest.mark.parametrize("undecided", [AWAITS, Verdict(Outcome.ERROR)])
def test_what_builds_on_an_undecided_check_awaits_a_human_too(undecided: Verdict) -> None:
    checks = rubric(essay("a", title="Plan"), value("b", points=2, requires=["a"]))
    questions = assemble(checks, {"a": undecided, "b": PASS})
    row = questions[0].checks[1]
    assert (row.outcome, row.points, row.suggested) == (Outcome.UNGRADED, 0, 2)
    assert 'waits for "Plan"' in row.message
    assert total(questions).awaiting == 3


def test_what_fails_anyway_does_not_wait_for_an_undecided_check() -> None:
    checks = rubric(essay("a"), value("b", requires=["a"]))
    assert rows(checks, {"a": AWAITS, "b": FAIL})["b"].outcome is Outcome.FAILED


def test_a_hidden_check_is_never_named_to_those_who_may_not_see_it() -> None:
    checks = rubric(
        value("secret", title="Canary", visibility="hidden"),
        value("b", requires=["secret"], visibility="public"),
        value("c", requires=["secret"], visibility="hidden"),
    )
    result = rows(checks, {"secret": FAIL, "b": PASS, "c": PASS})
    assert "Canary" not in result["b"].message
    assert "secret" not in result["b"].message
    assert "Canary" in result["c"].message


# ── deduct once ───────────────────────────────────────────────────────────────────────────────


def test_only_the_first_loss_of_a_group_counts() -> None:
    checks = rubric(value("a", title="Layer 1", points=2), value("b", points=2), value("c"))
    result = rows(checks, {"a": slip("bias", 0.5), "b": slip("bias"), "c": slip("other")})
    assert [result[id].points for id in "abc"] == [1, 2, 0]
    assert result["b"].outcome is Outcome.PARTIAL
    assert 'the same slip as in "Layer 1"' in result["b"].message
    assert result["b"].message.startswith("bias left out\n")


def test_first_means_first_in_the_rubric_not_first_in_the_verdicts() -> None:
    checks = rubric(value("a"), value("b"))
    result = rows(checks, {"b": slip("bias"), "a": slip("bias")})
    assert [result[id].points for id in "ab"] == [0, 1]


def test_a_loss_without_a_group_always_counts() -> None:
    result = rows(rubric(value("a"), value("b")), {"a": slip("bias"), "b": FAIL})
    assert [result[id].points for id in "ab"] == [0, 0]


def test_a_skipped_check_neither_pays_for_a_group_nor_is_forgiven() -> None:
    checks = rubric(value("z"), value("a", requires=["z"]), value("b"))
    result = rows(checks, {"z": FAIL, "a": slip("bias"), "b": slip("bias")})
    assert (result["a"].outcome, result["a"].points) == (Outcome.SKIPPED, 0)
    assert (result["b"].outcome, result["b"].points) == (Outcome.FAILED, 0)


def test_a_human_mark_is_neither_forgiven_nor_pays_for_a_group() -> None:
    checks = rubric(value("a"), value("b"))
    verdicts = {"a": slip("bias"), "b": slip("bias")}
    result = rows(checks, verdicts, {"a": Mark(0.5)})
    assert [result[id].points for id in "ab"] == [0.5, 0]


def test_a_forgiven_slip_meets_a_requirement_so_that_it_costs_only_once() -> None:
    checks = rubric(value("a"), value("b"), value("c", requires=["b"]))
    result = rows(checks, {"a": slip("bias"), "b": slip("bias"), "c": PASS})
    assert result["c"].outcome is Outcome.PASSED


def test_a_hidden_payer_is_not_named() -> None:
    checks = rubric(value("a", title="Canary", visibility="hidden"), value("b"))
    message = rows(checks, {"a": slip("bias"), "b": slip("bias")})["b"].message
    assert "Canary" not in message
    assert "same slip as in another check" in message


# ── whatever the verdicts ─────────────────────────────────────────────────────────────────────

VERDICTS = st.builds(
    Verdict,
    st.sampled_from(Outcome),
    st.one_of(st.floats(), st.floats(0, 1)),
    deduct_once=st.sampled_from(["", "g", "h"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(VERDICTS, min_size=5, max_size=5), st.lists(st.integers(0, 4), max_size=4))
def test_scores_are_always_finite_and_within_bounds(
    verdicts: list[Verdict], required: list[int]
) -> None:
    checks = [
        value(f"c{n}", points=0.7, requires=[f"c{m}" for m in required if m < n]) for n in range(5)
    ]
    questions = assemble(rubric(*checks), {f"c{n}": v for n, v in enumerate(verdicts)})
    sums = total(questions)
    assert 0 <= sums.score <= sums.max_score - sums.awaiting + 1e-9
    assert all(0 <= row.points <= row.max_points for row in questions[0].checks)
