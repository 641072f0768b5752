"""The parser and evaluator of formulas."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import FormulaError
from autograder.formulas import MAX_LENGTH, parse_formula

NAMES = ["K", "M", "N", "C_in", "lambda"]
POINT = {"K": 5, "M": 64, "N": 128, "C_in": 3, "lambda": Fraction(1, 2)}


def value(text: str):
    return parse_formula(text, NAMES).value_at(POINT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("N*(K**2*M + 1)", 204928),
        ("N(K^2M+1)", 204928),
        ("KKMN + N", 204928),
        ("N [K K M + 1]", 204928),
        ("conv params = n(k²m + 1)", 204928),
        (r"$$N \left( K^{2} M + 1 \right)$$", 204928),
        (r"\(N \times K \cdot K · M × 1 + N\)", 204928),
        (r"\frac{N K^2}{M} \cdot 2", 100),
        (r"C_{in} + C_in", 6),
        (r"\lambda M + λM", 64),
        ("2K", 10),
        ("2(K)(M)", 640),
        ("1/2K", Fraction(5, 2)),
        ("-K^2", -25),
        ("(-K)^2", 25),
        ("−K – 1", -6),
        ("2^-1", Fraction(1, 2)),
        ("2^3^2", 512),
        ("2^K²", 2**25),
        ("K⁻²", Fraction(1, 25)),
        ("2 - 3 - 4", -5),
        ("64/4/2", 8),
        ("7//2 + -7//2", -1),
        (r"\lfloor\frac{N + 4 - K}{2}\rfloor + 1", 64),
        (r"\left\lceil 7/2 \right\rceil", 4),
        ("floor(-0.5)", -1),
        ("min(K, M, 3) + max(K, 2)", 8),
        ("Abs(-K)", 5),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("2e3 + 1.5E-1", Fraction(200015, 100)),
        ("log2(8)", 3),
        ("sqrt(M)", 8),
        ("√(M)", 8),
        (r"\sqrt{M}", 8),
        ("ln(e)", 1),
        ("sin(pi/2)", 1),
        ("1/(K - 5)", None),
        ("0^-1", None),
        ("sqrt(-1)", None),
        ("log(K - 5)", None),
        ("(-8)^(1/3)", None),
    ],
)
def test_what_is_typed_means_what_people_mean(text, expected):
    got = value(text)
    assert got == (None if expected is None else pytest.approx(float(expected), rel=1e-12))
    if isinstance(expected, (int, Fraction)) and isinstance(got, Fraction):
        assert got == expected


def test_whole_numbers_stay_exact_far_beyond_floats():
    assert value("3^200 + 1 - 3^200") == 1
    assert value("N^30 * M^30 + 1") == 128**30 * 64**30 + 1


def test_a_variable_comes_before_a_function_or_constant_of_the_same_name():
    assert parse_formula("e(pi + 1)", ["e", "pi"]).value_at({"e": 2, "pi": 3}) == 8
    assert parse_formula("kK", ["k", "K"]).value_at({"k": 2, "K": 3}) == 6
    assert parse_formula("max(2)", ["max"]).value_at({"max": 3}) == 6


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "something is missing", 0),
        ("params =", "something is missing", 8),
        ("K +", "something is missing", 3),
        ("K * / M", "is missing before this", 4),
        ("()", "is missing before this", 1),
        ("sqrt(K", "')' is missing", 6),
        ("K)", "closed that was not opened", 1),
        ("(K]", "another shape", 2),
        ("K 2", "operator is missing", 2),
        ("1,000 K", "without separators", 1),
        ("sin K", "write sin(...) with brackets", 4),
        ("foo(K)", "'foo' has no meaning", 0),
        ("KKX", "'KKX' has no meaning", 0),
        ("__import__('os')", "no meaning", 0),
        ("K.real", "no meaning", 1),
        ("K; M", "a character ';'", 1),
        ("K\u202eM", "a character that has", 1),
        (r"\frac12", r"\frac{...}{...}", 5),
        ("K²⁻", "exponent", 1),
        ("sqrt(K, M)", "a comma", 6),
        ("(" * 99 + "K" + ")" * 99, "nested too deeply", 51),
        ("-" * 99 + "K", "nested too deeply", 51),
        ("2^" * 99 + "K", "nested too deeply", 102),
    ],
)
def test_what_is_no_formula_is_refused_with_the_place(text, reason, position):
    with pytest.raises(FormulaError) as caught:
        parse_formula(text, NAMES)
    assert reason in caught.value.reason
    assert caught.value.position == position
    pointer = str(caught.value).split("\n")
    assert len(pointer) == 3
    assert pointer[2].strip() == "^"


def test_the_caret_stands_beneath_the_place():
    with pytest.raises(FormulaError) as caught:
        parse_formula("N*(K**2*Q + 1)", NAMES)
    _, shown, caret = str(caught.value).split("\n")
    assert shown[caret.index("^")] == "Q"


@pytest.mark.parametrize(
    "text", ["9**9**9", "9**9**9**9", "2**(2**(2**(2**K)))", "exp(exp(K**3))", "9e999*9e999**9"]
)
def test_numbers_without_bound_are_refused(text):
    with pytest.raises(FormulaError, match="too large"):
        value(text)


def test_the_length_is_bounded():
    assert value("+".join(["1"] * (MAX_LENGTH // 2))) == MAX_LENGTH // 2
    with pytest.raises(FormulaError, match="fewer than 2,000"):
        parse_formula("K" * MAX_LENGTH, NAMES)


# ── whatever is typed ─────────────────────────────────────────────────────────────────────────

PIECES = ["K", "M", "KK", "2", "0", "1e9", ".5", "9" * 400, "+", "-", "*", "/", "//", "^", "**", "(", ")",
          "{", "}", "[", "]", ",", " ", "=", "²", "⁻¹", "×", "−", "√", "⌊", "⌋", "sqrt", "log(", "exp(", "min(",
          "floor(", r"\frac", r"\frac{", "}{", r"\left(", r"\right)", "pi", "e", "$", "\x00", "\ud800", "_",
          "K_{"]  # fmt: skip


def outcome(text: str) -> object:
    """Return the value, or the error that says why there is none."""
    try:
        formula = parse_formula(text, NAMES)
        return formula.value_at(POINT)
    except FormulaError as error:
        return str(error)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=1500, deadline=None, derandomize=True)
def test_pieces_of_formulas_in_any_order_are_evaluated_or_refused(text):
    result = outcome(text)
    assert result is None or isinstance(result, (str, Fraction)) or math.isfinite(result)


@given(st.text(max_size=200))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_any_text_is_evaluated_or_refused(text):
    result = outcome(text)
    assert result is None or isinstance(result, (str, Fraction)) or math.isfinite(result)


@st.composite
def formulas(draw, depth=0):
    """Draw a formula as Python writes it, in whole numbers and K."""
    if depth > 4 or draw(st.booleans()):
        return draw(st.sampled_from(["K", "1", "2", "3", "7"]))
    left, right = draw(formulas(depth + 1)), draw(formulas(depth + 1))
    operator = draw(st.sampled_from(["+", "-", "*", "//"]))
    sign = draw(st.sampled_from(["", "-"]))
    return f"{sign}({left}) {operator} {right}"


@given(formulas())
@settings(max_examples=500, deadline=None, derandomize=True)
def test_formulas_have_the_value_that_python_gives_them(text):
    try:
        expected = eval(text, {"K": 5})  # our own text
    except ZeroDivisionError:
        expected = None
    assert value(text) == expected
