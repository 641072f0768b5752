"""The calls that a function check makes, and what the model solution returns for each."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.errors import TruthError
from autograder.truth.graph import Function, Graph
from autograder.truth.source import one_line, shown, where
from autograder.truth.storable import as_plain, as_stored

if TYPE_CHECKING:
    from autograder.rubric.schema import FunctionCheck, RandomInputs, Rubric


@dataclass(frozen=True, slots=True)
class TruthCase:
    """One call of a function check."""

    args: tuple[Any, ...]
    """Positional arguments: plain data and `wire.Array`."""
    kwargs: dict[str, Any]
    """Keyword arguments."""
    expected: Any
    """What it must return. None for a property's call where there is no model solution: only the property judges it."""
    origin: str
    """``case``, ``random``, or the name of the property whose inputs these are."""


def function_checks(rubric: Rubric) -> list[FunctionCheck]:
    """Return the checks of kind `function`."""
    return [check for check in rubric.checks if check.kind == "function"]


def calls_spec(rubric: Rubric) -> list[dict[str, Any]]:
    """Return all that decides which calls are made, as JSON-able data: a lock is stale when it changes."""
    return [
        {
            "id": check.id,
            "reference": check.reference,
            "arrays": check.arrays,
            "cases": [
                case.model_dump(mode="json", include=case.model_fields_set) for case in check.cases
            ],
            "random": None if check.random is None else check.random.model_dump(mode="json"),
            "properties": [[p.holds, p.on.model_dump(mode="json")] for p in check.properties],
        }
        for check in function_checks(rubric)
    ]


def draw_calls(check: FunctionCheck, graph: Graph | None) -> tuple[TruthCase, ...]:
    """Make the calls of one check, and verify that its properties hold of the model solution.

    Args:
        check: a function check.
        graph: the reference; None where the rubric has none, when only cases with `expected` are possible.

    Returns:
        The rubric's cases, then the random ones, then the inputs of each property.

    Raises:
        TruthError: the model solution, a generator of inputs or a property is not there, raises, returns
            what cannot be stored, or a property does not hold of the model solution.
    """
    solution = _solution(check, graph)
    calls = [_given_case(check, number, graph, solution) for number in range(len(check.cases))]
    if check.random is not None:
        calls += _drawn(check, check.random, "random", graph, solution)
    for test in check.properties:
        drawn = _drawn(check, test.on, test.holds, graph, solution)
        _require_property(check, test.holds, drawn, _required(check, graph), solved=bool(solution))
        calls += drawn
    return tuple(calls)


def _solution(check: FunctionCheck, graph: Graph | None) -> Function | None:
    """Return the model solution; None where there is none and nothing asks for it."""
    name = check.reference or check.id
    implied = check.random is not None or any(
        "expected" not in case.model_fields_set for case in check.cases
    )
    if check.reference or implied:
        graph = _required(check, graph)
        return graph.require("@function", graph.functions, name)
    return graph.functions.get(name) if graph else None


def _required(check: FunctionCheck, graph: Graph | None) -> Graph:
    if graph is None:
        raise TruthError(
            f"check {check.id!r}: a case without `expected`, `random` and `properties` need a"
            " `reference` module in the rubric"
        )
    return graph


def _given_case(
    check: FunctionCheck, number: int, graph: Graph | None, solution: Function | None
) -> TruthCase:
    """Take one case of the rubric; what it says it expects comes before the model solution."""
    case = check.cases[number]
    args, kwargs = tuple(case.args), dict(case.kwargs)
    if check.arrays:
        args = tuple(map(_with_arrays, args))
        kwargs = {name: _with_arrays(value) for name, value in kwargs.items()}
    what = f"case {number + 1} of check {check.id!r}"
    if "expected" in case.model_fields_set:
        expected = case.expected
    else:
        expected = _result(_required(check, graph), solution, args, kwargs, what)
    return _case(args, kwargs, expected, "case", what)


def _with_arrays(value: Any) -> Any:
    """Turn a nested list of numbers into an array; look for such lists inside anything else."""
    if isinstance(value, dict):
        return {key: _with_arrays(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    try:
        array = np.array(value)
    except ValueError:  # rows of different lengths
        return [_with_arrays(item) for item in value]
    return array if array.dtype.kind in "biuf" else [_with_arrays(item) for item in value]


def _drawn(
    check: FunctionCheck,
    spec: RandomInputs,
    origin: str,
    graph: Graph | None,
    solution: Function | None,
) -> list[TruthCase]:
    """Draw arguments with one generator, seeded once, and solve each call."""
    graph = _required(check, graph)
    draw = graph.require("@inputs", graph.inputs, spec.inputs)
    rng = np.random.default_rng(spec.seed)
    calls = []
    for number in range(1, spec.count + 1):
        what = f"draw {number} of {spec.inputs!r}"
        try:
            args = draw(rng)
        except (Exception, SystemExit) as error:
            place = where(error, graph.path)
            raise TruthError(f"{place}: {what} raised {one_line(error)}") from error
        if not isinstance(args, tuple):
            raise TruthError(
                f"{shown(graph.path)}: {what} returned {type(args).__name__};"
                " it must return a tuple with the arguments of one call"
            )
        expected = _result(graph, solution, args, {}, what)
        calls.append(_case(args, {}, expected, origin, what))
    return calls


def _result(
    graph: Graph,
    solution: Function | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    what: str,
) -> Any:
    """Call the model solution on copies, since it may change what it is given."""
    if solution is None:
        return None
    try:
        return solution(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    except (Exception, SystemExit) as error:
        name = getattr(solution, "__name__", "the model solution")
        place = where(error, graph.path)
        raise TruthError(f"{place}: {name!r} raised {one_line(error)} on {what}") from error


def _case(
    args: tuple[Any, ...], kwargs: dict[str, Any], expected: Any, origin: str, what: str
) -> TruthCase:
    return TruthCase(
        tuple(as_stored(value, f"an argument of {what}", finite=False) for value in args),
        {
            name: as_stored(value, f"argument {name!r} of {what}", finite=False)
            for name, value in kwargs.items()
        },
        as_stored(expected, f"the result on {what}", finite=False),
        origin,
    )


def _require_property(
    check: FunctionCheck, name: str, calls: list[TruthCase], graph: Graph, *, solved: bool
) -> None:
    """Refuse a property that is not there, or that the model solution itself does not have."""
    graph.require("@property_test", graph.properties, name)
    if not solved:
        return
    inputs = [as_plain(call.args) for call in calls]
    results = [as_plain(call.expected) for call in calls]
    try:
        complaint = graph.holds(name, inputs, results)
    except TruthError:
        raise
    except Exception as error:
        place = where(error, graph.path)
        raise TruthError(f"{place}: property {name!r} raised {one_line(error)}") from error
    if complaint:
        raise TruthError(
            f"{shown(graph.path)}: property {name!r} does not hold of the model solution"
            f" of check {check.id!r}: {complaint}"
        )
