"""The wire: what goes in comes out, the agent speaks the same language, and nothing hostile gets through."""

from __future__ import annotations

import importlib.util
import json
import math
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograder.kernel
from autograder.errors import WireError
from autograder.wire import (
    PREFIX,
    Array,
    Bounds,
    Figure,
    Frame,
    Opaque,
    decode,
    decode_reply,
    encode,
    from_json,
    to_json,
)


def load_agent() -> ModuleType:
    path = Path(autograder.kernel.__file__).parent / "inside" / "agent.py"
    spec = importlib.util.spec_from_file_location("agent_under_test", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


agent = load_agent()


def frame(node: Any, binary: bytes = b"") -> bytes:
    text = json.dumps(node).encode()
    return PREFIX.pack(len(text), len(binary)) + text + binary


def through_agent(value: Any) -> Any:
    packer = agent.Packer()
    node = packer.pack(value)
    return decode(frame(node, bytes(packer.binary)))


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_survives_the_frame_and_the_json_form(value: Any) -> None:
    assert decode(encode(value)) == value
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


@given(PLAIN)
def test_the_agent_encodes_plain_data_as_the_grader_does(value: Any) -> None:
    assert through_agent(value) == value


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint16", "int64", "float16", "float64", "complex64"]
)
def test_arrays_survive_with_dtype_and_shape(dtype: str) -> None:
    values = np.arange(6).reshape(2, 3).astype(dtype)
    for back in (decode(encode(values)), from_json(to_json(values)), through_agent(values)):
        assert back.dtype == dtype and back.kind == "ndarray"
        assert back.values.dtype == values.dtype and np.array_equal(back.values, values)


def test_big_endian_arrays_arrive_as_little_endian() -> None:
    back = through_agent(np.arange(3, dtype=">i4"))
    assert back.values.tolist() == [0, 1, 2]


def test_tensors_arrive_with_the_name_of_their_dtype() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([1.5, 2.0], dtype=torch.bfloat16, requires_grad=True)
    for back in (decode(encode(tensor)), through_agent(tensor)):
        assert (back.kind, back.dtype, back.values.tolist()) == ("tensor", "bfloat16", [1.5, 2.0])
    assert through_agent(torch.nn.Parameter(torch.ones(2))).values.tolist() == [1, 1]
    assert through_agent(torch.Size([2, 3])) == (2, 3)
    assert through_agent(torch.zeros(2, device="meta")) == Opaque("Tensor")


class Level(IntEnum):
    HIGH = 3


class LyingInt(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (Level.HIGH, 3),
        (LyingInt(4), 4),
        (Fraction(6, 3), 2),
        (Decimal("0.5"), 0.5),
        (np.array(["a", "b"]), ["a", "b"]),
        (..., Opaque("ellipsis")),
        (print, Opaque("builtin_function_or_method")),
        ({1, 2}, frozenset({1, 2})),
    ],
)
def test_the_agent_makes_exact_built_in_values(value: Any, expected: Any) -> None:
    back = through_agent(value)
    assert type(back) is type(expected) and back == expected


def test_non_finite_numbers_travel_by_name() -> None:
    back = through_agent([math.nan, math.inf, -math.inf])
    assert math.isnan(back[0]) and back[1:] == [math.inf, -math.inf]


def test_data_frames_and_series_travel_as_columns() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"n": [1, 2], "x": [0.5, None]}, index=["a", "b"])
    back = through_agent(table)
    assert isinstance(back, Frame)
    assert back.columns == ("n", "x") and back.index == ("a", "b") and back.data[0] == (1, 2)
    assert through_agent(table["n"]) == [1, 2]


def test_sympy_numbers_are_numbers_and_expressions_are_text() -> None:
    sympy = pytest.importorskip("sympy")
    n = sympy.Symbol("n")
    assert through_agent(sympy.Integer(12)) == 12
    assert through_agent(sympy.Rational(1, 4)) == 0.25
    assert through_agent(n**2 + 1).text == "n**2 + 1"


def test_figures_travel_as_facts() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([0, 1], [2, 3], label="loss")
    axes.set_xlabel("epoch")
    axes.legend()
    back = through_agent(figure)
    pyplot.close(figure)
    assert isinstance(back, Figure)
    assert back.axes[0].xlabel == "epoch" and back.axes[0].legend == ("loss",)
    assert back.axes[0].lines[0].y == (2.0, 3.0)


def test_the_agent_refuses_what_is_too_large_or_too_deep() -> None:
    deep: list[Any] = []
    deep.append(deep)
    for value in (deep, list(range(300_000)), np.zeros(10**8), 10**4000):
        with pytest.raises(agent.TooLarge):
            agent.Packer().pack(value)


