"""Kind `formula`."""

from __future__ import annotations

import math

import pytest
import sympy
from desk import FAILED, PASSED, earned

from autograder.model import Reply
from autograder.wire import Opaque

PARAMS = """
    - id: conv_params
      kind: formula
      expected: "N*(K**2*M + 1)"
      variables: [K, M, N]
"""
K, M, N = sympy.symbols("K M N")


@pytest.mark.parametrize(
    "answer",
    [
        "N*(K**2*M + 1)",
        "N + N M K^2",
        "params = N(KKM + 1)",
        r"$N \times (K \times K \times M) + N$",
        r"N \cdot \left(K^{2} M + 1\right)",
        "n·k²·m + n",
        "N*K^3*M/K + N",
        N * (K**2 * M + 1),
        lambda K, M, N: N * (K * K * M + 1),
        lambda N, M, K: N * (K * K * M + 1.0),
        lambda K, M, N: sympy.Integer(N) * (K * K * M + 1),
    ],
    ids=["python", "powers", "juxtaposed", "latex", "latex brackets", "small letters", "unreduced",
         "sympy", "lambda", "lambda in another order", "lambda through sympy"],
)  # fmt: skip
def test_equivalent_formulas_are_right_however_they_are_given(desk, answer):
    desk.set(PARAMS)
    assert earned(desk.judge({"conv_params": answer})) == PASSED


def test_the_expected_formula_may_be_a_node(desk):
    reference = "def conv_params(): return 'N*(K**2*M + 1)'"
    desk.set("- {id: conv_params, kind: formula, variables: [K, M, N]}", reference=reference)
    assert earned(desk.judge({"conv_params": "N*(K**2*M + 1)"})) == PASSED
    assert earned(desk.judge({"conv_params": "N*K**2*M"})) == FAILED


def test_rounding_in_floats_is_tolerated_and_integer_slips_are_not(desk):
    desk.set('- {id: f, kind: formula, expected: "sqrt(2)*K", variables: [K]}')
    assert earned(desk.judge({"f": "K*2/sqrt(2)"})) == PASSED
    assert earned(desk.judge({"f": "K*1.4142"})) == FAILED
    desk.set('- {id: f, kind: formula, expected: "K**20", variables: [K]}')
    assert earned(desk.judge({"f": "K**20 + 1"})) == FAILED


def test_floors_count(desk):
    desk.set(
        '- {id: out, kind: formula, expected: "(H + 2*P - K)//S + 1", variables: [H, P, K, S]}'
    )
    assert earned(desk.judge({"out": r"\lfloor \frac{H + 2P - K}{S} \rfloor + 1"})) == PASSED
    assert earned(desk.judge({"out": "floor((H + 2P - K)/S) + 1"})) == PASSED
    assert earned(desk.judge({"out": "(H + 2P - K)/S + 1"})) == FAILED


def test_the_domain_decides_where_formulas_must_agree(desk):
    check = '- {id: f, kind: formula, expected: "x", variables: [x], domain: %s}'
    desk.set(check % "positive")
    assert earned(desk.judge({"f": "abs(x)"})) == PASSED
    assert earned(desk.judge({"f": "floor(x)"})) == FAILED
    desk.set(check % "positive integers")
    assert earned(desk.judge({"f": "floor(x)"})) == PASSED
    desk.set(check % "real")
    assert earned(desk.judge({"f": "abs(x)"})) == FAILED


def test_points_where_the_expected_formula_is_undefined_are_passed_over(desk):
    desk.set('- {id: f, kind: formula, expected: "(K*K - 9)/(K - 3)", variables: [K]}')
    assert earned(desk.judge({"f": "K + 3"})) == PASSED
    desk.set('- {id: f, kind: formula, expected: "K + 3", variables: [K]}')
    assert earned(desk.judge({"f": "(K*K - 9)/(K - 3)"})) == FAILED


# ── wrong ─────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_formula_fails_and_shows_the_instructor_where_it_differs(desk):
    desk.set(PARAMS + "      feedback: Mind the biases.\n")
    verdict = desk.judge({"conv_params": "N*K**2*M"})
    assert earned(verdict) == FAILED
    assert verdict.message == "not equivalent to the right formula"
    assert verdict.feedback == "Mind the biases."
    assert verdict.detail.startswith("at K=")
    assert "+ 1" not in verdict.message + verdict.got


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("N*(K**2*M + 1", "a bracket is not closed: ')' is missing, at ▲ in N*(K**2*M + 1▲"),
        ("N*(K**2*Q + 1)", "'Q' has no meaning here; the formula may use K, M, N"),
        ("9**9**9**9", "too large"),
        ("N*(K**2*M + 1);__import__('os')", "has no meaning here"),
        (204928, "found a number"),
        (object(), "found an object of type object"),
        ({"K": 1}, "found a dictionary"),
    ],
    ids=lambda case: str(case)[:20],
)
def test_what_is_no_formula_is_refused_in_words(desk, answer, words):
    desk.set(PARAMS)
    verdict = desk.judge({"conv_params": answer})
    assert earned(verdict) == FAILED
    assert words in verdict.message
    assert "\n" not in verdict.message


