"""Which modules are imported ahead of time, and that draws do not depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import evaluate, make_runner

from autograder.kernel.imports import imported_modules, shared_modules
from autograder.model import Cell, Submission


def test_well_known_imports_are_found_wherever_they_stand() -> None:
    source = "x = 1\nimport torch.nn as nn\n  from sklearn.svm import SVC\n# import pandas\nimport helper"
    cells = [Cell(0, "code", source), Cell(1, "markdown", "import scipy")]
    assert imported_modules(cells) == ("numpy", "torch", "sklearn")


def test_a_zygote_imports_what_a_tenth_of_a_class_imports() -> None:
    plain = Submission("a", Path(), cells=(Cell(0, "code", "x = 1"),))
    torch = Submission("b", Path(), cells=(Cell(0, "code", "import torch"),))
    assert shared_modules([plain] * 9 + [torch]) == ("numpy", "torch")
    assert shared_modules([plain] * 10 + [torch]) == ("numpy",)


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
def test_torch_draws_the_same_warm_and_cold_and_however_late_it_is_imported(late: bool) -> None:
    first = "x = 1" if late else "import torch"
    cells = [("1", first), ("2", "import torch\ny = torch.rand(3).tolist()")]
    runs = [make_runner(how)(cells, [evaluate("2", "y")]).values for how in ("warm", "bubblewrap")]
    alone = make_runner("bubblewrap")([cells[1]], [evaluate("2", "y")]).values
    assert runs[0] == runs[1] == alone


def test_a_module_that_is_missing_is_the_notebooks_own_matter() -> None:
    ran = make_runner("bubblewrap")(
        [("1", "import torchvision"), ("2", "x = 1")], [evaluate("2", "x")]
    )
    assert ran.values == [1]