HOSTILE = {
    "shorter than its prefix": b"\0\0",
    "announces more than allowed": PREFIX.pack(2**31, 0),
    "longer than announced": frame(1) + b"x",
    "not JSON": PREFIX.pack(3, 0) + b"{{{",
    "NaN is not JSON": PREFIX.pack(3, 0) + b"NaN",
    "infinite literal": PREFIX.pack(5, 0) + b"1e999",
    "digits without end": PREFIX.pack(5000, 0) + b"9" * 5000,
    "not UTF-8": PREFIX.pack(1, 0) + b"\xff",
    "deep nesting": PREFIX.pack(200_000, 0) + b"[" * 100_000 + b"]" * 100_000,
    "unknown tag": frame({"t": "pickle", "v": "gASVAA=="}),
    "tag that is no text": frame({"t": ["dict"]}),
    "no tag": frame({"a": 1}),
    "array outside the frame": frame(
        {"t": "array", "stored": "<f8", "shape": [2], "at": 0, "n": 16}
    ),
    "array with a negative offset": frame(
        {"t": "array", "stored": "|b1", "shape": [1], "at": -1, "n": 1}, b"\1"
    ),
    "array of objects": frame(
        {"t": "array", "stored": "|O", "shape": [1], "at": 0, "n": 8}, b"12345678"
    ),
    "array larger than its bytes": frame(
        {"t": "array", "stored": "|b1", "shape": [2**39, 2**39], "at": 0, "n": 1}, b"\1"
    ),
    "boolean that is neither": frame(
        {"t": "array", "stored": "|b1", "dtype": "bool", "shape": [1], "at": 0, "n": 1}, b"\7"
    ),
    "unhashable key": frame({"t": "dict", "v": [[[1], 2]]}),
    "unhashable key in a tuple": frame({"t": "dict", "v": [[{"t": "tuple", "v": [[1]]}, 2]]}),
    "pairs that are not pairs": frame({"t": "dict", "v": [[1, 2, 3]]}),
    "a float by another name": frame({"t": "float", "v": "one"}),
    "an int that is not": frame({"t": "int", "v": "1_0"}),
    "ragged table": frame({"t": "frame", "columns": ["a"], "index": [1, 2], "data": [[1]]}),
    "axes that are not": frame({"t": "figure", "axes": [1]}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_frames_are_refused(name: str) -> None:
    with pytest.raises(WireError):
        decode(HOSTILE[name])


def test_bounds_are_kept() -> None:
    with pytest.raises(WireError, match="too many"):
        decode(encode(list(range(100))), Bounds(items=50))
    with pytest.raises(WireError, match="deeply"):
        decode(encode([[[[1]]]]), Bounds(depth=2))
    with pytest.raises(WireError, match="larger"):
        decode(encode(b"x" * 100), Bounds(binary_bytes=50))


@settings(max_examples=300)
@given(st.binary(max_size=200), st.binary(max_size=50))
def test_arbitrary_bytes_give_a_value_or_a_wire_error(text: bytes, binary: bytes) -> None:
    for data in (text, PREFIX.pack(len(text), len(binary)) + text + binary):
        try:
            decode(data)
        except WireError:
            continue


@settings(max_examples=300)
@given(st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["t", "v", "at", "n", "shape", "stored", "axes"]), inner | st.sampled_from(
        ["array", "dict", "tuple", "set", "frame", "figure", "object", "complex", "<f8"])),
    max_leaves=12,
))  # fmt: skip
def test_arbitrary_tagged_json_gives_a_value_or_a_wire_error(node: Any) -> None:
    try:
        from_json(node)
    except WireError:
        return


def test_a_reply_holds_a_status_and_a_value() -> None:
    reply = decode_reply(frame({"status": "ok", "value": [1, {"t": "tuple", "v": []}]}))
    assert reply.status == "ok" and reply.value == [1, ()]
    call = decode_reply(frame({"status": "ok", "cases": [{"status": "raised", "error": "E"}]}))
    assert [case.status for case in call.value] == ["raised"]


@pytest.mark.parametrize(
    "node",
    [
        {"status": "passed", "value": 1},
        {"status": "lost"},
        ["ok"],
        {"status": "ok", "cases": [{"status": "ok", "cases": []}, 3]},
        {"status": "ok", "value": {"t": "?"}},
        {
            "status": "ok",
            "value": {
                "t": "array",
                "stored": "|b1",
                "dtype": "bool",
                "shape": [0, 2**39, 2**39, 2**39],
                "at": 0,
                "n": 0,
            },
        },
    ],
)
def test_a_reply_of_another_form_is_malformed(node: Any) -> None:
    assert decode_reply(frame(node)).status == "malformed"


def test_an_array_is_never_equal_by_value_so_that_no_code_compares_it_by_accident() -> None:
    assert Array(np.ones(2), "float64") != Array(np.ones(2), "float64")
