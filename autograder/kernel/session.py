"""A running notebook: cells go in, snapshots are taken, requests are answered.

Requests are put only after the last cell has run and its outputs are collected, so that nothing they
hold can flow into an output. See docs/decisions/002.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from queue import Empty
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError

from autograder.errors import SandboxError
from autograder.kernel.client import CellRunner, TolerantClient, message_context
from autograder.kernel.control import GRACE_S, Control, read_reply, request_message
from autograder.kernel.imports import imported_modules
from autograder.kernel.launch import Launcher, Warm
from autograder.kernel.provisioner import SandboxedKernelManager
from autograder.model import Cell, CellRun, Reply, Request
from autograder.rubric.schema import Limits
from autograder.sandbox import Place
from autograder.sandbox.limits import (
    Limiter,
    Watchdog,
    limiter_name,
    shared_folder_broken,
    size,
)

INTERRUPT_GRACE_S = 5.0
WATCH_INTERVAL_S = 0.2
STARTUP_TIME_S = 60
CHECKPOINT_TIME_S = 30.0


@dataclass
class Session:
    """A kernel in its sandbox. Made by `open_session`."""

    manager: SandboxedKernelManager
    """Starts and ends the kernel."""
    runner: CellRunner
    """Drives it."""
    control: Control
    """Talks with init and the snapshots."""
    limits: Limits
    """What it may use."""
    deadline: float
    """When the notebook's time is up, on the monotonic clock."""
    broken: str = ""
    """The limit that was broken, in words; empty where none was."""
    in_place: dict[str, str] = field(default_factory=dict)
    """Snapshots that could not be forked, with the reason."""
    snapshots: set[str] = field(default_factory=set)
    """Snapshots that were taken."""
    asking_until: float | None = None
    """When the time for requests is up, on the monotonic clock; None before the first."""

    @property
    def alive(self) -> bool:
        """Whether the kernel still runs."""
        return not self.control.kernel_ended.done()

    @property
    def warm(self) -> bool:
        """Whether the kernel was forked from a zygote."""
        return isinstance(self.manager.provisioner.running, Warm)

    @property
    def why_ended(self) -> str:
        """Why the kernel is gone, in words for the student; empty while it lives."""
        if self.alive:
            return ""
        return self.broken or self._limit_broken() or self.control.kernel_ended.result()

    async def run_cell(self, cell: Cell) -> CellRun:
        """Run one code cell within its time.

        Returns:
            What happened. A cell over its time is interrupted; where it does not yield to that, the
            kernel is killed and the status is `died`.
        """
        started = time.monotonic()
        limit = min(self.limits.cell_time, max(0.1, self.deadline - started))
        node = self.runner.nb.cells[cell.index]
        task = asyncio.ensure_future(self.runner.async_execute_cell(node, cell.index))
        timed_out = not await self._finishes(task, limit)
        if timed_out:
            await self.control.signal_kernel(signal.SIGINT)
            if not await self._finishes(task, INTERRUPT_GRACE_S):
                self.broken = self.broken or "it ran over its time and could not be interrupted"
                await self.kill_kernel()
        seconds = time.monotonic() - started
        problem = await self._result_of(task)
        outputs = tuple(dict(output) for output in node.get("outputs", []))
        if not self.alive:
            return CellRun(cell.index, cell.question, "died", seconds, self.why_ended, outputs)
        if timed_out:
            error = f"it ran longer than {limit:g} s and was interrupted"
            return CellRun(cell.index, cell.question, "timeout", seconds, error, outputs)
        error = problem or _error_of(outputs) or self.runner.failures.pop(cell.index, "")
        return CellRun(
            cell.index, cell.question, "error" if error else "ok", seconds, error, outputs
        )

    async def checkpoint(self, snapshot: str | None, seed: int | None) -> bool:
        """Take a snapshot of the state under a name, and seed what comes next.

        Returns:
            Whether the name can be asked now, be it in place; False where the kernel is gone.
        """
        if not self.alive:
            return False
        if snapshot is not None:
            self.control.expect_snapshot(snapshot)
        content = {"question": snapshot, "seed": seed}
        reply = await self._exchange("autograder_checkpoint", content, b"", CHECKPOINT_TIME_S)
        if snapshot is None:
            return False
        why = "the kernel did not answer" if reply is None else str(reply.get("why", ""))[:200]
        if reply is not None and reply.get("status") == "ok":
            if await self.control.wait_for_snapshot(snapshot):
                self.snapshots.add(snapshot)
                return True
            why = "the copy of the notebook's state never reported"
        if self.alive:
            self.in_place[snapshot] = why
        return self.alive

    async def ask(self, snapshot: str, request: Request) -> Reply:
        """Put a request to a snapshot, or in place where none could be forked.

        All requests together get as much time as the notebook had.
        """
        if self.asking_until is None:
            self.asking_until = time.monotonic() + self.limits.time
        left = self.asking_until - time.monotonic()
        if left <= 0:
            return Reply("timeout", error="the requests before this one used up all the time")
        request = replace(request, time_s=min(request.time_s, left))
        if snapshot in self.snapshots:
            return await self.control.ask(snapshot, request)
        if snapshot in self.in_place and self.alive:
            return await self._ask_in_place(request)
        return Reply(
            "lost", error=self.why_ended or "the notebook stopped before this question ended"
        )

    def release(self, snapshot: str) -> None:
        """Let a snapshot go."""
        self.snapshots.discard(snapshot)
        self.in_place.pop(snapshot, None)
        self.control.release(snapshot)

    async def kill_kernel(self) -> None:
        """End the kernel; its snapshots live on."""
        await self.control.signal_kernel(signal.SIGKILL)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.control.kernel_ended), GRACE_S)

    async def watch(self) -> None:
        """End the kernel, or what is left once it is gone, when a limit is broken."""
        while True:
            reason = self._limit_broken()
            if reason and self.alive:
                self.broken = reason
                await self.kill_kernel()
            elif reason and not self.broken and isinstance(self._limiter, Watchdog):
                self.broken = reason
                await self.manager.provisioner.kill()
            await asyncio.sleep(WATCH_INTERVAL_S)

    @property
    def _limiter(self) -> Limiter | None:
        return self.manager.provisioner.limiter if self.manager.provisioner is not None else None

    def _limit_broken(self) -> str:
        """Return the limit that is broken now, in words; empty where none is."""
        provisioner = self.manager.provisioner
        if provisioner is None or provisioner.limiter is None:
            return ""
        shared = shared_folder_broken(self.manager.place.ipc)
        return provisioner.limiter.broken() or shared

    async def _finishes(self, task: asyncio.Future[Any], limit: float) -> bool:
        """Wait until a cell is done or the kernel gone; False where the time is up first."""
        done, _ = await asyncio.wait(
            {task, self.control.kernel_ended}, timeout=limit, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)

    async def _result_of(self, task: asyncio.Future[Any]) -> str:
        """Collect a finished or abandoned cell; return what went wrong beside its own error."""
        if not task.done():
            task.cancel()
        try:
            await task
        except (asyncio.CancelledError, DeadKernelError):
            return ""
        except Exception as error:  # the client choked on what the kernel sent
            return f"its messages could not be read ({type(error).__name__})"
        return ""

    async def _ask_in_place(self, request: Request) -> Reply:
        message, binary = request_message(request)
        limit = request.time_s + GRACE_S
        content = await self._exchange("autograder_ask", {"request": message}, binary, limit)
        if content is None:
            await self.kill_kernel()
            return Reply("timeout", error=f"no answer within {request.time_s:g} s")
        try:
            return read_reply(base64.b64decode(str(content["frame"]), validate=True))
        except (KeyError, ValueError, binascii.Error):
            return Reply("malformed", error="the answer could not be read")

    async def _exchange(
        self, kind: str, content: dict[str, Any], binary: bytes, limit: float
    ) -> dict[str, Any] | None:
        """Send a message of our own to the kernel; return the reply's content, None where none came."""
        client = self.runner.kc
        assert client is not None
        message = client.session.msg(kind, content)
        client.session.send(
            client.shell_channel.socket, message, buffers=[binary] if binary else None
        )
        until = time.monotonic() + limit
        while self.alive and (left := until - time.monotonic()) > 0:
            try:
                reply = await client.shell_channel.get_msg(timeout=min(left, 0.5))
            except Empty:
                continue
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return dict(reply["content"])
        return None


