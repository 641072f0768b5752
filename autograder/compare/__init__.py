"""Pure numerics: is this answer the expected one, and how much of it?

Nothing here reads a file, starts a process or knows a rubric. What the student sent is always exact
built-in types and the dataclasses of `wire`, so no method of a student's object runs in a comparison.
A tolerance is anything with the four fields of `Tolerance`; the rubric's own model is one.
"""

from __future__ import annotations

from autograder.compare.arrays import compare_arrays
from autograder.compare.closeness import Exactness, Tolerance, is_close, is_number
from autograder.compare.comparison import Comparison, describe
from autograder.compare.notation import fold, is_blank, read_answer, read_number
from autograder.compare.tables import compare_tables
from autograder.compare.values import compare_values

__all__ = [
    "Comparison",
    "Exactness",
    "Tolerance",
    "compare_arrays",
    "compare_tables",
    "compare_values",
    "describe",
    "fold",
    "is_blank",
    "is_close",
    "is_number",
    "read_answer",
    "read_number",
]
