"""Starting kernels for one rubric: warm, as forks of a zygote, where that works, and cold elsewhere.

A zygote that dies is replaced by the next launch. Where none can be made (no isolation, a system that
refuses the inner namespaces) every launch is cold, and `reason_cold` says why.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from autograder.errors import SandboxError, WireError
from autograder.kernel.frames import read_message, write_message
from autograder.rubric.schema import Environment, Limits, Rubric
from autograder.sandbox import Place, Sandbox, open_place

ZYGOTE_TIME_S = 60.0
"""What a zygote may take to import its modules, or to fork."""
END_TIME_S = 5.0
ALWAYS = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger", "IPython.core.completer",
    "IPython.core.historyapp", "matplotlib_inline.backend_inline", "pexpect", "uuid", "decimal",
)  # fmt: skip
"""What every kernel imports sooner or later."""


class Running(Protocol):
    """A sandbox that was started for one run."""

    def attach(self, pid: int) -> None:
        """Learn the process id of its init, as the host counts."""

    def ended(self) -> bool:
        """Say whether it is gone."""

    def end(self) -> str:
        """End it, with everything in it; return what it had written to stderr."""


class Cold:
    """A sandbox of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        self._tail = b""
        self._drain = threading.Thread(target=self._read_stderr, daemon=True)
        self._drain.start()

    def _read_stderr(self) -> None:
        """Keep the end of what it writes: a pipe that nobody reads would stop whoever writes to it."""
        assert self.process.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while part := os.read(self.process.stderr.fileno(), 65536):
                self._tail = (self._tail + part)[-4096:]

    def attach(self, pid: int) -> None:
        """Do nothing: ending the sandbox ends its init."""

    def ended(self) -> bool:
        """Say whether it is gone."""
        return self.process.poll() is not None

    def end(self) -> str:
        """End it, and return its last words."""
        self.process.kill()
        self.process.wait()
        self._drain.join(END_TIME_S)  # a survivor of backend `none` may hold the pipe open
        assert self.process.stderr is not None
        self.process.stderr.close()
        return self._tail.decode(errors="replace").strip()


class Warm:
    """A fork of a zygote; its process id is known once its init has connected."""

    def __init__(self) -> None:
        self.descriptor: int | None = None

    def attach(self, pid: int) -> None:
        """Keep hold of the process, whoever gets its number next."""
        self.descriptor = os.pidfd_open(pid)

    def ended(self) -> bool:
        """Say whether it is gone."""
        if self.descriptor is None:
            return False
        return bool(select.select([self.descriptor], [], [], 0)[0])

    def end(self) -> str:
        """End it: the first process of a namespace takes all others along."""
        if self.descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
            select.select([self.descriptor], [], [], END_TIME_S)
            os.close(self.descriptor)
            self.descriptor = None
        return ""


class Zygote:
    """A process in an outer sandbox that has imported what kernels need."""

    def __init__(
        self, sandbox: Sandbox, place: Place, limits: Limits, preload: Sequence[str]
    ) -> None:
        path = place.root / "zygote"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(1)
            listener.settimeout(ZYGOTE_TIME_S)
            settings = {"control": str(path), "preload": [*ALWAYS, *preload]}
            command = sandbox.zygote_command(place, json.dumps(settings), limits)
            self.process = Cold(command)
            try:
                self.channel = self._accept(listener)
                self.channel.settimeout(ZYGOTE_TIME_S)
                read_message(self.channel)
            except (OSError, WireError) as error:
                words = self.process.end() or str(error)
                raise SandboxError(f"no warm kernels here: {words}") from error

    def _accept(self, listener: socket.socket) -> socket.socket:
        """Wait for the zygote to connect, or to end."""
        listener.settimeout(0.05)
        until = time.monotonic() + ZYGOTE_TIME_S
        while time.monotonic() < until and not self.process.ended():
            with contextlib.suppress(TimeoutError):
                return listener.accept()[0]
        raise OSError("the zygote did not start")

    def fork(self, settings: dict[str, Any]) -> Warm:
        """Ask for a fork; raise SandboxError where the zygote is gone."""
        try:
            write_message(self.channel, settings)
        except OSError as error:
            raise SandboxError("the zygote is gone") from error
        return Warm()

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        return not self.process.ended()

    def close(self) -> None:
        """End it, with every fork."""
        self.channel.close()
        self.process.end()


