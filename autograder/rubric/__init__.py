"""The rubric: YAML to `Rubric`, or to a list of everything that is wrong with it."""

from __future__ import annotations

from autograder.rubric.editor import json_schema, write_schema
from autograder.rubric.loader import lint_rubric, load_rubric
from autograder.rubric.schema import Check, Question, Rubric

__all__ = [
    "Check",
    "Question",
    "Rubric",
    "json_schema",
    "lint_rubric",
    "load_rubric",
    "write_schema",
]
