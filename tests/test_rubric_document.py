"""Reading the YAML itself: files, syntax, words in doubt, aliases."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import RubricError
from autograder.rubric.document import MOST_BYTES, Document, read_document
from autograder.rubric.scalars import read_word


def read(folder: Path, content: str | bytes) -> Document:
    path = folder / "hw.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(path)


def refusal(folder: Path, content: str | bytes) -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(RubricError) as caught:
        read(folder, content)
    (problem,) = caught.value.problems
    return str(problem).replace(f"{folder}/", "")


def data(folder: Path, content: str) -> Any:
    document = read(folder, content)
    assert not document.problems
    return document.data


# ── files ─────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_file_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "hw3.yaml").touch()
    (tmp_path / "other.txt").touch()
    with pytest.raises(RubricError) as caught:
        read_document(tmp_path / "hw2.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/hw2.yaml: there is no such file; did you mean {tmp_path}/hw3.yaml?"
    )


def test_a_missing_file_in_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"hw2\.yaml: there is no such file$"):
        read_document(tmp_path / "nowhere" / "hw2.yaml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"this is a folder; name the YAML file in it$"):
        read_document(tmp_path)


def test_a_device_is_refused() -> None:
    with pytest.raises(RubricError, match=r"this is not a regular file; name a YAML file$"):
        read_document(Path("/dev/zero"))


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(RubricError, match=r"the file cannot be read: File name too long$"):
        read_document(Path("x" * 300))


def test_a_file_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"#" * (MOST_BYTES + 1)) == "hw.yaml: the file is larger than 1024 KiB"


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a: 1\nb: café\n".encode("latin-1")) == (
        "hw.yaml:2: not UTF-8 text (byte 0xE9); save the file as UTF-8"
    )


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert data(tmp_path, "\ufeffversion: 1\n") == {"version": 1}


def test_a_byte_order_mark_does_not_shift_the_line_of_a_bad_byte(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfa\n\xff"
    assert refusal(tmp_path, content).startswith("hw.yaml:2: not UTF-8 text (byte 0xFF)")


# ── syntax ────────────────────────────────────────────────────────────────────────────────────

EMPTY = "hw.yaml: the rubric is empty; it begins with `version: 1`"
NO_MAPPING = "hw.yaml:1: a rubric is a mapping; it begins with `version: 1`"
TAB = "a tab where only spaces may stand; YAML is indented with spaces"
COLON = (
    "a ':' where none may stand; put a text that holds ': ' in quotes, "
    "or indent the line like its neighbours"
)
SYNTAX = {
    "empty": ("", EMPTY),
    "comments only": ("# nothing\n", EMPTY),
    "null": ("~\n", EMPTY),
    "a list": ("- 1\n", NO_MAPPING),
    "a word": ("hello\n", NO_MAPPING),
    "a tab": ("a:\n\tb: 1\n", f"hw.yaml:2: {TAB}"),
    "a colon in text": ("a: 1\ntitle: Part 2: nets\n", f"hw.yaml:2: {COLON}"),
    "an open quote": ('a: 1\nb: "x\nc: 2\n', "hw.yaml:2: the quote that opens here is never closed"),
    "an open bracket": (
        "a: [1, 2\nb: 3\n",
        "hw.yaml:2: the '[' of line 1 is not closed, or a comma is missing",
    ),
    "an open brace": (
        "a: {x: 1\nb: 3\n",
        "hw.yaml:2: the '{' of line 1 is not closed, or a comma is missing",
    ),
    "an odd indentation": (
        "a:\n   b: 1\n  c: 2\n",
        "hw.yaml:3: indented unlike the lines above, which began in line 1",
    ),
    "a line without a colon": (
        "a: 1\nfoo\nb: 2\n",
        "hw.yaml:2: a line without ':' among keys; write `key: value`",
    ),
    "an at sign": ("a: @x\n", "hw.yaml:1: a text may not begin with '@'; put it in quotes"),
    "a backslash": (
        'a: "\\d+"\n',
        "hw.yaml:1: a backslash in double quotes; use single quotes, as in '\\d+'",
    ),
    "text after braces": (
        "filename: {netid}_hw.ipynb\n",
        "hw.yaml:1: text after the end of a value; put the whole value in quotes",
    ),
    "a control character": ("a: 1\nb: \x01\n", "hw.yaml:2: the character U+0001 is not allowed; remove it"),
    "an impossible escape": (
        'a: "\\UFFFFFFFF"\n',
        "hw.yaml: this is not YAML: an escape or a version in it is out of range",
    ),
    "anything else": (
        "a: |x\n foo\n",
        "hw.yaml:1: this is not YAML: expected chomping or indentation indicators, but found 'x'",
    ),
    "a second document": (
        "a: 1\n---\nb: 2\n",
        "hw.yaml:2: a second document begins here; a rubric is one, so remove the '---'",
    ),
    "an alias of nothing": (
        "a: *x\n",
        "hw.yaml:1: the alias '*x' has no anchor before it (a text that begins with * needs quotes)",
    ),
    "an alias of itself": (
        "a: &x [*x]\n",
        "hw.yaml:1: the alias '*x' has no anchor before it (a text that begins with * needs quotes)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), SYNTAX.values(), ids=SYNTAX.keys())
def test_what_is_not_yaml_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == message


DOUBTFUL = 'some YAML readers take {} for {} and others for text; write {}, or "{}" in quotes if text is meant'
LISTED = {
    "a key given twice": ("a: 1\nb: 2\na: 3\n", "hw.yaml:3: the key 'a' is given twice (first in line 1)"),
    "a python object": (
        "a: !!python/object/apply:os.system [ls]\n",
        "hw.yaml:1: the tag 'tag:yaml.org,2002:python/object/apply:os.system' "
        "has no meaning here; remove it",
    ),
    "a tag on a word": ("a: !x 1\n", "hw.yaml:1: the tag '!x' has no meaning here; remove it"),
    "a list as a key": ("? [1]\n: 2\n", "hw.yaml:1: a key must be text or a number"),
    "nothing as a key": ("~: 2\n", "hw.yaml:1: a key must be text or a number"),
    "a merge of no mapping": ("a: 1\n<<: 5\n", "hw.yaml:2: '<<' merges mappings only, such as `<<: *defaults`"),
    "a null byte": ('a: "\\0"\n', "hw.yaml:1: the character U+0000 is not allowed; remove it"),
    "half a character": ('a: "\\uD800"\n', "hw.yaml:1: the character U+D800 is not allowed; remove it"),
    "yes": ("a: yes\n", "hw.yaml:1: " + DOUBTFUL.format("yes", "true", "true", "yes")),
    "Off": ("a: Off\n", "hw.yaml:1: " + DOUBTFUL.format("Off", "false", "false", "Off")),
    "None": ("a: None\n", "hw.yaml:1: " + DOUBTFUL.format("None", "null", "null", "None")),
    "nan": ("a: nan\n", "hw.yaml:1: " + DOUBTFUL.format("nan", ".nan", ".nan", "nan")),
    "a zero in front": ("a: 010\n", "hw.yaml:1: " + DOUBTFUL.format("010", "a number", "plain decimal digits", "010")),
    "too large": ("a: 1e999\n", "hw.yaml:1: 1e999 is too large for a number; infinity is written .inf"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), LISTED.values(), ids=LISTED.keys())
def test_what_need_not_stop_the_reading_is_listed(tmp_path: Path, text: str, message: str) -> None:
    problems = [str(problem) for problem in read(tmp_path, text).problems]
    assert [problem.replace(f"{tmp_path}/", "") for problem in problems] == [message]


# ── words ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5), ("-5", -5), ("+5", 5), ("0", 0), ("2097152000", 2097152000),
        ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1e-5", 1e-5), ("1E5", 1e5), ("2.5e+3", 2500.0),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        (".inf", math.inf), ("-.inf", -math.inf),
        ("x", "x"), ("1b", "1b"), ("y", "y"), ("n", "n"), ("1.2.3", "1.2.3"), ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"), ("5 min", "5 min"), ("٣", "٣"), ("-", "-"), (".", "."),
    ],
)  # fmt: skip
def test_an_unquoted_word_means_what_it_means_to_an_editor(text: str, value: object) -> None:
    reading = read_word(text)
    assert (reading.value, type(reading.value), reading.problem) == (value, type(value), "")


def test_nan_is_written_with_a_dot() -> None:
    number = read_word(".nan").value
    assert isinstance(number, float) and math.isnan(number)


@pytest.mark.parametrize("text", ["1_000", "0x1F", "0o17", "0b1", "007", "INF", "-inf", "on", "NO"])
def test_a_word_in_doubt_is_refused(text: str) -> None:
    assert read_word(text).problem


def test_a_number_of_endless_digits_is_refused_without_being_read() -> None:
    assert read_word("1" * 5000).problem == "a number of 5000 digits is too long to read"


def test_a_quoted_word_is_text(tmp_path: Path) -> None:
    assert data(tmp_path, "a: 'yes'\nb: \"5\"\nc: !!str 1.10\n") == {
        "a": "yes",
        "b": "5",
        "c": "1.10",
    }


def test_a_key_is_never_in_doubt(tmp_path: Path) -> None:
    assert data(tmp_path, "on: 1\nno: 2\n5: 3\n") == {"on": 1, "no": 2, 5: 3}


# ── aliases ───────────────────────────────────────────────────────────────────────────────────


def test_an_alias_repeats_and_a_merge_fills_in(tmp_path: Path) -> None:
    text = "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, x: 3}\nd: {<<: [*a, {x: 9, z: 4}]}\n"
    content = data(tmp_path, text)
    assert content["b"] == {"x": 1, "y": 2}
    assert content["c"] == {"x": 3, "y": 2}
    assert content["d"] == {"x": 1, "y": 2, "z": 4}
    assert content["a"] is not content["b"]


def test_a_billion_laughs_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(9)]
    assert refusal(tmp_path, "\n".join(lines)) == (
        "hw.yaml:1: more than 100,000 values once the aliases are expanded"
    )


def test_a_flood_of_merges_is_refused(tmp_path: Path) -> None:
    keys = ", ".join(f"k{n}: 1" for n in range(1000))
    text = f"a: &a {{{keys}}}\nb: [{', '.join(['{<<: *a}'] * 200)}]\n"
    assert refusal(tmp_path, text).endswith("'<<' repeats more than 100,000 values")


@pytest.mark.parametrize("text", ["a: " + "[" * 500, "a: " + "{x: " * 500, "- " * 500])
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text) == "hw.yaml:1: nested more than 64 levels deep"


def test_deep_nesting_through_aliases_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 1"]
    lines += [f"a{n + 1}: &a{n + 1} {'[' * 50}*a{n}{']' * 50}" for n in range(50)]
    assert "nested more than 64 levels deep" in refusal(tmp_path, "\n".join(lines))


# ── lines ─────────────────────────────────────────────────────────────────────────────────────


def test_every_place_has_the_line_of_its_key(tmp_path: Path) -> None:
    document = read(tmp_path, "# head\na: 1\nb:\n  - x\n  - y:\n      z: 5\n")
    assert document.line(()) == 2
    assert document.line(("b",)) == 3
    assert document.line(("b", 1)) == 5
    assert document.line(("b", 1, "y", "z")) == 6
    assert document.line(("b", 1, "nowhere")) == 5
    assert document.line(("b", 7)) == 3
