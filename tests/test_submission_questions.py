"""Which cells belong to which question, on headings as courses write them."""

from __future__ import annotations

import pytest

from autograder.model import Cell
from autograder.rubric.schema import ManualCheck, Question, Rubric
from autograder.submission import Mark, QuestionMap, assign_questions


def rubric(
    *ids: str, headings: dict[str, str] | None = None, titles: dict[str, str] | None = None
) -> Rubric:
    return Rubric(
        version=1,
        assignment="hw",
        questions=[
            Question(
                id=id_,
                heading=(headings or {}).get(id_),
                title=(titles or {}).get(id_, ""),
                checks=[ManualCheck(kind="manual", id=f"check_{id_}")],
            )
            for id_ in ids
        ],
    )


def notebook(*sources: str) -> list[Cell]:
    """Make cells: a source that begins with `>>>` is code, any other is Markdown."""
    return [
        Cell(index, "code", source[3:].strip())
        if source.startswith(">>>")
        else Cell(index, "markdown", source)
        for index, source in enumerate(sources)
    ]


def assign(ids: str, *sources: str) -> QuestionMap:
    return assign_questions(notebook(*sources), rubric(*ids.split()))


def questions(placed: QuestionMap) -> list[str]:
    return [cell.question for cell in placed.cells]


@pytest.mark.parametrize(
    ("id_", "heading"),
    [
        ("1b", "# Question 1b"),
        ("1b", "## Q1b"),
        ("1b", "### Q1(b)"),
        ("1b", "#### Question 1b) ####"),
        ("1b", "## 1 (b)"),
        ("1b", "## 1.b: the field"),
        ("1b", "## Question 1, part (b)"),
        ("1b", "**Question 1b**"),
        ("1b", "**Question 1b.** Compute the field."),
        ("1b", "> **Question 1b**"),
        ("1b", "Question 1b\n==========="),
        ("1b", "Question 1b:"),
        ("1b", "1b) The field is"),
        ("1b", "<h2>Question 1b</h2>"),
        ("1b", "<!-- BEGIN QUESTION -->\n### Question 1b"),
        ("1b", "## Solution to Question 1b"),
        ("1b", "#Question 1B"),
        ("1b", "## Question 1a and 1b"),
        ("1b", "## Q1a/b"),
        ("1b", ">>> # Question 1b\nx = 1"),
        ("1b", ">>> # 1b\nx = 1"),
        ("1b1", "## Question 1 (b) 1"),
        ("1b1", "## 1(b).1"),
        ("1b1", "## 1b1"),
        ("1b.ii", "## Question 1(b)(ii)"),
        ("1.2", "## Problem 1.2:"),
        ("1.2", "### 1.2 Implement the layer"),
        ("1.2", "## Section 1.2"),
        ("1.4a", "#### 1.4a Inception"),
        ("2", "## Problem 2: Softmax (10 points)"),
        ("2", "## Problem 2 (10)"),
        ("2", "## [10 pts] Question 2"),
        ("2", "## Exercise 2 - Shapes"),
        ("2", "### Task 2"),
        ("2", "## 2) Vectorization"),
        ("2", "## 2 - Packages ##"),
        ("2", "## <font color='blue'>Ex. 2</font>"),
        ("2", "✏️ **Exercise 2**"),
        ("2", "# Inline Question 2"),
        ("q2", "## Question 2"),
        ("II", "### Task II: the game"),
        ("warmup", "## Warmup"),
        ("warm-up", "## Exercise: Warm up"),
    ],
)
def test_a_heading_names_its_question(id_: str, heading: str) -> None:
    placed = assign(f"{id_} 9", "intro", heading, ">>> answer = 1")
    assert placed.cells_of[id_] == (1, 2)
    assert placed.ends == {id_: 2}
    assert placed.cells[2].question == id_


