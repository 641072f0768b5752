"""Whatever a student's process sends, every kind gives a verdict, and full credit only for what is right."""

from __future__ import annotations

import numpy as np
import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.checks import KINDS
from autograder.model import Outcome, Reply
from autograder.wire import Array, Axes, Figure, Frame, Line, Opaque

CHECKS = """
    - {id: number, follow_through: [layers]}
    - {id: shape, expected: [61, 62, 63], notation: rounded, blank_is: 61}
    - {id: word, expected: zygote, alternates: [{value: zygotes, when: doubled}]}
    - {id: table, kind: table, blank_is: 61}
    - {id: array, kind: array, credit: per_entry, squeeze: true}
    - {id: formula, kind: formula, expected: "K*M + 7304", variables: [K, M]}
    - {id: call, kind: function, credit: per_entry, cases: [{args: [1], expected: 7304}]}
    - {id: essay, kind: text, answer: essay, key_points: [{point: p, any: [zygote]}]}
    - {id: layers}
"""
REFERENCE = """
    import numpy as np
    def layers(): return 7304
    def number(layers): return layers + 0.25
    def table(): return {"a": {"x": 61, "y": 7304}, "b": {"x": 62, "y": 63}}
    def array(): return np.array([[7304.25, 61.5], [62.5, 63.5]])
"""
TOP = "conventions: {doubled: {title: doubled, answer: word, mentions: [zygote doubled]}}\n"

names = st.text(max_size=8) | st.sampled_from(["a", "x", "ellipsis", "\x1b[2J", "=cmd()"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.complex_numbers()
    | names
    | st.binary(max_size=8)
    | st.builds(Opaque, names, names)
)
shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)
arrays = st.builds(
    lambda shape, dtype, kind: Array(np.ones(shape, dtype), dtype, kind),
    shapes,
    st.sampled_from(["float32", "int64", "bool", "complex64", "uint8", "float16"]),
    st.sampled_from(["ndarray", "tensor"]),
)
figures = st.builds(
    lambda name: Figure((Axes(name, name, name, (name,), (Line(name, (1.0,), (2.0,)),), 0),)), names
)


def containers(inner: st.SearchStrategy) -> st.SearchStrategy:
    keys = st.none() | st.booleans() | st.integers() | names | st.builds(Opaque, names)
    return (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.frozensets(st.integers() | names, max_size=4)
        | st.lists(inner, max_size=3).map(
            lambda column: Frame(("x",), tuple(range(len(column))), (tuple(column),))
        )
    )


values = st.recursive(scalars | arrays | figures, containers, max_leaves=12)
statuses = st.sampled_from(
    ["ok", "ok", "raised", "missing", "timeout", "died", "malformed", "lost"]
)
plain_replies = st.builds(Reply, statuses, values, names)
replies = plain_replies | st.lists(plain_replies, max_size=3).map(lambda r: Reply("ok", tuple(r)))


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("judged"))
    desk.set(CHECKS, reference=REFERENCE, top=TOP)
    return desk


@pytest.mark.parametrize(
    "check_id", ["number", "shape", "word", "table", "array", "formula", "call", "essay"]
)
@given(data=st.data())
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_every_kind_gives_a_verdict_on_any_reply(judged, check_id, data):
    judged.notebook.clear()
    sent = [
        judged.cells("1") if request.kind == "cells" else data.draw(replies)
        for request in judged.ask(check_id)
    ]
    verdict = judged.judge_replies(sent, check_id)
    assert verdict.outcome in (Outcome.FAILED, Outcome.PARTIAL, Outcome.UNGRADED)
    assert 0 <= verdict.credit < 1
    if verdict.outcome is Outcome.FAILED:
        assert verdict.message
    assert "7304" not in verdict.message.replace(verdict.got, "")


def test_every_kind_of_the_vocabulary_is_here():
    from autograder.rubric.schema import AnyCheck

    models = AnyCheck.__origin__.__args__
    assert set(KINDS) == {model.model_fields["kind"].annotation.__args__[0] for model in models}
