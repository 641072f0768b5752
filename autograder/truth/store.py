"""The truth as checks see it: values and calls from the lock, the reference itself only where it must run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.errors import LockError, TruthError
from autograder.truth.calls import TruthCase, draw_calls, function_checks
from autograder.truth.followthrough import as_own
from autograder.truth.graph import Graph, did_you_mean, load_graph
from autograder.truth.lock import read_lock, reference_path
from autograder.truth.source import shown
from autograder.truth.storable import as_plain, as_stored

if TYPE_CHECKING:
    from autograder.rubric.schema import Rubric


class Truth:
    """The ground truth of one rubric.

    It is cheap to pickle for worker processes: the reference module stays behind and is imported again where
    it is needed, in `reevaluate` and `holds` alone.
    """

    def __init__(
        self,
        nodes: Mapping[str, Any],
        calls: Mapping[str, tuple[TruthCase, ...]],
        reference: Path | None = None,
        sha256: str = "",
    ) -> None:
        self.nodes = dict(nodes)
        self.sha256 = sha256
        self._calls = dict(calls)
        self._reference = reference
        self._graph: Graph | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_graph": None}

    def value(self, node: str) -> Any:
        """Return a node's value: plain data, or `wire.Array` for arrays and tensors.

        Raises:
            TruthError: there is no such node.
        """
        if node not in self.nodes:
            raise TruthError(
                f"{self._place}: there is no node {node!r}{did_you_mean(node, self.nodes)}"
            )
        return self.nodes[node]

    def cases(self, check_id: str) -> tuple[TruthCase, ...]:
        """Return all calls of a function check: the rubric's cases, the random ones, each property's.

        Raises:
            TruthError: there is no function check with this id.
        """
        if check_id not in self._calls:
            raise TruthError(
                f"{self._place}: there is no function check {check_id!r}{did_you_mean(check_id, self._calls)}"
            )
        return self._calls[check_id]

    def reevaluate(self, node: str, given: Mapping[str, Any]) -> Any:
        """Compute a node again with a student's values in place of others (error carried forward).

        Nothing bounds the time that this takes but the values themselves: ask `usable` about each first.

        Args:
            node: the node to compute.
            given: the student's values by node, each found usable; they are given the types of the
                nodes' own.

        Returns:
            The value in the form of `value`.

        Raises:
            TruthError: a name is no node, or a node raises on these values or yields what cannot be
                compared. In follow-through that is the student's values' fault, and earns nothing.
            LockError: the reference has changed since the lock was read.
        """
        own = {name: as_own(value, self.value(name)) for name, value in given.items()}
        with np.errstate(all="ignore"):
            result = self._load().evaluate([node], own)[node]
        return as_stored(result, f"node {node!r} on the student's values", finite=True)

    def holds(self, property_name: str, inputs: Sequence[Any], results: Sequence[Any]) -> str:
        """Ask a property of the reference whether it holds of a student's results.

        Args:
            property_name: a function marked @property_test.
            inputs: the arguments of each call, as tuples.
            results: what the student's function returned for each, as decoded. Arrays and tensors reach the
                property as numpy arrays, in both.

        Returns:
            What is wrong, for the student; empty where it holds. Where the property raises on
            such results, that is what is wrong; the exception's text is not told.

        Raises:
            TruthError: there is no such property, or it returned neither a boolean nor text.
        """
        graph = self._load()
        arguments = [as_plain(call) for call in inputs]
        try:
            return graph.holds(property_name, arguments, [as_plain(result) for result in results])
        except TruthError:
            raise
        except Exception as error:  # it could judge the model solution's results
            return f"the results are not of the kind that is expected ({type(error).__name__})"

    @property
    def _place(self) -> str:
        return shown(self._reference) if self._reference else "the rubric has no reference"

    def _load(self) -> Graph:
        """Import the reference, once in this process."""
        if self._graph is None:
            if self._reference is None:
                raise TruthError("the rubric names no reference, so nothing can be computed")
            graph = load_graph(self._reference)
            if graph.sha256 != self.sha256:
                raise LockError(f"{self._place}: changed while grading; start again")
            self._graph = graph
        return self._graph


def open_truth(rubric: Rubric) -> Truth:
    """Read the truth of a rubric from its lock. The reference is not imported.

    Args:
        rubric: a loaded rubric. One without a reference has no nodes, and its function checks can
            only hold cases with `expected`.

    Raises:
        LockError: the lock is missing, damaged or stale.
        TruthError: the reference is not there, or a function check needs one that is not named.
    """
    path = reference_path(rubric)
    if path is None:
        return Truth({}, {check.id: draw_calls(check, None) for check in function_checks(rubric)})
    lock = read_lock(rubric)
    return Truth(lock.nodes, lock.calls, path, lock.sha256)


def unknown_nodes(rubric: Rubric, truth: Truth) -> set[str]:
    """Return the nodes that the rubric names and the lock lacks."""
    named: set[str] = set()
    for check in rubric.checks:
        if check.kind in ("value", "table", "array") and check.node_name is not None:
            named.add(check.node_name)
        if check.kind in ("formula", "printed") and check.node is not None:
            named.add(check.node)
        if check.kind in ("value", "table", "array", "formula"):
            named |= {each.node for each in (*check.alternates, *check.mistakes) if each.node}
    return named - set(truth.nodes)