@pytest.mark.parametrize(
    ("id_", "text"),
    [
        ("2", "## 2 layers network"),
        ("10", "# 10 epochs"),
        ("3d", "## 3D convolution"),
        ("1", "## 1st layer"),
        ("50", "## 50% dropout"),
        ("1", "## 12 Foo"),
        ("12", "## 1.2 Foo"),
        ("1.2", "## 12."),
        ("1", "Question 1 asks for the field."),
        ("1", "Question | Points\n--- | ---\nQuestion 1 | 2"),
        ("1", "```\n# Question 1\n```"),
        ("1", "1. first\n2. second"),
        ("1", ">>> # 1. load the data"),
        ("2", ">>> # 2 layers"),
        ("1", ">>> x = 1\n# Question 1"),
        ("a", "## A simple model"),
        ("i", "## Task I want to do"),
    ],
)
def test_text_that_only_looks_like_a_heading_names_nothing(id_: str, text: str) -> None:
    assert assign(id_, text, ">>> answer = 1").ends == {}


def test_a_question_ends_before_the_next_one() -> None:
    placed = assign("1a 1b", "# Q1a", ">>> x = 1", "text", "# Q1b", ">>> x = 2")
    assert questions(placed) == ["1a", "1a", "1a", "1b", "1b"]
    assert placed.ends == {"1a": 2, "1b": 4}
    assert placed.notes == ()


def test_cells_before_the_first_heading_belong_to_no_question() -> None:
    assert questions(assign("1", ">>> import torch", "# Question 1", ">>> x = 1")) == ["", "1", "1"]


def test_parts_lie_within_the_question_above_them() -> None:
    placed = assign(
        "1a 1b 2a 2b",
        *(
            "# Question 1: Histograms",
            "## Part (a) Fitting",
            ">>> x = 1",
            "### Results",
            "## Part (b)",
            ">>> x = 2",
        ),
        *("# Question 2", "**(a)** Compute it.", ">>> x = 3", "**(b)**", ">>> x = 4"),
    )
    assert placed.ends == {"1a": 3, "1b": 5, "2a": 8, "2b": 10}


def test_letters_in_headings_of_one_level_follow_their_question() -> None:
    placed = assign("1a 1b 2a", "## Question 1", "## (a)", "## (b)", "## Question 2", "## a)")
    assert placed.cells_of == {"1a": (1,), "1b": (2,), "2a": (4,)}


def test_a_letter_one_level_too_deep_is_still_the_neighbour_of_the_one_before() -> None:
    placed = assign("1a 1b", "## Question 1a", ">>> x = 1", "### (b)", ">>> x = 2")
    assert placed.ends == {"1a": 1, "1b": 3}


def test_roman_numerals_beneath_a_question_are_its_parts_and_not_question_i() -> None:
    placed = assign(
        "3g 3h 3i",
        "## Question 3g",
        "### Part i",
        ">>> x = 1",
        "### Part ii",
        "## Question 3h",
        "## Question 3i",
    )
    assert questions(placed) == ["3g", "3g", "3g", "3g", "3h", "3i"]


def test_numbers_that_start_again_in_each_section_belong_to_the_section() -> None:
    placed = assign(
        "2.1 2.2 3.1",
        *(
            "## 1. Start",
            "## 2. Arrays",
            "**Question 1.** Make one.",
            ">>> x = 1",
            "**Question 2.** And one more.",
        ),
        *(">>> x = 2", "## 3. Names", "**Question 1.** Name it.", ">>> x = 3"),
    )
    assert placed.ends == {"2.1": 3, "2.2": 5, "3.1": 8}


def test_parts_may_hold_questions_that_are_numbered_throughout() -> None:
    placed = assign(
        "1a 2a",
        "## Part 1: Cleaning",
        "### Question 1a",
        ">>> x = 1",
        "## Part 2",
        "### Question 2a",
        ">>> x = 2",
    )
    assert placed.ends == {"1a": 2, "2a": 5}


def test_steps_beneath_a_question_are_not_the_question_of_that_number() -> None:
    placed = assign(
        "1 2",
        "# Question 1",
        ">>> x = 1",
        "# Question 2",
        "## 1. Load",
        ">>> y = 1",
        "## 2. Train",
        ">>> y = 2",
    )
    assert placed.cells_of == {"1": (0, 1), "2": (2, 3, 4, 5, 6)}


def test_section_numbers_give_way_to_the_word_question() -> None:
    placed = assign(
        "1 2",
        "# 1. Set-up",
        ">>> import torch",
        "# 2. Homework",
        "## Question 1",
        ">>> x = 1",
        "## Question 2",
    )
    assert placed.cells_of == {"1": (3, 4), "2": (5,)}


