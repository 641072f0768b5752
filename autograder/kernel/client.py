"""nbclient, made to survive what a student's kernel may send.

Three things are added to the stock client: messages that are forged or malformed are dropped instead of
raising in the grader, what the notebook shows is bounded, and pictures are noted but not kept.
"""

from __future__ import annotations

import asyncio
import time
from queue import Empty
from typing import Any

import nbformat
import zmq
import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from traitlets import Type

MAX_MESSAGE_BYTES = 32 * 2**20
READY_INTERVAL_S = 0.05
SHOWN = ("stream", "display_data", "update_display_data", "execute_result", "error")
TEXT_KINDS = ("text/plain", "text/html", "text/markdown", "text/latex")


class TolerantChannel(AsyncZMQSocketChannel):  # type: ignore[misc]
    """Drop messages that are not well formed, and let other tasks run under a flood of them."""

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """Receive the next well-formed message; raise `queue.Empty` after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            await asyncio.sleep(0)  # a socket that always has data would never yield
            left = None if until is None else max(0.0, until - time.monotonic())
            try:
                message = await super().get_msg(left)
            except (Empty, asyncio.CancelledError, zmq.ZMQError):
                raise
            except Exception:  # a forged signature, broken JSON, a duplicate: the student's doing
                if left == 0:
                    raise Empty from None
                continue
            parts = (message.get(part) for part in ("header", "parent_header", "content"))
            if all(type(part) is dict for part in parts) and type(message.get("msg_type")) is str:
                return message  # type: ignore[no-any-return]


class TolerantClient(AsyncKernelClient):  # type: ignore[misc]
    """A kernel client on tolerant channels."""

    shell_channel_class = Type(TolerantChannel)
    iopub_channel_class = Type(TolerantChannel)
    control_channel_class = Type(TolerantChannel)


class CellRunner(NotebookClient):  # type: ignore[misc]
    """Run cells and keep a bounded part of what they show."""

    output_limit: int = 2**20
    """Characters kept in all, for the whole notebook."""
    kept: int = 0
    """Characters kept so far."""
    dropped: bool = False
    """Whether anything was cut."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.failures: dict[int, str] = {}
        self.on_cell_executed = self.note_reply

    def note_reply(
        self, cell: nbformat.NotebookNode, cell_index: int, execute_reply: dict[str, Any]
    ) -> None:
        """Remember a cell that failed: a notebook may show its tracebacks in its own way, or not at all."""
        content = execute_reply.get("content", {})
        if content.get("status") == "error":
            self.failures[cell_index] = f"{content.get('ename')}: {content.get('evalue')}"[:1000]

    async def connect(self, limit: float) -> None:
        """Connect to a kernel that has bound its sockets, and make sure that its outputs arrive.

        The stock client does the same with a fixed wait of 0.2 s in it (jupyter_client's `wait_for_ready`).

        Raises:
            TimeoutError: it does not answer within `limit` seconds.
        """
        self.kc = self.km.client()
        self.kc.start_channels(stdin=False, hb=False)
        self.kc.allow_stdin = False
        until = asyncio.get_running_loop().time() + limit
        answered = heard = False
        while not (answered and heard):
            if asyncio.get_running_loop().time() > until:
                raise TimeoutError(f"the kernel did not answer within {limit:g} s")
            asked = (
                self.kc.kernel_info()
            )  # again and again: outputs before the subscription are lost
            while not (answered and heard):
                try:
                    reply = self.kc.iopub_channel if answered else self.kc.shell_channel
                    message = await reply.get_msg(timeout=READY_INTERVAL_S)
                except Empty:
                    break
                if not answered:
                    answered = message["parent_header"].get("msg_id") == asked
                else:
                    heard = message["msg_type"] == "status"

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        """Take one message; drop it where it is malformed, cut it where it is too long."""
        try:
            if msg["msg_type"].startswith("comm"):
                return None  # widgets: the stock client would answer them, and keep what they say
            if msg["msg_type"] in SHOWN:
                msg["content"] = self.bound(msg["content"])
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception:  # unknown displays, odd widget messages: nothing that earns points
            self.dropped = True
            return None

    def bound(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return the content with its texts cut to what may still be kept, and without pictures."""
        bounded = dict(content)
        if isinstance(content.get("data"), dict):
            data = content["data"]
            bounded["data"] = {kind: self.keep(data[kind]) for kind in TEXT_KINDS if kind in data}
            if any(str(kind).startswith("image/") for kind in data):
                bounded["data"].setdefault("text/plain", "(picture)")
                bounded["metadata"] = {"autograder": "picture"}
            else:
                bounded["metadata"] = {}
        for key in ("text", "evalue", "ename"):
            if key in content:
                bounded[key] = self.keep(content[key])
        if "traceback" in content:
            bounded["traceback"] = []
        return bounded

    def keep(self, text: Any) -> str:
        """Return as much of a text as may still be kept."""
        whole: str = text if isinstance(text, str) else str(text)[:1000]
        room = max(0, self.output_limit - self.kept)
        kept = whole[:room]
        self.dropped = self.dropped or len(kept) < len(whole)
        self.kept += len(kept)
        return kept.encode("utf-8", "replace").decode("utf-8")


def message_context() -> zmq.asyncio.Context:
    """Return a ZeroMQ context whose sockets refuse giant messages and hold few unread ones."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    context.setsockopt(zmq.RCVHWM, 500)
    context.setsockopt(zmq.LINGER, 0)
    return context
