"""Which cells belong to which question, and where each question ends.

Metadata of our template comes first, then headings, then nothing: a question without a place is judged at
the end of the notebook, and the report says so.

    what the notebook has                  where question 1b ends
    a cell marked 1b in its metadata       before the next cell that is marked or headed otherwise
    "Question 1b", "1 (b)", "Part b" ...   before the next heading of another question or section
    only "Question 1"                      where question 1 ends: 1a and 1b share its cells
    "1b (i)", "1b (ii)"                    after the last of them

Where the same heading occurs again, as for a prompt and its solution, the question ends with the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from autograder.model import Cell
from autograder.rubric.schema import Rubric
from autograder.submission.headings import Heading, Label, Rank, find_headings, written
from autograder.submission.naming import list_names
from autograder.submission.notebook import Mark
from autograder.submission.outline import Found, KnownQuestions, ends_section, name_questions

MAX_HEADINGS = 2000
"""Headings of a notebook that are looked at; long homeworks have some 200."""


@dataclass(frozen=True, slots=True)
class QuestionMap:
    """The cells of a notebook by question."""

    cells: tuple[Cell, ...]
    """All cells, each with the question it belongs to; where several share it, the first."""
    ends: dict[str, int] = field(default_factory=dict)
    """Question id → index of its last cell; absent where it has no place."""
    cells_of: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Question id → indices of its cells, in order; absent where it has no place."""
    notes: tuple[str, ...] = ()
    """Questions without a place or a heading of their own; cells whose metadata is out of place."""


def assign_questions(
    cells: Sequence[Cell], rubric: Rubric, marks: Mapping[int, Mark] | None = None
) -> QuestionMap:
    """Find the cells of each question of a rubric.

    Args:
        cells: all cells of the notebook, in order, with `index` counting from 0.
        rubric: its questions' ids, headings and titles are looked for.
        marks: index of a cell → what its metadata says, as read by `read_notebook`.
    """
    known = KnownQuestions(rubric)
    trusted, stray = _trust_marks(marks or {}, known)
    found = _find(cells, trusted)
    events = _drop_inner(name_questions(found, rubric, known), known)
    layout = _Layout(cells, events, known)
    ends: dict[str, int] = {}
    cells_of: dict[str, tuple[int, ...]] = {}
    shared: dict[Label, list[str]] = {}
    for question in rubric.questions:
        place = layout.place(question.id)
        if place:
            cells_of[question.id], ends[question.id] = place.cells, place.end
            if place.shared:
                shared.setdefault(place.shared, []).append(question.id)
    placed = tuple(replace(cell, question=layout.owner(cell.index)) for cell in cells)
    missing = [question.id for question in rubric.questions if question.id not in ends]
    copied = [index for index, ids in stray.items() if placed[index].question not in ids]
    return QuestionMap(placed, ends, cells_of, tuple(_notes(copied, missing, shared)))


def _notes(copied: list[int], missing: list[str], shared: dict[Label, list[str]]) -> list[str]:
    notes = []
    if copied:
        notes.append(
            f"marked as part of another question: cells {list_names(index + 1 for index in copied)} (counted from 1); "
            "copied cells keep their mark, so they were read as part of the question they stand in"
        )
    for label, ids in shared.items():
        several = len(ids) > 1
        notes.append(
            f"question{'s' * several} {list_names(ids, 20)}: no heading of {'their' if several else 'its'} own; "
            f"answers were read at the end of question {written(label)}"
        )
    if missing:
        several = len(missing) > 1
        notes.append(
            f"question{'s' * several} {list_names(missing, 20)}: no heading found; "
            f"{'their' if several else 'its'} answers were read at the end of the notebook"
        )
    return notes


# ── headings and marks ────────────────────────────────────────────────────────────────────────


def _trust_marks(
    marks: Mapping[int, Mark], known: KnownQuestions
) -> tuple[dict[int, tuple[Label, Rank]], dict[int, list[str]]]:
    """Return the marks that count, and for those that do not the questions they name.

    Copying a cell copies its metadata: a cell of 1b that was pasted into 3c still says 1b. So of a question's
    runs of marked cells only the longest counts, the first of equals.
    """
    named = [
        (index, mark, label)
        for index, mark in sorted(marks.items())
        if (label := known.match(mark.question)) is not None
    ]
    trusted = {
        index: (label, Rank.WORD) for index, mark, label in named if mark.source != "autograder"
    }
    stray: dict[int, list[str]] = {}
    runs: dict[Label, list[list[int]]] = {}
    ours = [(index, label) for index, mark, label in named if mark.source == "autograder"]
    for label, run in groupby(ours, key=lambda pair: pair[1]):
        runs.setdefault(label, []).append([index for index, _ in run])
    for label, of_label in runs.items():
        best = max(of_label, key=len)
        trusted.update((index, (label, Rank.MARK)) for index in best)
        others = [index for run in of_label if run is not best for index in run]
        stray.update((index, known.ids_at[label]) for index in others)
    return trusted, stray


def _find(cells: Sequence[Cell], marks: Mapping[int, tuple[Label, Rank]]) -> list[Found]:
    """Return all headings in order; a mark stands for the headings of its cell."""
    found: list[Found] = []
    for cell in cells:
        headings = list(find_headings(cell.source, cell.kind)) if len(found) < MAX_HEADINGS else []
        if cell.index in marks:
            label, rank = marks[cell.index]
            level = headings[0].level if headings else 6
            heading = Heading(headings[0].text if headings else "", level, rank)
            found.append(Found(cell.index, heading, (label,), fixed=True))
        else:
            found.extend(Found(cell.index, heading) for heading in headings)
    return found


