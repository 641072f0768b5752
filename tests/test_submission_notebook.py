"""Bytes of a notebook file → cells, repairs, or one clear reason."""

from __future__ import annotations

import codecs
import json
import logging
from typing import Any

import nbformat
import pytest

from autograder.submission import Mark, Notebook, document, notebook, read_notebook


def code(source: Any = "x = 1", **fields: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    } | fields


def document_of(*cells: Any, metadata: Any = None, **fields: Any) -> dict[str, Any]:
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": metadata or {},
        "cells": list(cells),
    } | fields


def read(*cells: Any, **fields: Any) -> Notebook:
    return read_notebook(json.dumps(document_of(*cells, **fields)).encode())


# ── what is refused ───────────────────────────────────────────────────────────────────────────

CONFLICT = b'{"cells": [\n<<<<<<< HEAD\n {}\n=======\n []\n>>>>>>> theirs\n]}'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b" \n\n", "holds 3 blank bytes"),
        (b"\0" * 512, "holds 512 blank bytes"),
        (b'{"cells": [\n  1 2]}', "not valid JSON at line 2, column 5"),
        (b'{"cells": [\n  {"source', "breaks off at line 2"),
        (b'{"cells": [', "breaks off at line 1"),
        (CONFLICT, "unresolved merge conflict: line 2 begins with `<<<<<<<`"),
        (b"[1, 2]", "holds a list"),
        (b"3", "it holds a single value"),
        (b'{"a": 1}', "has no `cells`"),
        (b'{"url": "https://x", "doc_id": "1", "email": "a"}', "Google Drive shortcut"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"PK\x03\x04....", "is a zip"),
        (b"\x1f\x8b\x08...", "is a gzip archive"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"\n<html lang='en'>", "is a web page"),
        (b"import torch\nprint(1)\n", "is a Python script"),
        (b"# %%\nx = 1\n", "is a Python script"),
        (b"#!/usr/bin/env python3\n", "is a Python script"),
        (b"version https://git-lfs.github.com/spec/v1\noid 1", "is a Git LFS pointer"),
        (b"[InternetShortcut]\nURL=https://x\n", "is a shortcut to a web page"),
        (b"https://colab.example/drive/1\n", "is only a link"),
        (b"Dear grader, ...", "is JSON and begins with `{`"),
        (b'{"cells": "\xff"}', "is not UTF-8 text: byte 0xff in line 1"),
        ('{"cells": "é"}'.encode("latin-1"), "is not UTF-8 text"),
        (b'{"cells":\n "a\0b"}', "holds NUL bytes, the first in line 2"),
        (codecs.BOM_UTF16_LE + b"{\0\xd8", "begins as UTF-16 but"),
        (b"[" * 200_000, "nests lists or objects too deeply"),
        (b'{"cells": ' + b"[" * 200_000, "nests lists or objects too deeply"),
        (b'{"cells": [], "nbformat": 4}', "holds no cells"),
        (b'{"cells": [1, null, "a"], "nbformat": 4}', "holds no cells"),
        (b'{"cells": {}, "nbformat": 4}', "`cells` are not a list"),
        (b'{"nbformat": 4}', "`cells` are not a list"),
        (b'{"cells": [], "nbformat": 1}', "is in format 1;"),
        (b'{"cells": [], "nbformat": 5}', "is in format 5;"),
        (b'{"cells": [], "nbformat": -3}', "is in format -3;"),
        (b'{"cells": [], "nbformat": 1e99}', "is in format 1e+99;"),
    ],
)
def test_a_file_that_is_no_notebook_has_one_clear_reason(data: bytes, words: str) -> None:
    found = read_notebook(data)
    assert words in found.problem
    assert "\n" not in found.problem
    assert found.problem.endswith(".")
    assert found.cells == ()
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}, "R"),
        ({"kernelspec": {"name": "ir"}}, "R"),
        ({"kernelspec": {"name": "julia-1.9"}, "language_info": {"name": "julia"}}, "Julia"),
        ({"kernelspec": {"name": "julia-1.9"}}, "Julia"),
        ({"language_info": {"name": "javascript"}}, "JavaScript"),
        ({"kernelspec": {"language": "fortran"}}, "Fortran"),
    ],
)
def test_a_notebook_in_another_language_says_which(metadata: dict[str, Any], language: str) -> None:
    assert (
        f"is written for {language}; this homework is graded in Python"
        in read(code(), metadata=metadata).problem
    )


def test_too_many_cells_are_refused() -> None:
    assert "has 5,001 cells; at most 5,000" in read(*[code()] * (notebook.MAX_CELLS + 1)).problem
    assert len(read(*[code()] * notebook.MAX_CELLS).cells) == notebook.MAX_CELLS


def test_a_huge_notebook_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_BYTES", 10_000_000)
    data = json.dumps(document_of(code("x" * 10_000_000))).encode()
    assert "is too large: 10 MB, and the limit is 10 MB" in read_notebook(data).problem


