"""What must hold between a rubric and its reference module."""

from __future__ import annotations

from pathlib import Path

import pytest
from linting import TOP, checks, lint

REFERENCE = """
from autograder.truth import function, inputs, property_test


def conv1_macs():
    return 5


def conv2_macs():
    return 6


def pooled():
    return 1


def branch(conv1_macs):
    return conv1_macs


def total_macs(branch, conv2_macs):
    return branch + conv2_macs


@function
def iou(a, b):
    return 0.5


@inputs
def boxes(rng):
    return (1, 2)


@property_test
def iou_is_symmetric(inputs, results):
    return True
"""

WRONG = {
    "a node that there is not": (
        "- {id: a, node: conv1_mac}",
        "node: the reference has no node 'conv1_mac'; did you mean 'conv1_macs'?",
    ),
    "an id that is no node": (
        "- {id: conv3_macs}",
        "the reference has no node 'conv3_macs'; did you mean 'conv1_macs'?",
    ),
    "an id like no node": (
        "- {id: xyz}",
        "the reference has no node 'xyz'; give `node`, or `expected`",
    ),
    "an id that cannot name a node": (
        "- {id: 1-a, answer: x}",
        "'1-a' cannot name a node; give `node`, or `expected`",
    ),
    "a model solution as a node": (
        "- {id: a, node: iou}",
        "node: 'iou' is marked @function in the reference, so it is no node",
    ),
    "a printed node": (
        "- {id: qqq, kind: printed}",
        "the reference has no node 'qqq'; give `node`, or `expected`",
    ),
    "a formula's node": (
        "- {id: a, kind: formula, variables: [N], node: zzz}",
        "node: the reference has no node 'zzz'",
    ),
    "an alternate's node": (
        "- {id: a, expected: 1, alternates: [{node: poled}]}",
        "alternates[0].node: the reference has no node 'poled'; did you mean 'pooled'?",
    ),
    "a mistake's node": (
        "- {id: a, expected: 1, mistakes: [{value: 2}, {node: qqq}]}",
        "mistakes[1].node: the reference has no node 'qqq'",
    ),
    "a node to follow that there is not": (
        "- {id: total_macs, follow_through: [conv1_macs, conv2_mac]}",
        "follow_through[1]: the reference has no node 'conv2_mac'; did you mean 'conv2_macs'?",
    ),
    "a node to follow that changes nothing": (
        "- {id: total_macs, follow_through: {nodes: [pooled]}}",
        "follow_through.nodes[0]: total_macs does not depend on pooled, "
        "so following it through changes nothing",
    ),
    "a node that would follow itself": (
        "- {id: total_macs, follow_through: [total_macs]}",
        "follow_through[0]: total_macs does not depend on total_macs, "
        "so following it through changes nothing",
    ),
    "a model solution that there is not": (
        "- {id: iuo, kind: function, cases: [{args: [1, 2]}]}",
        "the reference has no @function 'iuo'; did you mean 'iou'?",
    ),
    "a model solution by another name": (
        "- {id: f, kind: function, reference: iuo, cases: [{args: [1], expected: 1}]}",
        "reference: the reference has no @function 'iuo'; did you mean 'iou'?",
    ),
    "a model solution that cannot be named": (
        "- {id: 1f, kind: function, function: f, cases: [{args: [1]}]}",
        "'1f' cannot name the model solution; give `reference`",
    ),
    "inputs that there are not": (
        "- {id: iou, kind: function, random: {inputs: boxs}}",
        "random.inputs: the reference has no @inputs 'boxs'; did you mean 'boxes'?",
    ),
    "a property that there is not": (
        "- {id: iou, kind: function, properties: [{holds: qqq, on: {inputs: boxes}}]}",
        "properties[0].holds: the reference has no @property_test 'qqq'",
    ),
    "a property on inputs that there are not": (
        "- {id: iou, kind: function, properties: [{holds: iou_is_symmetric, on: {inputs: q}}]}",
        "properties[0].on.inputs: the reference has no @inputs 'q'",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the reference module."""
    (tmp_path / "truth.py").write_text(REFERENCE, encoding="utf-8")
    return tmp_path


def referring(text: str) -> str:
    """A rubric with that reference, whose checks begin in line 7."""
    return checks(text, top=f"{TOP}reference: truth.py\n")


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_name_that_the_reference_lacks_is_refused(folder: Path, text: str, message: str) -> None:
    name = text.split("id: ")[1].split(",")[0].rstrip("}")
    assert lint(folder, referring(text)) == [f"hw.yaml:7: check '{name}': {message}"]


@pytest.mark.parametrize(
    "text",
    [
        "- {id: conv1_macs}",
        "- {id: 1a, answer: x, node: conv1_macs}",
        "- {id: total_macs, follow_through: [conv1_macs, branch, conv2_macs]}",
        "- {id: iou, kind: function, random: {inputs: boxes}, cases: [{args: [1, 2]}]}",
        "- {id: f, kind: function, cases: [{args: [1], expected: 5}]}",
        "- {id: f, kind: function, properties: [{holds: iou_is_symmetric, on: {inputs: boxes}}]}",
    ],
)
def test_names_that_the_reference_has_are_let_through(folder: Path, text: str) -> None:
    assert lint(folder, referring(text)) == []


def test_a_reference_that_is_not_there_is_named_in_its_line(tmp_path: Path) -> None:
    assert lint(tmp_path, referring("- {id: a}")) == [
        "hw.yaml:3: reference: truth.py: there is no such reference file"
    ]


def test_a_reference_with_a_fault_is_named_with_the_place_of_the_fault(folder: Path) -> None:
    (folder / "truth.py").write_text("def a():\n    return 1\n\n1 / 0\n", encoding="utf-8")
    (line,) = lint(folder, referring("- {id: a}"))
    assert line.startswith("hw.yaml:3: reference: truth.py:4: ")
    assert "ZeroDivisionError" in line


def test_problems_of_the_rubric_are_listed_beside_those_of_the_reference(tmp_path: Path) -> None:
    lines = lint(tmp_path, referring("- {id: a, points: x}"))
    assert [line.split(": ")[0] for line in lines] == ["hw.yaml:3", "hw.yaml:7"]


def test_the_reference_is_left_alone_on_request(folder: Path) -> None:
    (folder / "truth.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    text = referring("- {id: nowhere}")
    assert lint(folder, text, reference=False) == []
    assert "imported" in lint(folder, text)[0]
