"""What must hold for one check, one convention or one pattern on its own."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from keyword import iskeyword

from autograder.rubric.draft import Draft, Finding, Placed, at, label
from autograder.rubric.expectation import expectation_flaws
from autograder.rubric.handouts import handout_flaws
from autograder.rubric.schema import (
    Answered,
    FormulaCheck,
    FunctionCheck,
    NotebookCheck,
    PrintedCheck,
    PytestCheck,
    TextCheck,
)
from autograder.rubric.words import quoted


def flaws(draft: Draft) -> Iterator[Finding]:
    """Yield every check, convention and pattern that could never be judged, or never matter."""
    yield from _filename(draft)
    yield from _conventions(draft)
    yield from handout_flaws(draft)
    for placed in draft.checks:
        yield from _expression(placed)
        yield from expectation_flaws(placed, draft)
        check = placed.check
        if isinstance(check, FunctionCheck):
            yield from _function(placed, check, draft)
        elif isinstance(check, PrintedCheck):
            yield from _printed(placed, check)
        elif isinstance(check, TextCheck):
            yield from _text(placed, check)
        elif isinstance(check, NotebookCheck):
            yield from _notebook(placed, check, draft)
        elif isinstance(check, PytestCheck):
            yield from _file(placed, check, draft)


def _filename(draft: Draft) -> Iterator[Finding]:
    pattern = draft.data.get("filename")
    if isinstance(pattern, str) and re.search("[{}]", re.sub(r"{\w+}", "", pattern)):
        message = f"{quoted(pattern)} has a brace without its partner; write words as {{netid}}"
        yield Finding(("filename",), f"filename: {message}")


def _conventions(draft: Draft) -> Iterator[Finding]:
    for name in draft.conventions:
        place = ("conventions", name)
        convention = at(draft.data, place)
        if not isinstance(convention, dict):
            continue
        answer, mentions = convention.get("answer"), convention.get("mentions")
        if answer is None and not mentions:
            message = "give `answer` or `mentions`; otherwise no student can declare it"
            yield Finding(place, f"{label(place)}: {message}")
        if isinstance(answer, str) and (problem := _syntax_problem(answer)):
            yield Finding((*place, "answer"), f"{label(place)}.answer: {problem}")


def _expression(placed: Placed) -> Iterator[Finding]:
    """What is evaluated in the notebook: `answer` or `function`, by default the id."""
    check = placed.check
    if isinstance(check, FunctionCheck):
        key, what, expression = "function", "that yields the function", check.function
    elif isinstance(check, (Answered, FormulaCheck, TextCheck)):
        key, what, expression = "answer", "to evaluate in the notebook", check.answer
    else:
        return
    if expression is not None:
        if problem := _syntax_problem(expression):
            yield placed.find(problem, key)
    elif not isinstance(check, TextCheck) and (not check.id.isidentifier() or iskeyword(check.id)):
        message = f"{quoted(check.id)} is no Python name; give `{key}`, the expression {what}"
        yield placed.find(message, "id")


def _syntax_problem(expression: str) -> str:
    """Say why `expression` is not one; empty where it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        return f"{quoted(expression)} is not a Python expression: {error.msg}"
    except (MemoryError, RecursionError):
        # Nested deeper than the parser's stack.
        return f"{quoted(expression)} is not a Python expression"
    return ""


def _function(placed: Placed, check: FunctionCheck, draft: Draft) -> Iterator[Finding]:
    if not (check.cases or check.random or check.properties):
        yield placed.find("nothing to test; give `cases`, `random` or `properties`", "id")
        return
    if draft.reference:
        if check.needs_reference and check.reference is None and not check.id.isidentifier():
            message = f"{quoted(check.id)} cannot name the model solution; give `reference`"
            yield placed.find(message, "id")
        return
    remedy = "the rubric names no `reference`"
    for position, case in enumerate(check.cases):
        if "expected" not in case.model_fields_set:
            yield placed.find(f"{remedy}, so give `expected`", "cases", position)
    if check.random:
        yield placed.find(f"{remedy} that could draw inputs", "random")
    for position in range(len(check.properties)):
        yield placed.find(f"{remedy} that could hold the property", "properties", position)


def _printed(placed: Placed, check: PrintedCheck) -> Iterator[Finding]:
    if check.match == "regex":
        patterns = check.expected if isinstance(check.expected, list) else [check.expected]
        for pattern in patterns:
            if isinstance(pattern, str) and (problem := _pattern_problem(pattern)):
                yield placed.find(problem, "expected")


def _pattern_problem(pattern: str) -> str:
    """Say why `pattern` is no regular expression; empty where it is one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{quoted(pattern)} is not a regular expression: {error}"
    return ""


def _text(placed: Placed, check: TextCheck) -> Iterator[Finding]:
    if check.enough is not None and check.enough > len(check.key_points):
        message = f"expected at most {len(check.key_points)}, the number of key points"
        yield placed.find(f"{message}; found {check.enough}", "enough")
    for position, point in enumerate(check.key_points):
        yield from _phrases(placed, point.any, "key_points", position, "any")
    for position, misconception in enumerate(check.misconceptions):
        yield from _phrases(placed, misconception.any, "misconceptions", position, "any")


def _phrases(placed: Placed, phrases: Sequence[str], *steps: str | int) -> Iterator[Finding]:
    for position, phrase in enumerate(phrases):
        if not phrase.strip("/ "):
            yield placed.find("an empty phrase is in every text", *steps, position)
        elif (
            len(phrase) > 2
            and phrase[0] == phrase[-1] == "/"
            and (problem := _pattern_problem(phrase[1:-1]))
        ):
            yield placed.find(problem, *steps, position)


def _notebook(placed: Placed, check: NotebookCheck, draft: Draft) -> Iterator[Finding]:
    for position, rule in enumerate(check.rules):
        if rule in check.rules[:position]:
            yield placed.find(f"the rule {rule} is given twice", "rules", position)
        elif rule == "filename" and draft.data.get("filename") is None:
            message = "the rubric gives no `filename` to compare with"
            yield placed.find(message, "rules", position)


def _file(placed: Placed, check: PytestCheck, draft: Draft) -> Iterator[Finding]:
    try:
        found = (draft.folder / check.file).is_file()
    except OSError:
        found = False  # a name longer than any file's
    if not found:
        message = f"there is no file {quoted(check.file)}, seen from the rubric's folder"
        yield placed.find(message, "file")
