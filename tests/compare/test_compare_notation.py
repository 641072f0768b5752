"""Numbers as people type them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.compare import fold, is_blank, read_answer, read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("  +7 ", 7),
        ("-5", -5),
        ("−5", -5),
        ("–5", -5),
        ("- 5", -5),
        ("−5·10^6", -5_000_000),
        ("-3.2M", -3_200_000),
        ("-50%", -0.5),
        ("1,024", 1024),
        ("1,024.5", 1024.5),
        ("12,345,678", 12_345_678),
        ("1 000 000", 1_000_000),
        ("1\u202f000", 1000),
        ("1_000", 1000),
        ("1'000", 1000),
        ("2e6", 2_000_000),
        ("2E+6", 2_000_000),
        ("2e-3", 0.002),
        ("5·10^6", 5_000_000),
        ("5 x 10^6", 5_000_000),
        ("5×10⁶", 5_000_000),
        ("5*10**6", 5_000_000),
        ("5 \u00b7 10^{-3}", 0.005),
        ("2 · 10⁻³", 0.002),
        ("10^6", 1_000_000),
        ("≈ 5·10⁶", 5_000_000),
        ("~400k", 400_000),
        ("3.2M", 3_200_000),
        ("400K", 400_000),
        ("7B", 7_000_000_000),
        ("1.5 GB", 1_500_000_000),
        ("2T", 2_000_000_000_000),
        ("1.5 GiB", 1_610_612_736),
        ("2 KiB", 2048),
        ("3 million", 3_000_000),
        ("2.5 Billion", 2_500_000_000),
        ("50%", 0.5),
        ("12.5 %", 0.125),
        (".5", 0.5),
        ("5.", 5),
        ("5.0", 5),
        ("9007199254740993", 9007199254740993),
    ],
)
def test_this_notation_is_understood(text, number):
    read = read_number(text)
    assert read == number
    assert type(read) is type(number)


REFUSED = """
1,5  0,500  1,0000  1,02,400  1,024,5  1.024,5  1 00  1,000 000  --5  5-  3-4  (5)  1/3  5 10^6  2 x 3
x10^6  1e400  10^999  1e5e5  nan  inf  -  .  +  e5  k  %  five  5 apples  5k%  ٣
"""


@pytest.mark.parametrize("text", ["", " ", "9" * 101, *re.split(r"\s{2,}|\n", REFUSED.strip())])
def test_what_is_not_one_number_is_refused(text):
    assert read_number(text) is None


@given(st.integers(-(10**30), 10**30))
def test_every_whole_number_is_read_back(number):
    assert read_number(str(number)) == number
    assert read_number(f"{number:,}") == number


@given(st.floats(min_value=-1e300, max_value=1e300, allow_subnormal=False))
def test_every_float_is_read_back(number):
    read = read_number(repr(number))
    assert read is not None
    assert float(read) == number


@given(st.text(max_size=120))
def test_no_text_makes_it_raise(text):
    assert read_number(text) is None or isinstance(read_number(text), (int, float))


def test_a_blank_stands_for_a_number_only_where_the_rubric_says_so():
    for blank in (None, "", " none ", "-", "—", "None"):
        assert is_blank(blank)
        assert read_answer(blank, blank_is=0) == 0
        assert read_answer(blank) == blank
    assert not is_blank(0)
    assert read_answer("-5", blank_is=0) == "-5"


def test_text_is_read_as_a_number_only_where_the_rubric_says_so():
    assert read_answer("3.2M") == "3.2M"
    assert read_answer("3.2M", rounded=True) == 3_200_000
    assert read_answer("many", rounded=True) == "many"
    assert read_answer(5, rounded=True) == 5


def test_names_fold_to_letters_and_digits():
    assert fold("Conv 1") == fold("conv_1") == fold("CONV-1") == "conv1"
