"""Loading a rubric: what the checks know of what lies around them."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest
from linting import TOP, checks, lint

from autograder.errors import RubricError
from autograder.rubric import Rubric, lint_rubric, load_rubric
from autograder.rubric.schema import Answered, FunctionCheck, TextCheck, Tolerance, ValueCheck

EXAMPLE = """\
# yaml-language-server: $schema=../autograder/rubric.schema.json
version: 1
assignment: convnets
title: Convolution arithmetic
reference: ../reference/convnets.py
filename: "{netid}_hw3_p{problem}.ipynb"       # policy: checked, with a clear message
limits: {time: 5 min, cell_time: 60 s, memory: 2 GiB, output: 1 MiB, threads: 1}
seed: 0                                          # python, numpy and torch, before every question

questions:
  - id: 1b
    title: Three strided convolutions
    checks:
      - {id: conv1_output, points: 0.5}
      - {id: conv1_params, points: 0.5}
      - id: conv2_macs
        points: 1
        answer: layers["conv2"]
        mistakes:
          - {value: 2097152000, credit: 0.5, feedback: "Each output needs 5·5·64 products."}
          - {value: 1}
        alternates:
          - {multiply: 2, when: mac2}
      - id: total_macs
        points: 1
        follow_through: [conv1_macs, conv2_macs, conv3_macs]
      - id: receptive_field
        answer: rf["last"]
        tolerance: exact
  - id: 3c
    checks:
      - {id: transposed, kind: array, points: 2, tolerance: {rtol: 1e-5}, credit: per_entry}
      - {id: conv3, node: conv3_macs, at: end}
  - id: 2
    checks:
      - id: densenet_gradient
        kind: text
        points: 2
        key_points: [{point: gradients reach early layers, any: [gradient]}]
conventions:
  mac2: {title: counted as 2 x MAC, mentions: [2 x MAC]}
"""
REFERENCE = """\
def conv1_output(): return (64, 64, 64)
def conv1_params(): return 4864
def conv1_macs(): return 1
def conv2_macs(): return 2
def conv3_macs(): return 3
def total_macs(conv1_macs, conv2_macs, conv3_macs): return conv1_macs + conv2_macs + conv3_macs
def receptive_field(): return 29
def transposed(): return [[1, 4], [6, 20]]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The example and its reference, in folders side by side."""
    for folder in ("rubrics", "reference"):
        (tmp_path / folder).mkdir()
    (tmp_path / "reference" / "convnets.py").write_text(REFERENCE, encoding="utf-8")
    path = tmp_path / "rubrics" / "convnets.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def answered(rubric: Rubric, id: str) -> Answered:
    (check,) = (check for check in rubric.checks if check.id == id)
    assert isinstance(check, Answered)
    return check


def test_the_example_of_the_design_loads(path: Path) -> None:
    rubric = load_rubric(path)
    assert [question.id for question in rubric.questions] == ["1b", "3c", "2"]
    assert rubric.max_score == 9
    assert rubric.limits.time == 300
    assert answered(rubric, "transposed").tolerance == Tolerance(rtol=1e-5)
    assert isinstance(rubric.checks[-1], TextCheck)
    assert lint_rubric(path) == []


def test_a_check_without_a_kind_is_a_value(path: Path) -> None:
    assert isinstance(load_rubric(path).checks[0], ValueCheck)


def test_a_rubric_knows_its_file_and_the_hash_of_it(path: Path) -> None:
    rubric = load_rubric(path)
    assert rubric.path == path
    assert rubric.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_check_knows_its_question_its_folder_and_the_conventions(path: Path) -> None:
    check = answered(load_rubric(path), "conv1_params")
    assert (check.question, check.place) == ("1b", "1b")
    assert check.folder == path.parent
    assert check.conventions["mac2"].title == "counted as 2 x MAC"


def test_the_folder_stays_right_when_the_working_folder_changes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    rubric = load_rubric(Path(path.name))
    assert rubric.path == Path(path.name)
    assert rubric.checks[0].folder == path.parent


def test_a_followed_node_comes_from_the_check_that_asks_for_it(path: Path) -> None:
    assert answered(load_rubric(path), "total_macs").sources == {
        "conv1_macs": ("1b", "conv1_macs"),  # no check asks for it
        "conv2_macs": ("1b", 'layers["conv2"]'),
        "conv3_macs": ("", "conv3"),  # asked at the end of the notebook
    }


def test_alternates_are_worth_everything_and_mistakes_nothing_unless_said(path: Path) -> None:
    check = answered(load_rubric(path), "conv2_macs")
    assert [mistake.credit for mistake in check.mistakes] == [0.5, 0.0]
    assert [alternate.credit for alternate in check.alternates] == [1.0]


def test_a_rubric_survives_pickling_with_all_that_it_knows(path: Path) -> None:
    rubric = load_rubric(path)
    copy = pickle.loads(pickle.dumps(rubric))
    assert copy == rubric
    assert (copy.path, copy.sha256) == (rubric.path, rubric.sha256)
    ours, theirs = answered(copy, "total_macs"), answered(rubric, "total_macs")
    assert (ours.question, ours.folder) == (theirs.question, theirs.folder)
    assert (ours.sources, ours.conventions) == (theirs.sources, theirs.conventions)


def test_a_whole_number_serves_as_an_id(tmp_path: Path) -> None:
    text = f"{TOP}questions:\n- id: 2\n  checks:\n  - {{id: 3, kind: manual, requires: [4]}}\n"
    assert lint(tmp_path, text + "  - {id: 4, kind: manual}\n") == []
    rubric = load_rubric(tmp_path / "hw.yaml")
    assert rubric.questions[0].id == "2"
    assert rubric.checks[0].requires == ["4"]


def test_the_key_on_is_not_read_as_true(tmp_path: Path) -> None:
    text = checks(
        """
        - id: iou
          kind: function
          properties:
          - holds: symmetric
            on: {inputs: boxes}
        """,
        top=TOP + "reference: hw.py\n",
    )
    assert lint(tmp_path, text, reference=False) == []
    (check,) = load_rubric(tmp_path / "hw.yaml", reference=False).checks
    assert isinstance(check, FunctionCheck)
    assert check.properties[0].on.inputs == "boxes"


def test_loading_raises_every_problem_in_line_order(path: Path) -> None:
    path.write_text("version: 2\nassignment: hw\nsede: 1\nquestions: []\n", encoding="utf-8")
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert [problem.line for problem in caught.value.problems] == [1, 3, 4]
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    assert caught.value.problems == lint_rubric(path)


def test_a_mended_rubric_is_never_returned(path: Path) -> None:
    path.write_text(EXAMPLE.replace("title: Conv", "titel: Conv"), encoding="utf-8")
    with pytest.raises(RubricError, match=r"^\S+:4: unknown key 'titel'; did you mean 'title'\?$"):
        load_rubric(path)


def test_a_rubric_cannot_be_changed(path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_rubric(path).revision = 2
