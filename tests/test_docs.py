"""What the documentation says is so: its examples run, its tables are complete, its links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, get_args

import nbformat
import pytest
import typer
import yaml
from documented import (
    PAGES,
    ROOT,
    RUBRIC,
    Example,
    code,
    notebook_of,
    read_blocks,
    read_examples,
    read_table_headed,
    read_tables,
    shown,
)
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from autograder.cli import app
from autograder.grade import grade_submission
from autograder.kernel.launch import Launcher
from autograder.model import Cell, Report
from autograder.rubric import lint_rubric, load_rubric, schema
from autograder.sandbox import choose_sandbox
from autograder.submission import assign_questions, collect_submissions, read_notebook
from autograder.truth import compute_lock, lock_path, open_truth, write_lock

EXAMPLES = read_examples()
MODELS = {
    name: model
    for name, model in vars(schema).items()
    if isinstance(model, type) and issubclass(model, schema.Model) and model is not schema.Model
}
TOP = "version: 1\nassignment: fragment\n"


def grade(folder: Path, notebook: Path) -> Report:
    """Grade one notebook by the rubric in a folder, as the command does."""
    rubric = load_rubric(folder / "rubric.yaml")
    if rubric.reference:
        write_lock(compute_lock(rubric), lock_path(rubric))
    (submission,) = collect_submissions([notebook], rubric, folder / "workspace")
    with closing(Launcher(choose_sandbox("bubblewrap"), rubric, warm=False)) as launcher:
        return grade_submission(submission, rubric, open_truth(rubric), launcher)


def grade_example(example: Example, folder: Path) -> Report:
    notebook = example.write(folder)
    assert notebook is not None, f"{example.name} has no notebook"
    return grade(folder, notebook)


def lint_example(example: Example, folder: Path) -> str:
    example.write(folder)
    problems = lint_rubric(folder / "rubric.yaml")
    return "".join(f"{problem}\n".removeprefix(f"{folder}/") for problem in problems)


# ── examples ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", [name for name in EXAMPLES if "verdicts" in EXAMPLES[name].results]
)
def test_an_example_is_graded_as_shown(name: str, tmp_path: Path) -> None:
    report = grade_example(EXAMPLES[name], tmp_path)
    assert shown(report) == EXAMPLES[name].results["verdicts"]


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "lint" in EXAMPLES[name].results])
def test_a_refused_example_is_refused_as_shown(name: str, tmp_path: Path) -> None:
    assert lint_example(EXAMPLES[name], tmp_path) == EXAMPLES[name].results["lint"]


def test_every_block_of_yaml_and_python_is_run() -> None:
    blocks = [block for block in read_blocks(RUBRIC) if block.language in ("yaml", "python")]
    assert len(blocks) > 30
    assert [block.text for block in blocks if not block.label] == []
    for example in EXAMPLES.values():
        assert "rubric.yaml" in example.files and example.results, example.name


def test_fragments_are_sound(tmp_path: Path) -> None:
    fragments = [block.text for block in read_blocks(RUBRIC) if block.label == "fragment"]
    assert fragments
    for text in fragments:
        (tmp_path / "rubric.yaml").write_text(TOP + text, encoding="utf-8")
        assert lint_rubric(tmp_path / "rubric.yaml") == []


def test_answers_in_tables_are_judged_as_shown(tmp_path: Path) -> None:
    """One notebook answers all rows of all tables, each by its expression."""
    rows = [
        (", ".join(filter(None, [defaults, code(check)])), code(answer), outcome)
        for defaults, table in read_tables("verdicts")
        for check, answer, outcome in table
    ]
    assert len(rows) > 40
    checks = "".join(
        f"  - {{id: row{number}, answer: {json.dumps(answer)}, {check}}}\n"
        for number, (check, answer, _) in enumerate(rows)
    )
    text = f"{TOP}questions:\n- id: 1\n  checks:\n{checks}"
    (tmp_path / "rubric.yaml").write_text(text, encoding="utf-8")
    cells = "# %% [markdown]\n# # Question 1\n# %%\nimport numpy as np, pandas as pd, torch\n"
    nbformat.write(notebook_of(cells), tmp_path / "jane.ipynb")
    report = grade(tmp_path, tmp_path / "jane.ipynb")
    found = [check.outcome.value for check in report.questions[0].checks]
    assert [(*row[:2], outcome) for row, outcome in zip(rows, found, strict=True)] == rows


def test_headings_name_the_questions_shown() -> None:
    rows = read_table_headed("in the notebook")
    assert len(rows) > 15
    for shown_headings, named in rows:
        ids = ["9", "2" if named == "nothing" else named]
        questions = [
            schema.Question(id=id_, checks=[schema.ManualCheck(kind="manual", id=f"check{id_}")])
            for id_ in ids
        ]
        rubric = schema.Rubric(version=1, assignment="hw", questions=questions)
        sources = [code(part) for part in shown_headings.split(" then ")]
        cells = [Cell(index, "markdown", source) for index, source in enumerate(sources)]
        found = assign_questions(cells, rubric).cells_of
        assert list(found) == ([] if named == "nothing" else [named]), shown_headings


def test_metadata_marks_a_cell_as_shown() -> None:
    (block,) = (block for block in read_blocks(RUBRIC) if block.language == "json")
    found = 0
    for line in block.text.splitlines():
        notebook = notebook_of("# %% [markdown]\n# No heading\n# %%\nx = 1\n")
        notebook.cells[0].metadata.update(json.loads(line))
        read = read_notebook(nbformat.writes(notebook).encode())
        check = schema.ManualCheck(kind="manual", id="x")
        questions = [schema.Question(id="1b", checks=[check])]
        rubric = schema.Rubric(version=1, assignment="hw", questions=questions)
        assert assign_questions(read.cells, rubric, read.marks).cells_of == {"1b": (0, 1)}, line
        found += 1
    assert found == 3


# ── completeness ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", MODELS)
def test_every_key_of_a_model_is_documented_with_its_default(name: str) -> None:
    ((_, table),) = [(rest, rows) for rest, rows in read_tables("keys:") if rest == name]
    fields = {
        key: MODELS[name].model_fields[key]
        for key in MODELS[name].__annotations__
        if key in MODELS[name].model_fields and key != "kind"
    }
    documented = {code(row[0]): row[1] for row in table}
    if name == "Check":
        assert documented.pop("kind") == "`value`"
    assert set(documented) == set(fields)
    for key, shown_default in documented.items():
        assert _default_is(fields[key], shown_default), f"{key}: {shown_default}"


def _default_is(info: FieldInfo, shown_default: str) -> bool:
    if info.is_required():
        return shown_default == "required"
    default = info.get_default(call_default_factory=True)
    if default is None:
        return shown_default == "none"
    kind = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return bool(adapter.validate_python(yaml.safe_load(code(shown_default))) == default)


def test_every_word_that_a_key_may_take_is_documented() -> None:
    text = RUBRIC.read_text(encoding="utf-8")
    words = {
        word
        for model in MODELS.values()
        for info in model.model_fields.values()
        for word in _words(info.annotation)
    }
    assert {"per_entry", "all_or_nothing", "own first", "labelled", "hidden"} <= words
    assert sorted(word for word in words if f"`{word}`" not in text) == []


def _words(annotation: Any) -> set[str]:
    if isinstance(annotation, str):
        return {annotation}
    if isinstance(annotation, type) and issubclass(annotation, schema.Visibility):
        return {member.value for member in annotation}
    return {word for part in get_args(annotation) for word in _words(part)}


def test_every_kind_has_an_example() -> None:
    kinds = {
        model.model_fields["kind"].annotation
        for model in MODELS.values()
        if "kind" in model.model_fields
    }
    names = {word for kind in kinds for word in _words(kind)}
    used = {
        check.get("kind", "value")
        for example in EXAMPLES.values()
        if "verdicts" in example.results
        for question in yaml.safe_load(example.files["rubric.yaml"])["questions"]
        for check in question["checks"]
    }
    assert used == names


# ── links and commands ────────────────────────────────────────────────────────────────────────


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#{1,6} (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(
        r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()


def test_every_command_line_is_understood() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = [
        line.partition("  #")[0]
        for page in PAGES
        for block in read_blocks(page)
        if block.language == "sh"
        for line in block.text.splitlines()
        if re.match(r"(\S*/)?autograder ", line)
    ]
    assert len(lines) > 5
    for line in lines:
        _, name, *arguments = shlex.split(line)
        if name not in ("--version", "--help"):
            commands[name].make_context(name, arguments).close()
