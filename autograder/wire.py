"""Values on their way between the grader and a student's process: typed, bounded and safe.

A frame is what the agent sends back: an 8-byte prefix (two big-endian uint32: the length of the JSON
part and of the binary part), the JSON, then the raw bytes that arrays refer to. JSON's own types mean
themselves; everything else is an object with the key ``t``:

    {"t": "tuple", "v": [...]}                     {"t": "set", "v": [...]}
    {"t": "dict", "v": [[key, value], ...]}        {"t": "bytes", "at": offset, "n": length}
    {"t": "float", "v": "nan" | "inf" | "-inf"}    {"t": "int", "v": "decimal digits"}
    {"t": "complex", "v": [real, imaginary]}
    {"t": "array", "kind": "ndarray" | "tensor", "dtype": name as the student sees it,
     "stored": dtype of the bytes, "shape": [...], "at": offset, "n": length}
    {"t": "frame", "columns": [...], "index": [...], "data": [[...], ...]}
    {"t": "figure", "axes": [...]}
    {"t": "object", "type": name, "text": text}

Nothing is unpickled, evaluated or imported. Every bound is checked before the thing it bounds is
built, and what comes out is made of exact built-in types and the frozen dataclasses below, so that no
method of a student's object can run while a verdict is computed.

`to_json` and `from_json` are the same encoding as one JSON document (bytes as base64), for locks and
recordings. The agent has its own encoder, because it may import nothing of ours; a test holds the two together.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autograder.errors import WireError
from autograder.model import Reply

PREFIX = struct.Struct(">II")

STORED_DTYPES = frozenset(
    {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"}
)  # fmt: skip
"""Dtypes of array bytes; all of fixed size, none of objects."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a frame may hold at most."""

    json_bytes: int = 4 * 2**20
    """Length of the JSON part."""
    binary_bytes: int = 64 * 2**20
    """Length of the binary part."""
    depth: int = 32
    """Nesting of containers."""
    items: int = 200_000
    """Values in all containers together."""
    array_axes: int = 32
    """Axes of one array."""


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """A numpy array or a torch tensor."""

    values: np.ndarray[Any, np.dtype[Any]]
    """The numbers; bfloat16 and other types without a numpy twin arrive as float32."""
    dtype: str
    """The name of the type as the student sees it: "float32", "bfloat16", "int64"."""
    kind: str = "ndarray"
    """``ndarray`` or ``tensor``."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return tuple(int(length) for length in self.values.shape)


@dataclass(frozen=True, slots=True)
class Frame:
    """A DataFrame."""

    columns: tuple[Any, ...]
    """Names of the columns."""
    index: tuple[Any, ...]
    """Labels of the rows."""
    data: tuple[tuple[Any, ...], ...]
    """Values, column by column."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Anything that has no plain form."""

    type_name: str
    """The name of its type; untrusted text."""
    text: str = ""
    """``str()`` of a sympy expression; empty for all else."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot."""

    label: str
    """Its label in the legend; empty where it has none."""
    x: tuple[float, ...]
    """Abscissae."""
    y: tuple[float, ...]
    """Ordinates."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Facts about one set of axes."""

    title: str
    """The title."""
    xlabel: str
    """Label of the x axis."""
    ylabel: str
    """Label of the y axis."""
    legend: tuple[str, ...]
    """Texts of the legend."""
    lines: tuple[Line, ...]
    """The lines."""
    images: int
    """How many images it shows."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Facts about a matplotlib figure."""

    axes: tuple[Axes, ...]
    """Its axes, in the order they were made."""


# ── encoding ──────────────────────────────────────────────────────────────────────────────────


def encode(value: Any) -> bytes:
    """Encode plain data, arrays and tensors as a frame; anything else by the name of its type."""
    node, binary = encode_parts(value)
    text = json.dumps(node, allow_nan=False).encode()
    return PREFIX.pack(len(text), len(binary)) + text + binary


def encode_parts(value: Any) -> tuple[Any, bytes]:
    """Encode as tagged JSON and the bytes that it refers to."""
    binary = bytearray()

    def store(raw: bytes) -> dict[str, Any]:
        binary.extend(raw)
        return {"at": len(binary) - len(raw), "n": len(raw)}

    return _pack(value, store), bytes(binary)


