"""What must hold between a rubric and its reference module."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from autograder.errors import TruthError
from autograder.rubric.draft import Draft, Finding, Placed
from autograder.rubric.schema import Answered, FormulaCheck, FunctionCheck, PrintedCheck
from autograder.rubric.words import quoted, suggestion

if TYPE_CHECKING:
    from autograder.truth import Graph


def disagreements(draft: Draft) -> Iterator[Finding]:
    """Yield every name that the reference lacks, and follow-through that changes nothing.

    Imports the reference module. One that cannot be loaded is a finding at ``reference:``, and the
    only one.
    """
    if not draft.reference:
        return
    from autograder.truth import load_graph  # here, since not everyone who reads a rubric needs it

    try:
        graph = load_graph(draft.folder / draft.reference)
    except TruthError as error:
        yield Finding(("reference",), f"reference: {error}")
        return
    for placed in draft.checks:
        yield from _expected_node(placed, graph)
        yield from _alternate_nodes(placed, graph)
        yield from _function_names(placed, graph)
        yield from _follow_through(placed, graph)


def _expected_node(placed: Placed, graph: Graph) -> Iterator[Finding]:
    check = placed.check
    if not isinstance(check, (Answered, FormulaCheck, PrintedCheck)):
        return
    if check.node is not None:
        yield from _node(placed, graph, check.node, "node")
    elif "expected" not in check.model_fields_set and check.id.isidentifier():
        yield from _node(placed, graph, check.id, "id", otherwise="; give `node`, or `expected`")


def _alternate_nodes(placed: Placed, graph: Graph) -> Iterator[Finding]:
    check = placed.check
    if not isinstance(check, (Answered, FormulaCheck)):
        return
    for key, entries in (("alternates", check.alternates), ("mistakes", check.mistakes)):
        for position, entry in enumerate(entries):
            if entry.node is not None:
                yield from _node(placed, graph, entry.node, key, position, "node")


def _node(
    placed: Placed, graph: Graph, name: str, *steps: str | int, otherwise: str = ""
) -> Iterator[Finding]:
    """Yield a finding where `name`, which stands at `steps` within the check, is no node."""
    if name in graph.nodes:
        return
    marks = {"function": graph.functions, "inputs": graph.inputs, "property_test": graph.properties}
    mark = next((mark for mark, functions in marks.items() if name in functions), "")
    if mark:
        yield placed.find(
            f"{quoted(name)} is marked @{mark} in the reference, so it is no node", *steps
        )
    else:
        yield _absent(placed, "node", name, graph.nodes, *steps, otherwise=otherwise)


def _absent(
    placed: Placed,
    what: str,
    name: str,
    known: Collection[str],
    *steps: str | int,
    otherwise: str = "",
) -> Finding:
    """Return the finding for a name that is not among the `known`; suggest one, or `otherwise`."""
    hint = suggestion(name, known) or otherwise
    return placed.find(f"the reference has no {what} {quoted(name)}{hint}", *steps)


def _function_names(placed: Placed, graph: Graph) -> Iterator[Finding]:
    check = placed.check
    if not isinstance(check, FunctionCheck):
        return
    known = graph.functions
    if check.reference is not None:
        if check.reference not in known:
            yield _absent(placed, "@function", check.reference, known, "reference")
    elif check.needs_reference and check.id.isidentifier() and check.id not in known:
        yield _absent(placed, "@function", check.id, known, "id")
    if check.random is not None and check.random.inputs not in graph.inputs:
        yield _absent(placed, "@inputs", check.random.inputs, graph.inputs, "random", "inputs")
    for position, test in enumerate(check.properties):
        steps = ("properties", position)
        if test.holds not in graph.properties:
            yield _absent(placed, "@property_test", test.holds, graph.properties, *steps, "holds")
        if test.on.inputs not in graph.inputs:
            yield _absent(placed, "@inputs", test.on.inputs, graph.inputs, *steps, "on", "inputs")


def _follow_through(placed: Placed, graph: Graph) -> Iterator[Finding]:
    check = placed.check
    if not isinstance(check, Answered) or check.node_name is None:
        return
    steps = ("follow_through",) if isinstance(check.follow_through, list) else (
        "follow_through", "nodes"
    )  # fmt: skip
    for position, name in enumerate(check.followed):
        if name not in graph.nodes:
            yield from _node(placed, graph, name, *steps, position)
        elif check.node_name in graph.nodes and name not in _ancestors(graph, check.node_name):
            yield placed.find(
                f"{check.node_name} does not depend on {name}, "
                "so following it through changes nothing",
                *steps,
                position,
            )


def _ancestors(graph: Graph, node: str) -> set[str]:
    """Return the nodes on which `node` depends, directly or not."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for parent in graph.edges[waiting.pop()]:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found