def _error_of(outputs: tuple[dict[str, Any], ...]) -> str:
    """Return ``Type: message`` of the last error among the outputs."""
    for output in reversed(outputs):
        if output.get("output_type") == "error":
            return f"{output.get('ename', '')}: {output.get('evalue', '')}"[:1000]
    return ""


@asynccontextmanager
async def open_session(
    cells: tuple[Cell, ...], launcher: Launcher, place: Place
) -> AsyncIterator[Session]:
    """Start a kernel in a sandbox for these cells; end both afterwards, with all that they started.

    Raises:
        SandboxError: the sandbox or the kernel did not start.
    """
    notebook = nbformat.v4.new_notebook()
    for cell in cells:
        make = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
        notebook.cells.append(make(cell.source, id=f"cell-{cell.index}"))
    context = message_context()
    control = Control(place.ipc / "control")
    manager = SandboxedKernelManager(
        launcher, place, control, context=context, client_class=_class_name(TolerantClient)
    )
    manager.preload = imported_modules(cells)
    runner = CellRunner(
        notebook, km=manager, timeout=None, allow_errors=True, startup_timeout=STARTUP_TIME_S
    )
    limits = launcher.limits
    runner.output_limit = limits.output
    watcher: asyncio.Task[None] | None = None
    try:
        await control.start()
        try:
            await runner.async_start_new_kernel()
            either: set[asyncio.Future[Any]] = {control.kernel_ready, control.kernel_ended}
            await asyncio.wait(either, timeout=STARTUP_TIME_S, return_when=asyncio.FIRST_COMPLETED)
            if control.kernel_ended.done():
                words = manager.provisioner.end() or control.kernel_ended.result()
                raise SandboxError(f"the kernel did not start: {words.splitlines()[-1][:500]}")
            await runner.connect(STARTUP_TIME_S)
        except (RuntimeError, OSError) as error:
            raise SandboxError(f"the kernel did not start: {error}") from error
        deadline = time.monotonic() + limits.time
        session = Session(manager, runner, control, limits, deadline)
        watcher = asyncio.create_task(session.watch())
        yield session
    finally:
        if watcher is not None:
            watcher.cancel()
        if runner.kc is not None:
            runner.kc.stop_channels()
        if manager.provisioner is not None:
            await manager.provisioner.cleanup()
        await control.close()
        context.destroy(linger=0)


def _class_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def describe_sandbox(launcher: Launcher, *, warm: bool) -> str:
    """Return what the report says of the sandbox."""
    start = "warm start" if warm else f"cold start: {launcher.reason_cold}"
    text = f"{launcher.sandbox.name} (memory {size(launcher.limits.memory)} by {limiter_name()}, {start})"
    if launcher.sandbox.isolated:
        return text
    return f"{text}: student code was NOT kept from this machine"