def _drop_inner(named: Sequence[Found], known: KnownQuestions) -> list[Found]:
    """Return the headings at which something begins or ends; those within a question are dropped."""
    events: list[Found] = []
    for item in named:
        before = events[-1] if events else None
        foreign = not any(known.ids(label) or known.fits(label) for label in item.labels)
        deeper = before and before.labels and item.heading.level > before.heading.level
        if foreign and deeper and item.heading.rank is not Rank.WORD:
            # "3. Results" beneath question 1 is part of it; beside it, it is another section.
            item = replace(item, labels=())
        if item.labels or (before and _ends(item, before)):
            events.append(item)
    return events


def _ends(item: Found, before: Found) -> bool:
    """Say whether a heading without a label ends what the heading before it began."""
    if not before.labels:
        # Another section has ended a question already; one further out may end the questions around it.
        return item.heading.level < before.heading.level
    return ends_section(item.heading, before, is_next=item.cell <= before.cell + 1)


# ── from headings to cells ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one question stands."""

    cells: tuple[int, ...]
    """Its cells."""
    end: int
    """The cell after which its answers are read."""
    shared: Label | None = None
    """The heading that it shares with others; None where it has its own."""


class _Layout:
    """The cells that lie beneath each heading."""

    def __init__(
        self, cells: Sequence[Cell], events: Sequence[Found], known: KnownQuestions
    ) -> None:
        self.cells = cells
        self.events = events
        self.known = known
        self._own_end = self._find_own_ends()
        self._has_heading = {
            id_ for event in events for label in event.labels for id_ in known.ids(label)
        }
        self._owners = self._find_owners()

    def owner(self, index: int) -> str:
        """Return the question that a cell belongs to; empty where it belongs to none."""
        return self._owners[index]

    def place(self, id_: str) -> _Place | None:
        """Return where a question stands; None where nothing names it."""
        label = self.known.label_of[id_]
        own = [
            number
            for number, event in enumerate(self.events)
            if any(id_ in self.known.ids(found) for found in event.labels)
        ]
        if own:
            inside = {index for number in own for index in self._beneath(number)}
            end = max(inside)
            if label in self.known.above and not self._has_code(inside):
                end = max(self._scope_end(number) for number in own)
            return _Place(tuple(sorted(inside)), end)
        for length in range(len(label) - 1, 0, -1):
            wider = [n for n, event in enumerate(self.events) if label[:length] in event.labels]
            if wider:
                return self._share(wider, label[:length])
        return None

    def _share(self, numbers: list[int], label: Label) -> _Place:
        """Return the cells of a wider heading, less those of questions with headings of their own."""
        end = max(self._scope_end(number) for number in numbers)
        inside = [
            index
            for number in numbers
            for index in range(self.events[number].cell, self._scope_end(number) + 1)
            if self._owners[index] not in self._has_heading or index == self.events[number].cell
        ]
        return _Place(tuple(sorted(set(inside))), end, label)

    def _has_code(self, inside: set[int]) -> bool:
        return any(self.cells[i].kind == "code" and self.cells[i].source.strip() for i in inside)

    def _beneath(self, number: int) -> range:
        return range(self.events[number].cell, self._own_end[number] + 1)

    def _find_own_ends(self) -> list[int]:
        """Return for each heading its last cell. Headings of one cell share the cells that follow."""
        ends = [0] * len(self.events)
        following = len(self.cells)
        for number in range(len(self.events) - 1, -1, -1):
            cell = self.events[number].cell
            after = self.events[number + 1] if number + 1 < len(self.events) else None
            if after is None or after.cell > cell:
                ends[number] = following - 1
            else:
                ends[number] = ends[number + 1] if after.labels else cell
            following = cell
        return ends

    def _scope_end(self, number: int) -> int:
        """Return the last cell before something that is no part of a heading's question."""
        start = self.events[number]
        for event in self.events[number + 1 :]:
            if event.labels:
                inner = any(
                    found[: len(label)] == label for found in event.labels for label in start.labels
                )
            else:
                inner = event.heading.level > start.heading.level
            if not inner:
                return max(event.cell - 1, self._own_end[number])
        return len(self.cells) - 1

    def _find_owners(self) -> list[str]:
        owners: list[str] = []
        by_cell = {
            index: list(group)
            for index, group in groupby(self.events, key=lambda event: event.cell)
        }
        current = ""
        for cell in self.cells:
            events = by_cell.get(cell.index, [])
            owned = [owner for event in events if (owner := self._first_id(event, exact=True))]
            owned += [owner for event in events if (owner := self._first_id(event, exact=False))]
            if events:
                current = self._first_id(events[-1], exact=False)
            owners.append(owned[0] if owned else current)
        return owners

    def _first_id(self, event: Found, *, exact: bool) -> str:
        """Return the first question that a heading names; unless `exact`, also one that shares it."""
        for label in event.labels:
            if ids := self.known.ids(label):
                return ids[0]
        if exact:
            return ""
        return next(
            (
                id_
                for id_, label in self.known.label_of.items()
                if id_ not in self._has_heading
                and any(label[: len(found)] == found for found in event.labels)
            ),
            "",
        )
