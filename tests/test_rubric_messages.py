"""What the vocabulary refuses, and in which words. Every case names the whole line."""

from __future__ import annotations

from pathlib import Path

import pytest
from linting import TOP, checks, lint

CHECKS = {
    "unknown key": (
        "- id: a\n  expected: 1\n  tolerance:\n    atoll: 3",
        "hw.yaml:9: check 'a': unknown key 'atoll'; did you mean 'atol'?",
    ),
    "unknown key of another kind": (
        "- {id: a, expected: 1, key_points: []}",
        "hw.yaml:6: check 'a': unknown key 'key_points' for kind value (kinds that have it: text)",
    ),
    "unknown key from further in": (
        "- id: a\n  expected: 1\n  rtol: 1e-5",
        "hw.yaml:8: check 'a': unknown key 'rtol'; it goes inside 'tolerance'",
    ),
    "unknown key like no other": (
        "- id: a\n  expected: 1\n  tolerance: {zzz: 3}",
        "hw.yaml:8: check 'a': unknown key 'zzz' (known here: rtol, atol, significant, decimals)",
    ),
    "a number as a key": (
        "- id: a\n  expected: 1\n  tolerance: {5: 3}",
        "hw.yaml:8: check 'a': unknown key '5' (known here: rtol, atol, significant, decimals)",
    ),
    "unknown kind": (
        "- {id: a, kind: vaule, expected: 1}",
        "hw.yaml:6: check 'a': unknown kind 'vaule'; did you mean 'value'?",
    ),
    "kind like no other": (
        "- id: a\n  kind: 5\n  expected: 1",
        "hw.yaml:7: check 'a': unknown kind '5' (kinds: value, table, array, formula, function, "
        "printed, notebook, text, manual, pytest)",
    ),
    "missing key": (
        "- {id: a, kind: formula, expected: N}",
        "hw.yaml:6: check 'a': missing key 'variables' (the letters that may occur)",
    ),
    "missing key further in": (
        "- id: a\n  kind: text\n  key_points:\n  - point: p",
        "hw.yaml:9: check 'a': key_points[0]: missing key 'any' (phrases that suggest it is there)",
    ),
    "missing id": (
        "- {expected: 1}",
        "hw.yaml:6: question '1b', check 1: missing key 'id' (unique in the rubric)",
    ),
    "a check that is no mapping": (
        "- conv1",
        "hw.yaml:6: question '1b', check 1: expected a mapping such as {id: conv1_output, "
        "points: 1}, found the text 'conv1'",
    ),
    "a mistake that is no mapping": (
        "- id: a\n  expected: 1\n  mistakes: [5]",
        "hw.yaml:8: check 'a': mistakes[0]: expected a mapping such as {value: 5}, "
        "found the number 5",
    ),
    "a number for a text": (
        "- {id: a, expected: 1, title: 5}",
        "hw.yaml:6: check 'a': title: expected text, found the number 5; put it in quotes",
    ),
    "a boolean for a text": (
        "- {id: a, expected: 1, feedback: true}",
        "hw.yaml:6: check 'a': feedback: expected text, found true; put it in quotes",
    ),
    "nothing for a text": (
        "- id: a\n  expected: 1\n  title:",
        "hw.yaml:8: check 'a': title: expected text, found nothing; give a value or remove the key",
    ),
    "a list for a text": (
        "- {id: a, expected: 1, title: [x]}",
        "hw.yaml:6: check 'a': title: expected text, found a list",
    ),
    "an id that is a fraction": (
        "- {id: 1.10, expected: 1, answer: x}",
        "hw.yaml:6: question '1b', check 1: id: expected text, found the number 1.1; "
        "put it in quotes",
    ),
    "an id with a space": (
        "- {id: a b, expected: 1, answer: x}",
        "hw.yaml:6: check 'a b': id: expected an id (letters, digits, '.', '_' and '-'), "
        "found the text 'a b'",
    ),
    "a node that is no name": (
        "- {id: a, node: conv-1}",
        "hw.yaml:6: check 'a': node: expected a Python name (letters, digits and '_'), "
        "found the text 'conv-1'",
    ),
    "a text for a number": (
        '- {id: a, expected: 1, points: "0.5"}',
        "hw.yaml:6: check 'a': points: expected a number, found the text '0.5'; remove the quotes",
    ),
    "a word for a number": (
        "- {id: a, expected: 1, points: many}",
        "hw.yaml:6: check 'a': points: expected a number, found the text 'many'",
    ),
    "a boolean for a number": (
        "- {id: a, expected: 1, points: true}",
        "hw.yaml:6: check 'a': points: expected a number, found true",
    ),
    "a fraction for a whole number": (
        "- {id: a, expected: 1.5, tolerance: {decimals: 1.5}}",
        "hw.yaml:6: check 'a': tolerance.decimals: expected a whole number, found the number 1.5",
    ),
    "a number for a boolean": (
        "- {id: a, expected: 1, ignore_order: 1}",
        "hw.yaml:6: check 'a': ignore_order: expected true or false, found the number 1",
    ),
    "a text for a boolean": (
        '- {id: a, expected: 1, ignore_order: "true"}',
        "hw.yaml:6: check 'a': ignore_order: expected true or false, found the text 'true'; "
        "remove the quotes",
    ),
    "a word for a list": (
        "- id: a\n  expected: 1\n  requires: b",
        "hw.yaml:8: check 'a': requires: expected a list, found the text 'b'; "
        "write it in brackets, as in [a, b]",
    ),
    "a mapping for a list": (
        "- {id: a, expected: 1, tags: {x: 1}}",
        "hw.yaml:6: check 'a': tags: expected a list, found a mapping",
    ),
    "a list for a mapping": (
        "- {id: a, kind: function, cases: [{kwargs: [1], expected: 1}]}",
        "hw.yaml:6: check 'a': cases[0].kwargs: expected a mapping, found a list",
    ),
    "infinite points": (
        "- {id: a, expected: 1, points: .inf}",
        "hw.yaml:6: check 'a': points: expected a finite number, found the number inf",
    ),
    "points below the bound": (
        "- {id: a, expected: 1, points: -1}",
        "hw.yaml:6: check 'a': points: expected at least 0, found the number -1",
    ),
    "rtol above the bound": (
        "- {id: a, expected: 1.5, tolerance: {rtol: 5}}",
        "hw.yaml:6: check 'a': tolerance.rtol: expected less than 1, found the number 5",
    ),
    "credit above the bound": (
        "- {id: a, expected: 1, mistakes: [{value: 2, credit: 5}]}",
        "hw.yaml:6: check 'a': mistakes[0].credit: expected at most 1, found the number 5",
    ),
    "weight at the bound": (
        "- {id: a, kind: text, key_points: [{point: p, any: [x], weight: 0}]}",
        "hw.yaml:6: check 'a': key_points[0].weight: expected more than 0, found the number 0",
    ),
    "an empty list": (
        "- {id: a, kind: notebook, rules: []}",
        "hw.yaml:6: check 'a': rules: expected at least one entry, found none",
    ),
    "a word that is no choice": (
        "- {id: a, expected: 1, visibility: publc}",
        "hw.yaml:6: check 'a': visibility: expected one of public, hidden, after_due, "
        "after_published; found the text 'publc'; did you mean 'public'?",
    ),
    "a number that is no choice": (
        "- {id: a, expected: 1, at: 5}",
        "hw.yaml:6: check 'a': at: expected one of question, end; found the number 5",
    ),
    "a rule that there is not": (
        "- {id: a, kind: notebook, rules: [output]}",
        "hw.yaml:6: check 'a': rules[0]: expected one of filename, outputs, no_errors, in_order, "
        "labelled, commented, explained; found the text 'output'; did you mean 'outputs'?",
    ),
    "a bare number as tolerance": (
        "- {id: a, expected: 1.5, tolerance: 0.01}",
        "hw.yaml:6: check 'a': tolerance: expected exact, or a mapping such as {rtol: 1e-5}; "
        "found the number 0.01",
    ),
    "a misspelt exact": (
        "- {id: a, expected: 1.5, tolerance: exakt}",
        "hw.yaml:6: check 'a': tolerance: expected exact, or a mapping such as {rtol: 1e-5}; "
        "found the text 'exakt'",
    ),
    "a list as tolerance": (
        "- {id: a, expected: 1.5, tolerance: [1]}",
        "hw.yaml:6: check 'a': tolerance: expected exact, or a mapping such as {rtol: 1e-5}; "
        "found a list",
    ),
    "a word as follow_through": (
        "- {id: a, expected: 1, follow_through: b}",
        "hw.yaml:6: check 'a': follow_through: expected a list of nodes, or a mapping such as "
        "{nodes: [conv1_macs], penalty: 0.25}; found the text 'b'",
    ),
    "a node in follow_through that is no name": (
        "- id: a\n  expected: 1\n  follow_through:\n  - b\n  - 2",
        "hw.yaml:10: check 'a': follow_through[1]: expected text, found the number 2; "
        "put it in quotes",
    ),
    "a mapping of follow_through without nodes": (
        "- id: a\n  expected: 1\n  follow_through: {penalty: 0.5}",
        "hw.yaml:8: check 'a': follow_through: missing key 'nodes' "
        "(nodes whose value is taken from the student)",
    ),
    "an unknown unit": (
        "- {id: a, expected: 1, time: 5 mins}",
        "hw.yaml:6: check 'a': time: unknown unit 'mins' (units: ms, s, min, h); "
        "did you mean 'min'?",
    ),
    "a word for yes": (
        "- {id: a, expected: 1, ignore_order: yes}",
        "hw.yaml:6: some YAML readers take yes for true and others for text; write true, "
        'or "yes" in quotes if text is meant',
    ),
}


