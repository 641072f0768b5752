"""Make the sample notebooks of convnets_hw3 from answers.yaml and the questions of the rubric.

    python submissions/convnets_hw3/make_samples.py

Each case of answers.yaml becomes <case>/abc123_hw3.ipynb beside this file. The notebooks differ in
nothing but what the cases say. What each must be given is in <case>/expect.yaml, written by hand.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
RUBRIC = HERE.parent.parent / "rubrics" / "convnets_hw3.yaml"
NOTEBOOK = "abc123_hw3.ipynb"
SETUP = """\
from math import prod

bias = True  # False: you count no biases
mac_convention = "MAC"  # "2xMAC": you count a multiply-accumulate as two operations
"""
OPEN = "..."
"""A value that is not given yet."""
OPEN_TEXT = "*Your answer here.*"
"""An answer in words that is not given yet."""

Cell = dict[str, Any]
Case = dict[str, Any]


def make_notebooks() -> dict[str, str]:
    """Return the text of each case's notebook."""
    questions = yaml.safe_load(RUBRIC.read_text(encoding="utf-8"))["questions"]
    answers = yaml.safe_load((HERE / "answers.yaml").read_text(encoding="utf-8"))
    right = {"values": answers["values"], "texts": answers["texts"]}
    return {
        name: make_notebook(questions, right, case or {}) for name, case in answers["cases"].items()
    }


def make_notebook(questions: list[dict[str, Any]], right: Case, case: Case) -> str:
    """Return the notebook of one case: JSON, nbformat 4.5, the same text every time."""
    answered = case.get("answered", True)
    given = {
        part: {**(right[part] if answered else {}), **case.get(part, {})}
        for part in ("values", "texts")
    }
    style = case.get("style", "template")
    cells = [make_cell("setup", "code", case.get("setup", SETUP))]
    for question in questions:
        cells += question_cells(question, given, case.get("cells", {}), style)
    if "last" in case:
        cells.append(make_cell("last", "code", case["last"]))
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def question_cells(
    question: dict[str, Any], given: Case, code: dict[str, str], style: str
) -> list[Cell]:
    """Return the heading, the code and the text cells of one question."""
    id = question["id"]
    metadata = {"question": id} if style == "template" else None
    texts = [check["id"] for check in question["checks"] if check.get("kind") == "text"]
    names = [check["id"] for check in question["checks"] if check["id"] not in texts]
    if metadata:
        heading = f"## Question {id}: {question['title']} ({question['points']} points)"
        prompt = f"{heading}\n\n{question['prompt']}"
        cells = [make_cell(f"{id}-prompt", "markdown", prompt, {**metadata, "given": True})]
    else:
        number = re.sub(r"(\d+)([a-z])(\d*)", r"\1 (\2) \3", id).strip()
        heading = f"## {style.format(id=id, number=number)}"
        cells = [make_cell(f"{id}-heading", "markdown", heading)]
    if names:
        lines = [f"{name} = {given['values'].get(name, OPEN)}" for name in names]
        source = code.get(id, "\n".join(lines))
        cells.append(make_cell(f"{id}-code", "code", source, metadata))
    for name in texts:
        text = given["texts"].get(name, OPEN_TEXT)
        cells.append(make_cell(f"{id}-{name}", "markdown", text, metadata))
    return cells


def make_cell(id: str, kind: str, source: str, metadata: dict[str, Any] | None = None) -> Cell:
    """Return one cell; `metadata` is what the template says about it."""
    cell: Cell = {
        "id": id,
        "cell_type": kind,
        "metadata": {"autograder": metadata} if metadata else {},
        "source": source.strip().splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def main() -> None:
    """Write the notebooks."""
    for name, text in make_notebooks().items():
        (HERE / name).mkdir(exist_ok=True)
        (HERE / name / NOTEBOOK).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
