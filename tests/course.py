"""A small course on disk: a rubric, notebooks, and the command line run on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

RUBRIC = """\
version: 1
assignment: tiny
title: A tiny homework
limits: {time: 1 min, cell_time: 5 s}
questions:
  - id: 1
    checks:
      - {id: x, expected: 3, points: 2, visibility: public}
      - {id: secret, expected: 424242, points: 1, visibility: hidden}
  - id: 2
    checks:
      - {id: essay, kind: manual, points: 2, guidance: Look for the word why.}
"""


def write_rubric(folder: Path, text: str = RUBRIC) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(text)
    return path


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook; a cell that begins with '#' and a space is Markdown."""
    notebook = nbformat.v4.new_notebook()
    for index, source in enumerate(cells):
        make = (
            nbformat.v4.new_markdown_cell if source.startswith("# ") else nbformat.v4.new_code_cell
        )
        notebook.cells.append(make(source, id=f"c{index}"))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def autograder(
    *words: str | Path, columns: int = 80, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-m", "autograder", *map(str, words)]
    environment = {**os.environ, "COLUMNS": str(columns), "NO_COLOR": "1"}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment,
        timeout=240,
        check=False,
        **settings,
    )


def read_report(output: Path, submission: str) -> Any:
    return json.loads((output / submission / "report.json").read_text())