@pytest.mark.parametrize(("text", "message"), CHECKS.values(), ids=CHECKS.keys())
def test_a_check_is_refused_in_plain_words(tmp_path: Path, text: str, message: str) -> None:
    assert lint(tmp_path, checks(text)) == [message]


MANUAL = "questions: [{id: 1, checks: [{id: a, kind: manual}]}]\n"
RUBRICS = {
    "a version to come": (
        f"version: 2\nassignment: hw\n{MANUAL}",
        "hw.yaml:1: version: expected 1, found the number 2",
    ),
    "a missing key at the top": (
        f"# words\nversion: 1\n{MANUAL}",
        "hw.yaml:2: missing key 'assignment' (short name, as in file names)",
    ),
    "an unknown key at the top": (
        f"{TOP}revison: 2\n{MANUAL}",
        "hw.yaml:3: unknown key 'revison'; did you mean 'revision'?",
    ),
    "a limit at the top": (
        f"{TOP}memory: 2 GiB\n{MANUAL}",
        "hw.yaml:3: unknown key 'memory'; it goes inside 'limits'",
    ),
    "a seed below 0": (
        f"{TOP}seed: -1\n{MANUAL}",
        "hw.yaml:3: seed: expected at least 0, found the number -1",
    ),
    "a limit that is no mapping": (
        f"{TOP}limits: 5 min\n{MANUAL}",
        "hw.yaml:3: limits: expected a mapping, found the text '5 min'",
    ),
    "a limit out of bounds": (
        f"{TOP}limits:\n  time: 1 h\n  memory: -1\n{MANUAL}",
        "hw.yaml:5: limits.memory: expected more than 0, found the number -1",
    ),
    "a number as environment": (
        f"{TOP}environment: 5\n{MANUAL}",
        "hw.yaml:3: environment: expected the path of an interpreter, or a mapping with `python`; "
        "found the number 5",
    ),
    "an environment without an interpreter": (
        f"{TOP}environment:\n  variables: {{A: b}}\n{MANUAL}",
        "hw.yaml:3: environment: missing key 'python' (an interpreter with ipykernel and the "
        "course's packages (/opt/course/bin/python))",
    ),
    "a number as environment variable": (
        f"{TOP}environment: {{python: p, variables: {{OMP_NUM_THREADS: 1}}}}\n{MANUAL}",
        "hw.yaml:3: environment.variables.OMP_NUM_THREADS: expected text, found the number 1; "
        "put it in quotes",
    ),
    "a convention whose name is none": (
        f"{TOP}conventions:\n  mac-2: {{title: t, mentions: [x]}}\n{MANUAL}",
        "hw.yaml:4: conventions.mac-2: expected a Python name (letters, digits and '_'), "
        "found the text 'mac-2'",
    ),
    "a convention that is no mapping": (
        f"{TOP}conventions:\n  mac2: yes it is\n{MANUAL}",
        "hw.yaml:4: conventions.mac2: expected a mapping such as {title: counted as 2 x MAC, "
        "answer: convention}, found the text 'yes it is'",
    ),
    "a question that is no mapping": (
        f"{TOP}questions:\n- 5\n",
        "hw.yaml:4: question 1: expected a mapping with `id` and `checks`, found the number 5",
    ),
    "a question without checks": (
        f"{TOP}questions:\n- id: 1b\n  title: t\n",
        "hw.yaml:4: question '1b': missing key 'checks' (in the order of the report)",
    ),
    "a question whose checks are empty": (
        f"{TOP}questions:\n- id: 1b\n  checks: []\n",
        "hw.yaml:5: question '1b': checks: expected at least one entry, found none",
    ),
    "questions by name": (
        f"{TOP}questions:\n  1b: x\n",
        "hw.yaml:3: questions: expected a list, found a mapping",
    ),
}


