"""Tables of answers, cell by cell, however the student laid them out.

Every table is first read as a grid: cells row by row, with labels for the rows and the columns where it has any.
Labels may be keys of dicts, the index and the columns of a DataFrame, or a row or column of names among the
cells. They match without regard to case, spaces and punctuation. Lines without labels go by position.
A table given on its side is turned when more of the expected cells are found that way;
whether their values are right plays no part in it, so nobody gains by ambiguity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.compare.closeness import Exactness
from autograder.compare.comparison import RIGHT, Comparison, describe, wrong
from autograder.compare.notation import fold, is_blank, read_answer
from autograder.compare.values import compare_values
from autograder.wire import Array, Frame

MOST_CELLS = 200_000
"""Arrays with more entries are no table that a person fills in."""
NAMED = 8
"""Cells named in a message; the rest are counted."""
MISSING = object()
"""Where a row is shorter than others, or a row or column is not there."""

Labels = tuple[str, ...]
Fold = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in one normal form."""

    rows: Labels | None
    """Labels of the rows; None where they go by position."""
    columns: Labels | None
    """Labels of the columns; None where they go by position."""
    cells: tuple[tuple[Any, ...], ...]
    """Row by row, all of the same length; MISSING fills short rows."""

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.cells[0]) if self.cells else len(self.columns or ())

    def turned(self) -> Grid:
        """Exchange rows and columns."""
        cells = tuple(zip(*self.cells, strict=True)) if self.cells else ((),) * self.width
        return Grid(self.columns, self.rows, cells)


def compare_tables(
    got: Any,
    expected: Any,
    tolerance: Exactness = None,
    *,
    blank_is: float | None = None,
    rounded: bool = False,
) -> Comparison:
    """Compare a table with the expected one, cell by cell.

    Args:
        got: a dict of dicts, lists or values (by rows or by columns), a list of rows, `wire.Frame`, or
            `wire.Array` with one or two axes.
        expected: the same forms, by rows; a cell that is None is not graded.
        tolerance: how far each number may be off.
        blank_is: the number that an empty cell (None, "", "-", NaN) stands for; None leaves it wrong.
        rounded: also read text such as "3.2M" as a number.

    Returns:
        The share of the graded cells that are right; cells that were not asked for change nothing. The
        reason names the cells that are wrong or missing by row and column, without their values.

    Raises:
        ValueError: `expected` is not a table or has no cell to grade (the rubric's fault).
    """
    wanted = read_grid(expected)
    if wanted is None or not (total := _graded(wanted)):
        raise ValueError(f"the expected value is not a table: {describe(expected)}")
    theirs = read_grid(got)
    if theirs is None:
        return wrong(f"expected a table, found {describe(got)}")
    cells = _locate(theirs, wanted)
    bad, missing = [], []
    for i, row in enumerate(wanted.cells):
        for j, value in enumerate(row):
            if value is None or value is MISSING:
                continue
            cell = cells[i][j]
            if not isinstance(value, str):
                cell = _read_cell(cell, blank_is=blank_is, rounded=rounded)
            if cell is MISSING:
                missing.append(_name(wanted, i, j))
            elif not compare_values(cell, value, tolerance).equal:
                bad.append(_name(wanted, i, j))
    if not bad and not missing:
        return RIGHT
    lists = [("not right", bad), ("missing", missing)]
    reason = "; ".join(f"{title}: {_enumerate(names)}" for title, names in lists if names)
    return wrong(reason, (total - len(bad) - len(missing)) / total)


def _graded(grid: Grid) -> int:
    return sum(value is not None and value is not MISSING for row in grid.cells for value in row)


def _read_cell(value: Any, *, blank_is: float | None, rounded: bool) -> Any:
    """Read one cell of the student's; MISSING where it is empty and empty stands for nothing."""
    if isinstance(value, float) and value != value:
        value = None  # how pandas marks an empty cell
    value = read_answer(value, blank_is=None if value is MISSING else blank_is, rounded=rounded)
    return MISSING if is_blank(value) else value


def _name(grid: Grid, row: int, column: int) -> str:
    """Name a cell by its row and its column."""
    parts = [grid.rows[row] if grid.rows else f"row {row + 1}"]
    if grid.columns is not None:
        parts.append(grid.columns[column])
    elif grid.width > 1:
        parts.append(f"column {column + 1}")
    return " / ".join(part for part in parts if part)


