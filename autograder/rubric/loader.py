"""From a YAML file to a `Rubric`, or to everything that is wrong with it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autograder.errors import Problem, RubricError
from autograder.rubric.document import Document, Place, read_document
from autograder.rubric.draft import Draft, Finding, Placed, at, check_places, subject
from autograder.rubric.mending import mend
from autograder.rubric.reference import disagreements
from autograder.rubric.relations import conflicts
from autograder.rubric.schema import Answered, Rubric
from autograder.rubric.soundness import flaws
from autograder.rubric.translation import KINDS, translate
from autograder.rubric.words import printable

_ATTEMPTS = 3
"""A mended key may hold what was not looked at before, and that again."""


def load_rubric(path: Path, *, reference: bool = True) -> Rubric:
    """Read a rubric and everything it names.

    Args:
        path: the YAML file.
        reference: whether to load the reference module too, which imports what that imports (torch,
            say), and to see that it has the nodes and functions that the rubric names.

    Returns:
        The rubric; its checks know their question, their folder and the rubric's conventions.

    Raises:
        RubricError: with every problem there is, each with its line.
    """
    rubric, problems = _examine(path, reference=reference)
    if rubric is None or problems:
        raise RubricError(problems)
    return rubric


def lint_rubric(path: Path, *, reference: bool = True) -> list[Problem]:
    """Return everything that is wrong with a rubric, in line order; nothing is raised.

    The arguments are those of `load_rubric`.
    """
    try:
        load_rubric(path, reference=reference)
    except RubricError as error:
        return error.problems
    return []


def _examine(path: Path, *, reference: bool) -> tuple[Rubric | None, list[Problem]]:
    """Return the rubric, None where the vocabulary refuses it, and all that is wrong."""
    document = read_document(path)
    rubric, draft, findings = _validate(document)
    findings += [*conflicts(draft), *flaws(draft)]
    if reference:
        findings += disagreements(draft)
    problems = [
        _problem(finding, draft)
        for finding in findings
        if not document.refused(draft.written(finding.place))
    ]
    if rubric is not None:
        _bind(rubric, document)
    return rubric, [*document.problems, *problems]


def _validate(document: Document) -> tuple[Rubric | None, Draft, list[Finding]]:
    """Return the rubric, the draft that the rules look at, and what the vocabulary refuses.

    Where something is refused, both are mended as far as possible; the rubric is None beyond that.
    """
    data, rubric = document.data, None
    findings: dict[Finding, None] = {}
    spelling: dict[Place, str | int] = {}
    for _ in range(_ATTEMPTS):
        try:
            rubric = Rubric.model_validate(data)
            break
        except ValidationError as error:
            findings |= dict.fromkeys(translate(error, data))
            data = mend(data, error, spelling)
    draft = Draft(document, data, spelling, _readable_checks(data, rubric))
    return rubric, draft, list(findings)


def _readable_checks(data: Any, rubric: Rubric | None) -> tuple[Placed, ...]:
    """Return all checks of `rubric`; where there is none, those that the vocabulary accepts."""
    places = check_places(data)
    if rubric is not None:
        return tuple(map(Placed, rubric.checks, places))
    placed = []
    for place in places:
        content = at(data, place)
        kind = content.get("kind", "value") if isinstance(content, dict) else None
        if isinstance(kind, str) and kind in KINDS:
            with suppress(ValidationError):
                placed.append(Placed(KINDS[kind].model_validate(content), place))
    return tuple(placed)


def _problem(finding: Finding, draft: Draft) -> Problem:
    # Messages of Python's own parsers, and keys of the instructor's, may hold any character.
    message = printable(subject(draft.data, finding.place) + finding.message)
    return Problem(draft.document.path, draft.line(finding.place), message)


def _bind(rubric: Rubric, document: Document) -> None:
    """Tell the rubric where it came from, and the checks what lies around them."""
    rubric._path = document.path
    rubric._sha256 = document.sha256
    folder = document.path.parent.absolute()  # workers may run in another folder
    for question in rubric.questions:
        for check in question.checks:
            check._question = question.id
            check._conventions = rubric.conventions
            check._folder = folder
            check._request_time = rubric.limits.request_time
    answers: dict[str, Answered] = {}
    for check in rubric.checks:
        if isinstance(check, Answered) and check.node_name is not None:
            answers.setdefault(check.node_name, check)
    for check in rubric.checks:
        if isinstance(check, Answered):
            check._sources = {node: _source(node, check, answers) for node in check.followed}


def _source(node: str, check: Answered, answers: dict[str, Answered]) -> tuple[str, str]:
    """Return the place and the expression of the student's value for `node`."""
    answer = answers.get(node)
    return (check.place, node) if answer is None else (answer.place, answer.expression)
