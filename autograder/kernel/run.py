"""Run one submission and have its requests answered: the way from a Submission to Execution and Replies."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.errors import SandboxError
from autograder.kernel.cells import cells_reply
from autograder.kernel.dialogue import hold_dialogue
from autograder.kernel.launch import Launcher
from autograder.kernel.session import Session, describe_sandbox, open_session
from autograder.model import Cell, CellRun, Execution, Reply, Request, Submission
from autograder.rubric.schema import Rubric
from autograder.sandbox import Place
from autograder.sandbox.limits import size
from autograder.submission import stage_files
from autograder.wire import to_json

START = "start"
"""Name of the snapshot of a notebook without code."""


def run_submission(
    submission: Submission, rubric: Rubric, launcher: Launcher, requests: Sequence[Request]
) -> tuple[Execution, list[Reply]]:
    """Run a notebook in a sandbox and put the requests to it.

    Args:
        submission: a submission without a `problem`.
        rubric: limits and seed.
        launcher: starts its kernel.
        requests: what to ask; equal ones are asked once.

    Returns:
        What happened, and one reply per request, in order. Whatever the notebook does is in there.

    Raises:
        SandboxError: no kernel could be started, or the zygote died, which is not the student's doing.
    """
    with launcher.open_place() as place:
        notes = stage_files(submission, place.files)
        if (needed := size_of(place.files)) > rubric.limits.file_size:
            allowed = size(rubric.limits.file_size)
            ended = f"the files beside the notebook need {size(needed)}; {allowed} are allowed"
            return Execution(ended=ended), [Reply("lost", error=ended) for _ in requests]
        result = asyncio.run(_run(submission, rubric, launcher, place, requests, tuple(notes)))
        if launcher.lost_zygote():
            raise SandboxError("the process that kernels are forked from has died")
        return result


def size_of(folder: Path) -> int:
    """Return the size of all files in a folder, bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def _run(
    submission: Submission,
    rubric: Rubric,
    launcher: Launcher,
    place: Place,
    requests: Sequence[Request],
    notes: tuple[str, ...],
) -> tuple[Execution, list[Reply]]:
    started = time.monotonic()
    plan = Plan(submission, requests)
    known: dict[str, Reply] = {}
    async with open_session(submission.cells, launcher, place) as session:
        runs, taken = await _run_cells(session, rubric, plan, known)
        ended = _why_ended(session, runs)
        if not session.in_place:
            await session.kill_kernel()  # frees its memory; the snapshots hold what is asked for
        execution = Execution(
            cells=tuple(runs),
            sandbox=describe_sandbox(launcher, warm=session.warm),
            ended=ended,
            notes=notes + _notes(session),
        )
        replies = [
            await _answer(session, submission, rubric, execution, plan, taken, request, known)
            for request in requests
        ]
    return replace(execution, seconds=round(time.monotonic() - started, 3)), replies


SEEDING = re.compile(r"\b(?:seed|manual_seed|set_seed|seed_everything|set_random_seed)\s*\(")
"""A notebook that seeds its draws itself is seeded at its start only: its own seed must hold to its end."""


class Plan:
    """Which cells are followed by a snapshot, and which snapshot answers for a question.

    A question's state is that after its last code cell; questions that end with the same cell share it.
    Every code cell of a question is followed by a snapshot that replaces the one before, so that a
    kernel that dies in the last of them leaves what the others had done. A question that has no place in
    the notebook is asked for the last state there was.
    """

    def __init__(self, submission: Submission, requests: Sequence[Request]) -> None:
        self.code = [c for c in submission.cells if c.kind == "code" and c.source.strip()]
        self.requests = [r for r in requests if r.kind in ("evaluate", "call", "dialogue")]
        self.span: dict[str, tuple[int, int]] = {}
        for question in {request.question for request in self.requests}:
            cells = submission.cells_of.get(question, ())
            end = submission.ends.get(question)
            before = [cell.index for cell in self.code if end is not None and cell.index <= end]
            own = [index for index in before if index in cells]
            if before:
                self.span[question] = ((own or before[-1:])[0], before[-1])
        self.ends = {end for _, end in self.span.values()}
        self.rolling = any(request.question not in self.span for request in self.requests)

    def wants(self, cell: Cell) -> bool:
        """Say whether a snapshot follows this cell."""
        inside = any(start <= cell.index <= end for start, end in self.span.values())
        return self.rolling or inside

    def snapshot_for(self, question: str, taken: Sequence[int]) -> str:
        """Return the snapshot that answers for a question, given the cells after which one was taken."""
        if not self.code:
            return START
        start, end = self.span.get(question, (0, self.code[-1].index))
        within = [index for index in taken if start <= index <= end]
        return name_of(within[-1]) if within else ""

    def evaluations(self, cell: Cell) -> list[Request]:
        """Return the requests of questions that end here and hold no inputs: expressions over the names."""
        last = self.code[-1].index
        return [
            request
            for request in self.requests
            if request.kind == "evaluate"
            and self.span.get(request.question, (0, last))[1] == cell.index
        ]


