"""Linting a rubric that a test writes as text."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from autograder.rubric import lint_rubric

TOP = "version: 1\nassignment: hw\n"
QUESTION = "questions:\n- id: 1b\n  checks:\n"


def lint(folder: Path, text: str, *, reference: bool = True) -> list[str]:
    """Write `text` to hw.yaml in `folder`; return its problems as people read them there."""
    path = folder / "hw.yaml"
    path.write_text(text, encoding="utf-8")
    problems = lint_rubric(path, reference=reference)
    return [str(problem).replace(f"{folder}/", "") for problem in problems]


def checks(text: str, top: str = TOP) -> str:
    """Return a rubric with one question and these checks; with the usual top they begin in line 6."""
    return top + QUESTION + indent(dedent(text).strip(), "  ") + "\n"
