"""Error carried forward: the values that follow from a student's own earlier answers.

What the student had takes a node's place only where it differs from the reference's value and `usable`
finds nothing against it; otherwise the node keeps the reference's value, and a note says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from autograder.checks.candidates import multiplied
from autograder.checks.verdicts import is_open, plain
from autograder.checks.wording import show
from autograder.compare import compare_values, is_number, read_answer
from autograder.errors import LockError, TruthError
from autograder.model import Reply, Request
from autograder.rubric.schema import Alternate, Answered, FollowThrough
from autograder.truth import Truth, usable


def follow_through_of(check: Answered) -> FollowThrough | None:
    """Return `follow_through` in its long form."""
    follow = check.follow_through
    return FollowThrough(nodes=follow) if isinstance(follow, list) else follow


def own_requests(check: Answered) -> dict[str, Request]:
    """Return for each node of `follow_through` the request for the student's own value."""
    requests = {}
    for node in check.followed:
        place, expression = check.sources[node]
        requests[node] = Request("evaluate", place, expression, time_s=check.time_s)
    return requests


class OwnTruth:
    """The truth as it follows from one student's earlier answers. Nothing is computed before it is asked for.

    Args:
        check: the check.
        truth: the reference.
        own: the replies to `own_requests`, by node.
        expected: the original expected value.
        notes: gets lines for the instructor.
    """

    def __init__(
        self,
        check: Answered,
        truth: Truth,
        own: Mapping[str, Reply],
        expected: Any,
        notes: list[str],
    ) -> None:
        self.check = check
        self.truth = truth
        self.own = own
        self.original = expected
        self.notes = notes

    @cached_property
    def given(self) -> dict[str, Any]:
        """The student's usable values that are not the reference's, by node."""
        follow = follow_through_of(self.check)
        given = {}
        for node, reply in self.own.items() if follow else ():
            reference = self.truth.value(node)
            value = plain(reply.value)
            if is_number(reference):
                value = read_answer(value, rounded=True)
            if reply.status != "ok" or is_open(value):
                self.notes.append(f"{node}: not answered; the reference's value is used")
            elif follow and (why := usable(value, reference, follow.min, follow.max)):
                self.notes.append(f"{node}: {why}; the reference's value is used")
            elif not compare_values(value, reference).equal:
                given[node] = value
        return given

    @cached_property
    def expected(self) -> Any:
        """What is expected after the student's own values.

        None where these are all right or unusable, where the reference cannot compute with them, and where they
        lead to the original expected value.
        """
        if self.check.node_name is None or not self.given:
            return None
        value = self._recompute(self.check.node_name)
        if value is None or compare_values(value, self.original, self.check.tolerance).equal:
            return None
        self.notes.append(
            f"from the student's own {', '.join(self.given)} follows {show(value, 80)}"
        )
        return value

    def value_of(self, alternate: Alternate) -> Any:
        """Return an alternate or a mistake after the student's own values; None where they do not matter."""
        if self.expected is None:
            return None
        if alternate.multiply is not None:
            return multiplied(self.expected, alternate.multiply)
        return None if alternate.node is None else self._recompute(alternate.node)

    def _recompute(self, node: str) -> Any:
        try:
            return self.truth.reevaluate(node, self.given)
        except LockError:  # our fault, not that of the student's values
            raise
        except TruthError as error:
            self.notes.append(f"no follow-through to {node}: {error}")
            return None
