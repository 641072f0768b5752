"""The reference module as a graph: its functions are nodes, their parameter names are edges.

A public function defined in the module is a node. Not nodes: names that start with an underscore, classes,
imported functions, generators, coroutines, and what `marks` marks. A parameter with a default is an edge
only if a node has its name; ``*args`` and ``**kwargs`` never are.

Each evaluation calls each node once and hands its very value to the nodes that need it. Values are
not copied: a node that changes what it was given changes it for others, so nodes must not. Nothing is
kept from one evaluation to the next.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.errors import TruthError
from autograder.truth.marks import mark_of
from autograder.truth.source import Source, load_source, one_line, shown, where

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """A reference module, ready to be evaluated."""

    source: Source
    """The module and where it came from."""
    nodes: dict[str, Function]
    """Nodes by name, in the order of the file."""
    functions: dict[str, Function]
    """What is marked @function."""
    inputs: dict[str, Function]
    """What is marked @inputs."""
    properties: dict[str, Function]
    """What is marked @property_test."""
    edges: dict[str, tuple[str, ...]]
    """For each node the nodes that it needs, in the order of its parameters."""
    order: tuple[str, ...]
    """All nodes, each after those that it needs."""
    signatures: dict[str, inspect.Signature]
    """Parameters of each node."""

    @property
    def path(self) -> Path:
        """The file of the reference module."""
        return self.source.path

    @property
    def sha256(self) -> str:
        """Hash of the bytes of that file."""
        return self.source.sha256

    def evaluate(
        self, targets: Iterable[str], given: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Compute nodes and whatever they need, each once.

        Args:
            targets: names of nodes.
            given: values to use in place of nodes; these are not computed, nor is what only they need.

        Returns:
            The targets' values, as the nodes returned them.

        Raises:
            TruthError: a name is no node, or a node raises; names the node, the line and the exception.
        """
        targets, given = list(targets), given or {}
        for name in (*targets, *given):
            self.require("node", self.nodes, name)
        needed: set[str] = set()
        waiting = list(targets)
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting.extend(() if name in given else self.edges[name])
        values: dict[str, Any] = {}
        for name in self.order:
            if name in needed:
                values[name] = given[name] if name in given else self._call(name, values)
        return {name: values[name] for name in targets}

    def _call(self, name: str, values: Mapping[str, Any]) -> Any:
        """Call one node with the values of those that it needs."""
        arguments = OrderedDict((edge, values[edge]) for edge in self.edges[name])
        bound = inspect.BoundArguments(self.signatures[name], arguments)
        bound.apply_defaults()  # a positional-only default may stand before an edge
        try:
            return self.nodes[name](*bound.args, **bound.kwargs)
        except (Exception, SystemExit) as error:
            place = where(error, self.path)
            raise TruthError(f"{place}: node {name!r} raised {one_line(error)}") from error

    def holds(self, name: str, inputs: Sequence[Any], results: Sequence[Any]) -> str:
        """Ask a property whether it holds.

        Args:
            name: a function marked @property_test.
            inputs: the arguments of each call, as tuples.
            results: what each call returned.

        Returns:
            What is wrong, for the student; empty where it holds. A failed `assert` is returned, not raised.

        Raises:
            TruthError: there is no such property, or it returned neither a boolean nor text.
            Exception: whatever else the property raises, since only the caller knows whose values these are.
        """
        test = self.require("@property_test", self.properties, name)
        try:
            with np.errstate(all="ignore"):
                answer = test(list(inputs), list(results))
        except AssertionError as error:
            return str(error) or "it does not hold"
        if isinstance(answer, (bool, np.bool_)):
            return "" if answer else "it does not hold"
        if not isinstance(answer, str):
            raise TruthError(
                f"{self._line_of(test)}: property {name!r} returned {type(answer).__name__};"
                " it must return True, or False, or text that says what is wrong"
            )
        return answer

    def require(self, kind: str, functions: Mapping[str, Function], name: str) -> Function:
        """Return a function by name; raise TruthError with "did you mean" where it is not there."""
        if name not in functions:
            raise TruthError(
                f"{shown(self.path)}: there is no {kind} {name!r}{did_you_mean(name, functions)}"
            )
        return functions[name]

    def _line_of(self, function: Function) -> str:
        return _line_of(self.path, function)


