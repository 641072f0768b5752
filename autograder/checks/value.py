"""Kind `value`: a number, boolean, text, or a tuple of these.

Text is compared without regard to case and with white space folded. A list is as good as a tuple, an
array with one axis as good as a list, a 0-d array or tensor as good as its number. Text is not a number,
unless ``notation: rounded`` reads it as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.checks.answers import expected_value, hear, requests_of, weigh
from autograder.checks.notebook_text import flat
from autograder.checks.verdicts import failed, is_open, not_answered, plain, refusal
from autograder.checks.wording import describe_value
from autograder.compare import Comparison, compare_values, is_number, read_answer, read_number
from autograder.model import Reply, Request, Verdict
from autograder.rubric.schema import ValueCheck
from autograder.truth import Truth
from autograder.wire import Array

WANTED = {
    "number": "a number",
    "integer": "a whole number",
    "text": "text",
    "boolean": "True or False",
    "sequence": "a tuple or a list",
}
"""Types that an answer may have to be of, in words."""


def ask(check: ValueCheck, truth: Truth) -> list[Request]:
    """Return the requests: the answer, what declares conventions, the student's own earlier values."""
    return requests_of(check)


def judge(check: ValueCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge the answer; see `answers` for what it is compared with, in which order."""
    heard = hear(check, replies)
    refused = refusal(check, heard.request, heard.answer)
    if refused is not None:
        return refused
    expected = expected_value(check, truth)
    got = heard.answer.value
    read = _read(check, got, expected)
    if is_open(read):
        return not_answered(check)
    if check.type != "any" and not _is_of_type(read, check.type):
        return failed(check, _mismatch(check.type, got), got=got)

    def compare(wanted: Any) -> Comparison:
        comparison = compare_values(
            _folded(read), _folded(wanted), check.tolerance, ignore_order=check.ignore_order
        )
        wanted_type = _type_of(wanted)
        if not comparison.equal and wanted_type and not _is_of_type(read, wanted_type):
            return Comparison(False, 0.0, _mismatch(wanted_type, got))
        if isinstance(read, float) and read != read and not comparison.equal:
            return Comparison(False, 0.0, "the answer is NaN, which is not a number")
        return comparison

    return weigh(check, truth, heard, got, compare, per_entry=False)


def _read(check: ValueCheck, got: Any, expected: Any) -> Any:
    """Return the answer as it is compared: numbers out of 0-d arrays and, where the rubric says so, out of text."""
    got = plain(got)
    if isinstance(got, (list, tuple)):
        items = expected if isinstance(expected, (list, tuple)) else [expected]
        return [_read(check, item, items[0] if items else None) for item in got]
    rounded = check.notation == "rounded" and not isinstance(expected, str)
    return read_answer(got, blank_is=check.blank_is, rounded=rounded)


def _folded(value: Any) -> Any:
    """Fold case and white space of text, also in sequences."""
    if isinstance(value, str):
        return flat(value)
    if isinstance(value, (list, tuple)):
        return [_folded(item) for item in value]
    return value


def _type_of(expected: Any) -> str:
    """Return the type that an expected value calls for; empty where no word of ours names it."""
    if isinstance(expected, bool):
        return "boolean"
    if is_number(expected):
        return "number"
    if isinstance(expected, str):
        return "text"
    return "sequence" if isinstance(expected, (list, tuple)) else ""


def _is_of_type(got: Any, wanted: str) -> bool:
    if wanted == "sequence":
        return isinstance(got, (list, tuple, frozenset)) or (
            isinstance(got, Array) and got.shape != ()
        )
    if wanted == "integer":
        return is_number(got) and (isinstance(got, int) or (got == got.real and got.real % 1 == 0))
    return _type_of(got) == wanted


def _mismatch(wanted: str, got: Any) -> str:
    """Say which type was expected and which was found."""
    message = f"expected {WANTED[wanted]}, found {describe_value(got)}"
    if isinstance(got, str) and wanted in ("number", "integer") and read_number(got) is not None:
        return f"{message}: remove the quotes"
    return message
