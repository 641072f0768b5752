"""Ground truth: the reference module as a graph, its values in a lock, and follow-through.

A reference module imports its three decorators from here: `function`, `inputs` and `property_test`.
"""

from __future__ import annotations

from autograder.truth.calls import TruthCase
from autograder.truth.followthrough import usable
from autograder.truth.graph import Graph, load_graph
from autograder.truth.lock import (
    Lock,
    compute_lock,
    lock_path,
    read_lock,
    reference_path,
    write_lock,
)
from autograder.truth.marks import function, inputs, property_test
from autograder.truth.store import Truth, open_truth, unknown_nodes

__all__ = [
    "Graph",
    "Lock",
    "Truth",
    "TruthCase",
    "compute_lock",
    "function",
    "inputs",
    "load_graph",
    "lock_path",
    "open_truth",
    "property_test",
    "read_lock",
    "reference_path",
    "unknown_nodes",
    "usable",
    "write_lock",
]
