"""Grade many submissions: worker processes, one report written as each finishes.

A submission that breaks its worker is tried once more on its own, then reported as ungradable. Nothing
that is already written is lost, and the rest of the class goes on.
"""

from __future__ import annotations

import atexit
import multiprocessing
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError, SandboxError
from autograder.grade import grade_submission, ungradable
from autograder.kernel.launch import Launcher, environment_of
from autograder.model import Report, Submission
from autograder.rubric.schema import Rubric
from autograder.sandbox import choose_sandbox
from autograder.sandbox.place import probe_interpreter, remove_abandoned
from autograder.score import Mark
from autograder.truth import Truth

Marks = Mapping[tuple[str, str], Mark]
"""Points given by a human, by submission and check."""


@dataclass(frozen=True, slots=True)
class Job:
    """What every submission of a class has in common."""

    rubric: Rubric
    """What is asked."""
    truth: Truth
    """The reference's values."""
    sandbox: str
    """Name of the backend."""
    marks: Marks
    """Points given by a human."""
    preload: tuple[str, ...] = ()
    """Modules that kernels import before they run a notebook."""

    def launcher(self, *, warm: bool = True) -> Launcher:
        """Return what starts kernels for this class."""
        return Launcher(choose_sandbox(self.sandbox), self.rubric, self.preload, warm=warm)


def grade_class(
    job: Job,
    submissions: Sequence[Submission],
    done: Callable[[Report], None],
    *,
    workers: int = 1,
) -> None:
    """Grade a class.

    Args:
        job: rubric, truth, sandbox and marks.
        submissions: what was handed in.
        done: called in this process with each report as it is finished, in no particular order.
        workers: processes that grade at the same time.

    Raises:
        SandboxError: the chosen sandbox or the rubric's interpreter does not work here at all.
    """
    choose_sandbox(job.sandbox)
    probe_interpreter(environment_of(job.rubric)[0])
    runnable = [submission for submission in submissions if not submission.problem]
    for submission in submissions:
        if submission.problem:
            done(ungradable(submission, job.rubric, submission.problem))
    if workers == 1 or len(runnable) <= 1:
        with closing(job.launcher(warm=len(runnable) > 1)) as launcher:
            for submission in runnable:
                done(grade_one(submission, job, launcher))
        return
    left = _grade_in_pool(job, runnable, done, min(workers, len(runnable)))
    for submission in left:  # each on its own: only the culprit is lost
        for broken in _grade_in_pool(job, [submission], done, 1):
            reason = (
                "grading it ended the grader's worker process twice; please tell the instructor"
            )
            done(ungradable(broken, job.rubric, reason))


def grade_one(submission: Submission, job: Job, launcher: Launcher) -> Report:
    """Grade one submission, twice where no kernel came up; a failure of ours becomes a report that says so."""
    marks = {check: mark for (who, check), mark in job.marks.items() if who == submission.id}
    try:
        with suppress(SandboxError):
            return grade_submission(submission, job.rubric, job.truth, launcher, marks)
        return grade_submission(submission, job.rubric, job.truth, launcher, marks)
    except AutograderError as error:
        reason = f"it could not be run, and not through any fault of its own: {error}"
    except Exception as error:  # whatever is wrong with us, the rest of the class goes on
        reason = f"the grader itself failed ({type(error).__name__}: {error}); please report this"
    return ungradable(submission, job.rubric, reason)


def _grade_in_pool(
    job: Job, submissions: Sequence[Submission], done: Callable[[Report], None], workers: int
) -> list[Submission]:
    """Grade in worker processes; return what was left when a worker died."""
    context = multiprocessing.get_context("spawn")
    finished: set[str] = set()
    with ProcessPoolExecutor(workers, context, _start_worker, (job,)) as pool:
        pending: dict[Future[Report], Submission] = {
            pool.submit(_work, submission): submission for submission in submissions
        }
        try:
            while pending:
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    report = future.result()
                    finished.add(pending.pop(future).id)
                    done(report)
        except BrokenProcessPool:
            pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            remove_abandoned()
            raise
    return [submission for submission in submissions if submission.id not in finished]


_own: tuple[Job, Launcher] | None = None
"""What this worker process works with; set once, when it starts."""


def _start_worker(job: Job) -> None:
    global _own
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # Ctrl-C ends workers, and their sandboxes with them
    _own = job, job.launcher()
    atexit.register(_own[1].close)


def _work(submission: Submission) -> Report:
    assert _own is not None
    job, launcher = _own
    return grade_one(submission, job, launcher)


def default_output(rubric: Rubric) -> Path:
    """Return where reports go unless told otherwise."""
    return Path("results") / rubric.assignment
