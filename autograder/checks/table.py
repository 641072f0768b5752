"""Kind `table`: numbers in nested dicts, a list of rows, a DataFrame or an array; credit per cell.

How tables are read and matched is told in `autograder.compare.tables`. A table without any number in it is
not answered, even where a blank cell counts as a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograder.checks.answers import hear, requests_of, weigh
from autograder.checks.verdicts import is_open, not_answered, refusal
from autograder.compare import Comparison, compare_tables, is_number, read_number
from autograder.model import Reply, Request, Verdict
from autograder.rubric.schema import TableCheck
from autograder.truth import Truth
from autograder.wire import Array, Frame


def ask(check: TableCheck, truth: Truth) -> list[Request]:
    """Return the requests: the table, what declares conventions, the student's own earlier values."""
    return requests_of(check)


def judge(check: TableCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge the table; the share of its cells that are right is the credit, where the rubric says so."""
    heard = hear(check, replies)
    refused = refusal(check, heard.request, heard.answer)
    if refused is not None:
        return refused
    got = heard.answer.value
    if is_open(got) or (check.blank_is is not None and not any(map(_is_entry, _leaves(got)))):
        return not_answered(check)
    rounded = check.notation == "rounded"

    def compare(wanted: Any) -> Comparison:
        return compare_tables(
            got, wanted, check.tolerance, blank_is=check.blank_is, rounded=rounded
        )

    return weigh(check, truth, heard, got, compare, per_entry=check.credit == "per_entry")


def _leaves(value: Any) -> Iterator[Any]:
    """Yield the single values in a table of any form."""
    if isinstance(value, (list, tuple, frozenset)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        yield from _leaves(list(value.values()))
    elif isinstance(value, Frame):
        yield from _leaves(value.data)
    elif isinstance(value, Array):
        yield from value.values.ravel().tolist()
    else:
        yield value


def _is_entry(value: Any) -> bool:
    """Tell whether somebody filled this in: a number, or text that reads as one."""
    if isinstance(value, str):
        return read_number(value) is not None
    return is_number(value) and value == value
