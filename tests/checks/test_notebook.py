"""Kind `notebook`: one right and some wrong notebooks for each rule."""

from __future__ import annotations

import pytest
from desk import FAILED, PASSED, earned

ALL = ["filename", "outputs", "no_errors", "in_order", "labelled", "commented", "explained"]
LONG = "import math\na = 1\nb = 2\nc = a + b\nprint(c)"


def rules(*names: str, more: str = "") -> str:
    return f"- {{id: policy, kind: notebook, rules: [{', '.join(names)}]{more}}}"


def tidy(desk) -> None:
    """Write a notebook that keeps every rule."""
    desk.write("# Question 1\n\nThe sum is computed step by step.")
    desk.run("# add two numbers\n" + LONG, "3\n", count=1)
    desk.run("c", "3", count=2)


def test_a_tidy_notebook_keeps_every_rule(desk):
    desk.set(rules(*ALL))
    tidy(desk)
    assert earned(desk.judge()) == PASSED


def test_each_rule_has_an_equal_share_and_each_broken_one_a_line(desk):
    desk.set(rules(*ALL))
    tidy(desk)
    desk.notebook_name = "final.ipynb"
    desk.run("1/0", error="ZeroDivisionError: division by zero", count=1)
    verdict = desk.judge()
    assert earned(verdict) == ("partial", round(4 / 7, 6))
    name, error, order = verdict.message.split("\n")
    assert "final.ipynb" in name
    assert error == (
        "cell 4 fails when the notebook runs from the top: ZeroDivisionError: division by zero"
    )
    assert order.startswith("cell 4 was run before cell 3, which stands above it")


# ── filename ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("abc12_hw3.ipynb", "right"),
        ("abc12_hw3 (1).ipynb", "rename this copy to 'abc12_hw3.ipynb'"),
        ("abc12_hw3-Copy1.ipynb", "rename this copy to 'abc12_hw3.ipynb'"),
        ("ABC12_HW3.ipynb", "capital and small letters"),
        ("hw3.ipynb", "call it '{netid}_hw3.ipynb'"),
        ("_hw3.ipynb", "call it"),
        ("a b_hw3.ipynb", "call it"),
        ("abc12_hw3xipynb", "call it"),
        ("", "call it"),
        ("\x1b[2J\u202e" * 60 + "_hw3.ipynb", "call it"),
        ("- " * 120 + ".ipynb", "call it"),
    ],
)
def test_the_name_of_the_notebook(desk, name, words):
    desk.set(rules("filename"))
    desk.notebook_name = name
    verdict = desk.judge()
    assert words in verdict.message
    assert earned(verdict) == (PASSED if words == "right" else FAILED)


# ── outputs, errors, order ────────────────────────────────────────────────────────────────────


def test_outputs_must_be_kept(desk):
    desk.set(rules("outputs"))
    desk.run("print(3)", "3", stored="", count=4)
    assert desk.judge().message.startswith("no output is kept for cell 1: run all cells")


def test_a_notebook_that_was_never_run_has_kept_no_outputs(desk):
    desk.set(rules("outputs", "in_order"))
    desk.run("x = 3", count=0)
    verdict = desk.judge()
    assert earned(verdict) == FAILED
    assert verdict.message.split("\n")[0].startswith("the notebook was not run")


def test_cells_in_any_rising_order_are_in_order(desk):
    desk.set(rules("in_order"))
    desk.run("a = 1", count=3)
    desk.run("   ", count=1)
    desk.run("b = 1", count=12)
    assert earned(desk.judge()) == PASSED
    desk.run("c = 1", count=12)
    assert "cell 4 was run before cell 3" in desk.judge().message


# ── labels, comments, explanations ────────────────────────────────────────────────────────────


def test_each_question_needs_its_heading(desk):
    desk.set(rules("labelled"))
    tidy(desk)
    desk.headings = False
    assert desk.judge().message == "no heading was found for question 1: give each its own"


@pytest.mark.parametrize(
    "comment",
    ["", "#", "# ---", "# YOUR CODE HERE", "# TODO", "print('# no comment')"],
)
def test_long_cells_without_words_in_comments_are_not_commented(desk, comment):
    desk.set(rules("commented"))
    desk.run(f"{comment}\n{LONG}")
    verdict = desk.judge()
    assert earned(verdict) == FAILED
    assert verdict.message == "code should be commented: there is no comment in cell 1"


def test_comments_are_seen_beside_magics_and_only_a_share_of_the_cells_needs_them(desk):
    desk.set(rules("commented"))
    desk.run(f"%%time\n{LONG}\n!ls 'x  # list the files")
    desk.run(LONG)
    desk.run("x = 1")
    assert earned(desk.judge()) == PASSED
    desk.set(rules("commented", more=", comment_share: 0.6"))
    assert earned(desk.judge()) == FAILED


def test_what_the_instructor_wrote_does_not_count(desk):
    desk.set(rules("commented", "explained"))
    desk.write("## Question 1\nCompute the sum of both numbers.", given=True)
    desk.run(f"# the instructor's comment\n{LONG}", given=True)
    assert earned(desk.judge()) == FAILED


@pytest.mark.parametrize(
    "text",
    ["", "# Question 1", "Question 1\n====", "*Your answer here.*", "<!-- explain this well -->",
     "**Your answer:**", "1 + 2 = 3", "TODO: ok", "*" * 100_000],
)  # fmt: skip
def test_headings_placeholders_and_figures_explain_nothing(desk, text):
    desk.set(rules("explained"))
    desk.write(text)
    desk.run("# all is explained here, in a comment")
    assert desk.judge().message == "explain question 1 in a text cell (not in comments)"


def test_text_of_another_question_explains_nothing(desk):
    desk.set(rules("explained"))
    desk.write("The sum is computed step by step.", question="2")
    assert earned(desk.judge()) == FAILED


@pytest.mark.parametrize("source", ["(" * 5000, "'''\n" * 7, "\x00# zero\n" * 9, "if:\n" * 2000])
def test_source_that_is_no_python_is_judged_all_the_same(desk, source):
    desk.set(rules("commented"))
    desk.run(source + "\n1\n2\n3\n4\n5")
    assert desk.judge().outcome.value in ("passed", "failed")