@pytest.mark.parametrize("answer", [None, ..., "", " "], ids=repr)
def test_an_open_formula_is_not_answered(desk, answer):
    desk.set(PARAMS)
    assert desk.judge({"conv_params": answer}).message == "not answered"
    assert desk.judge({}).message.startswith("not answered: `conv_params` is not defined")


def test_a_function_that_does_not_take_the_variables_says_how_it_was_called(desk):
    desk.set(PARAMS)
    verdict = desk.judge({"conv_params": lambda k, m: k})
    assert earned(verdict) == FAILED
    assert "when it was called with K=..., M=..., N=...: TypeError" in verdict.message
    verdict = desk.judge({"conv_params": lambda K, M, N: str(K)})
    assert verdict.message == "`conv_params` must return a number; it returned text"


def test_a_function_that_hangs_or_dies_says_so(desk):
    desk.set(PARAMS)
    function = Reply("ok", Opaque("function"))
    verdict = desk.judge_replies([function, Reply("timeout")])
    assert verdict.message == "`conv_params` took longer than 10 s"


# ── partly right ──────────────────────────────────────────────────────────────────────────────

PARTS = """
    - id: conv_params
      kind: formula
      expected: "N*(K**2*M + 1)"
      variables: [K, M, N]
      alternates:
        - {value: "N*K**2*M", when: bias_free, feedback: Fine.}
        - {multiply: 2, credit: 0.75}
      mistakes:
        - {value: "N*K**2*M", credit: 0.5, feedback: "Biases?", deduct_once: bias}
        - {value: "K**2*M + 1", feedback: "One filter only."}
"""
CONVENTIONS = "conventions: {bias_free: {title: without biases, answer: bias, equals: [false]}}\n"


def test_alternates_and_mistakes_are_recognised_by_equivalence(desk):
    desk.set(PARTS, top=CONVENTIONS)
    verdict = desk.judge({"conv_params": "KKMN"})
    assert earned(verdict) == ("partial", 0.5)
    assert (verdict.feedback, verdict.deduct_once) == ("Biases?", "bias")
    verdict = desk.judge({"conv_params": "KKMN", "bias": False})
    assert earned(verdict) == PASSED
    assert verdict.message == "right: without biases"
    assert earned(desk.judge({"conv_params": "2N(KKM+1)"})) == ("partial", 0.75)
    verdict = desk.judge({"conv_params": lambda K, M, N: K * K * M + 1})
    assert earned(verdict) == FAILED
    assert verdict.feedback == "One filter only."


# ── cheating ──────────────────────────────────────────────────────────────────────────────────


class Anything(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize(
    "answer",
    [
        lambda K, M, N: Anything(1),
        lambda K, M, N: math.nan,
        lambda K, M, N: math.inf,
        lambda K, M, N: 10**3000,
        lambda K, M, N: True,
        lambda K, M, N: complex(N * (K * K * M + 1)),
        lambda **names: names,
        type("Formula", (), {"__call__": lambda self, **names: Anything(1)})(),
    ],
    ids=["equal to all", "nan", "inf", "huge", "true", "complex", "echo", "callable object"],
)
def test_functions_that_pretend_earn_nothing(desk, answer):
    desk.set(PARAMS)
    assert earned(desk.judge({"conv_params": answer})) == FAILED


@pytest.mark.parametrize(
    "value",
    [
        Opaque("Mul", "N*(K**2*M + 2)"),
        Opaque("function"),
        Opaque("Mul", "(" * 1999),
        b"N*(K**2*M + 1)",
        ["N*(K**2*M + 1)"],
        "\x1b[2J" * 400,
        "N" * 1_000_000,
        "+".join(["1"] * 5000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_forged_replies_earn_nothing(desk, value):
    desk.set(PARAMS)
    assert earned(desk.judge_value(value)) == FAILED


@pytest.mark.parametrize("calls", [None, (), (1,) * 32, [Reply("ok", 1)] * 32, {"cells": 1}])
def test_forged_calls_earn_nothing(desk, calls):
    desk.set(PARAMS)
    replies = [Reply("ok", Opaque("function")), Reply("ok", calls)]
    assert earned(desk.judge_replies(replies)) == FAILED


def test_a_wrong_formula_of_the_rubric_is_our_fault(desk):
    reference = "def f(): return 'K +'"
    desk.set("- {id: f, kind: formula, variables: [K]}", reference=reference)
    verdict = desk.judge({"f": "K"})
    assert earned(verdict) == ("error", 0.0)
    assert "something is missing" in verdict.detail
    assert "missing" not in verdict.message
    desk.set('- {id: f, kind: formula, expected: "1/(K - K)", variables: [K]}')
    assert earned(desk.judge({"f": "K"})) == ("error", 0.0)


def test_requests_are_the_same_every_time_and_hold_no_formula(desk):
    desk.set(PARAMS)
    assert desk.ask() == desk.ask()
    evaluate, call = desk.ask()
    assert len(call.cases) >= 24
    assert "K**2" not in repr((evaluate, call))
