"""A desk at which a test judges: a rubric and a reference as people write them, and a student's names.

The rubric is loaded, the truth computed and locked by the real code. A student's state is a dict of names; requests
are answered from it by the real agent in this process, and what it sends is decoded by the real decoder.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.checks import KINDS
from autograder.kernel.cells import cells_reply
from autograder.kernel.control import read_reply, request_message
from autograder.kernel.inside import agent
from autograder.model import (
    Cell,
    CellRun,
    Execution,
    Outcome,
    Reply,
    Request,
    Submission,
    Verdict,
)
from autograder.rubric import load_rubric
from autograder.rubric.schema import AnyCheck, Rubric
from autograder.truth import Truth, compute_lock, lock_path, open_truth, write_lock

TOP = "version: 1\nassignment: hw\nfilename: '{netid}_hw3.ipynb'\n"


@dataclass
class Desk:
    """A rubric, its truth, and the notebook of one student."""

    folder: Path
    """Where the rubric and the reference lie."""
    notebook: list[tuple[Cell, CellRun | None]] = field(default_factory=list)
    """The cells of question 1, and how each ran."""
    notebook_name: str = "abc12_hw3.ipynb"
    """What the student called it."""
    headings: bool = True
    """Whether the heading of question 1 is there."""

    def set(self, checks: str, *, reference: str = "", top: str = "") -> None:
        """Write the checks of question 1 as YAML, the reference as Python, and more for the top of the rubric."""
        text = TOP + textwrap.dedent(top)
        if reference:
            (self.folder / "hw.py").write_text(textwrap.dedent(reference), encoding="utf-8")
            text += "reference: hw.py\n"
        text += "questions:\n- id: '1'\n  checks:\n"
        text += textwrap.indent(textwrap.dedent(checks).strip(), "  ") + "\n"
        path = self.folder / "hw.yaml"
        path.write_text(text, encoding="utf-8")
        self.rubric: Rubric = load_rubric(path)
        if reference:
            write_lock(compute_lock(self.rubric), lock_path(self.rubric))
        self.truth: Truth = open_truth(self.rubric)

    def check(self, check_id: str = "") -> AnyCheck:
        """Return a check; by default the last."""
        checks = {check.id: check for check in self.rubric.checks}
        return checks[check_id or list(checks)[-1]]

    def judge(self, names: Mapping[str, Any] | None = None, check_id: str = "") -> Verdict:
        """Put the check's requests to a student with these names, and judge the replies."""
        replies = [self.answer(request, dict(names or {})) for request in self.ask(check_id)]
        return self.judge_replies(replies, check_id)

    def ask(self, check_id: str = "") -> list[Request]:
        """Return the check's requests."""
        check = self.check(check_id)
        return KINDS[check.kind].ask(check, self.truth)

    def judge_replies(self, replies: Sequence[Reply], check_id: str = "") -> Verdict:
        """Judge replies made by hand."""
        check = self.check(check_id)
        verdict = KINDS[check.kind].judge(check, replies, self.truth)
        assert len(verdict.got) <= 200
        assert all(char.isprintable() or char == "\n" for char in verdict.message + verdict.got)
        return verdict

    def judge_value(self, value: Any, check_id: str = "") -> Verdict:
        """Judge a decoded value made by hand as the reply to the first request; all else is missing."""
        return self.judge_reply(Reply("ok", value), check_id)

    def judge_reply(self, reply: Reply, check_id: str = "") -> Verdict:
        """Judge one reply made by hand; the other requests ask for what is not there."""
        others = [Reply("missing", error="nothing")] * (len(self.ask(check_id)) - 1)
        return self.judge_replies([reply, *others], check_id)

    def answer(self, request: Request, names: dict[str, Any]) -> Reply:
        """Answer a request as the pipeline would."""
        if request.kind == "cells":
            return self.cells(request.question)
        frame = agent.reply_frame(*request_message(request), names)
        return read_reply(frame)

    # ── the notebook ──────────────────────────────────────────────────────────────────────────

    def write(self, source: str, *, question: str = "1", given: bool = False) -> None:
        """Add a text cell."""
        cell = Cell(len(self.notebook), "markdown", source, question, given=given)
        self.notebook.append((cell, None))

    def run(
        self,
        source: str,
        printed: str = "",
        *,
        stored: str | None = None,
        count: int | None = None,
        given: bool = False,
        error: str = "",
    ) -> None:
        """Add a code cell that prints something when it runs.

        `stored` is the output in the file (the same by default), `count` the number beside the cell there
        (by default its position).
        """
        index = len(self.notebook)
        stored = printed if stored is None else stored
        count = index + 1 if count is None else count
        cell = Cell(
            index,
            "code",
            source,
            "1",
            outputs=_stream(stored),
            execution_count=count or None,
            given=given,
        )
        status = "error" if error else "ok"
        run = CellRun(index, "1", status, error=error, outputs=_stream(printed))
        self.notebook.append((cell, run))

    def cells(self, question: str) -> Reply:
        """Return what the pipeline answers to a request for cells."""
        cells = tuple(cell for cell, _ in self.notebook)
        ours = tuple(cell.index for cell in cells if cell.question == "1")
        submission = Submission(
            "s1",
            self.folder,
            notebook_name=self.notebook_name,
            cells=cells,
            ends={"1": len(cells)} if self.headings else {},
            cells_of={"1": ours} if self.headings else {},
        )
        execution = Execution(tuple(run for _, run in self.notebook if run is not None))
        return cells_reply(submission, self.rubric, execution, question)


def _stream(text: str) -> tuple[dict[str, Any], ...]:
    if not text:
        return ()
    return ({"output_type": "stream", "name": "stdout", "text": text},)


def earned(verdict: Verdict) -> tuple[str, float]:
    """Return the outcome's word and the credit."""
    assert isinstance(verdict.outcome, Outcome)
    return verdict.outcome.value, round(verdict.credit, 6)


PASSED = ("passed", 1.0)
FAILED = ("failed", 0.0)
