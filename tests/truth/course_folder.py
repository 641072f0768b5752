"""A course in a temporary folder: a rubric, a reference, and the truth that follows."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import TruthError
from autograder.rubric.schema import Rubric
from autograder.truth import Truth, compute_lock, lock_path, open_truth, write_lock

IOU = """
    import numpy as np
    from autograder.truth import function, inputs, property_test

    def weights(): return 4800
    def params(weights): return weights + 64
    def share(params, weights): return weights / params

    @function
    def iou(a, b):
        a[0] = a[0] + 0  # a solution that changes what it is given
        low, high = max(a[0], b[0]), min(a[1], b[1])
        inner = max(high - low, 0)
        return float(inner / ((a[1] - a[0]) + (b[1] - b[0]) - inner))

    @inputs
    def intervals(rng):
        return tuple(np.sort(rng.random(2)) for _ in range(2))

    @property_test
    def in_range(inputs, results):
        assert all(isinstance(a, np.ndarray) for pair in inputs for a in pair)
        return all(0 <= result <= 1 for result in results)
"""

IOU_CHECK = {
    "id": "iou",
    "kind": "function",
    "cases": [
        {"args": [[0, 1], [0, 1]]},
        {"args": [[0, 2]], "kwargs": {"b": [1, 2]}, "expected": 0.5},
    ],
    "random": {"inputs": "intervals", "count": 3, "seed": 1},
    "properties": [{"holds": "in_range", "on": {"inputs": "intervals", "count": 2, "seed": 2}}],
}


@dataclass
class Course:
    """A folder with a rubric and a reference."""

    root: Path

    def write(self, source: str, name: str = "hw.py") -> Path:
        """Write a module of the reference."""
        path = self.root / "reference" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    def rubric(
        self, *checks: dict[str, Any], reference: str | None = "../reference/hw.py"
    ) -> Rubric:
        """Return a rubric as the loader would."""
        fields = {
            "version": 1,
            "assignment": "hw",
            "reference": reference,
            "questions": [
                {"id": "1", "checks": list(checks) or [{"id": "params", "kind": "value"}]}
            ],
        }
        rubric = Rubric.model_validate(fields)
        rubric._path = self.root / "rubrics" / "hw.yaml"
        return rubric

    def truth(self, *checks: dict[str, Any]) -> Truth:
        """Compute the lock and open it."""
        rubric = self.rubric(*checks)
        write_lock(compute_lock(rubric), lock_path(rubric))
        return open_truth(rubric)

    def value(self, body: str) -> Any:
        """Return the stored value of a node with this body."""
        self.write(f"import math\nimport numpy as np\ndef params():\n    {body}\n")
        return self.truth().value("params")


def refusal(action, *arguments) -> str:
    """Return the one line with which something is refused."""
    with pytest.raises(TruthError) as caught:
        action(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)
