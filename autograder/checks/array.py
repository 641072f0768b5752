"""Kind `array`: shape, dtype and values of an array, a tensor or nested lists.

A wrong shape is told with the student's own shape; the shape that was asked for is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.checks.answers import hear, requests_of, weigh
from autograder.checks.verdicts import is_open, not_answered, refusal
from autograder.compare import Comparison, compare_arrays
from autograder.model import Reply, Request, Verdict
from autograder.rubric.schema import ArrayCheck
from autograder.truth import Truth


def ask(check: ArrayCheck, truth: Truth) -> list[Request]:
    """Return the requests: the array, what declares conventions, the student's own earlier values."""
    return requests_of(check)


def judge(check: ArrayCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge the array; the share of its entries that are right is the credit, where the rubric says so."""
    heard = hear(check, replies)
    refused = refusal(check, heard.request, heard.answer)
    if refused is not None:
        return refused
    got = heard.answer.value
    if is_open(got):
        return not_answered(check)

    def compare(wanted: Any) -> Comparison:
        return compare_arrays(
            got, wanted, check.tolerance, dtype=check.dtype, squeeze=check.squeeze
        )

    return weigh(check, truth, heard, got, compare, per_entry=check.credit == "per_entry")
