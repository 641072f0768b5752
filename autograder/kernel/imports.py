"""Which well-known modules a notebook imports, read from its text.

A kernel imports them before the first cell, so that they are seeded for the first question like for all others,
whether it was started warm or cold, alone or in a class. A zygote imports them once for a whole class.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from autograder.model import Cell, Submission

KNOWN = {
    "numpy": "numpy",
    "torch": "torch",
    "torchvision": "torchvision",
    "matplotlib": "matplotlib.pyplot",
    "pandas": "pandas",
    "scipy": "scipy",
    "sklearn": "sklearn",
    "sympy": "sympy",
    "PIL": "PIL.Image",
    "tqdm": "tqdm.auto",
}
"""What is imported ahead of time, by the name in the notebook: importing these changes nothing but the time."""
IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
WORTH = 0.1
"""A zygote imports what this share of a class imports."""


def imported_modules(cells: Iterable[Cell]) -> tuple[str, ...]:
    """Return the well-known modules that code cells import; numpy is always among them."""
    names = {name for cell in cells if cell.kind == "code" for name in IMPORT.findall(cell.source)}
    return tuple(module for name, module in KNOWN.items() if name in names or name == "numpy")


def shared_modules(submissions: Iterable[Submission]) -> tuple[str, ...]:
    """Return what is worth importing once for a class: what at least a tenth of it imports."""
    counts: Counter[str] = Counter()
    size = 0
    for submission in submissions:
        size += 1
        counts.update(imported_modules(submission.cells))
    return tuple(module for module in KNOWN.values() if counts[module] >= max(1, WORTH * size))