def to_json(value: Any) -> Any:
    """Encode as one JSON-able object, with bytes as base64."""
    return _pack(value, lambda raw: {"b64": base64.b64encode(raw).decode("ascii")})


def _pack(value: Any, store: Callable[[bytes], dict[str, Any]]) -> Any:
    """Turn one value into the tagged form."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.generic):
        return _pack(value.item(), store) if value.dtype.kind in "biufc" else _opaque(value)
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else {"t": "int", "v": str(value)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"t": "float", "v": repr(float(value))}
    if isinstance(value, complex):
        return {"t": "complex", "v": [_pack(value.real, store), _pack(value.imag, store)]}
    if isinstance(value, bytes):
        return {"t": "bytes", **store(value)}
    if isinstance(value, list):
        return [_pack(item, store) for item in value]
    if isinstance(value, tuple):
        return {"t": "tuple", "v": [_pack(item, store) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"t": "set", "v": [_pack(item, store) for item in sorted(value, key=repr)]}
    if isinstance(value, Mapping):
        items = [[_pack(key, store), _pack(item, store)] for key, item in value.items()]
        return {"t": "dict", "v": items}
    if isinstance(value, np.ndarray):
        value = Array(value, str(value.dtype))
    elif hasattr(value, "detach") and hasattr(value, "numpy"):  # a tensor, without importing torch
        name = str(value.dtype).removeprefix("torch.")
        plain = value.detach().cpu()
        value = Array((plain.float() if name == "bfloat16" else plain).numpy(), name, "tensor")
    if isinstance(value, Array):
        return _pack_array(value, store)
    if isinstance(value, Opaque):
        return {"t": "object", "type": value.type_name, "text": value.text}
    return _opaque(value)


def _pack_array(array: Array, store: Callable[[bytes], dict[str, Any]]) -> Any:
    values = array.values
    if values.dtype.kind in "iufc" and values.dtype.byteorder == ">":
        values = values.astype(values.dtype.newbyteorder("<"))
    if values.dtype.str not in STORED_DTYPES:
        return _opaque(values)
    return {
        "t": "array",
        "kind": array.kind,
        "dtype": array.dtype,
        "stored": values.dtype.str,
        "shape": list(array.shape),
        **store(np.ascontiguousarray(values).tobytes()),
    }


def _opaque(value: Any) -> dict[str, Any]:
    return {"t": "object", "type": type(value).__name__, "text": ""}


# ── decoding ──────────────────────────────────────────────────────────────────────────────────


def decode(frame: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> Any:
    """Decode one whole frame.

    Args:
        frame: prefix, JSON and binary part.
        bounds: what it may hold at most.

    Returns:
        Exact built-in types and the dataclasses of this module.

    Raises:
        WireError: it is not well formed or over a bound.
    """
    json_part, fetch = _split(frame, bounds)
    try:
        return _Unpacker(fetch, bounds).value(json_part, 0)
    except RecursionError as error:
        raise WireError("the reply is nested too deeply") from error


def _split(frame: bytes, bounds: Bounds) -> tuple[Any, Callable[[dict[str, Any]], bytes]]:
    """Check the lengths, parse the JSON, and return it with the way to its bytes."""
    if len(frame) < PREFIX.size:
        raise WireError("the frame is shorter than its prefix")
    json_length, binary_length = PREFIX.unpack_from(frame)
    if json_length > bounds.json_bytes or binary_length > bounds.binary_bytes:
        raise WireError("the reply is larger than allowed")
    if len(frame) != PREFIX.size + json_length + binary_length:
        raise WireError("the frame's length is not what its prefix says")
    binary = memoryview(frame)[PREFIX.size + json_length :]

    def fetch(node: dict[str, Any]) -> bytes:
        at, length = node.get("at"), node.get("n")
        if type(at) is not int or type(length) is not int:
            raise WireError("an array without its bytes")
        if at < 0 or length < 0 or at + length > len(binary):
            raise WireError("an array that points outside the frame")
        return bytes(binary[at : at + length])

    return _parse(frame[PREFIX.size : PREFIX.size + json_length]), fetch


def from_json(node: Any, bounds: Bounds = DEFAULT_BOUNDS) -> Any:
    """Decode what `to_json` made; raises WireError where it is not well formed."""

    def fetch(entry: dict[str, Any]) -> bytes:
        try:
            return base64.b64decode(entry["b64"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise WireError("bytes that are not base64") from error

    try:
        return _Unpacker(fetch, bounds).value(node, 0)
    except RecursionError as error:
        raise WireError("the value is nested too deeply") from error


def decode_reply(frame: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> Reply:
    """Decode a frame whose JSON is ``{"status": ..., "value": ..., "error": ...}``.

    The value of a call is a list of the same, one per case.

    Returns:
        The reply; `malformed` in place of an exception where the frame is not one.
    """
    try:
        json_part, fetch = _split(frame, bounds)
        return _reply(json_part, _Unpacker(fetch, bounds), cases_allowed=True)
    except (WireError, RecursionError, ValueError, TypeError, OverflowError) as error:
        return Reply("malformed", error=str(error)[:400])


def _reply(node: Any, unpacker: _Unpacker, *, cases_allowed: bool) -> Reply:
    if type(node) is not dict or node.get("status") not in ("ok", "raised", "missing"):
        raise WireError("an answer without a status")
    if node["status"] != "ok":
        return Reply(node["status"], error=unpacker.text(node.get("error", ""), 4000))
    if cases_allowed and "cases" in node:
        cases = [_reply(entry, unpacker, cases_allowed=False) for entry in _list(node["cases"])]
        return Reply("ok", tuple(cases))
    return Reply("ok", unpacker.value(node.get("value"), 0))


def _parse(text: bytes) -> Any:
    """Parse JSON, refusing what Python's parser would accept beyond the standard."""

    def refuse(name: str) -> Any:
        raise WireError(f"{name} is not JSON")

    try:
        return json.loads(text.decode("utf-8", "surrogatepass"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise WireError("the reply is not JSON") from error


class _Unpacker:
    """Build values from tagged JSON while counting them."""

    def __init__(self, fetch: Callable[[dict[str, Any]], bytes], bounds: Bounds) -> None:
        self.fetch = fetch
        self.bounds = bounds
        self.items = 0

    def value(self, node: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.bounds.items:
            raise WireError("the reply holds too many values")
        if depth > self.bounds.depth:
            raise WireError("the reply is nested too deeply")
        if node is None or type(node) in (bool, int):
            return node
        if type(node) is str:
            return node.encode("utf-8", "replace").decode("utf-8")  # no lone surrogates
        if type(node) is float:
            if not math.isfinite(node):  # 1e999 is valid JSON
                raise WireError("a number that is out of range")
            return node
        if type(node) is list:
            return self.sequence(node, depth)
        tag = node.get("t")
        build = self.builders.get(tag) if type(tag) is str else None
        if build is None:
            raise WireError("a value of unknown type")
        return build(self, node, depth)

    def sequence(self, nodes: Any, depth: int) -> list[Any]:
        if type(nodes) is not list:
            raise WireError("a list was expected")
        return [self.value(node, depth + 1) for node in nodes]

    def text(self, node: Any, limit: int = 2000) -> str:
        if type(node) is not str:
            raise WireError("text was expected")
        return node[:limit].encode("utf-8", "replace").decode("utf-8")

    def number(self, node: dict[str, Any], depth: int) -> float:
        names = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
        if type(node.get("v")) is not str or node["v"] not in names:
            raise WireError("a number that is not one")
        return names[node["v"]]

    def integer(self, node: dict[str, Any], depth: int) -> int:
        digits = node.get("v")
        if type(digits) is not str or not re.fullmatch("-?[0-9]{1,4000}", digits):
            raise WireError("a whole number that is not one")
        return int(digits)

    def complex_number(self, node: dict[str, Any], depth: int) -> complex:
        parts = self.sequence(node.get("v"), depth)
        if len(parts) != 2 or any(type(part) not in (int, float) for part in parts):
            raise WireError("a complex number that is not one")
        try:
            return complex(*parts)
        except OverflowError as error:
            raise WireError("a number that is out of range") from error

    def set_of(self, node: dict[str, Any], depth: int) -> frozenset[Any]:
        return frozenset(_hashable(item) for item in self.sequence(node.get("v"), depth))

    def mapping(self, node: dict[str, Any], depth: int) -> dict[Any, Any]:
        pairs = node.get("v")
        if type(pairs) is not list or any(type(p) is not list or len(p) != 2 for p in pairs):
            raise WireError("a dict that is not one")
        return {
            _hashable(self.value(key, depth + 1)): self.value(item, depth + 1)
            for key, item in pairs
        }

    def array(self, node: dict[str, Any], depth: int) -> Array:
        shape, stored = node.get("shape"), node.get("stored")
        if type(shape) is not list or len(shape) > self.bounds.array_axes:
            raise WireError("an array without a shape")
        if any(type(length) is not int or not 0 <= length < 2**40 for length in shape):
            raise WireError("an array with an impossible shape")
        if type(stored) is not str or stored not in STORED_DTYPES:
            raise WireError("an array of a type that is not numbers")
        raw = self.fetch(node)
        if math.prod(length for length in shape if length) > self.bounds.binary_bytes:
            raise WireError("an array with an impossible shape")
        if math.prod(shape) * np.dtype(stored).itemsize != len(raw):
            raise WireError("an array whose bytes do not fit its shape")
        if stored == "|b1" and raw.translate(None, b"\x00\x01"):
            raise WireError("booleans that are neither true nor false")
        values = np.frombuffer(raw, dtype=stored).reshape(shape)
        kind = "tensor" if node.get("kind") == "tensor" else "ndarray"
        return Array(values, self.text(node.get("dtype"), 40), kind)

    def frame(self, node: dict[str, Any], depth: int) -> Frame:
        columns = tuple(self.sequence(node.get("columns"), depth))
        index = tuple(self.sequence(node.get("index"), depth))
        data = tuple(tuple(self.sequence(column, depth)) for column in _list(node.get("data")))
        if len(data) != len(columns) or any(len(column) != len(index) for column in data):
            raise WireError("a table whose columns differ in length")
        return Frame(columns, index, data)

    def figure(self, node: dict[str, Any], depth: int) -> Figure:
        return Figure(tuple(self.axes(entry, depth) for entry in _list(node.get("axes"))[:100]))

    def axes(self, node: Any, depth: int) -> Axes:
        if type(node) is not dict:
            raise WireError("axes that are not axes")
        return Axes(
            title=self.text(node.get("title")),
            xlabel=self.text(node.get("xlabel")),
            ylabel=self.text(node.get("ylabel")),
            legend=tuple(self.text(entry) for entry in _list(node.get("legend"))[:100]),
            lines=tuple(self.line(entry, depth) for entry in _list(node.get("lines"))[:100]),
            images=min(len(_list(node.get("images"))), 1000),
        )

    def line(self, node: Any, depth: int) -> Line:
        if type(node) is not dict:
            raise WireError("a line that is not a line")
        data = [self.sequence(node.get(axis), depth) for axis in ("x", "y")]
        if any(type(number) not in (int, float) for numbers in data for number in numbers):
            raise WireError("a line through something that is not a number")
        return Line(self.text(node.get("label")), tuple(data[0]), tuple(data[1]))

    def opaque(self, node: dict[str, Any], depth: int) -> Opaque:
        return Opaque(self.text(node.get("type"), 200), self.text(node.get("text", "")))

    builders: ClassVar[dict[str, Callable[[Any, dict[str, Any], int], Any]]] = {
        "tuple": lambda self, node, depth: tuple(self.sequence(node.get("v"), depth)),
        "set": set_of,
        "dict": mapping,
        "bytes": lambda self, node, depth: self.fetch(node),
        "float": number,
        "int": integer,
        "complex": complex_number,
        "array": array,
        "frame": frame,
        "figure": figure,
        "object": opaque,
    }


def _list(node: Any) -> list[Any]:
    if type(node) is not list:
        raise WireError("a list was expected")
    return node


def _hashable(value: Any) -> Any:
    """Return a dict key or set member; raise WireError where it cannot be one.

    Giant numbers cannot: Python hashes numbers modulo 2**61 - 1, so that many with one hash are easily
    made, and a dict of them takes quadratic time.
    """
    if type(value) is tuple:
        return tuple(_hashable(item) for item in value)
    if type(value) in (int, float) and not abs(value) > 2**53:
        return value
    if value is None or type(value) in (bool, str, bytes, frozenset, Opaque):
        return value
    raise WireError("a key that cannot be one")
