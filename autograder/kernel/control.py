"""The grader's end of the control socket: init's reports and the snapshots' answers.

Whoever runs in the sandbox may connect and say anything. The first connection is init's, made before
any student code runs. Later ones are snapshots, each taken only while the grader waits for it. A forged
snapshot is no more than a forged answer, which a student could give anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import SandboxError, WireError
from autograder.model import Reply, Request
from autograder.wire import DEFAULT_BOUNDS, PREFIX, decode_reply, encode_parts

HELLO_TIME_S = 20.0
PEER = struct.Struct("iII")
"""What SO_PEERCRED tells: process, user, group."""
GRACE_S = 5.0
"""What a snapshot may take beyond a request's own limit, which it enforces itself."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One connection from the sandbox."""

    reader: asyncio.StreamReader
    """What it says."""
    writer: asyncio.StreamWriter
    """What it is told."""


class Control:
    """A listening socket and what has connected to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kernel_ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done, with the reason in words, once init reports the kernel's end or is gone itself."""
        self.kernel_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the kernel has bound its sockets; no student code has run by then."""
        self._init: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        self._awaited: dict[str, asyncio.Future[Channel]] = {}
        self._snapshots: dict[str, Channel] = {}
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._greet, str(self.path), backlog=64)

    async def close(self) -> None:
        """Hang up on everyone."""
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.close()
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Close init's connection, which tells it to end."""
        if self._init.done():
            self._init.result().writer.close()

    async def wait_for_init(self, ended: Callable[[], bool]) -> int:
        """Wait until the sandbox's first process has connected.

        Args:
            ended: whether the sandbox is gone, so that waiting is in vain.

        Returns:
            Its process id as the host counts.

        Raises:
            SandboxError: it never connects.
        """
        until = asyncio.get_running_loop().time() + HELLO_TIME_S
        while not self._init.done():
            if ended() or asyncio.get_running_loop().time() > until:
                raise SandboxError("its first process never reported")
            await asyncio.wait({self._init}, timeout=0.1)
        channel = self._init.result()
        peer = channel.writer.get_extra_info("socket")
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
        self._tasks.add(asyncio.create_task(self._watch_init(channel)))
        return int(PEER.unpack(credentials)[0])

    async def release_init(self) -> None:
        """Let the first process go on, once it is under its limits."""
        await self._tell_init({"go": True})

    async def signal_kernel(self, number: int) -> None:
        """Send a signal to the kernel's process group."""
        if not self.kernel_ended.done():
            await self._tell_init({"signal": number})

    async def _tell_init(self, message: dict[str, Any]) -> None:
        if self._init.done():
            writer = self._init.result().writer
            with contextlib.suppress(OSError):
                writer.write(_frame(message))
                await writer.drain()

    def expect_snapshot(self, name: str) -> None:
        """Take the next connection that calls itself the snapshot `name`."""
        self._awaited[name] = asyncio.get_running_loop().create_future()

    async def wait_for_snapshot(self, name: str) -> bool:
        """Wait for an expected snapshot; return whether it came."""
        try:
            self._snapshots[name] = await asyncio.wait_for(self._awaited[name], HELLO_TIME_S)
        except asyncio.TimeoutError:
            return False
        finally:
            del self._awaited[name]
        return True

    def release(self, name: str) -> None:
        """Hang up on a snapshot, which ends it."""
        channel = self._snapshots.pop(name, None)
        if channel is not None:
            channel.writer.close()

    async def ask(self, snapshot: str, request: Request) -> Reply:
        """Put one request to a snapshot.

        Returns:
            Its reply. A snapshot that is gone, silent or talks nonsense gives `died`, `timeout` or
            `malformed`, and is not asked again.
        """
        channel = self._snapshots.get(snapshot)
        if channel is None:
            return Reply("died", error="the state it was to be read from is gone")
        try:
            channel.writer.write(request_frame(request))
            await channel.writer.drain()
            limit = request.time_s + GRACE_S
            frame = await asyncio.wait_for(_read_frame(channel.reader), limit)
        except (OSError, EOFError):
            reply = Reply("died", error="the state it was to be read from is gone")
        except asyncio.TimeoutError:
            reply = Reply("timeout", error=f"no answer within {request.time_s:g} s")
        except WireError as error:
            reply = Reply("malformed", error=str(error))
        except asyncio.CancelledError:  # its answer would be taken for that to the next request
            del self._snapshots[snapshot]
            channel.writer.close()
            raise
        else:
            return read_reply(frame)
        channel.writer.close()
        del self._snapshots[snapshot]
        return reply

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Sort a new connection by its first message."""
        self._writers.append(writer)
        try:
            hello = json.loads(await asyncio.wait_for(_read_body(reader, 4096), HELLO_TIME_S))
            kind, name = hello.get("hello"), hello.get("question")
        except (
            OSError,
            EOFError,
            ValueError,
            AttributeError,
            RecursionError,
            WireError,
            asyncio.TimeoutError,
        ):
            kind = name = None
        awaited = self._awaited.get(name) if isinstance(name, str) else None
        if kind == "init" and not self._init.done():
            self._init.set_result(Channel(reader, writer))
        elif kind == "kernel" and not self.kernel_ready.done():
            self.kernel_ready.set_result(None)
            writer.close()
        elif kind == "snapshot" and awaited is not None and not awaited.done():
            awaited.set_result(Channel(reader, writer))
        else:
            writer.close()

    async def _watch_init(self, channel: Channel) -> None:
        """Wait for init's word that the kernel has ended, or for init's own end."""
        reason = "the sandbox was ended"
        with contextlib.suppress(
            OSError, EOFError, ValueError, WireError, AttributeError, RecursionError
        ):
            ended = json.loads(await _read_body(channel.reader, 4096)).get("ended")
            reason = str(ended)[:200]
        if not self.kernel_ended.done():
            self.kernel_ended.set_result(reason)


def request_frame(request: Request) -> bytes:
    """Encode a request for the agent."""
    message, binary = request_message(request)
    return _frame(message, binary)


def request_message(request: Request) -> tuple[dict[str, Any], bytes]:
    """Return a request's JSON and binary part as the agent reads them."""
    packed, binary = encode_parts([[list(case.args), case.kwargs] for case in request.cases])
    message = {
        "kind": request.kind,
        "expression": request.expression,
        "time_s": request.time_s,
        "cases": [{"args": args, "kwargs": dict(kwargs["v"])} for args, kwargs in packed],
    }
    return message, binary


