"""What the documentation shows, read out of its Markdown so that tests can run it.

An HTML comment before a fenced block or a table says what it is:

    example NAME: FILE       a file of an example (a rubric, a reference, a notebook as Python cells)
    example NAME: verdicts   what grading the example's notebook gives
    example NAME: lint       what linting the example's rubric gives
    fragment                 a rubric without its first two lines, which must be sound
    keys: MODEL              a table of the keys of a model of the rubric
    verdicts DEFAULTS        a table: a check in YAML, an answer in Python, the outcome
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from autograder.model import CheckReport, Report

ROOT = Path(__file__).parent.parent
RUBRIC = ROOT / "docs" / "rubric.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = [RUBRIC, ROOT / "docs" / "instructors.md"]
"""Pages whose examples are run."""

BLOCK = re.compile(
    r"(?:<!-- (?P<label>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
TABLE = re.compile(r"<!-- (?P<label>[^\n]*) -->\n(?P<text>(?:\|[^\n]*\n)+)")


@dataclass
class Example:
    """Files that belong together, and what they give."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path | None:
        """Write the files; return the notebook, if there is one."""
        notebook = None
        for name, text in self.files.items():
            if name.endswith(".ipynb"):
                notebook = folder / name
                nbformat.write(notebook_of(text), notebook)
            else:
                (folder / name).write_text(text, encoding="utf-8")
        return notebook


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    label: str
    language: str
    text: str


def read_blocks(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(match["label"] or "", match["language"], match["text"]) for match in found]


def read_examples() -> dict[str, Example]:
    examples: dict[str, Example] = {}
    for block in (block for page in GUIDES for block in read_blocks(page)):
        if match := re.fullmatch(r"example (\w+): (\S+)", block.label):
            example = examples.setdefault(match[1], Example(match[1]))
            parts = example.results if block.language == "text" else example.files
            assert match[2] not in parts, f"{block.label} is there twice"
            parts[match[2]] = block.text
    return examples


def read_tables(kind: str) -> list[tuple[str, list[list[str]]]]:
    """Return the tables of a kind: the rest of the label, and the rows without the heading."""
    tables = []
    for match in TABLE.finditer(RUBRIC.read_text(encoding="utf-8")):
        name, _, rest = match["label"].partition(" ")
        if name == kind:
            tables.append((rest, list(_rows(match["text"]))))
    return tables


def read_table_headed(heading: str) -> list[list[str]]:
    """Return the rows of the table whose heading line begins so."""
    text = RUBRIC.read_text(encoding="utf-8")
    start = text.index(f"\n| {heading} |") + 1
    return list(_rows(text[start:].split("\n\n")[0] + "\n"))


def _rows(table: str) -> Iterator[list[str]]:
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code(cell: str) -> str:
    """Return what stands in a table's cell as code; empty where nothing does."""
    match = re.fullmatch(r"`([^`]+)`", cell)
    return match[1] if match else ""


def notebook_of(listing: str) -> nbformat.NotebookNode:
    """Make a notebook from cells that begin with ``# %%`` or ``# %% [markdown]``."""
    cells = []
    for part in re.split(r"^# %%", listing, flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        if "[markdown]" in head:
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()]
            cells.append(nbformat.v4.new_markdown_cell("\n".join(lines)))
        else:
            cells.append(nbformat.v4.new_code_cell(body.strip()))
    return nbformat.v4.new_notebook(cells=cells)


def shown(report: Report) -> str:
    """Return a report as the documentation shows it."""
    rows = [check for question in report.questions for check in question.checks]
    width = max(len(row.id) for row in rows)
    lines = [line for row in rows for line in _lines(row, width)]
    awaiting = f", {report.awaiting:g} awaiting" if report.awaiting else ""
    return "\n".join([*lines, f"score: {report.score:g} of {report.max_score:g}{awaiting}"]) + "\n"


def _lines(row: CheckReport, width: int) -> Iterator[str]:
    points = f"{row.points:g} of {row.max_points:g}"
    words = [*row.message.splitlines()]
    if row.feedback:
        words.append(f"feedback: {row.feedback}")
    if row.suggested is not None:
        words.append(f"suggested: {row.suggested:g}")
    head = f"{row.id:{width}}  {row.outcome.value:8}  {points:9}  "
    for number, line in enumerate(words):
        yield ((head if number == 0 else " " * len(head)) + line).rstrip()
