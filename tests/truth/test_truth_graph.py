"""The reference module as a graph."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from autograder.errors import TruthError
from autograder.truth import function, inputs, load_graph, property_test


@pytest.fixture
def reference(tmp_path):
    """Write a reference module and return its path."""

    def write(source: str, name: str = "hw.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    return write


def refusal(path: Path) -> str:
    """Return why a reference is refused."""
    with pytest.raises(TruthError) as caught:
        load_graph(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


NETWORK = """
    from __future__ import annotations

    def weights() -> int:
        return 25 * 3 * 64

    def biases() -> int:
        return 64

    def params(weights: int, biases: int) -> int:
        return weights + biases

    def ratio(params, weights):
        return params / weights
"""


# ── evaluating ────────────────────────────────────────────────────────────────────────────────


def test_functions_are_nodes_and_parameters_are_edges(reference):
    graph = load_graph(reference(NETWORK))
    assert list(graph.nodes) == ["weights", "biases", "params", "ratio"]
    assert graph.edges["ratio"] == ("params", "weights")
    assert graph.evaluate(["params"]) == {"params": 4864}


def test_each_node_is_evaluated_once(reference):
    graph = load_graph(
        reference("""
            calls = []
            def a():
                calls.append("a")
                return [1]
            def b(a): return a
            def c(a, b): return a is b
        """)
    )
    assert graph.evaluate(["a", "b", "c"])["c"] is True
    assert graph.source.module.calls == ["a"]


def test_given_values_take_a_nodes_place(reference):
    graph = load_graph(reference(NETWORK))
    assert graph.evaluate(["params"], {"weights": 1}) == {"params": 65}
    assert graph.evaluate(["weights"], {"weights": 1}) == {"weights": 1}
    assert graph.evaluate(["params"]) == {"params": 4864}


def test_what_only_a_given_node_needs_is_not_evaluated(reference):
    graph = load_graph(
        reference("""
            def broken(): raise ValueError
            def a(broken): return broken
            def b(a): return a + 1
        """)
    )
    assert graph.evaluate(["b"], {"a": 1}) == {"b": 2}


def test_a_chain_of_thousands_of_nodes_is_evaluated(reference):
    chain = "\n".join(f"def n{i}(n{i - 1}): return n{i - 1} + 1" for i in range(3000, 0, -1))
    assert load_graph(reference(chain + "\ndef n0(): return 0\n")).evaluate(["n3000"]) == {
        "n3000": 3000
    }


def test_every_kind_of_parameter_is_understood(reference):
    graph = load_graph(
        reference("""
            def a(): return 1
            def b(): return 2
            def positional(x=10, a=20, /, b=30): return (x, a, b)
            def keyword(*, a, scale=2): return a * scale
            def open_ended(a, *args, **kwargs): return (a, args, kwargs)
        """)
    )
    values = graph.evaluate(["positional", "keyword", "open_ended"])
    assert values == {"positional": (10, 1, 2), "keyword": 2, "open_ended": (1, (), {})}


def test_only_public_functions_of_the_module_are_nodes(reference):
    graph = load_graph(
        reference("""
            from functools import lru_cache, partial, wraps
            from math import sqrt
            from textwrap import dedent
            from typing import NamedTuple
            import json
            Shape = tuple[int, ...]
            class Layer: pass
            class Point(NamedTuple): x: int
            def node(): return 1
            @lru_cache
            def cached(): return 2
            def _hidden(anything): return 3
            def generator(): yield 4
            async def coroutine(): return 5
            half = partial(sqrt, 4)
        """)
    )
    assert list(graph.nodes) == ["node", "cached"]
    assert graph.evaluate(["cached"]) == {"cached": 2}


def test_marked_functions_are_not_nodes_and_stay_callable(reference):
    graph = load_graph(
        reference("""
            from autograder.truth import function, inputs, property_test

            @function
            def iou(a, b): return 0.5

            @inputs
            def boxes(rng): return (rng.random(4), rng.random(4))

            @property_test
            def iou_is_symmetric(inputs, results): return True

            def half(): return iou(1, 2)
        """)
    )
    assert list(graph.nodes) == ["half"]
    assert list(graph.functions) == ["iou"]
    assert list(graph.inputs) == ["boxes"]
    assert list(graph.properties) == ["iou_is_symmetric"]
    assert graph.evaluate(["half"]) == {"half": 0.5}


@pytest.mark.parametrize("mark", [function, inputs, property_test])
def test_a_mark_leaves_the_function_as_it_is_and_refuses_anything_else(mark):
    def plain():
        return 5

    assert mark(plain) is plain
    with pytest.raises(TypeError, match="marks a function"):
        mark(5)


# ── loading ───────────────────────────────────────────────────────────────────────────────────


def test_dataclasses_and_annotations_work_in_a_reference(reference):
    graph = load_graph(
        reference("""
            from __future__ import annotations
            from dataclasses import dataclass
            from typing import get_type_hints

            @dataclass(frozen=True)
            class Layer:
                filters: int

            def filters() -> int:
                return get_type_hints(Layer) and Layer(64).filters
        """)
    )
    assert graph.evaluate(["filters"]) == {"filters": 64}


def test_a_reference_is_compiled_by_its_own_future_imports(reference):
    graph = load_graph(reference("def a() -> int: return a.__annotations__['return'] is int"))
    assert graph.evaluate(["a"]) == {"a": True}


def test_modules_beside_the_reference_can_be_imported_and_leave_nothing_behind(reference):
    path = reference(
        "from numbers_of_hw import WIDTH\nfrom shapes.square import area\ndef a(): return area(WIDTH)"
    )
    reference("WIDTH = 128", "numbers_of_hw.py")
    reference("", "shapes/__init__.py")
    reference("def area(side): return side * side", "shapes/square.py")
    before = list(sys.path)
    graph = load_graph(path)
    assert graph.evaluate(["a"]) == {"a": 128 * 128}
    assert sorted(graph.source.siblings) == [
        "numbers_of_hw.py",
        "shapes/__init__.py",
        "shapes/square.py",
    ]
    assert sys.path == before
    assert not {"numbers_of_hw", "shapes", "shapes.square", "hw"} & set(sys.modules)
    assert not list(path.parent.rglob("__pycache__"))


def test_two_references_with_siblings_of_one_name_do_not_meet(reference):
    graphs = []
    for width in (1, 2):
        reference(f"WIDTH = {width}", f"{width}/sizes.py")
        graphs.append(
            load_graph(
                reference("from sizes import WIDTH\ndef a(): return WIDTH", f"{width}/hw.py")
            )
        )
    assert [graph.evaluate(["a"])["a"] for graph in graphs] == [1, 2]


def test_a_changed_reference_is_loaded_anew(reference):
    first = load_graph(reference("def a(): return 1"))
    second = load_graph(reference("def a(): return 2"))
    assert first.evaluate(["a"]) != second.evaluate(["a"])
    assert first.sha256 != second.sha256


def test_the_packages_that_a_reference_imports_are_known(reference):
    path = reference("import json, numpy.linalg\ndef a():\n    from torch import nn\n    return 1")
    assert load_graph(path).source.packages == ("numpy", "torch")


# ── refusing ──────────────────────────────────────────────────────────────────────────────────


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal(tmp_path / "gone.py") == "gone.py: there is no such reference file"


def test_a_folder_is_no_reference(tmp_path):
    assert "cannot be read" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def a():\n  return (\n", "hw.py:2: is not valid Python: '(' was never closed"),
        ("x = 1\n\nimport torhc\n", "hw.py:3: cannot be imported: No module named 'torhc'; is it installed here?"),
        ("x = 1\ny = x / 0\n", "hw.py:2: cannot be imported: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)\n", "hw.py:2: cannot be imported: SystemExit: 3"),
        ("from autograder.truth import function\nx = function(5)\n", "hw.py:2: cannot be imported: TypeError"),
        ("import helper_of_hw\n", "helper_of_hw.py:1: is not valid Python"),
        ("x = '\0'\n", "null byte"),
        (
            "def a(b): return b\ndef b(c): return c\ndef c(a): return a\n",
            "hw.py:1: nodes depend on each other in a circle: a → b → c → a",
        ),
        ("def a(a=1): return a\n", "in a circle: a → a"),
        ("def z(a): return a\ndef a(b): return b\ndef b(a): return a\n", "in a circle: a → b → a"),
        (
            "def conv1_macs(): return 1\n\ndef total(conv1_mac): return 1\n",
            "hw.py:3: node 'total' needs 'conv1_mac', which is no node; did you mean 'conv1_macs'?",
        ),
        (
            "from autograder.truth import function\n@function\ndef iou(a): ...\ndef b(iou): ...\n",
            "hw.py:4: node 'b' needs 'iou', which is no node but marked for another use",
        ),
    ],
)  # fmt: skip
def test_a_reference_that_cannot_be_used_is_refused_with_its_line(
    reference, monkeypatch, tmp_path, source, message
):
    monkeypatch.chdir(tmp_path)
    reference("def (:", "helper_of_hw.py")
    assert message in refusal(reference(source))


def test_a_refused_reference_leaves_nothing_behind(reference):
    before = set(sys.modules)
    refusal(reference("raise ValueError"))
    assert set(sys.modules) == before


def test_a_node_that_raises_is_named_with_its_line(reference, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    graph = load_graph(
        reference("""
            def _divide(x):
                return x / 0
            def a(): return _divide(1)
            def b(a): return a
            def stops(): raise SystemExit
        """)
    )
    with pytest.raises(TruthError) as caught:
        graph.evaluate(["b"])
    assert str(caught.value) == "hw.py:3: node 'a' raised ZeroDivisionError: division by zero"
    with pytest.raises(TruthError, match=r"hw\.py:6: node 'stops' raised SystemExit"):
        graph.evaluate(["stops"])


def test_an_unknown_node_gets_a_suggestion(reference):
    graph = load_graph(reference(NETWORK))
    with pytest.raises(TruthError, match=r"there is no node 'parms'; did you mean 'params'\?"):
        graph.evaluate(["parms"])
    with pytest.raises(TruthError, match=r"there is no node 'weight'; did you mean 'weights'\?"):
        graph.evaluate(["params"], {"weight": 1})


# ── properties ────────────────────────────────────────────────────────────────────────────────


PROPERTIES = """
    from autograder.truth import property_test
    import numpy as np

    @property_test
    def in_range(inputs, results):
        return all(0 <= result <= 1 for result in results)

    @property_test
    def as_numpy(inputs, results):
        return np.bool_(results[0] == 1)

    @property_test
    def worded(inputs, results):
        return "" if results == [1] else f"{len(inputs)} results differ"

    @property_test
    def asserted(inputs, results):
        assert results == [1], "not one"
        assert inputs
        return True

    @property_test
    def forgetful(inputs, results):
        results == [1]
"""


@pytest.mark.parametrize(
    ("name", "result", "complaint"),
    [
        ("in_range", 1, ""),
        ("in_range", 2, "it does not hold"),
        ("as_numpy", 1, ""),
        ("as_numpy", 0, "it does not hold"),
        ("worded", 1, ""),
        ("worded", 2, "1 results differ"),
        ("asserted", 1, ""),
        ("asserted", 2, "not one"),
    ],
)
def test_a_property_says_what_is_wrong(reference, name, result, complaint):
    assert load_graph(reference(PROPERTIES)).holds(name, [(1,)], [result]) == complaint


def test_a_property_that_forgets_to_answer_is_refused(reference):
    graph = load_graph(reference(PROPERTIES))
    with pytest.raises(TruthError, match="'forgetful' returned NoneType; it must return True"):
        graph.holds("forgetful", [], [])
    with pytest.raises(TruthError, match=r"no @property_test 'in_rang'; did you mean 'in_range'\?"):
        graph.holds("in_rang", [], [])