@pytest.mark.parametrize(("text", "message"), RUBRICS.values(), ids=RUBRICS.keys())
def test_a_rubric_is_refused_in_plain_words(tmp_path: Path, text: str, message: str) -> None:
    assert lint(tmp_path, text) == [message]


def test_all_problems_are_listed_in_line_order(tmp_path: Path) -> None:
    text = checks(
        """
        - {id: a, expected: 1, points: x}
        - {id: a, expected: 1, node: b}
        - {id: c, kind: tabel, expected: 5, requires: [d]}
        """,
        top=TOP + "points: 7\nsede: 1\n",
    )
    assert lint(tmp_path, text) == [
        "hw.yaml:4: unknown key 'sede'; did you mean 'seed'?",
        "hw.yaml:8: check 'a': points: expected a number, found the text 'x'",
        "hw.yaml:9: check 'a': this id is taken (by the one in line 8); ids are unique",
        "hw.yaml:9: check 'a': node: give `expected` or `node`, not both",
        "hw.yaml:10: check 'c': unknown kind 'tabel'; did you mean 'table'?",
        "hw.yaml:10: check 'c': requires[0]: there is no check 'd'",
        "hw.yaml:10: check 'c': expected: expected rows, such as [[1, 2], [3, 4]] or "
        "{conv1: {macs: 1}}, found the number 5",
    ]