class Launcher:
    """Starts kernels for one rubric in one sandbox."""

    def __init__(
        self, sandbox: Sandbox, rubric: Rubric, preload: Sequence[str] = (), *, warm: bool = True
    ) -> None:
        self.sandbox = sandbox
        self.limits = rubric.limits
        self.preload = tuple(preload)
        self.python, self.variables = environment_of(rubric)
        folder = rubric.path.parent
        self.handouts = {Path(name).name: (folder / name).resolve() for name in rubric.files}
        self.reason_cold = "" if warm else "for one notebook a warm start gains nothing"
        if warm and not sandbox.isolated:
            self.reason_cold = "without a sandbox each kernel starts by itself"
        self._stack = ExitStack()
        self._zygote: Zygote | None = None
        self._outer: Place | None = None
        self._count = 0

    @contextmanager
    def open_place(self) -> Iterator[Place]:
        """Make the folders of one run, within reach of the zygote where there is one."""
        zygote = self._warm_up()
        if zygote is None or self._outer is None:
            with open_place(self.python, self.variables, self.handouts) as place:
                yield place
            return
        self._count += 1
        with self._outer.within(str(self._count)) as place:
            yield place

    def launch(self, place: Place, settings: dict[str, Any]) -> Running:
        """Start one run.

        Args:
            place: folders from `open_place`.
            settings: for the agent; its folders are filled in here.

        Raises:
            SandboxError: it cannot be started.
        """
        warm = self._outer is not None and place.root.parent == self._outer.root
        settings = {
            **settings,
            **self.sandbox.paths(place),
            "handouts": list(self.handouts),
        }
        if warm and self._zygote is not None:
            settings |= {
                "ipc": str(place.ipc),
                "staged": str(place.files),
                "private": self.sandbox.private_folders,
                "kept": [str(folder) for folder in place.python.folders],
                "handouts": {name: f"/run/handouts/{name}" for name in self.handouts},
            }
            return self._zygote.fork(settings)
        argv = [str(place.python.path), settings.pop("agent"), json.dumps(settings)]
        return Cold(self.sandbox.command(place, argv, self.limits))

    def lost_zygote(self) -> bool:
        """Say whether the zygote has died since it was made, and its forks with it."""
        return self._zygote is not None and not self._zygote.alive

    def close(self) -> None:
        """End the zygote."""
        self._stack.close()
        self._stack = ExitStack()
        self._zygote = self._outer = None

    def _warm_up(self) -> Zygote | None:
        """Return a zygote that lives; None where none can be made."""
        if self._zygote is not None and self._zygote.alive:
            return self._zygote
        self.close()
        if self.reason_cold:
            return None
        outer = self._stack.enter_context(open_place(self.python, self.variables, self.handouts))
        try:
            zygote = Zygote(self.sandbox, outer, self.limits, self.preload)
        except SandboxError as error:
            self.close()
            self.reason_cold = str(error)
            return None
        self._stack.callback(zygote.close)
        self._zygote, self._outer = zygote, outer
        return zygote


def environment_of(rubric: Rubric) -> tuple[str, dict[str, str]]:
    """Return the interpreter that runs notebooks, and the environment variables that they see."""
    variables = notebook_variables(rubric.limits)
    if isinstance(rubric.environment, Environment):
        return rubric.environment.python, {**variables, **rubric.environment.variables}
    return rubric.environment or sys.executable, variables


def notebook_variables(limits: Limits) -> dict[str, str]:
    """Return the environment variables that every notebook gets.

    One thread by default: a forked snapshot hangs on a pool of threads that its parent has used.
    """
    threads = str(limits.threads)
    names = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        **{f"{name}_NUM_THREADS": threads for name in names},
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONFAULTHANDLER": "",
        "PIP_NO_INDEX": "1",  # there is no network: fail at once, not after minutes of retries
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": "/tmp/matplotlib",
    }
