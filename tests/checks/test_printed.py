"""Kind `printed`."""

from __future__ import annotations

import pytest
from desk import FAILED, PASSED, earned


def numbers(more: str = "") -> str:
    return f"- {{id: out, kind: printed, match: numbers, expected: [4864, 0.375]{more}}}"


# ── right ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "printed",
    [
        "4864 0.375",
        "conv1: 4,864 parameters\nlayer 2 has a share of 37.5 %",
        "\x1b[31m4.864e3\x1b[0m\n[0.375]",
        "(4864,0.3750001)",
    ],
)
def test_numbers_are_found_in_order_among_other_text(desk, printed):
    desk.set(numbers())
    desk.run("print(...)", printed)
    assert earned(desk.judge()) == PASSED


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("64x32x32", [64, 32, 32]),
        ("10-3 = 7", [10, 3, 7]),
        ("x = -3", [-3]),
        ("x = −3", [-3]),
        ("3.2M", [3_200_000]),
        ("3.2M", [3.2]),
        ("95%", [95]),
        ("1e-3 and .5", [0.001, 0.5]),
        ("tensor([1, 2])", [1, 2]),
    ],
)
def test_numbers_are_read_as_people_mean_them(desk, printed, expected):
    desk.set(f"- {{id: out, kind: printed, match: numbers, expected: {expected}}}")
    desk.run("print(...)", printed)
    assert earned(desk.judge()) == PASSED


def test_numbers_may_come_from_a_node(desk):
    reference = "import numpy as np\ndef out(): return np.array([[1, 2], [3, 4]])"
    desk.set("- {id: out, kind: printed, match: numbers}", reference=reference)
    desk.run("print(...)", "[[1 2]\n [3 4]]")
    assert earned(desk.judge()) == PASSED


def test_text_is_found_across_line_breaks_and_case_where_the_rubric_says_so(desk):
    desk.set("- {id: out, kind: printed, expected: [conv done, Relu]}")
    desk.run("print(...)", "the conv\n   done")
    desk.run("print(...)", "ReLU")
    assert earned(desk.judge()) == FAILED
    desk.set("- {id: out, kind: printed, expected: [conv done, Relu], ignore_case: true}")
    assert earned(desk.judge()) == PASSED


def test_the_whole_text_and_patterns(desk):
    desk.run("print(...)", "epoch 1\n epoch 2\n")
    desk.set("- {id: out, kind: printed, match: exact, expected: epoch 1 epoch 2}")
    assert earned(desk.judge()) == PASSED
    desk.set("- {id: out, kind: printed, match: exact, expected: epoch 1}")
    assert earned(desk.judge()) == FAILED
    desk.set("- {id: out, kind: printed, match: regex, expected: '^\\s*epoch 2$'}")
    assert earned(desk.judge()) == PASSED
    desk.set("- {id: out, kind: printed, match: regex, expected: ['epoch \\d', 'loss']}")
    assert earned(desk.judge()) == FAILED


# ── wrong and partly right ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("printed", ["-4864 0.375", "0.375 4864", "4865 0.38", "conv4864 0.375"])
def test_wrong_numbers_in_the_wrong_order_or_with_another_sign_are_wrong(desk, printed):
    desk.set(numbers())
    desk.run("print(...)", printed)
    assert earned(desk.judge()) == FAILED


def test_a_part_earns_its_share_where_the_rubric_says_so(desk):
    desk.set(numbers(", credit: per_entry"))
    desk.run("print(...)", "4864 0.5")
    verdict = desk.judge()
    assert earned(verdict) == ("partial", 0.5)
    assert verdict.message == "1 of 2 numbers that are asked for found in order"
    desk.set("- {id: out, kind: printed, expected: ['4864', relu, gelu], credit: per_entry}")
    assert earned(desk.judge()) == ("partial", round(1 / 3, 6))


def test_nothing_printed_is_not_answered_and_names_the_cell_that_failed(desk):
    desk.set(numbers())
    assert desk.judge().message == "not answered: nothing was printed in question 1"
    desk.run("print(x)", error="NameError: name 'x' is not defined")
    assert desk.judge().message.endswith("cell 1: NameError: name 'x' is not defined")


# ── cheating ──────────────────────────────────────────────────────────────────────────────────


def test_outputs_stored_in_the_file_do_not_count(desk):
    desk.set(numbers())
    desk.run("pass", "", stored="4864 0.375")
    assert earned(desk.judge()) == FAILED


def test_words_in_text_cells_do_not_count(desk):
    desk.set(numbers())
    desk.write("4864 0.375")
    assert earned(desk.judge()) == FAILED


def test_whoever_prints_every_number_answers_nothing(desk):
    desk.set(numbers(", credit: per_entry"))
    desk.run("print(*range(10_000), .375)", " ".join(map(str, range(10_000))) + " 0.375")
    verdict = desk.judge()
    assert earned(verdict) == FAILED
    assert verdict.message.startswith("10,001 numbers were printed, too many")


@pytest.mark.parametrize(
    "printed",
    [
        "nan inf",
        "9" * 200_000,
        "\x1b[" * 60_000,
        "1," * 90_000,
        "\x1b]0;4864 0.375\x07",
        "-" * 99_999,
    ],
    ids=["nan", "digits", "escapes", "commas", "hidden title", "signs"],
)
def test_hostile_output_earns_nothing(desk, printed):
    desk.set(numbers())
    desk.run("print(...)", printed)
    assert earned(desk.judge()) == FAILED
