"""Kind `pytest`: a pytest file of the instructor's, whose fixture `student` is a proxy.

The file runs outside the sandbox and judges by itself; here its tests are only counted. What a student reads of
a test is its docstring.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.checks.candidates import RIGHT
from autograder.checks.verdicts import credited, ours, refusal
from autograder.checks.wording import clean, count
from autograder.model import Reply, Request, Verdict
from autograder.rubric.schema import PytestCheck
from autograder.truth import Truth

NAMED = 5
"""Failed tests that the message names."""


def ask(check: PytestCheck, truth: Truth) -> list[Request]:
    """Return the request for the dialogue that the file leads."""
    return [
        Request(
            "dialogue",
            check.place,
            check.select or "",
            program=str(check.folder / check.file),
            time_s=check.time_s,
        )
    ]


def judge(check: PytestCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Count the tests that passed; an error in the file itself is nobody's loss of points."""
    refused = refusal(check, ask(check, truth)[0], replies[0])
    if refused is not None:
        return refused
    tests = [test for test in replies[0].value["tests"] if test["outcome"] != "skipped"]
    errors = [test for test in tests if test["outcome"] not in ("passed", "failed")]
    if errors or not tests:
        what = errors[0] if errors else {"name": "", "message": "no test was run", "detail": ""}
        text = ": ".join(filter(None, [check.file, what["name"], what["message"], what["detail"]]))
        return ours(text)
    failures = [test for test in tests if test["outcome"] == "failed"]
    if not failures:
        return credited(check, 1.0, f"{RIGHT}: {count(len(tests), 'test')}")
    right = len(tests) - len(failures)
    credit = right / len(tests) if check.credit == "per_entry" else 0.0
    words = [clean(test["message"] or test["name"]) for test in failures]
    message = "; ".join([f"{right} of {count(len(tests), 'test')} right", *words[:NAMED]])
    detail = "\n".join(f"{test['name']}: {test['detail']}" for test in failures)
    return credited(check, credit, message, detail=detail)
