"""What must hold between the parts of a rubric: ids, requirements, points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from autograder.rubric.document import Place
from autograder.rubric.draft import Draft, Finding, at, id_at
from autograder.rubric.words import described, quoted, suggestion


def conflicts(draft: Draft) -> Iterator[Finding]:
    """Yield every id given twice, requirement that cannot be met, and sum that does not come out."""
    yield from _repeated_ids(draft, draft.question_places)
    yield from _repeated_ids(draft, draft.check_places)
    yield from _unknown_requirements(draft)
    yield from _circular_requirements(draft)
    yield from _sums(draft)


def _repeated_ids(draft: Draft, places: Iterable[Place]) -> Iterator[Finding]:
    lines: dict[str, int] = {}
    for place in places:
        name = id_at(draft.data, place)
        line = draft.line((*place, "id"))
        if name in lines:
            message = f"this id is taken (by the one in line {lines[name]}); ids are unique"
            yield Finding((*place, "id"), message)
        elif name:
            lines[name] = line


def _unknown_requirements(draft: Draft) -> Iterator[Finding]:
    known = {id_at(draft.data, place) for place in draft.check_places} - {""}
    questions = {id_at(draft.data, place) for place in draft.question_places}
    for placed in draft.checks:
        for position, name in enumerate(placed.check.requires):
            if name == placed.check.id:
                yield placed.find("a check cannot require itself", "requires", position)
            elif name not in known and name in questions:
                message = f"{quoted(name)} is a question; name one of its checks"
                yield placed.find(message, "requires", position)
            elif name not in known:
                message = f"there is no check {quoted(name)}{suggestion(name, known)}"
                yield placed.find(message, "requires", position)


def _circular_requirements(draft: Draft) -> Iterator[Finding]:
    """Yield one finding per circle, at the requirement that closes it."""
    placed_by_id = {placed.check.id: placed for placed in reversed(draft.checks)}
    graph = {
        name: {other for other in placed.check.requires if other != name}
        for name, placed in placed_by_id.items()
    }
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            # graphlib lists what comes first, first; people read "a requires b" as a → b.
            circle: list[str] = error.args[1][::-1]
            placed = placed_by_id[circle[0]]
            position = placed.check.requires.index(circle[1])
            yield placed.find(f"a circle: {' → '.join(circle)}", "requires", position)
            graph[circle[0]].discard(circle[1])
        else:
            return


def _sums(draft: Draft) -> Iterator[Finding]:
    data, places = draft.data, draft.check_places
    points = {
        placed.place: placed.check.points
        for placed in draft.checks
        if not draft.lost((*placed.place, "points"))
    }
    for scope in ((), *draft.question_places):
        stated: Any = at(data, (*scope, "points"))
        within = [place for place in places if place[: len(scope)] == scope]
        # A check that cannot be read has points that are not known.
        if type(stated) not in (int, float) or not all(place in points for place in within):
            continue
        total = round(sum(points[place] for place in within), 6)
        if total != round(stated, 6):
            message = f"points: the checks add up to {total:.12g}, found {described(stated)}"
            yield Finding((*scope, "points"), message)