def load_graph(path: Path) -> Graph:
    """Import a reference module and read it as a graph.

    Args:
        path: the Python file. It is the instructor's and runs in this process.

    Raises:
        TruthError: the file cannot be read, parsed or imported, a parameter is no node, or nodes
            depend on each other in a circle.
    """
    source = load_source(path)
    marked: dict[str, dict[str, Function]] = {"function": {}, "inputs": {}, "property_test": {}}
    nodes: dict[str, Function] = {}
    for name, value in vars(source.module).items():
        if mark := mark_of(value) if callable(value) else "":
            marked[mark][name] = value
        elif _is_node(name, value, source.module):
            nodes[name] = value
    signatures = {name: inspect.signature(node) for name, node in nodes.items()}
    others = {name for functions in marked.values() for name in functions}
    edges = {name: _edges(name, signatures[name], nodes, others, source.path) for name in nodes}
    return Graph(
        source=source,
        nodes=nodes,
        functions=marked["function"],
        inputs=marked["inputs"],
        properties=marked["property_test"],
        edges=edges,
        order=_ordered(nodes, edges, source.path),
        signatures=signatures,
    )


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?``, or nothing where no name comes close."""
    close = get_close_matches(name, list(names), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _is_node(name: str, value: Any, module: ModuleType) -> bool:
    if name.startswith("_") or isinstance(value, type) or not callable(value):
        return False
    plain = inspect.unwrap(value)  # functools.cache and the like keep the function inside
    return (
        inspect.isfunction(plain)
        and plain.__module__ == module.__name__
        and not inspect.isgeneratorfunction(plain)
        and not inspect.iscoroutinefunction(plain)
        and not inspect.isasyncgenfunction(plain)
    )


def _edges(
    name: str,
    signature: inspect.Signature,
    nodes: dict[str, Function],
    others: set[str],
    path: Path,
) -> tuple[str, ...]:
    """Return the nodes among a node's parameters."""
    edges: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in nodes:
            edges.append(parameter.name)
        elif parameter.default is parameter.empty:
            hint = did_you_mean(parameter.name, nodes)
            if parameter.name in others:
                hint = " but marked for another use: call it, do not ask for it"
            raise TruthError(
                f"{_line_of(path, nodes[name])}: node {name!r} needs {parameter.name!r}, which is"
                f" no node{hint} (start the name of a function that is no node with '_', or"
                " mark it @function)"
            )
    return tuple(edges)


def _ordered(
    nodes: Mapping[str, Function], edges: Mapping[str, tuple[str, ...]], path: Path
) -> tuple[str, ...]:
    """Sort the nodes so that each comes after those that it needs; refuse a circle.

    Depth first with a stack of our own: a chain of thousands of nodes must not meet Python's recursion limit.
    """
    done: dict[str, None] = {}
    for start in nodes:
        trail: dict[str, int] = {start: 0}  # the nodes on the way here, with how far each has got
        while trail:
            name = next(reversed(trail))
            if name in done or trail[name] == len(edges[name]):
                done[name] = None
                del trail[name]
                continue
            following = edges[name][trail[name]]
            trail[name] += 1
            if following in trail:
                names = list(trail)
                circle = " → ".join([*names[names.index(following) :], following])
                line = _line_of(path, nodes[following])
                raise TruthError(f"{line}: nodes depend on each other in a circle: {circle}")
            if following not in done:
                trail[following] = 0
    return tuple(done)


def _line_of(path: Path, function: Function) -> str:
    return f"{shown(path)}:{inspect.unwrap(function).__code__.co_firstlineno}"
