"""Grade one submission: the whole pipeline, readable in one sitting.

    ask every check ──▶ run the notebook and put the requests ──▶ judge the replies ──▶ add up

Student code runs inside `run_submission` and nowhere else; what comes back is plain data.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence

import autograder
from autograder.checks import KINDS
from autograder.kernel.launch import Launcher
from autograder.kernel.run import run_submission
from autograder.model import Execution, Outcome, Reply, Report, Submission, Verdict
from autograder.rubric.schema import AnyCheck, Rubric
from autograder.score import OPENNESS, Mark, assemble, total
from autograder.truth import Truth


def grade_submission(
    submission: Submission,
    rubric: Rubric,
    truth: Truth,
    launcher: Launcher,
    marks: Mapping[str, Mark] | None = None,
) -> Report:
    """Grade one submission.

    Args:
        submission: what was handed in.
        rubric: what is asked and how it is judged.
        truth: the reference's values.
        launcher: starts the sandbox in which student code runs.
        marks: points given by a human, by check id.

    Returns:
        The report; `ungradable`, with the reason, where the submission could not be read.

    Raises:
        SandboxError: no kernel could be started, which is not the student's doing.
    """
    if submission.problem:
        return ungradable(submission, rubric, submission.problem)
    asked = [
        (check.id, position, request)
        for check in sorted(rubric.checks, key=openness)
        for position, request in enumerate(KINDS[check.kind].ask(check, truth))
    ]
    asked.sort(key=lambda entry: entry[2].kind != "evaluate")  # only calls show hidden inputs
    execution, answers = run_submission(
        submission, rubric, launcher, [request for _, _, request in asked]
    )
    replies: dict[str, dict[int, Reply]] = {check.id: {} for check in rubric.checks}
    for (check_id, position, _), reply in zip(asked, answers, strict=True):
        replies[check_id][position] = reply
    verdicts = {
        check.id: judge(check, [reply for _, reply in sorted(replies[check.id].items())], truth)
        for check in rubric.checks
    }
    return make_report(submission, rubric, execution, verdicts, marks or {}, truth)


def openness(check: AnyCheck) -> int:
    """Return a check's place in the order of asking: what students get to see comes first.

    A function that is called with hidden inputs could note them for a later call whose result is shown.
    """
    return OPENNESS.index(check.visibility)


def judge(check: AnyCheck, replies: Sequence[Reply], truth: Truth) -> Verdict:
    """Judge one check; where *we* fail, say so and take no points."""
    try:
        return KINDS[check.kind].judge(check, replies, truth)
    except Exception as error:  # the edge of a check: one that fails must not spoil the others
        return Verdict(
            Outcome.ERROR,
            message="the grader itself failed here; your instructor has been told and will mark this by hand",
            detail=f"{type(error).__name__}: {error}",
        )


def make_report(
    submission: Submission,
    rubric: Rubric,
    execution: Execution,
    verdicts: Mapping[str, Verdict],
    marks: Mapping[str, Mark],
    truth: Truth,
) -> Report:
    """Add up the verdicts."""
    questions = assemble(rubric, verdicts, marks)
    totals = total(questions)
    return Report(
        submission=submission.id,
        assignment=rubric.assignment,
        rubric_version=rubric.revision,
        status="graded",
        reason="",
        score=totals.score,
        max_score=totals.max_score,
        awaiting=totals.awaiting,
        questions=questions,
        execution=execution,
        provenance=provenance(submission, rubric, truth),
        notes=submission.notes,
    )


def ungradable(submission: Submission, rubric: Rubric, reason: str) -> Report:
    """Return the report of a submission that was not run."""
    return Report(
        submission=submission.id,
        assignment=rubric.assignment,
        rubric_version=rubric.revision,
        status="ungradable",
        reason=reason,
        score=0.0,
        max_score=rubric.max_score,
        awaiting=0.0,
        questions=(),
        execution=Execution(),
        provenance=provenance(submission, rubric, None),
        notes=submission.notes,
    )


def provenance(submission: Submission, rubric: Rubric, truth: Truth | None) -> dict[str, str]:
    """Return the versions and hashes that make a result reproducible."""
    facts = {
        "autograder": autograder.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "rubric_sha256": rubric.sha256,
        "notebook": submission.notebook_name,
        "notebook_sha256": submission.sha256,
        "seed": str(rubric.seed),
    }
    if truth is not None and truth.sha256:
        facts["reference_sha256"] = truth.sha256
    return facts