def read_reply(frame: bytes) -> Reply:
    """Read an answer, or the snapshot's word on how the answering process ended."""
    json_length, _ = PREFIX.unpack_from(frame)
    if json_length < 4096 and frame[PREFIX.size :].startswith(b'{"ended"'):
        with contextlib.suppress(ValueError, AttributeError, RecursionError):
            note = json.loads(frame[PREFIX.size : PREFIX.size + json_length])
            error = str(note.get("error"))[:400]
            if note.get("ended") == "timeout":
                return Reply("timeout", error=error)
            return Reply("died", error=error)
    return decode_reply(frame)


def _frame(message: dict[str, Any], binary: bytes = b"") -> bytes:
    text = json.dumps(message).encode()
    return PREFIX.pack(len(text), len(binary)) + text + binary


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    """Read one whole frame; raise WireError where it announces more than allowed."""
    head = await reader.readexactly(PREFIX.size)
    json_length, binary_length = PREFIX.unpack(head)
    if json_length > DEFAULT_BOUNDS.json_bytes or binary_length > DEFAULT_BOUNDS.binary_bytes:
        raise WireError("the reply is larger than allowed")
    return head + await reader.readexactly(json_length + binary_length)


async def _read_body(reader: asyncio.StreamReader, limit: int) -> bytes:
    """Read the JSON part of a short frame."""
    json_length, binary_length = PREFIX.unpack(await reader.readexactly(PREFIX.size))
    if json_length > limit or binary_length:
        raise WireError("a greeting that is too long")
    return await reader.readexactly(json_length)
