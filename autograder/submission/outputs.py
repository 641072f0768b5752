"""Outputs stored in a notebook file: read tolerantly, handed on as well-formed nbformat-4 dictionaries."""

from __future__ import annotations

import re
from typing import Any

MAX_DEPTH = 60
"""Nesting of the JSON in an output; what is deeper is no honest output and would exhaust the stack later."""

OLD_TYPES = {"pyout": "execute_result", "pyerr": "error"}
OLD_MIME = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
}
"""Names of nbformat 3 and earlier."""

_SURROGATES = re.compile(r"[\ud800-\udfff]")


def join_text(value: Any) -> str | None:
    """Return the text of a JSON value that may be a string or a list of strings; None where it is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(piece, str) for piece in value):
        return "".join(value)
    return None


def encodable(text: str) -> str:
    """Return the text with lone surrogates, which no encoding can carry, as U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def read_outputs(value: Any) -> tuple[tuple[dict[str, Any], ...], int]:
    """Read the outputs of one cell, in nbformat 2 to 4.

    Args:
        value: what the file holds under `outputs`; anything at all.

    Returns:
        The well-formed outputs, and how many were dropped.
    """
    if value is None:
        return (), 0
    if not isinstance(value, list):
        return (), 1
    outputs = [output for item in value if (output := _read_output(item)) is not None]
    return tuple(outputs), len(value) - len(outputs)


def _read_output(item: Any) -> dict[str, Any] | None:
    if not isinstance(item, dict) or not isinstance(item.get("output_type"), str):
        return None
    kind = OLD_TYPES.get(item["output_type"], item["output_type"])
    if kind == "stream":
        text = join_text(item.get("text", ""))
        name = item.get("name", item.get("stream", "stdout"))
        if text is None or not isinstance(name, str):
            return None
        return {"output_type": "stream", "name": encodable(name), "text": encodable(text)}
    if kind == "error":
        return _read_error(item)
    if kind in ("execute_result", "display_data"):
        return _read_display(kind, item)
    return None


def _read_error(item: dict[str, Any]) -> dict[str, Any] | None:
    name, message = item.get("ename", ""), item.get("evalue", "")
    trace = item.get("traceback", [])
    if not isinstance(name, str) or not isinstance(message, str) or not isinstance(trace, list):
        return None
    return {
        "output_type": "error",
        "ename": encodable(name),
        "evalue": encodable(message),
        "traceback": [encodable(line) for line in trace if isinstance(line, str)],
    }


def _read_display(kind: str, item: dict[str, Any]) -> dict[str, Any] | None:
    """Read a result or a display; before nbformat 4 its pictures and texts lay beside its type."""
    data = item.get("data")
    if data is None:
        data = {OLD_MIME[key]: part for key, part in item.items() if key in OLD_MIME}
    if not isinstance(data, dict):
        return None
    bundle: dict[str, Any] = {}
    for mime, part in data.items():
        if mime == "application/json" or mime.endswith("+json"):
            if not _is_shallow(part, MAX_DEPTH):
                return None
            bundle[encodable(mime)] = _clean(part)
        elif (text := join_text(part)) is not None:
            bundle[encodable(mime)] = encodable(text)
        else:
            return None
    metadata = item.get("metadata")
    usable = isinstance(metadata, dict) and _is_shallow(metadata, MAX_DEPTH)
    output = {"output_type": kind, "data": bundle, "metadata": _clean(metadata) if usable else {}}
    if kind == "execute_result":
        output["execution_count"] = read_count(
            item.get("execution_count", item.get("prompt_number"))
        )
    return output


def read_count(value: Any) -> int | None:
    """Return an execution count, or None where the value is none."""
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if usable else None


def _is_shallow(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_is_shallow(part, depth - 1) for part in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_is_shallow(part, depth - 1) for part in value)
    return True


def _clean(value: Any) -> Any:
    """Copy JSON with every text encodable."""
    if isinstance(value, dict):
        return {encodable(key): _clean(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_clean(part) for part in value]
    return encodable(value) if isinstance(value, str) else value