def name_of(index: int) -> str:
    """Return the name of the snapshot after a cell."""
    return f"cell {index + 1}"


async def _run_cells(
    session: Session, rubric: Rubric, plan: Plan, known: dict[str, Reply]
) -> tuple[list[CellRun], list[int]]:
    """Run all cells in order; after a limit is broken, note the rest as not run.

    Where a snapshot cannot be forked, what holds no inputs is asked at once, into `known`: a later
    question may use the same name.

    Returns:
        What the cells did, and the indices of those that are followed by a snapshot.
    """
    runs: list[CellRun] = []
    taken: list[int] = []
    question = plan.code[0].question if plan.code else ""
    seeds_itself = any(SEEDING.search(cell.source) for cell in plan.code)
    await session.checkpoint(None if plan.code else START, rubric.seed)
    for cell in plan.code:
        if cell.question != question:
            question = cell.question
            await session.checkpoint(None, None if seeds_itself else rubric.seed)
        if not session.alive or time.monotonic() >= session.deadline:
            runs.append(CellRun(cell.index, cell.question, "not_run"))
            continue
        runs.append(await session.run_cell(cell))
        if not session.alive or not plan.wants(cell):
            continue
        name = name_of(cell.index)
        if not await session.checkpoint(name, None):
            continue
        if name in session.in_place:
            for request in plan.evaluations(cell):
                known[request_key(request)] = await session.ask(name, request)
        if taken and taken[-1] not in plan.ends:
            session.release(name_of(taken.pop()))
        taken.append(cell.index)
    return runs, taken


def _why_ended(session: Session, runs: Sequence[CellRun]) -> str:
    """Say in words why the run ended early, and in which cell."""
    for run in runs:
        if run.status == "died":
            return f"the notebook stopped in cell {run.index + 1}: {run.error}"
    if any(run.status == "not_run" for run in runs):
        if not session.alive:
            return f"the notebook stopped: {session.why_ended}"
        first = next(run.index for run in runs if run.status == "not_run")
        limit = session.limits.time
        return (
            f"the notebook used up its {limit:g} s; cell {first + 1} and what follows were not run"
        )
    return ""


def _notes(session: Session) -> tuple[str, ...]:
    notes = []
    if session.runner.dropped:
        notes.append("the notebook showed more than is kept: part of its output was cut")
    for why in sorted(set(session.in_place.values())):
        notes.append(f"answers were read in the running notebook, not from a copy: {why}")
    return tuple(notes)


async def _answer(
    session: Session,
    submission: Submission,
    rubric: Rubric,
    execution: Execution,
    plan: Plan,
    taken: Sequence[int],
    request: Request,
    known: dict[str, Reply],
) -> Reply:
    """Answer one request; equal ones are put once."""
    key = request_key(request)
    if key not in known:
        snapshot = plan.snapshot_for(request.question, taken)
        if request.kind == "cells":
            reply = cells_reply(submission, rubric, execution, request.question)
        elif request.kind == "dialogue":
            reply = await hold_dialogue(session, snapshot, request)
        else:
            reply = await session.ask(snapshot, request)
        if reply.status == "lost" and execution.ended:
            reply = replace(reply, error=execution.ended)
        known[key] = reply
    return known[key]


def request_key(request: Request) -> str:
    """Return a text that is equal for equal requests."""
    cases = [[to_json(case.args), to_json(case.kwargs)] for case in request.cases]
    parts = [request.kind, request.question, request.expression, request.program, request.time_s]
    return json.dumps([*parts, cases])
