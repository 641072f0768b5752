"""What must hold within a rubric that the vocabulary alone cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest
from linting import TOP, checks, lint

NOTHING = "nothing to compare with; give `expected`, or a `reference` with a node"
FORM = "hw.yaml:6: check 'a': expected: expected"

CHECKS = {
    "neither reference nor expected": (
        "- {id: a}",
        f"hw.yaml:6: check 'a': {NOTHING} 'a'",
    ),
    "a formula with neither": (
        "- {id: a, kind: formula, variables: [N]}",
        f"hw.yaml:6: check 'a': {NOTHING} 'a'",
    ),
    "printed text with neither": (
        "- {id: a, kind: printed}",
        f"hw.yaml:6: check 'a': {NOTHING} 'a'",
    ),
    "a node without a reference": (
        "- id: a\n  node: b",
        "hw.yaml:7: check 'a': node: the rubric names no `reference` that could hold this node",
    ),
    "expected and node": (
        "- id: a\n  expected: 1\n  node: b",
        "hw.yaml:8: check 'a': node: give `expected` or `node`, not both",
    ),
    "expected nothing": (
        "- id: a\n  expected:",
        "hw.yaml:7: check 'a': expected: expected a value, found nothing; "
        "remove the key to use the reference",
    ),
    "an id that is no expression": (
        "- {id: 1a, expected: 1}",
        "hw.yaml:6: check '1a': '1a' is no Python name; give `answer`, "
        "the expression to evaluate in the notebook",
    ),
    "an id that is a word of Python": (
        "- {id: lambda, expected: 1}",
        "hw.yaml:6: check 'lambda': 'lambda' is no Python name; give `answer`, "
        "the expression to evaluate in the notebook",
    ),
    "an id that is no function": (
        "- {id: 1a, kind: function, cases: [{expected: 1}]}",
        "hw.yaml:6: check '1a': '1a' is no Python name; give `function`, "
        "the expression that yields the function",
    ),
    "an answer that is no expression": (
        '- id: a\n  expected: 1\n  answer: rf["last"',
        "hw.yaml:8: check 'a': answer: 'rf[\"last\"' is not a Python expression: "
        "'[' was never closed",
    ),
    "an answer that is a statement": (
        "- {id: a, expected: 1, answer: x = 5}",
        "hw.yaml:6: check 'a': answer: 'x = 5' is not a Python expression: invalid syntax",
    ),
    "an answer nested too deeply": (
        f'- {{id: a, expected: 1, answer: "{"(" * 300}1{")" * 300}"}}',
        f"hw.yaml:6: check 'a': answer: '{'(' * 57}...' is not a Python expression: "
        "too many nested parentheses",
    ),
    "a function that is no expression": (
        "- {id: a, kind: function, function: def, cases: [{expected: 1}]}",
        "hw.yaml:6: check 'a': function: 'def' is not a Python expression: invalid syntax",
    ),
    "a table that is a number": (
        "- {id: a, kind: table, expected: 5}",
        f"{FORM} rows, such as [[1, 2], [3, 4]] or {{conv1: {{macs: 1}}}}, found the number 5",
    ),
    "an array whose rows differ": (
        "- {id: a, kind: array, expected: [[1, 2], [3]]}",
        f"{FORM} numbers in rows of equal length, found a list",
    ),
    "an array of words": (
        "- {id: a, kind: array, expected: [x]}",
        f"{FORM} numbers in rows of equal length, found a list",
    ),
    "a value that is a mapping": (
        "- {id: a, expected: {x: 1}}",
        f"{FORM} a single value or a list (named values are a check of kind table), "
        "found a mapping",
    ),
    "a value of another type": (
        "- {id: a, type: integer, expected: 1.5}",
        f"{FORM} what `type: integer` says, found the number 1.5",
    ),
    "a boolean where a number is asked": (
        "- {id: a, type: number, expected: true}",
        f"{FORM} what `type: number` says, found true",
    ),
    "a printed number": (
        "- {id: a, kind: printed, expected: 5}",
        f"{FORM} text, or a list of texts (in quotes), found the number 5",
    ),
    "printed nothing": (
        '- {id: a, kind: printed, expected: ""}',
        f"{FORM} text, or a list of texts (in quotes), found the text ''",
    ),
    "printed words as numbers": (
        "- {id: a, kind: printed, match: numbers, expected: [1, x]}",
        f"{FORM} a number or a list of numbers, found a list",
    ),
    "printed pattern": (
        "- {id: a, kind: printed, match: regex, expected: [a, 'a(b']}",
        "hw.yaml:6: check 'a': expected: 'a(b' is not a regular expression: "
        "missing ), unterminated subpattern at position 1",
    ),
    "a formula that is none": (
        "- {id: a, kind: formula, variables: [N, K], expected: 'N*(K'}",
        "hw.yaml:6: check 'a': expected: 'N*(K' is not a formula: "
        "a bracket is not closed: ')' is missing",
    ),
    "an alternate formula in other letters": (
        "- {id: a, kind: formula, variables: [N], expected: N, alternates: [{value: Q}]}",
        "hw.yaml:6: check 'a': alternates[0].value: 'Q' is not a formula: "
        "'Q' has no meaning here; the formula may use N",
    ),
    "a mistaken formula that is a number": (
        "- {id: a, kind: formula, variables: [N], expected: N, mistakes: [{value: 5}]}",
        "hw.yaml:6: check 'a': mistakes[0].value: expected a formula in quotes, found the number 5",
    ),
    "an alternate that says nothing": (
        "- id: a\n  expected: 1\n  alternates:\n  - {credit: 1}",
        "hw.yaml:9: check 'a': alternates[0]: expected one of `value`, `node` and `multiply`, "
        "found none",
    ),
    "a mistake that says two things": (
        "- id: a\n  expected: 1\n  mistakes:\n  - {value: 2, multiply: 2}",
        "hw.yaml:9: check 'a': mistakes[0]: expected one of `value`, `node` and `multiply`, "
        "found `value` and `multiply`",
    ),
    "a mistake that is right": (
        "- {id: a, expected: 5, mistakes: [{value: 4}, {value: 5.0}]}",
        "hw.yaml:6: check 'a': mistakes[1].value: the number 5.0 is the expected answer itself",
    ),
    "a mistake by node without a reference": (
        "- {id: a, expected: 5, mistakes: [{node: b}]}",
        "hw.yaml:6: check 'a': mistakes[0].node: the rubric names no `reference` "
        "that could hold this node",
    ),
    "a convention that there is not": (
        "- {id: a, expected: 5, alternates: [{multiply: 2, when: mac2}]}",
        "hw.yaml:6: check 'a': alternates[0].when: there is no convention 'mac2'",
    ),
    "two tolerances": (
        "- {id: a, expected: 1.5, tolerance: {rtol: 0.1, decimals: 2}}",
        "hw.yaml:6: check 'a': tolerance: give one of rtol and atol or decimals, not several",
    ),
    "follow_through without a node": (
        "- {id: a, expected: 1, follow_through: [b]}",
        "hw.yaml:6: check 'a': follow_through: recomputes a node of the reference, "
        "but this check gives `expected`",
    ),
    "a function with nothing to test": (
        "- {id: a, kind: function}",
        "hw.yaml:6: check 'a': nothing to test; give `cases`, `random` or `properties`",
    ),
    "a case that expects nothing": (
        "- {id: a, kind: function, cases: [{args: [1], expected: 2}, {args: [2]}]}",
        "hw.yaml:6: check 'a': cases[1]: the rubric names no `reference`, so give `expected`",
    ),
    "random inputs without a reference": (
        "- {id: a, kind: function, random: {inputs: boxes}}",
        "hw.yaml:6: check 'a': random: the rubric names no `reference` that could draw inputs",
    ),
    "a property without a reference": (
        "- {id: a, kind: function, properties: [{holds: b, on: {inputs: c}}]}",
        "hw.yaml:6: check 'a': properties[0]: the rubric names no `reference` "
        "that could hold the property",
    ),
    "more key points wanted than there are": (
        "- {id: a, kind: text, enough: 3, key_points: [{point: p, any: [x]}]}",
        "hw.yaml:6: check 'a': enough: expected at most 1, the number of key points; found 3",
    ),
    "a phrase that is a broken pattern": (
        "- {id: a, kind: text, key_points: [{point: p, any: [x, '/a(b/']}]}",
        "hw.yaml:6: check 'a': key_points[0].any[1]: 'a(b' is not a regular expression: "
        "missing ), unterminated subpattern at position 1",
    ),
    "an empty phrase": (
        "- id: a\n  kind: text\n  key_points: [{point: p, any: [x]}]\n"
        "  misconceptions: [{point: p, any: ['']}]",
        "hw.yaml:9: check 'a': misconceptions[0].any[0]: an empty phrase is in every text",
    ),
    "a rule given twice": (
        "- {id: a, kind: notebook, rules: [outputs, outputs]}",
        "hw.yaml:6: check 'a': rules[1]: the rule outputs is given twice",
    ),
    "a rule about a name that is not given": (
        "- {id: a, kind: notebook, rules: [filename]}",
        "hw.yaml:6: check 'a': rules[0]: the rubric gives no `filename` to compare with",
    ),
    "a pytest file that is not there": (
        "- {id: a, kind: pytest, file: test_a.py}",
        "hw.yaml:6: check 'a': file: there is no file 'test_a.py', seen from the rubric's folder",
    ),
    "a check that requires itself": (
        "- {id: a, kind: manual, requires: [a]}",
        "hw.yaml:6: check 'a': requires[0]: a check cannot require itself",
    ),
    "a requirement that there is not": (
        "- {id: conv1, kind: manual, requires: [conv2]}",
        "hw.yaml:6: check 'conv1': requires[0]: there is no check 'conv2'; did you mean 'conv1'?",
    ),
    "a question as a requirement": (
        "- {id: a, kind: manual, requires: [1b]}",
        "hw.yaml:6: check 'a': requires[0]: '1b' is a question; name one of its checks",
    ),
    "a circle": (
        "- {id: a, kind: manual, requires: [b]}\n"
        "- {id: b, kind: manual, requires: [c]}\n"
        "- {id: c, kind: manual, requires: [b]}",
        "hw.yaml:8: check 'c': requires[0]: a circle: c → b → c",
    ),
    "the same id twice": (
        "- {id: a, kind: manual}\n- {id: a, kind: manual}",
        "hw.yaml:7: check 'a': this id is taken (by the one in line 6); ids are unique",
    ),
}


@pytest.mark.parametrize(("text", "message"), CHECKS.values(), ids=CHECKS.keys())
def test_a_check_that_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert lint(tmp_path, checks(text)) == [message]


MANUAL = "- {id: a, kind: manual}"
TOPS = {
    "points that do not add up": (
        "points: 4\n",
        "hw.yaml:3: points: the checks add up to 1, found the number 4",
    ),
    "a brace without its partner": (
        'filename: "{netid_hw3.ipynb"\n',
        "hw.yaml:3: filename: '{netid_hw3.ipynb' has a brace without its partner; "
        "write words as {netid}",
    ),
    "a convention that nobody can declare": (
        "conventions: {mac2: {title: t}}\n",
        "hw.yaml:3: conventions.mac2: give `answer` or `mentions`; "
        "otherwise no student can declare it",
    ),
    "a convention whose answer is no expression": (
        "conventions: {mac2: {title: t, answer: a b}}\n",
        "hw.yaml:3: conventions.mac2.answer: 'a b' is not a Python expression: invalid syntax",
    ),
}


@pytest.mark.parametrize(("top", "message"), TOPS.values(), ids=TOPS.keys())
def test_a_rubric_that_makes_no_sense_is_refused(tmp_path: Path, top: str, message: str) -> None:
    assert lint(tmp_path, checks(MANUAL, top=TOP + top)) == [message]


def test_the_points_of_a_question_must_add_up(tmp_path: Path) -> None:
    text = f"{TOP}questions:\n- id: 1\n  points: 2\n  checks:\n  - {{id: a, kind: manual}}\n"
    assert lint(tmp_path, text) == [
        "hw.yaml:5: question '1': points: the checks add up to 1, found the number 2"
    ]


def test_points_add_up_in_decimals(tmp_path: Path) -> None:
    tenths = "\n".join(f"- {{id: c{n}, kind: manual, points: 0.1}}" for n in range(10))
    assert lint(tmp_path, checks(tenths, top=TOP + "points: 1\n")) == []


def test_two_questions_may_not_share_an_id(tmp_path: Path) -> None:
    text = (
        f"{TOP}questions:\n- {{id: 1, checks: [{{id: a, kind: manual}}]}}\n"
        '- {id: "1", checks: [{id: b, kind: manual}]}\n'
    )
    assert lint(tmp_path, text) == [
        "hw.yaml:5: question '1': this id is taken (by the one in line 4); ids are unique"
    ]


def test_a_check_may_require_a_later_one(tmp_path: Path) -> None:
    text = "- {id: a, kind: manual, requires: [b]}\n- {id: b, kind: manual}"
    assert lint(tmp_path, checks(text)) == []


def test_every_circle_is_listed(tmp_path: Path) -> None:
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    text = "\n".join(f"- {{id: {one}, kind: manual, requires: [{other}]}}" for one, other in pairs)
    lines = lint(tmp_path, checks(text))
    assert len(lines) == 2
    assert {frozenset(line.split(": ")[-1].split(" → ")) for line in lines} == {
        frozenset("ab"),
        frozenset("cd"),
    }


def test_a_convention_that_is_misspelt_is_suggested(tmp_path: Path) -> None:
    text = checks(
        "- {id: a, expected: 5, alternates: [{multiply: 2, when: mac_2}]}",
        top=TOP + "conventions: {mac2: {title: t, mentions: [2 x MAC]}}\n",
    )
    assert lint(tmp_path, text) == [
        "hw.yaml:7: check 'a': alternates[0].when: there is no convention 'mac_2'; "
        "did you mean 'mac2'?"
    ]


def test_following_through_between_bounds_that_exclude_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hw.py").write_text("def b():\n    return 1\ndef a(b):\n    return b\n")
    text = checks(
        "- {id: a, follow_through: {nodes: [b], min: 5, max: 1}}", top=TOP + "reference: hw.py\n"
    )
    assert lint(tmp_path, text) == [
        "hw.yaml:7: check 'a': follow_through.min: min (5) is above max (1), so no value is usable"
    ]


def test_a_boolean_is_not_the_number_that_python_takes_it_for(tmp_path: Path) -> None:
    assert lint(tmp_path, checks("- {id: a, expected: 1, mistakes: [{value: true}]}")) == []


SOUND = {
    "an empty array": "- {id: a, kind: array, expected: []}",
    "a scalar array": "- {id: a, kind: array, expected: 5}",
    "rows of an array": "- {id: a, kind: array, expected: [[1, 2.5], [3, 4]]}",
    "an answer with spaces around it": "- {id: a, expected: 1, answer: ' x '}",
    "an answer that Python warns about": "- {id: a, expected: 1, answer: '1 is 1'}",
    "a pattern that Python warns about": (
        "- {id: a, kind: printed, match: regex, expected: '[[a]'}"
    ),
    "a text whose id is no name": "- {id: 1a, kind: text, key_points: [{point: p, any: [x]}]}",
    "printed numbers": "- {id: a, kind: printed, match: numbers, expected: [1, 2.5]}",
    "a sequence": "- {id: a, type: sequence, expected: [64, 64]}",
    "a slash as a phrase": "- {id: a, kind: text, key_points: [{point: p, any: [1/3]}]}",
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND.keys())
def test_what_makes_sense_is_let_through(tmp_path: Path, text: str) -> None:
    assert lint(tmp_path, checks(text)) == []
