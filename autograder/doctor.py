"""Show what works on this machine: run a probing notebook in each sandbox and look at what it could do."""

from __future__ import annotations

import os
import platform
import secrets
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console

from autograder.errors import AutograderError
from autograder.kernel.launch import Launcher
from autograder.kernel.run import run_submission
from autograder.model import Cell, Execution, Reply, Request, Submission
from autograder.rubric.schema import Limits, Rubric
from autograder.sandbox import BACKENDS, Sandbox
from autograder.sandbox.limits import limiter_name

HELD = "held"

NETWORK = """
import socket
try:
    socket.create_connection(("192.0.2.1", 9), timeout=0.5)
    network = "reached"
except TimeoutError:
    network = "reached"
except OSError:
    network = "refused"
"""
FILES = """
import os
seen = os.path.exists({path!r})
inherited = os.environ.get({variable!r})
"""
MEMORY = "survived = True\nhog = bytearray({size})\nfor i in range(0, len(hog), 4096): hog[i] = 1"
BOMB = """
import os, time
children = 0
try:
    for _ in range({count}):
        if os.fork() == 0:
            time.sleep(30); os._exit(0)
        children += 1
except OSError:
    pass
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that a sandbox must hold."""

    name: str
    """What a person reads."""
    source: str
    """The cell that tries to break it."""
    held: Callable[[Execution, dict[str, Reply]], bool]
    """Whether it held, from what happened and the values of the asked names."""


def doctor_command() -> int:
    """Print what works here; return 0 where a protected sandbox does, 1 otherwise."""
    console = Console(highlight=False)
    console.print(f"Python {platform.python_version()} on {platform.platform(terse=True)}")
    console.print(f"Packages: {', '.join(_versions())}", soft_wrap=True)
    console.print(f"Memory of a run is limited by: {limiter_name()}")
    protected = False
    for name, backend in BACKENDS.items():
        sandbox: Sandbox = backend()
        reason = sandbox.reason_unavailable()
        if reason:
            console.print(f"\n[bold]{name}[/bold]: does not work here. {reason}")
        elif not sandbox.isolated:
            console.print(
                f"\n[bold]{name}[/bold]: works, protects nothing: for your own code only."
            )
        else:
            rows = probe_sandbox(sandbox)
            console.print(f"\n[bold]{name}[/bold]: starts, and was tried:")
            for what, result in rows:
                console.print(f"  {'ok ' if result == HELD else 'NO '} {what}: {result}")
            protected = protected or all(result == HELD for _, result in rows)
    console.print(
        "\nReady: `--sandbox auto` takes bubblewrap."
        if protected
        else "\nNot ready: no sandbox here keeps student code away. See docs/troubleshooting.md."
    )
    return 0 if protected else 1


def probe_sandbox(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Run the probes; return (what, `HELD` or what happened instead)."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        secret = Path(folder) / "secret"
        secret.write_text("secret")
        variable = f"AUTOGRADER_{secrets.token_hex(4).upper()}"
        os.environ[variable] = "secret"
        try:
            for probe in _probes(secret, variable):
                rows.append((probe.name, _run_probe(probe, sandbox)))
        finally:
            del os.environ[variable]
    return rows


def _run_probe(probe: Probe, sandbox: Sandbox) -> str:
    limits = Limits(memory=512 * 2**20, processes=64, cell_time=2.0, time=20.0)
    names = ("network", "seen", "inherited", "survived", "children")
    cells = (Cell(0, "code", "pass", "before"), Cell(1, "code", probe.source, "probe"))
    places: dict[str, tuple[int, ...]] = {"before": (0,), "probe": (1,)}
    submission = Submission(
        "doctor", Path(), cells=cells, ends={"before": 0, "probe": 1}, cells_of=places
    )
    requests = [Request("evaluate", "probe", name) for name in names]
    requests.append(Request("evaluate", "before", "1"))
    try:
        rubric = _rubric(limits)
        with closing(Launcher(sandbox, rubric)) as launcher:
            execution, replies = run_submission(submission, rubric, launcher, requests)
    except AutograderError as error:
        return str(error)
    asked = dict(zip((*names, "before"), replies, strict=True))
    return HELD if probe.held(execution, asked) else "did not hold"


def _probes(secret: Path, variable: str) -> list[Probe]:
    def value(replies: dict[str, Reply], name: str) -> Any:
        reply = replies[name]
        return reply.value if reply.status == "ok" else None

    def alive(replies: dict[str, Reply]) -> bool:
        return replies["before"] == Reply("ok", 1)

    return [
        Probe("a notebook runs", "survived = True", lambda _, r: value(r, "survived") is True),
        Probe("no network", NETWORK, lambda _, r: value(r, "network") == "refused"),
        Probe(
            "the grader's files and environment are hidden",
            FILES.format(path=str(secret), variable=variable),
            lambda _, r: value(r, "seen") is False and r["inherited"] == Reply("ok", None),
        ),
        Probe(
            "memory is limited, and what came before is kept",
            MEMORY.format(size=2**30),
            lambda e, r: e.cells[1].status in ("error", "died") and alive(r),
        ),
        Probe(
            "the number of processes is limited",
            BOMB.format(count=200),
            lambda e, r: e.cells[1].status == "died" or value(r, "children") in range(100),
        ),
        Probe(
            "an endless loop is stopped, and what came before is kept",
            "while True: pass",
            lambda e, r: e.cells[1].status == "timeout" and alive(r),
        ),
    ]


def _rubric(limits: Limits) -> Rubric:
    check = {"id": "probe", "kind": "manual"}
    questions = [{"id": "probe", "checks": [check]}]
    return Rubric.model_validate(
        {"version": 1, "assignment": "doctor", "limits": limits, "questions": questions}
    )


def _versions() -> list[str]:
    found = []
    for name in ("autograder", "ipykernel", "nbclient", "jupyter_client", "numpy", "torch"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} (not installed)")
    return found
