"""Kind `printed`: what the cells of the question print in this run; outputs stored in the file do not count.

Numbers are looked for in order: other numbers may stand between them (the 3 of "layer 3"), within reason. A number
with a unit counts both with and without it: "95 %" is 95 and 0.95, "3.2M" is 3.2 and 3,200,000.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checks.candidates import RIGHT
from autograder.checks.verdicts import credited, not_answered, refusal
from autograder.checks.wording import clean, count
from autograder.compare import is_close, is_number, read_number
from autograder.model import Reply, Request, Verdict
from autograder.rubric.schema import PrintedCheck
from autograder.truth import Truth
from autograder.wire import Array

LONGEST = 200_000
"""Characters of output that are searched."""
SPARE, SPARE_EACH = 20, 4
"""How many other numbers may be printed: so many, and so many more for each that is expected. A notebook that
prints every number there is answers nothing."""
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
"""Colours and other codes for terminals."""
NUMBER = re.compile(
    r"""(?P<core>(?:(?<![\w.)\]])[-+−])?
        (?:(?<![\w.])|(?<=\d[x×]))
        (?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)
        (?:[eE][-+]?\d{1,3}(?!\w))?)
    (?:\ ?(?:%|(?:[kKMGT]i?[bB]?|B)(?!\w)))?""",
    re.VERBOSE | re.ASCII,
)


def ask(check: PrintedCheck, truth: Truth) -> list[Request]:
    """Return the request for the question's cells, or with ``at: end`` for all cells."""
    return [Request("cells", check.place)]


def judge(check: PrintedCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge what was printed; the share of the expected texts or numbers is the credit, where the rubric says so."""
    refused = refusal(check, ask(check, truth)[0], replies[0])
    if refused is not None:
        return refused
    cells = [cell for cell in replies[0].value["cells"] if cell["kind"] == "code"]
    text = ESCAPES.sub("", "\n".join(cell["text"] for cell in cells)[:LONGEST])
    if not text.strip():
        broken = [cell for cell in cells if cell["error"]]
        where = f"; cell {broken[0]['index'] + 1}: {clean(broken[0]['error'])}" if broken else ""
        return not_answered(
            check, f"nothing was printed in {_place(check, replies[0].value)}{where}"
        )
    given = "expected" in check.model_fields_set
    expected = check.expected if given else truth.value(check.node or check.id)
    if check.match == "numbers":
        share, message = _match_numbers(check, text, _numbers_in(expected))
    else:
        share, message = _match_texts(check, text, expected)
    credit = share if share == 1 or check.credit == "per_entry" else 0.0
    return credited(check, credit, message, got=text, expected=expected)


def _place(check: PrintedCheck, facts: Mapping[str, Any]) -> str:
    """Name the cells that were read: all of them where the question was not found."""
    found = check.place and facts["questions"].get(check.place, False)
    return f"question {check.place}" if found else "the notebook"


def _match_texts(check: PrintedCheck, text: str, expected: Any) -> tuple[float, str]:
    """Return the share of the expected texts that are there, and the message."""
    wanted = [str(item) for item in (expected if isinstance(expected, list) else [expected])]
    if check.match == "exact":
        wanted = ["\n".join(wanted)]
    tests: dict[str, Callable[[str], bool]] = {
        "exact": lambda item: _folded(check, item) == _folded(check, text),
        "contains": lambda item: _folded(check, item) in _folded(check, text),
        "regex": lambda item: bool(re.search(item, text, _flags(check))),
    }
    found = sum(map(tests[check.match], wanted))
    if found == len(wanted):
        return 1.0, RIGHT
    if len(wanted) == 1:
        return 0.0, "what was printed is not what is asked for"
    return found / len(wanted), f"{found} of {len(wanted)} of what is asked for was printed"


def _folded(check: PrintedCheck, text: str) -> str:
    folded = " ".join(text.split())
    return folded.casefold() if check.ignore_case else folded


def _flags(check: PrintedCheck) -> re.RegexFlag:
    return re.MULTILINE | (re.IGNORECASE if check.ignore_case else re.RegexFlag(0))


def _match_numbers(
    check: PrintedCheck, text: str, expected: Sequence[complex]
) -> tuple[float, str]:
    """Return the share of the expected numbers that stand in the text in order, and the message."""
    matches = list(NUMBER.finditer(text))
    most = SPARE + SPARE_EACH * len(expected)
    if len(matches) > most:
        found = count(len(matches), "number")
        return 0.0, f"{found} were printed, too many to tell the answer; print at most {most}"
    printed = [_readings(match) for match in matches]
    # the longest common subsequence, row by row
    row = [0] * (len(printed) + 1)
    for number in expected:
        above, row = row, [0]
        for position, readings in enumerate(printed):
            if any(is_close(reading, number, check.tolerance) for reading in readings):
                row.append(above[position] + 1)
            else:
                row.append(max(above[position + 1], row[position]))
    if row[-1] == len(expected):
        return 1.0, RIGHT
    message = f"{row[-1]} of {count(len(expected), 'number')} that are asked for found in order"
    return row[-1] / len(expected), message


def _readings(match: re.Match[str]) -> list[float]:
    """Return what a printed number may mean: without its unit and with it."""
    readings = (read_number(text) for text in (match["core"], match[0]))
    return [reading for reading in readings if reading is not None]


def _numbers_in(expected: Any) -> list[complex]:
    """Return the expected numbers in order; raise ValueError where there are none (the rubric's fault)."""
    numbers: list[complex] = []

    def collect(value: Any) -> None:
        if isinstance(value, (Array, np.ndarray)):
            collect((value.values if isinstance(value, Array) else value).ravel().tolist())
        elif isinstance(value, (list, tuple)):
            for item in value:
                collect(item)
        elif is_number(value):
            numbers.append(value)
        else:
            raise ValueError(f"numbers are expected, but {value!r} is none")

    collect(expected)
    if not numbers:
        raise ValueError("no numbers are expected")
    return numbers
