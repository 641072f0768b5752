"""Kind `notebook`: policies about the notebook itself.

Each rule is a function from what is known of the notebook to what is wrong, with what to do about it; empty
text where the rule is kept. Cells that the instructor wrote count neither for nor against the student.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder.checks.candidates import RIGHT
from autograder.checks.notebook_text import PLACEHOLDER, CellFacts, own_text
from autograder.checks.verdicts import credited, ours, refusal
from autograder.checks.wording import clean
from autograder.model import Reply, Request, Verdict
from autograder.rubric.schema import NotebookCheck, Rule
from autograder.submission import matches_filename
from autograder.truth import Truth

LONG_CELL = 5
"""Lines of code from which on a cell should hold a comment."""
FEWEST_WORDS = 3
"""Words that make an explanation."""
NAMED = 5
"""Cells or questions that a message names."""
COPY = re.compile(r"[ _-]*(?:\(\d+\)|[-_ ]copy[-_ ]?\d*)(?=\.ipynb$)", re.IGNORECASE)
"""What browsers and Jupyter add to the name of a second copy."""

Facts = Mapping[str, Any]
"""The value of a `cells` reply."""


def ask(check: NotebookCheck, truth: Truth) -> list[Request]:
    """Return the request for all cells of the notebook."""
    return [Request("cells")]


def judge(check: NotebookCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge each rule; each has an equal share of the points, and each broken one a line in the message."""
    refused = refusal(check, ask(check, truth)[0], replies[0])
    if refused is not None:
        return refused
    facts = replies[0].value
    if "filename" in check.rules and not facts["filename"]:
        return ours(f"check '{check.id}': rule 'filename' needs `filename` in the rubric")
    complaints = {rule: RULES[rule](check, facts) for rule in check.rules}
    broken = [complaint for complaint in complaints.values() if complaint]
    credit = 1 - len(broken) / len(complaints)
    return credited(check, credit, "\n".join(broken) or RIGHT)


def check_filename(check: NotebookCheck, facts: Facts) -> str:
    """The notebook is called as the rubric says."""
    name, pattern = facts["notebook_name"], facts["filename"]
    if matches_filename(name, pattern, ignore_case=False):
        return ""
    shown = clean(name, 100)
    original = COPY.sub("", name)
    if original != name and matches_filename(original, pattern, ignore_case=False):
        return f"the notebook is called '{shown}': rename this copy to '{clean(original, 100)}'"
    if matches_filename(name, pattern):
        return (
            f"the notebook is called '{shown}': capital and small letters differ from '{pattern}'"
        )
    return (
        f"the notebook is called '{shown}'; call it '{pattern}', with your own words in the braces"
    )


def check_outputs(check: NotebookCheck, facts: Facts) -> str:
    """The outputs are in the file."""
    code = _code(facts)
    lacking = [c for c in code if c["expects_output"] and not c["submitted_outputs"]]
    if lacking:
        return f"no output is kept for {_places(lacking)}: run all cells, then save, then hand in"
    if code and all(cell["execution_count"] is None for cell in code):
        return "the notebook was not run: run all cells, then save, then hand in"
    return ""


def check_no_errors(check: NotebookCheck, facts: Facts) -> str:
    """No cell fails when the notebook runs from top to bottom."""
    failed = [cell for cell in _code(facts) if cell["status"] not in ("ok", "")]
    if not failed:
        return ""
    first = failed[0]
    error = clean(first["error"]) or str(first["status"]).replace("_", " ")
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"cell {first['index'] + 1} fails when the notebook runs from the top: {error}{more}"


def check_in_order(check: NotebookCheck, facts: Facts) -> str:
    """The cells were run from top to bottom before the notebook was handed in."""
    remedy = "restart the kernel, run all cells, save"
    previous, last_place = 0, ""
    for cell in _code(facts):
        place = f"cell {cell['index'] + 1}"
        run_at = cell["execution_count"]
        if not run_at:  # Colab writes 0
            return f"{place} was not run before the notebook was handed in: {remedy}"
        if run_at <= previous:
            return f"{place} was run before {last_place}, which stands above it: {remedy}"
        previous, last_place = run_at, place
    return ""


def check_labelled(check: NotebookCheck, facts: Facts) -> str:
    """Each question has its heading."""
    missing = [question for question, found in facts["questions"].items() if not found]
    return f"no heading was found for {_questions(missing)}: give each its own" if missing else ""


def check_commented(check: NotebookCheck, facts: Facts) -> str:
    """Enough of the longer code cells hold a comment."""
    own = [cell for cell in _code(facts) if not cell["given"]]
    if not own:
        return "there is no code of your own"
    longer = [cell for cell in own if _line_count(cell["source"]) >= LONG_CELL]
    bare = [cell for cell in longer if not _has_comment(cell["source"])]
    if len(longer) - len(bare) >= check.comment_share * len(longer):
        return ""
    return f"code should be commented: there is no comment in {_places(bare)}"


def check_explained(check: NotebookCheck, facts: Facts) -> str:
    """Each question has words of the student's in a text cell."""
    silent = []
    for question in facts["questions"]:
        text = own_text(cell for cell in facts["cells"] if cell["question"] == question)
        if len(re.findall(r"[^\W\d_]+", text)) < FEWEST_WORDS:
            silent.append(question)
    return f"explain {_questions(silent)} in a text cell (not in comments)" if silent else ""


RULES: dict[Rule, Callable[[NotebookCheck, Facts], str]] = {
    "filename": check_filename,
    "outputs": check_outputs,
    "no_errors": check_no_errors,
    "in_order": check_in_order,
    "labelled": check_labelled,
    "commented": check_commented,
    "explained": check_explained,
}


def _code(facts: Facts) -> list[CellFacts]:
    """Return the code cells that are not blank."""
    return [cell for cell in facts["cells"] if cell["kind"] == "code" and cell["source"].strip()]


def _line_count(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def _has_comment(source: str) -> bool:
    """Look for a comment with words in it; what the template says where the code goes is none."""
    return any(
        re.search(r"[^\W\d_]{2}", PLACEHOLDER.sub("", comment)) for comment in _comments(source)
    )


def _comments(source: str) -> list[str]:
    """Return the comments of a cell; of one that is not plain Python (magics), what follows a ``#``."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return re.findall(r"#(.*)", source)
    return [token.string.lstrip("#") for token in tokens if token.type == tokenize.COMMENT]


def _places(cells: Sequence[CellFacts]) -> str:
    return _named("cell", [str(cell["index"] + 1) for cell in cells])


def _questions(ids: Sequence[str]) -> str:
    return _named("question", ids)


def _named(noun: str, names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names[:NAMED])}{more}"
