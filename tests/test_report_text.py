"""Text from students, made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.report.text import clean, clean_line, decimals_needed, points_text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;new title\x07text", "text"),
        ("\x1bP$q\x1b\\text", "text"),
        ("\x9b2Jtext", "text"),
        ("\x1b]unended, then the rest", "unended, then the rest"),
        ("a\x00b\x07c\x08d\x7fe\x9ff", "abcdef"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("\u2066a\u2069\u200fb\ufeff\u200b", "ab"),
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("half \ud83d pair", "half  pair"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("tab\tstays\nand newline", "tab\tstays\nand newline"),
        ("naïve · 畳み込み · שלום · 👩\u200d🔬", "naïve · 畳み込み · שלום · 👩\u200d🔬"),
    ],
)
def test_what_a_reader_cannot_see_or_trust_is_taken_out(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@given(st.text(max_size=200))
def test_cleaned_text_holds_no_control_character_and_is_valid_utf8(raw: str) -> None:
    text = clean(raw)
    assert all(char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs") for char in text)
    text.encode("utf-8")


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(raw: str) -> None:
    # An escape sequence may appear once what split it is gone, but never its escape character.
    assert clean(clean(raw)) == clean(raw)


def test_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 50, limit=10) == "x" * 10 + "… (cut)"
    assert clean("x" * 10, limit=10) == "x" * 10
    assert len(clean("\x1b[31m" * 1_000_000)) < 20


def test_a_line_is_one_line() -> None:
    assert clean_line("a\n  b\tc\r\n") == "a b c"
    assert clean_line("x" * 50, limit=10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("points", "shown"), [(2.0, "2"), (0.5, "0.5"), (1 / 3, "0.33"), (-0.001, "0"), (100.0, "100")]
)
def test_points_have_no_needless_digits(points: float, shown: str) -> None:
    assert points_text(points) == shown


def test_a_column_of_points_lines_up() -> None:
    column = [1.0, 2.5, 0.25]
    assert [points_text(p, decimals_needed(column)) for p in column] == ["1.00", "2.50", "0.25"]
    assert decimals_needed([]) == 0
