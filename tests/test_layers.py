"""The layers of docs/architecture.md, held by reading the imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import autograder

ROOT = Path(autograder.__file__).parent
LAYERS = (
    {"errors", "model"},
    {"wire", "compare", "formulas"},
    {"rubric", "truth", "submission"},
    {"sandbox", "kernel"},
    {"checks"},
    {"score", "grade"},
    {"batch", "journal"},
    {"report", "doctor"},
    {"commands", "cli", "__main__"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MAY_START_PROCESSES = {"sandbox", "kernel", "batch"}
STARTS_PROCESSES = {"subprocess", "multiprocessing", "concurrent"}
HEAVY = {"torch", "pandas", "otter", "matplotlib", "sympy"}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def imports_of(path: Path) -> set[str]:
    """Return the dotted names that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_its_own_layer_and_those_above(path: Path) -> None:
    own = LEVEL[part_of(path)]
    for name in imports_of(path):
        if name.startswith("autograder."):
            part = name.split(".")[1]
            assert part not in LEVEL or LEVEL[part] <= own, f"{part} lies below"


@pytest.mark.parametrize("name", ["agent.py", "zygote.py"])
def test_what_runs_inside_imports_nothing_of_ours(name: str) -> None:
    names = imports_of(ROOT / "kernel" / "inside" / name)
    assert not [name for name in names if name.startswith("autograder")]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_sandbox_and_the_kernel_start_processes(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports_of(path)}
    if part_of(path) not in MAY_START_PROCESSES:
        assert not tops & STARTS_PROCESSES


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_unpickles_or_evaluates(path: Path) -> None:
    if path in (ROOT / "kernel" / "inside" / "agent.py", ROOT / "truth" / "source.py"):
        return  # the one runs beside student code, the other runs the instructor's reference
    tree = ast.parse(path.read_text())
    calls = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"eval", "exec"}
    assert not {name.split(".")[0] for name in imports_of(path)} & {
        "pickle",
        "dill",
        "marshal",
        "shelve",
    }


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_are_imported_at_the_top_of_no_module(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & HEAVY
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in HEAVY
