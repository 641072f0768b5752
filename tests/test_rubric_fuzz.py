"""Whatever stands in the file, a rubric is loaded or refused in plain lines."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import RubricError
from autograder.rubric import json_schema, load_rubric
from autograder.rubric.document import read_document
from autograder.rubric.schema import Rubric

ANSWERED = {"follow_through": {"nodes": ["b"]}, "mistakes": [{"value": 5, "when": "mac2"}]}
RUBRIC: dict[str, Any] = {
    "version": 1,
    "assignment": "hw",
    "reference": "hw.py",
    "filename": "{netid}.ipynb",
    "points": 10,
    "limits": {"time": "5 min", "memory": "2 GiB", "threads": 1},
    "environment": {"python": "python", "variables": {"A": "b"}},
    "conventions": {"mac2": {"title": "t", "answer": "mac2", "equals": [True]}},
    "questions": [
        {
            "id": 1,
            "points": 6,
            "checks": [
                {"id": "a", "tolerance": {"rtol": 0.1}, "requires": ["c"], **ANSWERED},
                {"id": "b", "kind": "array", "expected": [[1, 2], [3, 4]], "tolerance": "exact"},
                {"id": "c", "kind": "table", "expected": {"x": 1}, "credit": "per_entry"},
                {"id": "d", "kind": "formula", "variables": ["N"], "expected": "N*(N + 1)"},
                {"id": "e", "kind": "printed", "match": "regex", "expected": "a+"},
                {"id": "f", "kind": "function", "cases": [{"args": [1], "expected": 1}]},
            ],
        },
        {
            "id": "2",
            "checks": [
                {"id": "g", "kind": "text", "key_points": [{"point": "p", "any": ["/x/"]}]},
                {"id": "h", "kind": "manual", "visibility": "hidden"},
                {"id": "i", "kind": "notebook", "rules": ["filename"]},
                {"id": "j", "kind": "pytest", "file": "hw.py"},
            ],
        },
    ],
}
SCHEMA = jsonschema.Draft202012Validator(json_schema())
JARGON = ("Input should", "validation", "pydantic", "Traceback", "Value error", "NoneType")

SYNTAX = st.sampled_from(
    ["- ", ": ", "\n", "\n  ", "{", "}", "[", "]", "&a ", "*a", "<<", "!", "|\n", ">", "'", '"', "#",
     "?", ",", "\t", "---\n", "...\n", "%YAML ", "~", "id", "checks", "questions", "version", "1",
     "1e5", "yes", "\\", "\ufeff", "\x85", "\0", "é"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["a", "b", "c", "exact", "value", "5 min", "x[", "/a(b/", "{x", "1e5", 10**400]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
KEYS = st.sampled_from(sorted({"id", "nodes", "any", "rtol", "on", "x", *Rubric.model_fields}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    reference = "def b():\n    return 1\ndef a(b):\n    return b\n"
    (folder / "hw.py").write_text(reference, encoding="utf-8")
    return folder


def problems(folder: Path, content: bytes) -> list[str]:
    """Load a file; return its problems, each of which must be a line that a person can use."""
    path = folder / "hw.yaml"
    path.write_bytes(content)
    try:
        load_rubric(path)
    except RubricError as error:
        assert error.problems
        for problem in error.problems:
            assert 0 <= problem.line <= content.count(b"\n") + content.count(b"\r") + 9
            assert problem.message.isprintable(), problem.message
            assert not any(word in problem.message for word in JARGON), problem.message
        return [problem.message for problem in error.problems]
    assert SCHEMA.is_valid(read_document(path).data), "the loader accepts what editors refuse"
    return []


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every holder and key within nested data."""
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in list(entries):
        yield node, key
        if isinstance(child, (dict, list)):
            yield from places(child)


def test_the_rubric_that_is_mutated_is_sound(folder: Path) -> None:
    assert problems(folder, yaml.safe_dump(RUBRIC).encode()) == []


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=60))
def test_no_bytes_break_the_loader(folder: Path, content: bytes) -> None:
    assert problems(folder, content)


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.one_of(SYNTAX, st.text(max_size=3)), max_size=25))
def test_no_text_breaks_the_loader(folder: Path, parts: list[str]) -> None:
    assert problems(folder, "".join(parts).encode("utf-8", "surrogatepass"))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_mutation_breaks_the_loader(folder: Path, data: st.DataObject) -> None:
    rubric = copy.deepcopy(RUBRIC)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(places(rubric))))
        change = data.draw(st.sampled_from(["replace", "replace", "delete", "rename", "add"]))
        if change == "replace":
            holder[key] = data.draw(VALUES)
        elif change == "delete":
            del holder[key]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            value = holder.pop(key) if change == "rename" else data.draw(VALUES)
            holder[data.draw(KEYS)] = value
        if not isinstance(rubric, dict) or not rubric:
            break
    problems(folder, yaml.safe_dump(rubric).encode())
