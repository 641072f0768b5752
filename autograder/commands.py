"""What the commands do, apart from parsing their arguments. Each returns the exit status."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.batch import Job, Marks, default_output, grade_class
from autograder.errors import AutograderError, UsageError
from autograder.journal import fingerprint, still_holds
from autograder.kernel.imports import shared_modules
from autograder.model import Report, Submission
from autograder.report import (
    read_document,
    read_marks,
    render_class,
    summarise,
    write_class,
    write_report,
)
from autograder.report.text import clean
from autograder.rubric import lint_rubric, load_rubric
from autograder.rubric.schema import Rubric
from autograder.submission import collect_submissions
from autograder.truth import Truth, compute_lock, lock_path, open_truth, unknown_nodes, write_lock


def grade_command(
    rubric_path: Path,
    paths: Sequence[Path],
    output: Path | None,
    workers: int,
    sandbox: str,
    marks_path: Path | None,
    *,
    fresh: bool = False,
) -> int:
    """Grade, write reports as they finish, and show the class.

    Reports of an earlier run that still hold are kept, unless `fresh` is set.
    """
    console = Console(highlight=False)
    rubric, truth = load_locked(rubric_path)
    marks = read_marks(marks_path, rubric) if marks_path else {}
    output = output or default_output(rubric)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write to {output}: {error.strerror}; choose another -o"
        ) from error
    reports: list[Report] = []
    with tempfile.TemporaryDirectory(prefix="autograder-") as workspace:
        submissions = collect_submissions(paths, rubric, Path(workspace))
        for line in unknown_marks(marks, submissions):
            console.print(line, style="yellow", soft_wrap=True)
        job = Job(rubric, truth, sandbox, marks, shared_modules(submissions))
        prints = {submission.id: fingerprint(submission, job) for submission in submissions}
        kept = {} if fresh else kept_reports(output, submissions, prints)
        if kept:
            reports += [summarise(report) for report in kept.values()]
            words = "reports of an earlier run still hold; --fresh runs these notebooks again"
            console.print(f"{len(kept)} of {len(submissions)} {words}", soft_wrap=True)
        left = [submission for submission in submissions if submission.id not in kept]
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        with progress:
            bar = progress.add_task("grading", total=len(left))

            def done(report: Report) -> None:
                facts = {**report.provenance, "fingerprint": prints[report.submission]}
                report = replace(report, provenance=facts)
                write_report(output, report, rubric)
                reports.append(summarise(report))
                progress.advance(bar)
                if not console.is_terminal:
                    console.print(
                        f"{len(reports) - len(kept)}/{len(left)} {clean(report.submission)}"
                    )

            grade_class(job, left, done, workers=workers)
    reports.sort(key=lambda report: report.submission)
    write_class(output, reports, rubric)
    render_class(reports, rubric, console)
    console.print(f"Reports: {output}/index.html", soft_wrap=True)
    return 0 if all(report.status == "graded" for report in reports) else 1


def kept_reports(
    output: Path, submissions: Sequence[Submission], prints: Mapping[str, str]
) -> dict[str, Report]:
    """Return the reports in the output folder that still hold, by submission."""
    kept = {}
    for submission in submissions:
        path = output / submission.id / "report.json"
        if submission.problem or not path.exists():
            continue
        with contextlib.suppress(AutograderError):  # damaged, or written by another version
            report = read_document(path)
            if still_holds(report, prints[submission.id]):
                kept[submission.id] = report
    return kept


def unknown_marks(marks: Marks, submissions: Sequence[Submission]) -> list[str]:
    """Return a line for each name in the marks that is no submission: a slip of the pen, or another class."""
    ids = {submission.id for submission in submissions}
    unknown = sorted({who for who, _ in marks} - ids)
    return [
        f"marks: no submission is called {clean(who)!r}; its rows are not used" for who in unknown
    ]


def load_locked(rubric_path: Path) -> tuple[Rubric, Truth]:
    """Load a rubric and its truth without importing the reference, which may import torch.

    Raises:
        RubricError: the rubric cannot be used.
        LockError: the truth is missing or stale.
    """
    rubric = load_rubric(rubric_path, reference=False)
    truth = open_truth(rubric)
    if unknown_nodes(rubric, truth):
        load_rubric(rubric_path)  # raises, with the line and a suggestion
    return rubric, truth


def lint_command(rubric_path: Path) -> int:
    """List every problem of a rubric."""
    problems = lint_rubric(rubric_path)
    for problem in problems:
        print(problem)
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        print(f"{len(problems)} {noun}")
        return 2
    rubric = load_rubric(rubric_path)
    questions, checks = len(rubric.questions), len(rubric.checks)
    print(
        f"{rubric_path}: {questions} questions, {checks} checks, {rubric.max_score:g} points: fine"
    )
    return 0


def truth_command(rubric_path: Path, *, show: bool) -> int:
    """Compute and store the truth."""
    rubric = load_rubric(rubric_path)
    if rubric.reference is None:
        raise UsageError(f"{rubric_path} has no `reference:`; there is nothing to compute")
    lock = compute_lock(rubric)
    path = lock_path(rubric)
    write_lock(lock, path)
    if show:
        for name, value in sorted(lock.nodes.items()):
            print(f"{name} = {value!r}")
    print(f"{path}: {len(lock.nodes)} values")
    return 0