def test_a_misspelt_key_hides_no_other_problem_and_adds_none(tmp_path: Path) -> None:
    text = checks("- {id: 1x, answr: y, expcted: 1, requires: [nobody]}")
    assert lint(tmp_path, text) == [
        "hw.yaml:6: check '1x': unknown key 'answr'; did you mean 'answer'?",
        "hw.yaml:6: check '1x': unknown key 'expcted'; did you mean 'expected'?",
        "hw.yaml:6: check '1x': requires[0]: there is no check 'nobody'",
    ]


def test_a_problem_beneath_a_misspelt_key_is_found_in_its_line(tmp_path: Path) -> None:
    text = f"{TOP}questons:\n- id: 1\n  cheks:\n  - {{id: a, kind: manual, requires: [b]}}\n"
    assert lint(tmp_path, text) == [
        "hw.yaml:3: unknown key 'questons'; did you mean 'questions'?",
        "hw.yaml:5: question '1': unknown key 'cheks'; did you mean 'checks'?",
        "hw.yaml:6: check 'a': requires[0]: there is no check 'b'",
    ]


@pytest.mark.parametrize("points", ["x", "", "[1]"])
def test_points_that_cannot_be_read_are_not_added_up(tmp_path: Path, points: str) -> None:
    text = checks(f"- {{id: a, expected: 1, points: {points}}}", top=TOP + "points: 7\n")
    (line,) = lint(tmp_path, text)
    assert line.startswith("hw.yaml:7: check 'a': points: expected a number, found ")


def test_a_long_text_is_cut_in_a_message(tmp_path: Path) -> None:
    (line,) = lint(tmp_path, checks(f"- {{id: a, expected: 1, points: {'x' * 500}}}"))
    assert line.endswith("found the text '" + "x" * 57 + "...'")


def test_a_text_of_several_lines_stays_on_one_line_in_a_message(tmp_path: Path) -> None:
    (line,) = lint(tmp_path, checks('- {id: a, expected: 1, points: "x\\ny"}'))
    assert line.endswith(r"found the text 'x\ny'")
