"""Everything autograder raises.

    AutograderError            anything that stops a command; its text is one clear line
    ├── RubricError            a rubric that cannot be used; lists every problem, with file and line
    ├── TruthError             a reference module that cannot be used (cycle, unknown node, a node that raises)
    │   └── LockError          the stored truth is missing, stale or damaged
    ├── SandboxError           no sandbox could be started, or the kernel never came up (our failure, not the student's)
    ├── WireError              bytes from a student's process that are not a well-formed reply
    ├── FormulaError           text that is not a formula, or one that is too large to evaluate
    └── UsageError             a command line that makes no sense (a path that does not exist, nothing to grade)

A student's wrong answer is never an exception: it is a `Verdict`. A notebook that cannot be read is
not one either: it is a `Submission` with a `problem`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class AutograderError(Exception):
    """Stop the command; ``str(error)`` is what the user reads."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a rubric."""

    path: Path
    """The YAML file."""
    line: int
    """Line in that file, from 1; 0 where no line can be named."""
    message: str
    """What is wrong and what to write instead."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.message}"


class RubricError(AutograderError):
    """A rubric cannot be used; `problems` holds all that is wrong with it, in line order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TruthError(AutograderError):
    """A reference module cannot be loaded or evaluated."""


class LockError(TruthError):
    """The truth lock is missing, stale or damaged."""


class SandboxError(AutograderError):
    """No sandbox could be started, or no kernel came up in it."""


class WireError(AutograderError):
    """Bytes from a student's process are not a well-formed reply."""


class FormulaError(AutograderError):
    """Text is not a formula; ``str(error)`` shows where, with a caret beneath the place."""

    def __init__(self, reason: str, text: str = "", position: int | None = None) -> None:
        self.reason = reason
        self.position = position
        super().__init__(reason if position is None else f"{reason}\n{_point(text, position)}")


def _point(text: str, position: int, width: int = 30) -> str:
    """Return the stretch of text around a position and, beneath it, a line with a caret."""
    start = max(0, position - width)
    stretch = text[start : position + width]
    shown = "".join(char if char.isprintable() else " " for char in stretch)
    return f"  {shown}\n  {' ' * (position - start)}^"


class UsageError(AutograderError):
    """The command line names something that is not there or makes no sense."""
