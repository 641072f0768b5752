"""Run an instructor's pytest file outside the sandbox, with the student's functions behind a proxy.

The file runs in a process of its own (it may import torch; the grader does not). What its fixture
`student` is asked travels over a socket pair to the grader, from there to the student's snapshot, and back as
plain data. Every question and answer is a `Request` and a `Reply` like those of any other check.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.kernel.session import Session
from autograder.model import Case, Reply, Request
from autograder.wire import from_json, to_json

CALLS_LIMIT = 2000
"""Requests that one file may make."""
TIME_FACTOR = 12
"""A file's own time limit, as a multiple of its request limit."""


async def hold_dialogue(session: Session, snapshot: str, request: Request) -> Reply:
    """Run the file and answer it.

    Args:
        session: the running notebook.
        snapshot: whose state answers.
        request: `program` is the file, `expression` a part of test names to select (or empty),
            `time_s` the limit of each call.

    Returns:
        A reply whose value is ``{"tests": [{"name", "outcome", "message", "detail"}, ...]}``; `outcome`
        is passed, failed or error (the file's own fault). Never raises on what the student does.
    """
    ours, theirs = socket.socketpair()
    # not with -m: as `__main__` its StudentError would not be the one that the file imports
    start = "from autograder.kernel.proxy import main; main()"
    command = [sys.executable, "-c", start, str(theirs.fileno())]
    command += [request.program, request.expression]
    process = await asyncio.create_subprocess_exec(
        *command,
        pass_fds=[theirs.fileno()],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=str(Path(request.program).parent),
    )
    theirs.close()
    reader, writer = await asyncio.open_unix_connection(sock=ours, limit=256 * 2**20)
    try:
        answering = _answer(session, snapshot, request, reader, writer)
        tests = await asyncio.wait_for(answering, request.time_s * TIME_FACTOR)
    except asyncio.TimeoutError:
        text = f"the tests took longer than {request.time_s * TIME_FACTOR:g} s"
        tests = [{"name": "", "outcome": "failed", "message": text, "detail": ""}]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        writer.close()
    return Reply("ok", {"tests": tests})


async def _answer(
    session: Session,
    snapshot: str,
    request: Request,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> list[dict[str, Any]]:
    """Pass requests on until the file has run; return its tests."""
    for _ in range(CALLS_LIMIT):
        line = await reader.readline()
        if not line:
            break
        message = json.loads(line)
        if "tests" in message:
            return list(message["tests"])
        reply = await session.ask(snapshot, _request(message, request))
        writer.write(json.dumps(_plain(reply)).encode() + b"\n")
        await writer.drain()
    text = "the instructor's test file did not run to its end"
    return [{"name": "", "outcome": "error", "message": text, "detail": request.program}]


def _request(message: dict[str, Any], request: Request) -> Request:
    """Turn a line of the proxy into a request."""
    if message["kind"] == "evaluate":
        return replace(request, kind="evaluate", expression=message["expression"], program="")
    case = Case(tuple(from_json(message["args"])), dict(from_json(message["kwargs"])))
    return replace(
        request, kind="call", expression=message["expression"], cases=(case,), program=""
    )


def _plain(reply: Reply) -> dict[str, Any]:
    """Return a reply as JSON; that of a call is its only case's."""
    if reply.status == "ok" and isinstance(reply.value, tuple) and reply.value:
        first = reply.value[0]
        if isinstance(first, Reply):
            reply = first
    return {"status": reply.status, "error": reply.error, "value": to_json(reply.value)}
