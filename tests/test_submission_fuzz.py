"""Whatever bytes a student hands in, there is a submission or a reason: never an exception."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.rubric.schema import ManualCheck, Question, Rubric
from autograder.submission import (
    Mark,
    assign_questions,
    collect_submissions,
    read_notebook,
    stage_files,
)
from autograder.submission.naming import safe_id

RUBRIC = Rubric(
    version=1,
    assignment="hw",
    filename="{netid}_hw.ipynb",
    questions=[
        Question(id=id_, heading=heading, checks=[ManualCheck(kind="manual", id=f"c{number}")])
        for number, (id_, heading) in enumerate(
            [
                ("1a", None),
                ("1b1", None),
                ("1b2", None),
                ("2.1", "Softmax"),
                ("warmup", None),
                ("2", None),
            ]
        )
    ],
)
IDS = [question.id for question in RUBRIC.questions]

FUZZ = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
words = st.sampled_from(
    ["Question", "1", "1a", "(b)", "b", ".", ":", "#", "##", "**", "\n", " ", "Part", "2.1", "ii", "Softmax", "and",
     "```", "===", "<h1>", "warmup", "[", "(", "|", "> ", "Exercise", "\t", "\r", "\x0b", "é", "\u2028", "12"]
)  # fmt: skip
sources = (
    st.lists(words, max_size=12).map(" ".join)
    | st.lists(words, max_size=12).map("".join)
    | json_values
)
outputs = st.fixed_dictionaries(
    {},
    optional={
        "output_type": st.sampled_from(
            ["stream", "error", "execute_result", "display_data", "pyout", "pyerr", 3]
        ),
        "text": json_values,
        "name": json_values,
        "data": json_values
        | st.dictionaries(
            st.sampled_from(["text/plain", "application/json", "a+json"]), json_values
        ),
        "metadata": json_values,
        "traceback": json_values,
        "ename": json_values,
        "png": json_values,
    },
)
cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading", "other"]) | json_values,
        "source": sources,
        "input": sources,
        "id": st.sampled_from(["a", "b"]) | json_values,
        "level": json_values,
        "metadata": json_values
        | st.fixed_dictionaries(
            {"autograder": st.fixed_dictionaries({"question": st.sampled_from(IDS)})}
        )
        | st.fixed_dictionaries({"tags": st.just(["question:1a"]), "nbgrader": json_values}),
        "outputs": json_values | st.lists(outputs | json_values, max_size=3),
        "execution_count": json_values,
    },
)
metadata = st.fixed_dictionaries(
    {},
    optional={
        "kernelspec": json_values
        | st.dictionaries(st.sampled_from(["name", "language"]), json_values),
        "language_info": json_values
        | st.dictionaries(st.sampled_from(["name", "version"]), json_values),
        "language": json_values,
    },
)
notebooks = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([2, 3, 4, 4, 4]) | json_values},
    optional={
        "cells": st.lists(cells | json_values, max_size=6) | json_values,
        "worksheets": st.lists(
            st.fixed_dictionaries({"cells": st.lists(cells, max_size=3)}), max_size=2
        )
        | json_values,
        "metadata": metadata | json_values,
    },
)


def check(data: bytes) -> None:
    """Read and assign; whatever comes out is well formed and fit to be sent, written and shown."""
    found = read_notebook(data)
    assert bool(found.problem) != bool(found.cells)
    assert found.problem.isprintable()
    assert all(note.isprintable() for note in found.notes)
    placed = assign_questions(found.cells, RUBRIC, found.marks)
    assert [cell.index for cell in placed.cells] == list(range(len(found.cells)))
    assert all(cell.question in ("", *IDS) for cell in placed.cells)
    assert placed.ends.keys() == placed.cells_of.keys()
    for id_, inside in placed.cells_of.items():
        assert list(inside) == sorted(set(inside))
        assert 0 <= inside[0] <= inside[-1] <= placed.ends[id_] < len(placed.cells)
    for cell in placed.cells:
        cell.source.encode()
        assert "\0" not in cell.source
        json.dumps(cell.outputs, ensure_ascii=False, allow_nan=False).encode()


@FUZZ
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    check(data)


@FUZZ
@given(json_values)
def test_any_json_is_read(value: Any) -> None:
    check(json.dumps(value).encode())


@settings(FUZZ, max_examples=200)
@given(notebooks)
def test_any_thing_like_a_notebook_is_read(value: Any) -> None:
    check(json.dumps(value).encode())


@FUZZ
@given(notebooks, st.data())
def test_a_notebook_with_damaged_bytes_is_read(value: Any, data: st.DataObject) -> None:
    whole = json.dumps(value, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 20)))
    check(whole[:start] + data.draw(st.binary(max_size=8)) + whole[stop:])


@settings(FUZZ, max_examples=200)
@given(st.lists(sources.filter(lambda source: isinstance(source, str)), max_size=8), st.data())
def test_any_headings_and_marks_are_assigned(texts: list[str], data: st.DataObject) -> None:
    found = read_notebook(
        json.dumps(
            {
                "nbformat": 4,
                "cells": [
                    {"cell_type": data.draw(st.sampled_from(["code", "markdown"])), "source": text}
                    for text in texts
                ],
            }
        ).encode()
    )
    numbers = st.integers(0, max(len(texts) - 1, 0))
    names = st.sampled_from([*IDS, "9", "", "q1a"])
    marks = data.draw(
        st.dictionaries(numbers, names.map(lambda name: Mark(name, "autograder")), max_size=4)
    )
    placed = assign_questions(found.cells, RUBRIC, marks)
    assert len(placed.cells) == len(found.cells)
    assert all(end < len(placed.cells) for end in placed.ends.values())


def collect(path: Path, room: Path) -> None:
    (found,) = collect_submissions([path], RUBRIC, room / "workspace")
    assert bool(found.problem) != bool(found.cells)
    assert found.problem.isprintable()
    assert all(isinstance(note, str) for note in stage_files(found, room / "staged"))
    outside = {child.name for child in room.iterdir()} - {"workspace", "staged"}
    assert outside == {path.name}
    for child in (room / "staged").rglob("*"):
        assert child.is_dir() or (child.is_file() and not child.is_symlink())


names = st.text(max_size=12) | st.lists(
    st.sampled_from(
        ["..", ".", "/", "\\", "a", "A", "hw.ipynb", "\0", "\n", "\u202e", "C:", "__MACOSX", "é"]
    ),
    max_size=6,
).map("".join)


@FUZZ
@given(st.lists(st.tuples(names, st.binary(max_size=20), st.integers(0, 2**32 - 1)), max_size=5))
def test_a_zip_of_any_members_is_opened(members: list[tuple[str, bytes, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "student.zip"
        with zipfile.ZipFile(path, "w") as file:
            for name, data, attributes in members:
                info = zipfile.ZipInfo("x")
                info.filename = info.orig_filename = name.encode("utf-8", "replace").decode()
                info.external_attr = attributes
                if info.filename not in file.NameToInfo:
                    file.writestr(info, data)
        collect(path, Path(folder))


@settings(FUZZ, max_examples=200)
@given(st.data())
def test_a_damaged_zip_is_opened(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "student.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(
                "hw.ipynb", '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}]}'
            )
            file.writestr("data/x.csv", "1,2,3\n" * 20)
        whole = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(whole[: data.draw(st.integers(len(whole) - 30, len(whole)))])
        collect(path, Path(folder))


@FUZZ
@given(st.binary(max_size=200))
def test_any_bytes_are_opened_as_a_zip(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "student.zip"
        path.write_bytes(data)
        collect(path, Path(folder))


@FUZZ
@given(st.text(st.characters(exclude_characters="")))
def test_any_name_makes_a_safe_id(name: str) -> None:
    found = safe_id(name)
    assert found == Path(found).name
    assert found.isprintable()
    assert found[0] not in ".-=+@"
    assert 0 < len(found.encode()) <= 120
