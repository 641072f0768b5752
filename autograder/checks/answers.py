"""One answer against everything it may be compared with.

These are tried in order; the first that the answer equals decides:

1. the expected value;
2. `alternates`, those with a `when` only where the student declared that convention;
3. `follow_through`: the reference recomputed from the student's own values, before known mistakes, because
   a value that is consistent with an earlier slip is no second slip. With ``order: own first`` it is tried
   before 1. Nothing is recomputed while all of the student's own values are right. Alternates by `node` or
   `multiply` are recomputed as well: somebody may double what follows from a wrong size, as declared;
4. `mistakes`, then those by `node` or `multiply` as they follow from the student's own values.

Where none is met and credit is given per entry, the one of 1 to 3 that gives most decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.checks.candidates import (
    WRONG,
    Candidate,
    alternate_candidate,
    met,
    mistake_candidate,
    value_of,
)
from autograder.checks.conventions import convention_requests, declared_conventions
from autograder.checks.followthrough import OwnTruth, follow_through_of, own_requests
from autograder.checks.verdicts import credited
from autograder.checks.wording import clean
from autograder.compare import Comparison
from autograder.model import Reply, Request, Verdict
from autograder.rubric.schema import Alternate, Answered
from autograder.truth import Truth

Compare = Callable[[Any], Comparison]
"""Compares the student's answer with one value."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back for the requests of one check."""

    request: Request
    """The request for the answer."""
    answer: Reply
    """The answer."""
    declared: frozenset[str]
    """Conventions that the student declared."""
    own: Mapping[str, Reply]
    """The student's own values of the nodes of `follow_through`."""


def requests_of(check: Answered) -> list[Request]:
    """Return all requests of a check with one answer, in the order in which `hear` reads the replies."""
    answer = Request("evaluate", check.place, check.expression, time_s=check.time_s)
    conventions = convention_requests(check, [*check.alternates, *check.mistakes])
    return [answer, *conventions, *own_requests(check).values()]


def hear(check: Answered, replies: Sequence[Reply]) -> Heard:
    """Sort the replies to `requests_of` by what was asked; raise ValueError where one is missing."""
    alternates = [*check.alternates, *check.mistakes]
    request, *_ = requests_of(check)
    split = 1 + len(convention_requests(check, alternates))
    declared = declared_conventions(check, alternates, replies[1:split])
    own = dict(zip(own_requests(check), replies[split:], strict=True))
    return Heard(request, replies[0], declared, own)


def expected_value(check: Answered, truth: Truth) -> Any:
    """Return the expected value, from the rubric or from the reference."""
    return check.expected if check.node_name is None else truth.value(check.node_name)


def weigh(
    check: Answered, truth: Truth, heard: Heard, got: Any, compare: Compare, *, per_entry: bool
) -> Verdict:
    """Judge an answer against all that it may equal, in the order given above.

    Args:
        check: the check.
        truth: the reference's values.
        heard: the replies.
        got: the answer, for people to read.
        compare: compares the answer with one value.
        per_entry: give credit for the share of entries that are right.
    """
    expected = expected_value(check, truth)
    notes: list[str] = []
    best, best_credit, reason = None, 0.0, ""
    for candidate in _candidates(check, truth, heard, expected, notes):
        comparison = compare(candidate.value)
        if comparison.equal:
            detail = "; ".join(filter(None, [candidate.detail, *notes]))
            candidate = replace(candidate, detail=detail)
            return met(check, candidate, candidate.credit, got, expected)
        words = clean(comparison.reason)
        reason = reason or words
        credit = comparison.share * candidate.credit
        if per_entry and not candidate.is_mistake and credit > best_credit:
            best, best_credit = replace(candidate, message=words or WRONG), credit
    notes += _undeclared(check, truth, heard, expected, compare)
    if best is not None:
        best = replace(best, detail="; ".join(notes))
        return met(check, best, best_credit, got, expected)
    return credited(
        check, 0.0, reason or WRONG, got=got, expected=expected, detail="; ".join(notes)
    )


def _candidates(
    check: Answered, truth: Truth, heard: Heard, expected: Any, notes: list[str]
) -> Iterator[Candidate]:
    """Yield what the answer may equal; later ones are not computed once an earlier one is met."""
    follow = follow_through_of(check)
    own_first = follow is not None and follow.order == "own first"
    own = OwnTruth(check, truth, heard.own, expected, notes)

    def accepted(alternates: Sequence[Alternate]) -> list[Alternate]:
        return [each for each in alternates if each.when is None or each.when in heard.declared]

    if own_first:
        yield from _own_candidates(check, own, accepted(check.alternates))
    yield Candidate(expected)
    for alternate in accepted(check.alternates):
        yield alternate_candidate(check, alternate, value_of(alternate, truth, expected))
    if not own_first:
        yield from _own_candidates(check, own, accepted(check.alternates))
    for mistake in accepted(check.mistakes):
        yield mistake_candidate(mistake, value_of(mistake, truth, expected))
    for mistake in accepted(check.mistakes):
        if (value := own.value_of(mistake)) is not None:
            yield mistake_candidate(mistake, value)


def _own_candidates(
    check: Answered, own: OwnTruth, alternates: Sequence[Alternate]
) -> Iterator[Candidate]:
    """Yield what is right after the student's own earlier answers, under each accepted convention."""
    follow = follow_through_of(check)
    if follow is None or own.expected is None:
        return
    share = 1.0 - follow.penalty
    message = f"right for your own {', '.join(own.given)}"
    yield Candidate(own.expected, share, message)
    for alternate in alternates:
        if (value := own.value_of(alternate)) is not None:
            candidate = alternate_candidate(check, alternate, value)
            yield replace(candidate, credit=share * candidate.credit, message=message)


def _undeclared(
    check: Answered, truth: Truth, heard: Heard, expected: Any, compare: Compare
) -> Iterator[str]:
    """Say for the instructor which convention would have made the answer right, had it been declared."""
    for alternate in check.alternates:
        if alternate.when is None or alternate.when in heard.declared:
            continue
        if compare(value_of(alternate, truth, expected)).equal:
            title = check.conventions[alternate.when].title
            yield f"right had the student declared '{alternate.when}' ({title})"