def test_a_number_in_a_section_is_a_question_where_nothing_else_names_it() -> None:
    placed = assign(
        "1 2", "# Part 1: Theory", "## 1. Chain rule", ">>> x = 1", "## 2. Backprop", ">>> x = 2"
    )
    assert placed.ends["2"] == 4
    assert placed.cells_of["2"] == (3, 4)


def test_a_full_number_goes_to_its_own_question_wherever_it_stands() -> None:
    placed = assign(
        "1 2", "# Problem 1", "## 1.1 Start", ">>> x = 1", "## 2.1 Next", ">>> x = 2", "# Problem 2"
    )
    assert placed.cells_of == {"1": (0, 1, 2), "2": (3, 4, 5)}


def test_numbered_steps_stay_with_questions_that_share_a_heading() -> None:
    placed = assign("1a 1b", "# Question 1", "## 3. Steps", ">>> x = 1")
    assert questions(placed) == ["1a", "1a", "1a"]
    assert placed.ends == {"1a": 2, "1b": 2}


def test_a_section_within_a_shared_question_does_not_end_it() -> None:
    placed = assign(
        "1a 1b", "# Question 1", "### (a)", ">>> a = 1", "## Calculus", ">>> b = 1", "# Calculus"
    )
    assert placed.ends == {"1a": 2, "1b": 4}


def test_a_roman_part_in_headings_of_one_level_does_not_end_its_question() -> None:
    assert assign(
        "3g", "## Question 3g", "## Part i", ">>> x = 1", "## Part ii", ">>> x = 2"
    ).ends == {"3g": 4}


def test_points_behind_a_number_are_no_part_of_the_label() -> None:
    assert assign("2a 2b", "# Problem 2 (10)", "## (a)", "## (b)").ends == {"2a": 1, "2b": 2}
    assert assign("2.10 3", "# Problem 2 (10)", "text", "# Problem 3").cells_of["2.10"] == (0, 1)


def test_bare_numbers_serve_where_no_heading_says_question() -> None:
    assert assign(
        "4.1 4.2", "## 4 - Parts", "### 4.1 - Helpers", ">>> x", "### 4.2 - Start"
    ).ends == {"4.1": 2, "4.2": 3}


def test_comments_count_only_for_questions_without_headings() -> None:
    placed = assign(
        "1a 1b", "# Question 1a", ">>> # Question 1b\nx = 1", ">>> # Question 1a again\nx = 2"
    )
    assert questions(placed) == ["1a", "1b", "1b"]


def test_a_heading_coarser_than_the_rubric_is_shared_by_its_questions() -> None:
    placed = assign(
        "1b1 1b2 2", "# Question 1 (b)", ">>> x = 1", ">>> y = 2", "# Question 2", ">>> z = 3"
    )
    assert placed.ends == {"1b1": 2, "1b2": 2, "2": 4}
    assert placed.cells_of["1b1"] == placed.cells_of["1b2"] == (0, 1, 2)
    assert questions(placed) == ["1b1", "1b1", "1b1", "2", "2"]
    assert placed.notes == (
        "questions 1b1, 1b2: no heading of their own; answers were read at the end of question 1b",
    )


def test_a_question_without_its_heading_gets_what_its_neighbours_leave() -> None:
    placed = assign("1a 1b", "# Question 1", ">>> b = 1", "## (a)", ">>> a = 1", "# Question 2")
    assert placed.ends == {"1a": 3, "1b": 3}
    assert placed.cells_of == {"1a": (2, 3), "1b": (0, 1)}


def test_headings_finer_than_the_rubric_belong_to_the_question_around_them() -> None:
    placed = assign("1b 1c", "## 1b", "### 1b(i)", ">>> x = 1", "### 1b(ii)", ">>> x = 2", "## 1c")
    assert questions(placed) == ["1b"] * 5 + ["1c"]


def test_a_question_may_be_named_by_its_parts_alone() -> None:
    assert assign("1b", "## 1b(i)", ">>> x = 1", "## 1b(ii)", ">>> x = 2").ends == {"1b": 3}


