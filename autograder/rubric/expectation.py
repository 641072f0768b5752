"""What must hold for a check's expected answer, its alternates and its mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.errors import FormulaError
from autograder.formulas import parse_formula
from autograder.rubric.draft import Draft, Finding, Placed
from autograder.rubric.schema import (
    Alternate,
    Answered,
    ArrayCheck,
    FollowThrough,
    FormulaCheck,
    FunctionCheck,
    PrintedCheck,
    TableCheck,
    Tolerance,
    ValueCheck,
)
from autograder.rubric.words import described, quoted, suggestion

_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int,),
    "text": (str,),
    "boolean": (bool,),
    "sequence": (list,),
}
"""What `expected` may be for each `type` of a value; a boolean is no number."""


def expectation_flaws(placed: Placed, draft: Draft) -> Iterator[Finding]:
    """Yield whatever keeps a check from being compared with its expected answer."""
    check = placed.check
    if isinstance(check, (Answered, FormulaCheck, PrintedCheck)):
        yield from _source(placed, check, draft)
    if isinstance(check, (Answered, FormulaCheck)):
        for key, entries in (("alternates", check.alternates), ("mistakes", check.mistakes)):
            for position, entry in enumerate(entries):
                yield from _alternate(placed, check, entry, draft, key, position)
    if isinstance(check, (Answered, FunctionCheck, PrintedCheck)):
        yield from _tolerance(placed, check.tolerance)
    if isinstance(check, Answered):
        yield from _follow_through(placed, check)


def _source(
    placed: Placed, check: Answered | FormulaCheck | PrintedCheck, draft: Draft
) -> Iterator[Finding]:
    """Where the expected answer comes from: `expected`, or a node of the reference."""
    if "expected" in check.model_fields_set:
        if check.node is not None:
            yield placed.find("give `expected` or `node`, not both", "node")
        if check.expected is None:
            message = "expected a value, found nothing; remove the key to use the reference"
            yield placed.find(message, "expected")
        elif isinstance(check, FormulaCheck):
            if problem := _formula_problem(check.expected, check):
                yield placed.find(problem, "expected")
        else:
            yield from _expected_form(placed, check)
    elif check.node is not None and not draft.reference:
        yield placed.find("the rubric names no `reference` that could hold this node", "node")
    elif not draft.reference:
        message = "nothing to compare with; give `expected`, or a `reference` with a node "
        yield placed.find(f"{message}{quoted(check.id)}", "id")
    elif check.node is None and not check.id.isidentifier():
        message = f"{quoted(check.id)} cannot name a node; give `node`, or `expected`"
        yield placed.find(message, "id")


def _expected_form(placed: Placed, check: Answered | PrintedCheck) -> Iterator[Finding]:
    """What `expected` may be for the kind of check."""
    wanted = ""
    if isinstance(check, ValueCheck):
        wanted = _wanted_value(check)
    elif isinstance(check, TableCheck):
        if not (isinstance(check.expected, (list, dict)) and check.expected):
            wanted = "rows, such as [[1, 2], [3, 4]] or {conv1: {macs: 1}}"
    elif isinstance(check, ArrayCheck):
        if _shape(check.expected) is None:
            wanted = "numbers in rows of equal length"
    elif isinstance(check, PrintedCheck):
        wanted = _wanted_output(check)
    if wanted:
        yield placed.find(f"expected {wanted}, found {described(check.expected)}", "expected")


def _wanted_value(check: ValueCheck) -> str:
    """Return what `expected` should be where it is not; empty where it is."""
    if isinstance(check.expected, dict):
        return "a single value or a list (named values are a check of kind table)"
    if check.type == "any":
        return ""
    is_boolean = isinstance(check.expected, bool)
    fits = isinstance(check.expected, _TYPES[check.type]) and is_boolean == (
        check.type == "boolean"
    )
    return "" if fits else f"what `type: {check.type}` says"


def _wanted_output(check: PrintedCheck) -> str:
    """As `_wanted_value`, for printed text."""
    items = check.expected if isinstance(check.expected, list) else [check.expected]
    if check.match == "numbers":
        numbers = all(isinstance(item, (int, float)) and item is not True for item in items)
        return "" if numbers and items else "a number or a list of numbers"
    texts = all(isinstance(item, str) and item.strip() for item in items)
    return "" if texts and items else "text, or a list of texts (in quotes)"


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of nested lists of numbers or booleans; None where they have none."""
    if isinstance(value, (int, float)):
        return ()
    if not isinstance(value, list):
        return None
    shapes = {_shape(item) for item in value} or {()}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(value), *inner)


def _alternate(
    placed: Placed,
    check: Answered | FormulaCheck,
    entry: Alternate,
    draft: Draft,
    key: str,
    position: int,
) -> Iterator[Finding]:
    """One entry of `alternates` or `mistakes`."""
    ways = [name for name in ("value", "node", "multiply") if getattr(entry, name) is not None]
    if len(ways) != 1:
        found = " and ".join(f"`{name}`" for name in ways) or "none"
        message = f"expected one of `value`, `node` and `multiply`, found {found}"
        yield placed.find(message, key, position)
    if entry.when is not None and entry.when not in draft.conventions:
        hint = suggestion(entry.when, draft.conventions)
        message = f"there is no convention {quoted(entry.when)}{hint}"
        yield placed.find(message, key, position, "when")
    if entry.node is not None and not draft.reference:
        message = "the rubric names no `reference` that could hold this node"
        yield placed.find(message, key, position, "node")
    if entry.value is None:
        return
    if isinstance(check, FormulaCheck) and (problem := _formula_problem(entry.value, check)):
        yield placed.find(problem, key, position, "value")
    if _same(entry.value, check.expected):
        message = f"{described(entry.value)} is the expected answer itself"
        yield placed.find(message, key, position, "value")


def _formula_problem(value: Any, check: FormulaCheck) -> str:
    """Say why `value` is no formula in the check's variables; empty where it is one."""
    if not isinstance(value, str):
        return f"expected a formula in quotes, found {described(value)}"
    try:
        parse_formula(value, check.variables)
    except FormulaError as error:
        return f"{quoted(value)} is not a formula: {error.reason}"
    return ""


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _tolerance(placed: Placed, tolerance: object) -> Iterator[Finding]:
    if not isinstance(tolerance, Tolerance):
        return
    given = tolerance.model_fields_set
    ways = [name for name in ("significant", "decimals") if getattr(tolerance, name) is not None]
    if given & {"rtol", "atol"}:
        ways.insert(0, "rtol and atol")
    if len(ways) > 1:
        message = f"give one of {' or '.join(ways)}, not several"
        yield placed.find(message, "tolerance")


def _follow_through(placed: Placed, check: Answered) -> Iterator[Finding]:
    if check.follow_through is not None and check.node_name is None:
        message = "recomputes a node of the reference, but this check gives `expected`"
        yield placed.find(message, "follow_through")
    follow = check.follow_through
    if (
        isinstance(follow, FollowThrough)
        and follow.min is not None
        and follow.max is not None
        and follow.min > follow.max
    ):
        message = f"min ({follow.min:g}) is above max ({follow.max:g}), so no value is usable"
        yield placed.find(message, "follow_through", "min")
