"""Kind `manual`: judged by a human alone."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.checks.text import AWAITS
from autograder.model import Outcome, Reply, Request, Verdict
from autograder.rubric.schema import ManualCheck
from autograder.truth import Truth


def ask(check: ManualCheck, truth: Truth) -> list[Request]:
    """Return no requests: the human reads the notebook."""
    return []


def judge(check: ManualCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Return `ungraded`, with the guidance for the human."""
    return Verdict(Outcome.UNGRADED, message=AWAITS, detail=check.guidance)