def test_a_repeated_heading_ends_the_question_with_its_last_section() -> None:
    placed = assign(
        "1 2",
        "# Question 1",
        "# Question 2",
        "# Question 1",
        ">>> x = 1",
        "# Question 2",
        ">>> x = 2",
    )
    assert placed.ends == {"1": 3, "2": 5}
    assert placed.cells_of == {"1": (0, 2, 3), "2": (1, 4, 5)}


def test_headings_in_one_cell_share_the_cells_that_follow() -> None:
    placed = assign(
        "1a 1b", "# Question 1\n## (a)\nDo this.\n## (b)\nDo that.", ">>> x = 1", "# Question 2"
    )
    assert placed.ends == {"1a": 1, "1b": 1}
    assert placed.cells_of == {"1a": (0, 1), "1b": (0, 1)}
    assert questions(placed) == ["1a", "1b", ""]


@pytest.mark.parametrize(
    "heading",
    ["### Solution", "# My answer", "## Step 1: load", "## Computing it", "### 3. Results"],
)
def test_a_students_own_heading_stays_in_the_question(heading: str) -> None:
    assert assign("1", "## Question 1", "Prompt.", ">>> x = 1", heading, ">>> x = 2").ends == {
        "1": 4
    }


@pytest.mark.parametrize(
    "heading", ["# Calculus", "## Appendix", "## References", "## Question 9", "## 3. Results"]
)
def test_another_section_ends_the_question(heading: str) -> None:
    placed = assign("1", "## Question 1", "Prompt.", ">>> x = 1", heading, ">>> x = 2")
    assert placed.ends == {"1": 2}
    assert questions(placed)[3:] == ["", ""]


def test_a_heading_right_below_the_questions_own_is_a_subtitle() -> None:
    assert assign("1", "## Question 1", "# Three convolutions", ">>> x = 1").ends == {"1": 2}


def test_the_rubrics_heading_comes_before_labels() -> None:
    cells = notebook(
        "# Question 1",
        ">>> x = 1",
        "# The  Softmax layer",
        ">>> x = 2",
        "# Softmax layer, once more",
    )
    placed = assign_questions(cells, rubric("1", headings={"1": "the softmax layer"}))
    assert placed.cells_of["1"] == (2, 3, 4)


def test_the_rubrics_heading_may_be_part_of_a_line_but_the_whole_line_is_better() -> None:
    cells = notebook("# About softmax", ">>> x = 1", "# Softmax", ">>> x = 2", "# Question 2")
    assert assign_questions(cells, rubric("1", headings={"1": "softmax"})).cells_of["1"] == (2, 3)
    assert assign_questions(cells[:2], rubric("1", headings={"1": "softmax"})).cells_of["1"] == (
        0,
        1,
    )


def test_a_label_serves_where_the_rubrics_heading_is_not_in_the_notebook() -> None:
    cells = notebook("# Question 1", ">>> x = 1")
    assert assign_questions(cells, rubric("1", headings={"1": "softmax"})).ends == {"1": 1}


def test_a_title_names_its_question() -> None:
    cells = notebook("# Three  strided convolutions:", ">>> x = 1")
    assert assign_questions(
        cells, rubric("1b", titles={"1b": "Three strided convolutions"})
    ).ends == {"1b": 1}


def test_a_question_without_a_place_is_said() -> None:
    placed = assign("1 2 3", "# Question 2", ">>> x = 1")
    assert placed.ends == {"2": 1}
    assert placed.notes == (
        "questions 1, 3: no heading found; their answers were read at the end of the notebook",
    )


def test_metadata_comes_before_headings() -> None:
    cells = notebook("# Question 1", ">>> x = 1", "# Question 1", ">>> x = 2")
    placed = assign_questions(
        cells, rubric("1", "2"), {2: Mark("1", "autograder"), 0: Mark("2", "autograder")}
    )
    assert questions(placed) == ["2", "2", "1", "1"]


def test_cells_that_students_add_belong_to_the_marked_cell_above() -> None:
    marks = {0: Mark("1", "autograder"), 3: Mark("2", "autograder")}
    cells = notebook("# One", ">>> x = 1", "### (b) more", "# Two", ">>> x = 2")
    assert questions(assign_questions(cells, rubric("1", "2"), marks)) == ["1", "1", "1", "2", "2"]