def test_a_notebook_of_countless_tiny_values_is_refused_before_it_is_parsed() -> None:
    data = b'{"cells": [' + b"{}," * (document.MAX_VALUES // 2) + b"{}]}"
    assert "holds more than 15,000,000 values" in read_notebook(data).problem


# ── what is repaired ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_other_encodings_with_a_mark_are_read_and_said(encoding: str) -> None:
    found = read_notebook(
        json.dumps(document_of(code("s = 'ä'")), ensure_ascii=False).encode(encoding)
    )
    assert found.cells[0].source == "s = 'ä'"
    assert len(found.notes) == 1
    assert found.notes[0].startswith("read as UTF-")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a\nb", "a\nb"),
        (["a\n", "b"], "a\nb"),
        ([], ""),
        ("a\r\nb\rc", "a\nb\nc"),
        (["a", "b"], "a\nb"),
        ("\ud800", "\ufffd"),
        ("a\0b", "a\ufffdb"),
        (["a\n", 3, "b"], "a\nb"),
        (None, ""),
        ({"a": 1}, ""),
    ],
)
def test_the_text_of_a_cell_may_come_in_any_form(source: Any, text: str) -> None:
    found = read(code(source))
    assert found.cells[0].source == text
    found.cells[0].source.encode()


def test_ordinary_notebooks_need_no_notes() -> None:
    spec = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    cells = [
        code(id="a"),
        code(id="b"),
        {"cell_type": "markdown", "metadata": {}, "source": "text"},
    ]
    found = read(*cells, metadata=spec)
    assert (found.problem, found.notes) == ("", ())
    assert [cell.kind for cell in found.cells] == ["code", "code", "markdown"]
    assert [cell.index for cell in found.cells] == [0, 1, 2]


def test_missing_ids_are_no_fault_and_duplicate_ids_are_said() -> None:
    assert read(code(), code()).notes == ()
    assert read(code(id="a"), code(id="a"), code(id="a")).notes == (
        "new ids for 2 cells whose id was taken",
    )


def test_an_unknown_kernel_is_taken_for_python_and_said() -> None:
    found = read(code(), metadata={"kernelspec": {"name": "my-env", "language": "python"}})
    assert found.problem == ""
    assert found.notes == ("kernel 'my-env' is not known here; the notebook is run with Python 3",)


@pytest.mark.parametrize(
    "metadata", [None, {}, {"kernelspec": 3}, {"kernelspec": {"name": None, "language": []}}]
)
def test_a_notebook_that_names_no_kernel_is_taken_for_python(metadata: Any) -> None:
    assert (read(code(), metadata=metadata).problem, read(code(), metadata=metadata).notes) == (
        "",
        (),
    )


def test_python_2_is_said() -> None:
    found = read(
        code(), metadata={"kernelspec": {"name": "python2"}, "language_info": {"name": "python"}}
    )
    assert found.notes == ("the notebook was written for Python 2; it is run with Python 3",)


def test_cells_of_unknown_type_become_raw_text() -> None:
    found = read(code(), code("y", cell_type="sql"), code("z", cell_type=7), "no cell")
    assert [(cell.kind, cell.source) for cell in found.cells] == [
        ("code", "x = 1"),
        ("raw", "y"),
        ("raw", "z"),
    ]
    assert found.notes == (
        "2 cells of unknown type read as raw text",
        "1 cell without content dropped",
    )


def test_a_merge_conflict_inside_a_cell_is_said() -> None:
    found = read(code("<<<<<<< local\nx = 1\n=======\nx = 2\n>>>>>>> remote\n"))
    assert found.problem == ""
    assert found.notes == ("unresolved merge conflict left in 1 cell",)


@pytest.mark.parametrize("fields", [{"nbformat": "4"}, {"nbformat": 4.0}, {"nbformat_minor": None}])
def test_a_sloppy_version_is_read(fields: dict[str, Any]) -> None:
    assert (read(code(), **fields).problem, read(code(), **fields).notes) == ("", ())


def test_a_missing_version_is_said() -> None:
    assert read(code(), nbformat=None).notes == (
        "the file does not say its format; it was read as nbformat 4",
    )


def test_the_last_of_duplicate_keys_counts() -> None:
    data = b'{"nbformat": 4, "cells": [], "cells": [{"cell_type": "code", "source": "a", "source": "b"}]}'
    assert read_notebook(data).cells[0].source == "b"


def test_numbers_that_python_cannot_carry_become_none() -> None:
    data = (
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "execution_count": %s,'
        % ("9" * 6000)
    )
    data += '"outputs": [{"output_type": "display_data", "data": {"application/json": [NaN, 1e999, -Infinity, 2]}}]}]}'
    cell = read_notebook(data.encode()).cells[0]
    assert cell.execution_count is None
    assert cell.outputs[0]["data"]["application/json"] == [None, None, None, 2]


# ── outputs ───────────────────────────────────────────────────────────────────────────────────


