"""Short messages over a blocking socket, as the agent reads and writes them."""

from __future__ import annotations

import json
import socket
from typing import Any

from autograder.errors import WireError
from autograder.wire import PREFIX


def write_message(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send one message; raise OSError where the other end is gone."""
    text = json.dumps(message).encode()
    channel.sendall(PREFIX.pack(len(text), 0) + text)


def read_message(channel: socket.socket, limit: int = 65536) -> dict[str, Any]:
    """Receive one message; raise OSError where the other end is gone, WireError where it talks nonsense."""
    json_length, binary_length = PREFIX.unpack(_read(channel, PREFIX.size))
    if json_length > limit or binary_length:
        raise WireError("a message that is too long")
    try:
        message = json.loads(_read(channel, json_length))
    except ValueError as error:
        raise WireError("a message that is not JSON") from error
    if not isinstance(message, dict):
        raise WireError("a message of another form")
    return message


def _read(channel: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = channel.recv(length - len(parts))
        if not part:
            raise ConnectionResetError("the other end is gone")
        parts += part
    return bytes(parts)
