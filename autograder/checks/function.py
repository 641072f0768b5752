"""Kind `function`: calls with given and drawn arguments against the reference, and properties of the results.

Arguments may be hidden, and whatever a student's function raises or returns may carry them out. So only
public checks show a failing call; the others tell how many calls are right and what sort of failure
there was, in words that are all our own.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.checks.candidates import RIGHT
from autograder.checks.verdicts import (
    credited,
    failed,
    is_open,
    not_answered,
    refusal,
    results_of,
)
from autograder.checks.wording import clean, count, quote, show
from autograder.compare import compare_values
from autograder.model import Case, Reply, Request, Verdict, Visibility
from autograder.rubric.schema import FunctionCheck, PropertyTest
from autograder.truth import Truth, TruthCase
from autograder.wire import Array

NAMED = 3
"""Failures that the instructor sees in full."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One call or property that is not right."""

    sort: str
    """What sort of failure, without anything that the student's code could have chosen."""
    full: str
    """The failure with arguments and results."""
    expected: str = ""
    """What the call should have returned; empty for a property."""


def ask(check: FunctionCheck, truth: Truth) -> list[Request]:
    """Return one request with all calls."""
    cases = tuple(Case(case.args, case.kwargs) for case in truth.cases(check.id))
    return [
        Request("call", check.place, _expression(check), cases, time_s=check.time_s),
    ]


def judge(check: FunctionCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge the calls one by one, and each property by its own calls; both count as one entry each."""
    (request,) = ask(check, truth)
    refused = refusal(check, request, replies[0])
    if refused is not None:
        return refused
    cases = truth.cases(check.id)
    results = results_of(replies[0], len(cases))
    if all(result.error.endswith("object is not callable") for result in results):
        return failed(check, f"expected a function; {quote(request.expression)} is none")
    if all(_is_stub(result) for result in results) and any(c.expected is not None for c in cases):
        return not_answered(check, f"{quote(request.expression)} does nothing yet")
    names = {test.holds for test in check.properties}
    judged: list[Failure | None] = [
        _judge_call(check, case, result)
        for case, result in zip(cases, results, strict=True)
        if case.origin not in names
    ]
    judged += [_judge_property(test, cases, results, truth) for test in check.properties]
    return _summary(check, judged)


def _expression(check: FunctionCheck) -> str:
    return check.function or check.id


def _is_stub(result: Reply) -> bool:
    """Tell whether a call shows a function that nobody has written yet."""
    if result.status == "raised":
        return result.error.startswith("NotImplementedError")
    return result.status == "ok" and is_open(result.value)


def _judge_call(check: FunctionCheck, case: TruthCase, result: Reply) -> Failure | None:
    """Compare one result with the reference's; None where it is right."""
    call = f"{_expression(check)}({_arguments(case)})"
    expected = show(case.expected, 120)
    if result.status != "ok":
        error = clean(result.error) or result.status
        return Failure(_sort_of_error(result), f"{call} failed: {error}", expected)
    comparison = compare_values(result.value, case.expected, check.tolerance)
    if comparison.equal:
        return None
    shown = f"{call} returned {show(result.value, 120)}: {clean(comparison.reason)}"
    return Failure(_sort_of_value(result.value, case.expected), shown, expected)


def _judge_property(
    test: PropertyTest, cases: Sequence[TruthCase], results: Sequence[Reply], truth: Truth
) -> Failure | None:
    """Ask whether a property holds of the results of its calls; None where it does."""
    title = test.title or test.holds.replace("_", " ")
    own = [pair for pair in zip(cases, results, strict=True) if pair[0].origin == test.holds]
    for case, result in own:
        if result.status != "ok":
            error = clean(result.error) or result.status
            sort = f"'{title}' could not be tried: a call {_sort_of_error(result)}"
            return Failure(sort, f"'{title}': ({_arguments(case)}) failed: {error}")
    complaint = truth.holds(
        test.holds, [case.args for case, _ in own], [result.value for _, result in own]
    )
    return (
        Failure(f"'{title}' does not hold", f"'{title}': {clean(complaint)}") if complaint else None
    )


def _sort_of_error(result: Reply) -> str:
    """Say how a call ended; an exception only by a name of Python's own, since a student can name a class anything."""
    name = result.error.partition(":")[0]
    known = getattr(builtins, name, None)
    is_pythons = isinstance(known, type) and issubclass(known, BaseException)
    words = {
        "raised": f"raised {name}" if is_pythons else "raised an exception",
        "missing": "used a name that is not defined",
        "timeout": "took too long",
        "died": "ended the notebook's process, or came after one that did",
    }
    return words.get(result.status, "gave no readable result")


def _sort_of_value(got: Any, expected: Any) -> str:
    if got is None:
        return "returned None (is a `return` missing?)"
    if isinstance(got, Array) and isinstance(expected, Array) and got.shape != expected.shape:
        return "returned an array of a wrong shape"
    return "returned a wrong value, or one of a wrong type"


def _arguments(case: TruthCase) -> str:
    named = [f"{name}={show(value, 80)}" for name, value in case.kwargs.items()]
    return clean(", ".join([*(show(value, 80) for value in case.args), *named]), 200)


def _summary(check: FunctionCheck, results: Sequence[Failure | None]) -> Verdict:
    """Return the verdict on all calls and properties together."""
    failures = [failure for failure in results if failure is not None]
    total = len(results)
    right = total - len(failures)
    if not failures:
        return credited(check, 1.0, f"{RIGHT}: {count(total, 'test')}")
    share = right / total if check.credit == "per_entry" else 0.0
    is_public = check.visibility is Visibility.PUBLIC
    sorts = dict.fromkeys(failure.sort for failure in failures)
    parts = [f"{right} of {count(total, 'test')} right", *list(sorts)[:NAMED]]
    if is_public:
        parts = [parts[0], failures[0].full]
    detail = "\n".join(
        failure.full + (f", expected {failure.expected}" if failure.expected else "")
        for failure in failures[:NAMED]
    )
    return credited(check, share, "; ".join(parts), detail=detail)