def test_outputs_are_kept_with_their_texts_joined() -> None:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]},
        {
            "output_type": "execute_result",
            "execution_count": 3,
            "metadata": {},
            "data": {"text/plain": ["1"]},
        },
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
    ]
    found = read(code(outputs=outputs, execution_count=3))
    assert found.notes == ()
    assert found.cells[0].execution_count == 3
    assert found.cells[0].outputs == (
        {"output_type": "stream", "name": "stdout", "text": "a\nb"},
        {
            "output_type": "execute_result",
            "execution_count": 3,
            "metadata": {},
            "data": {"text/plain": "1"},
        },
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
    )


DEEP: Any = json.loads("[" * 200 + "]" * 200)


@pytest.mark.parametrize(
    "output",
    [
        3,
        None,
        {},
        {"output_type": None},
        {"output_type": "update_display_data", "data": {}},
        {"output_type": "stream", "text": 3},
        {"output_type": "stream", "text": ["a", 3]},
        {"output_type": "error", "ename": 3},
        {"output_type": "display_data", "data": [1]},
        {"output_type": "display_data", "data": {"text/plain": {"a": 1}}},
        {"output_type": "display_data", "data": {"application/json": DEEP}},
    ],
)
def test_malformed_outputs_are_dropped_and_said(output: Any) -> None:
    good = {"output_type": "stream", "name": "stdout", "text": "a"}
    found = read(code(outputs=[output, good]))
    assert found.cells[0].outputs == (good,)
    assert found.notes == ("malformed outputs dropped in 1 cell",)


@pytest.mark.parametrize("count", [True, -1, 1.5, "3", 2**40, [1]])
def test_an_execution_count_that_is_none_is_dropped(count: Any) -> None:
    assert read(code(execution_count=count)).cells[0].execution_count is None


# ── old formats ───────────────────────────────────────────────────────────────────────────────

OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Question 1b"]},
                {"cell_type": "markdown", "metadata": {}, "source": "Some text"},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": ["x = 1\n", "x"],
                    "language": "python",
                    "metadata": {},
                    "prompt_number": 7,
                    "outputs": [
                        {"output_type": "pyout", "prompt_number": 7, "text": ["1"], "metadata": {}},
                        {
                            "output_type": "display_data",
                            "png": "aGk=",
                            "text": "<Figure>",
                            "metadata": {},
                        },
                        {"output_type": "stream", "stream": "stderr", "text": "careful\n"},
                        {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["t"]},
                    ],
                },
            ],
        },
        {"metadata": {}, "cells": [{"cell_type": "raw", "metadata": {}, "source": "raw"}]},
    ],
}


def test_nbformat_3_is_upgraded_as_jupyter_does_it() -> None:
    data = json.dumps(OLD)
    found = read_notebook(data.encode())
    logging.disable(logging.CRITICAL)
    try:
        expected = nbformat.reads(data, as_version=4)
    finally:
        logging.disable(logging.NOTSET)
    assert found.notes == ("upgraded from nbformat 3",)
    assert [(cell.kind, cell.source, cell.execution_count) for cell in found.cells] == [
        (cell.cell_type, cell.source, cell.get("execution_count")) for cell in expected.cells
    ]
    assert [list(cell.outputs) for cell in found.cells] == [
        cell.get("outputs", []) for cell in expected.cells
    ]


def test_nbformat_2_is_upgraded() -> None:
    found = read_notebook(json.dumps(OLD | {"nbformat": 2}).encode())
    assert found.notes == ("upgraded from nbformat 2",)
    assert found.cells[2].source == "x = 1\nx"


@pytest.mark.parametrize("sheets", [[], [3], [{"cells": 3}], [{"cells": [None]}], 3])
def test_broken_worksheets_are_a_reason(sheets: Any) -> None:
    assert read_notebook(json.dumps({"nbformat": 3, "worksheets": sheets}).encode()).problem


# ── marks ─────────────────────────────────────────────────────────────────────────────────────


def test_metadata_marks_questions_and_given_cells() -> None:
    found = read(
        code(metadata={"autograder": {"question": "1b", "given": True}}),
        code(metadata={"autograder": {"question": "1b"}}),
        code(metadata={"tags": ["hide", "question:1b"]}),
        code(metadata={"nbgrader": {"grade_id": "q1", "locked": True, "solution": False}}),
        code(metadata={"nbgrader": {"grade_id": "q1", "locked": False, "solution": True}}),
        code(
            metadata={
                "autograder": {"question": 3, "given": "yes"},
                "tags": "question:1",
                "nbgrader": [],
            }
        ),
        code(metadata=[]),
    )
    assert found.marks == {
        0: Mark("1b", "autograder"),
        1: Mark("1b", "autograder"),
        2: Mark("1b", "tag"),
        3: Mark("q1", "nbgrader"),
        4: Mark("q1", "nbgrader"),
    }
    assert [cell.given for cell in found.cells] == [True, False, False, True, False, False, False]
