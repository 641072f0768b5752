"""Run one pytest file with the fixture `student`: a process of its own, started by `dialogue`.

    student.iou(a, b)        call the notebook's function `iou`; its result as plain data
    student["threshold"]     the value of a name or an expression of the notebook
    student.has("iou")       whether a name is defined

Arrays arrive as numpy arrays, tensors as torch tensors. What the notebook raises arrives as
`StudentError`, so that ``pytest.raises(StudentError, match="ValueError")`` reads well.
"""

from __future__ import annotations

import builtins
import json
import re
import socket
import sys
from typing import Any

import pytest

from autograder.wire import Array, from_json, to_json

STUDENT_RAISED = re.compile(
    r"(?:[\w.]+\.)?StudentError: ([A-Z]\w{0,40}(?:Error|Exception|Interrupt|Exit))\b"
)
"""What pytest says of a failure in the notebook's own code, and the type of the exception in it."""


class StudentError(Exception):
    """The notebook has no such name, or its code raised, hung or died."""


class Student:
    """Stands for the notebook's names."""

    def __init__(self, channel: socket.socket) -> None:
        self._stream = channel.makefile("rw", encoding="utf-8")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._ask({
                "kind": "call", "expression": name, "args": to_json(list(args)),
                "kwargs": to_json(kwargs),
            })  # fmt: skip

        call.__name__ = name
        return call

    def __getitem__(self, expression: str) -> Any:
        return self._ask({"kind": "evaluate", "expression": expression})

    def has(self, name: str) -> bool:
        """Say whether the notebook defines a name."""
        return bool(self._ask({"kind": "evaluate", "expression": f"{name!r} in globals()"}))

    def _ask(self, message: dict[str, Any]) -> Any:
        self._stream.write(json.dumps(message) + "\n")
        self._stream.flush()
        reply = json.loads(self._stream.readline())
        if reply["status"] == "missing":
            raise StudentError(f"{reply['error']} is not defined in the notebook")
        if reply["status"] != "ok":
            raise StudentError(reply["error"] or reply["status"])
        return natural(from_json(reply["value"]))


def natural(value: Any) -> Any:
    """Turn arrays into numpy arrays and tensors into torch tensors, in containers too."""
    if isinstance(value, Array):
        if value.kind != "tensor":
            return value.values.copy()
        import torch

        return torch.from_numpy(value.values.copy()).to(getattr(torch, value.dtype, torch.float32))
    if isinstance(value, (list, tuple)):
        return type(value)(natural(item) for item in value)
    if isinstance(value, dict):
        return {key: natural(item) for key, item in value.items()}
    return value


class Recorder:
    """A pytest plugin that offers the fixture and notes how each test ended."""

    def __init__(self, student: Student) -> None:
        self.student_proxy = student
        self.tests: dict[str, dict[str, str]] = {}
        self.titles: dict[str, str] = {}

    @pytest.fixture(name="student", scope="session")
    def student(self) -> Student:
        """Return the proxy for the notebook's names."""
        return self.student_proxy

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember what each test says of itself."""
        for item in items:
            text = getattr(getattr(item, "function", None), "__doc__", None) or item.name
            self.titles[item.nodeid] = " ".join(text.split())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure in any phase; set-up and tear-down failures are the file's own."""
        if report.when != "call" and report.passed:
            return
        if report.skipped:
            return
        title = self.titles.get(report.nodeid, report.nodeid)
        if crash := getattr(report.longrepr, "reprcrash", None):
            raised = STUDENT_RAISED.match(str(crash.message))
            known = raised is not None and hasattr(
                builtins, raised[1]
            )  # another name may carry hidden inputs
            title += f" (raised {raised[1]})" if raised is not None and known else ""
        outcome = "passed" if report.passed else "failed" if report.when == "call" else "error"
        self.tests[report.nodeid] = {
            "name": report.nodeid.partition("::")[2],
            "outcome": outcome,
            "message": title,
            "detail": "" if report.passed else report.longreprtext[-4000:],
        }

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be imported."""
        if report.failed:
            self.tests[report.nodeid] = {
                "name": report.nodeid,
                "outcome": "error",
                "message": "the instructor's test file cannot be loaded",
                "detail": report.longreprtext[-4000:],
            }


def main() -> None:
    """Run the file named on the command line and send the result through the channel."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    recorder = Recorder(Student(channel))
    options = [sys.argv[2], "-q", "-p", "no:cacheprovider", "--rootdir=/", "-c", "/dev/null"]
    if sys.argv[3]:
        options += ["-k", sys.argv[3]]
    pytest.main(options, plugins=[recorder])
    channel.sendall(json.dumps({"tests": list(recorder.tests.values())}).encode() + b"\n")