def _enumerate(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def read_grid(value: Any) -> Grid | None:
    """Read any of the accepted forms as a grid; None where it is none of them."""
    if isinstance(value, np.ndarray):
        value = Array(value, str(value.dtype))
    if isinstance(value, Array):
        if value.values.ndim not in (1, 2) or value.values.size > MOST_CELLS:
            return None
        value = value.values.tolist()
    if isinstance(value, Frame):
        cells = tuple(zip(*value.data, strict=True)) if value.data else ((),) * len(value.index)
        return Grid(_labels(value.index), _labels(value.columns), cells)
    if isinstance(value, dict):
        return replace(_read_rows(list(value.values())), rows=tuple(map(str, value)))
    if isinstance(value, (list, tuple)):
        return _read_rows(value)
    return None


def _labels(names: tuple[Any, ...]) -> Labels | None:
    """Return labels as text; None where they only count from 0, as pandas does by itself."""
    return None if names == tuple(range(len(names))) else tuple(map(str, names))


def _read_rows(rows: Sequence[Any]) -> Grid:
    """Read rows that are dicts, sequences or single values.

    Beside dicts, a single value is a cell in a column without a name: a total beneath a table of dicts.
    """
    rows = [row.values.tolist() if isinstance(row, Array) else row for row in rows]
    if any(isinstance(row, dict) for row in rows):
        names: dict[Any, None] = {}
        for row in rows:
            names.update(dict.fromkeys(row if isinstance(row, dict) else [""]))
        by_name = [row if isinstance(row, dict) else {"": row} for row in rows]
        cells = tuple(tuple(row.get(name, MISSING) for name in names) for row in by_name)
        return Grid(None, tuple(map(str, names)), cells)
    lines = [tuple(row) if isinstance(row, (list, tuple)) else (row,) for row in rows]
    width = max(map(len, lines), default=0)
    return Grid(None, None, tuple(line + (MISSING,) * (width - len(line)) for line in lines))


# ── matching ──────────────────────────────────────────────────────────────────────────────────


def _locate(got: Grid, wanted: Grid) -> list[list[Any]]:
    """Return for each expected cell the student's cell, or MISSING."""
    best: tuple[int, int] = (-1, -1)
    cells: list[list[Any]] = []
    for candidate in (got, got.turned()):
        named = _with_row_names(candidate, wanted.rows)
        named = _with_row_names(named.turned(), wanted.columns).turned()
        rows = _positions(wanted.rows, len(wanted.cells), named.rows, len(named.cells))
        columns = _positions(wanted.columns, wanted.width, named.columns, named.width)
        by_name = sum(
            at is not None
            for labels, own, found in (
                (wanted.rows, named.rows, rows),
                (wanted.columns, named.columns, columns),
            )
            if labels is not None and own is not None
            for at in found
        )
        there = [
            [MISSING if i is None or j is None else named.cells[i][j] for j in columns]
            for i in rows
        ]
        found = sum(cell is not MISSING for row in there for cell in row)
        if (found, by_name) > best:
            best, cells = (found, by_name), there
    return cells


def _with_row_names(grid: Grid, wanted: Labels | None) -> Grid:
    """Take the names of the rows from the column that holds most of them, where the rows have none that match."""
    if wanted is None:
        return grid
    key = _folding(wanted)
    names = {key(name) for name in wanted}
    if grid.rows is not None and any(key(row) in names for row in grid.rows):
        return grid
    counts = [
        sum(isinstance(row[j], str) and key(row[j]) in names for row in grid.cells)
        for j in range(grid.width)
    ]
    if not any(counts):
        return grid
    at = counts.index(max(counts))
    rows = tuple(row[at] if isinstance(row[at], str) else "" for row in grid.cells)
    columns = None if grid.columns is None else grid.columns[:at] + grid.columns[at + 1 :]
    return Grid(rows, columns, tuple(row[:at] + row[at + 1 :] for row in grid.cells))


def _positions(
    wanted: Labels | None, count: int, own: Labels | None, own_count: int
) -> list[int | None]:
    """Return for each expected line its place in the student's table, None where it is not there."""
    if wanted is None or own is None:
        return [at if at < own_count else None for at in range(count)]
    key = _folding(wanted)
    places: dict[str, int] = {}
    for at, label in enumerate(own):
        places.setdefault(key(label), at)
    return [places.get(key(label)) for label in wanted]


def _folding(wanted: Labels) -> Fold:
    """Return how names are matched: by letters and digits, unless that would confuse two of the expected names."""
    folded = {fold(name) for name in wanted}
    if len(folded) == len(wanted) and ("" not in folded or "" in wanted):
        return fold
    return lambda name: name.casefold().strip()
