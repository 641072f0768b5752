"""The sample notebooks of convnets_hw3 are what make_samples.py makes, and say what they should."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "submissions" / "convnets_hw3"
RUBRIC = yaml.safe_load((ROOT / "rubrics" / "convnets_hw3.yaml").read_text(encoding="utf-8"))
CHECKS = {check["id"]: check for question in RUBRIC["questions"] for check in question["checks"]}
CASES = sorted(path.parent.name for path in SAMPLES.glob("*/expect.yaml"))


def load_maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = load_maker()
MADE: dict[str, str] = MAKER.make_notebooks()


def test_every_notebook_has_expectations_and_the_other_way_round() -> None:
    assert sorted(MADE) == CASES


@pytest.mark.parametrize("case", CASES)
def test_checked_in_notebook_is_what_the_script_makes(case: str) -> None:
    path = SAMPLES / case / MAKER.NOTEBOOK
    assert path.read_text(encoding="utf-8") == MADE[case], "run make_samples.py again"


@pytest.mark.parametrize("case", CASES)
def test_notebook_is_valid_and_its_cell_ids_are_unique(case: str) -> None:
    notebook = nbformat.reads(MADE[case], as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)


@pytest.mark.parametrize("case", CASES)
def test_answers_name_only_what_the_rubric_asks(case: str) -> None:
    cases = yaml.safe_load((SAMPLES / "answers.yaml").read_text(encoding="utf-8"))["cases"]
    given = cases[case]
    kinds = {
        "values": lambda check: check.get("kind") != "text",
        "texts": lambda check: check.get("kind") == "text",
    }
    for part, fits in kinds.items():
        for name in given.get(part, {}):
            assert name in CHECKS and fits(CHECKS[name]), name
    assert set(given) <= {"style", "answered", "setup", "values", "texts", "cells", "last"}


def test_only_the_samples_that_need_torch_import_it() -> None:
    users = {case for case, text in MADE.items() if re.search(r"\bimport torch\b", text)}
    assert users == {"perfect", "transcribed", "cheat_allclose"}


def test_template_says_which_cells_are_the_instructor_s() -> None:
    cells = json.loads(MADE["blank"])["cells"]
    prompts = [cell for cell in cells if cell["metadata"].get("autograder", {}).get("given")]
    assert [cell["metadata"]["autograder"]["question"] for cell in prompts] == [
        question["id"] for question in RUBRIC["questions"]
    ]


@pytest.mark.parametrize("case", CASES)
def test_expectations_name_every_check_and_add_up(case: str) -> None:
    expect = yaml.safe_load((SAMPLES / case / "expect.yaml").read_text(encoding="utf-8"))
    rows = expect["checks"]
    assert list(rows) == list(CHECKS)
    assert sum(row["points"] for row in rows.values()) == pytest.approx(expect["score"], abs=1e-9)
    awaiting = [id for id, row in rows.items() if row["outcome"] == "ungraded"]
    assert sum(CHECKS[id]["points"] for id in awaiting) == pytest.approx(expect["awaiting"])
