"""Run small notebooks in a real sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.kernel.launch import Launcher
from autograder.kernel.run import run_submission
from autograder.model import Cell, Execution, Reply, Request, Submission
from autograder.rubric.schema import Rubric
from autograder.sandbox import choose_sandbox


@dataclass
class Ran:
    """What a notebook did and answered."""

    execution: Execution
    replies: list[Reply]

    @property
    def values(self) -> list[Any]:
        return [reply.value if reply.status == "ok" else reply.status for reply in self.replies]


def submission_of(cells: Sequence[tuple[str, str]], files: Path | None = None) -> Submission:
    """Make a submission from (question, source); cells of no question have an empty one."""
    made = tuple(Cell(index, "code", source, name) for index, (name, source) in enumerate(cells))
    names = [name for name, _ in cells if name]
    places = {name: tuple(i for i, (n, _) in enumerate(cells) if n == name) for name in names}
    ends = {name: own[-1] for name, own in places.items()}
    return Submission("s", Path(), "s.ipynb", made, ends, places, files)


def rubric_of(**limits: Any) -> Rubric:
    question = {"id": "1", "checks": [{"id": "x", "kind": "manual"}]}
    return Rubric.model_validate(
        {"version": 1, "assignment": "a", "limits": limits, "questions": [question]}
    )


def evaluate(question: str, expression: str, time_s: float = 10.0) -> Request:
    return Request("evaluate", question, expression, time_s=time_s)


Run = Callable[..., Ran]


def make_runner(backend: str) -> Run:
    """Return a function that runs cells in a backend."""

    def run_cells(
        cells: Sequence[tuple[str, str]],
        requests: Sequence[Request],
        files: Path | None = None,
        **limits: Any,
    ) -> Ran:
        submission, rubric = submission_of(cells, files), rubric_of(**limits)
        warm = backend == "warm"
        sandbox = choose_sandbox("bubblewrap" if warm else backend)
        with closing(Launcher(sandbox, rubric, warm=warm)) as launcher:
            ran = Ran(*run_submission(submission, rubric, launcher, requests))
            assert launcher.reason_cold == "" or not warm
            return ran

    return run_cells
