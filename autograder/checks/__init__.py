"""The kinds of checks: each a module with two pure functions, `ask` and `judge`.

`ask` says what to request of a student's state; `judge` turns the replies, in the order of the requests, into a
verdict. Neither reads a file, starts a process or runs student code. A reply is a claim of the student's
process and may be forged; whatever it holds, `judge` returns a verdict. It raises only where the rubric or the
reference is at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from autograder.checks import (
    array,
    formula,
    function,
    manual,
    notebook,
    printed,
    pytest_file,
    table,
    text,
    value,
)
from autograder.model import Reply, Request, Verdict
from autograder.truth import Truth

__all__ = ["KINDS", "Kind"]


class Kind(Protocol):
    """What the module of a kind offers. `check` is the kind's own model of the rubric."""

    def ask(self, check: Any, truth: Truth) -> list[Request]:
        """Return the requests, equal ones for equal checks, holding nothing that a student may not see."""

    def judge(self, check: Any, replies: Sequence[Reply], truth: Truth) -> Verdict:
        """Return the verdict on the replies, which are in the order of the requests."""


KINDS: dict[str, Kind] = {
    "value": value,
    "table": table,
    "array": array,
    "formula": formula,
    "function": function,
    "printed": printed,
    "notebook": notebook,
    "text": text,
    "manual": manual,
    "pytest": pytest_file,
}
"""All kinds by their name in the rubric."""