def test_a_copied_cell_does_not_carry_its_question_along() -> None:
    marks = {0: "1", 1: "1", 2: "2", 3: "2", 4: "1", 5: "3"}
    cells = notebook("# One", ">>> x = 1", "# Two", ">>> y = 1", ">>> x = 1", "# Three")
    placed = assign_questions(
        cells,
        rubric("1", "2", "3"),
        {index: Mark(id_, "autograder") for index, id_ in marks.items()},
    )
    assert questions(placed) == ["1", "1", "2", "2", "2", "3"]
    assert placed.ends["1"] == 1
    assert "cells 5" in placed.notes[0]


def test_a_cell_copied_from_below_does_not_cut_a_question_short() -> None:
    marks = {0: "1", 1: "1", 2: "2", 3: "1", 4: "2", 5: "2"}
    cells = notebook("# One", ">>> x = 1", ">>> y = 1", ">>> x = 2", "# Two", ">>> y = 2")
    placed = assign_questions(
        cells, rubric("1", "2"), {index: Mark(id_, "autograder") for index, id_ in marks.items()}
    )
    assert placed.ends == {"1": 3, "2": 5}


@pytest.mark.parametrize(
    "mark",
    [Mark("1b", "tag"), Mark("1b", "nbgrader"), Mark("q1b", "nbgrader"), Mark("1 (b)", "tag")],
)
def test_tags_and_nbgrader_ids_name_questions_beside_headings(mark: Mark) -> None:
    cells = notebook("# Question 1a", ">>> x = 1", ">>> y = 1", "# Question 1c")
    assert assign_questions(cells, rubric("1a", "1b", "1c"), {2: mark}).ends == {
        "1a": 1,
        "1b": 2,
        "1c": 3,
    }


def test_marks_that_name_no_question_are_ignored() -> None:
    cells = notebook("# Question 1", ">>> x = 1")
    placed = assign_questions(cells, rubric("1"), {1: Mark("cell-3f2a", "nbgrader")})
    assert placed.ends == {"1": 1}


def test_a_question_with_parts_that_are_questions_ends_with_its_own_code() -> None:
    assert assign("2 2a", "# Question 2", ">>> x = 1", "## (a)", ">>> x = 2").ends == {
        "2": 1,
        "2a": 3,
    }
    assert assign("2 2a", "# Question 2", "## (a)", ">>> x = 2").ends == {"2": 2, "2a": 2}


def test_a_notebook_of_headings_alone_is_read_quickly_and_in_bounds() -> None:
    cells = [Cell(index, "markdown", "# Question 1\n## (a)\n" * 5000) for index in range(50)]
    assert assign_questions(cells, rubric("1a")).ends == {"1a": 49}


def test_a_very_long_line_is_read_in_bounds() -> None:
    line = "# " + "(" * 100_000 + "**" * 100_000 + "1.a" * 100_000
    assert assign("1a", line, "**" * 200_000, "<h1>" * 100_000).ends == {}


def test_words_that_name_a_heading_end_where_its_words_end() -> None:
    cells = notebook(
        "## Step 1", ">>> x = 1", "## Step 10", ">>> x = 10", "## Step 1.2", ">>> x = 12"
    )
    placed = assign_questions(cells, rubric("a", headings={"a": "Step 1"}))
    assert placed.ends == {"a": 1}


@pytest.mark.parametrize("heading", ["## Step 2", "**Step 2**", "`Step` 2", "Step 2"])
def test_a_heading_may_be_pasted_with_its_markup(heading: str) -> None:
    cells = notebook("## Step 1", ">>> x = 1", "## `Step` 2", ">>> x = 2")
    assert assign_questions(cells, rubric("a", headings={"a": heading})).ends == {"a": 3}


def test_the_next_of_a_row_ends_a_question_that_words_name() -> None:
    cells = notebook(
        "### Step 1. A", ">>> x = 1", "### Step 2. B", ">>> x = 2", "### My notes", ">>> y"
    )
    assert assign_questions(cells, rubric("a", headings={"a": "Step 1."})).ends == {"a": 1}
    assert assign_questions(cells, rubric("a", headings={"a": "Step 2."})).ends == {"a": 5}
