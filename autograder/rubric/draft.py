"""A rubric under examination: its raw content, and those checks that are sound on their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.rubric.document import Document, Place
from autograder.rubric.schema import Check
from autograder.rubric.words import quoted


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a rubric, before it is given its line and the name of its check."""

    place: Place
    """The key or list item that is to blame."""
    message: str
    """What is wrong and what to write instead."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A check, and where it stands."""

    check: Check
    """The check."""
    place: Place
    """Its place in the YAML."""

    def find(self, message: str, *steps: str | int) -> Finding:
        """Return a finding about the key at `steps` within the check.

        The message begins with that key, except for `id`, by which the check is named anyway.
        """
        place = (*self.place, *steps)
        named = bool(steps) and steps != ("id",)
        return Finding(place, f"{label(place)}: {message}" if named else message)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the rules look at; parts that make no sense on their own are left out."""

    document: Document
    """The YAML file, for lines."""
    data: dict[Any, Any]
    """Its content, mended where the vocabulary refuses it."""
    spelling: dict[Place, str | int]
    """How the YAML spells the key at a place, where that was mended."""
    checks: tuple[Placed, ...]
    """The checks that can be read."""

    @property
    def folder(self) -> Path:
        """The folder against which the rubric names files."""
        return self.document.path.parent

    def written(self, place: Place) -> Place:
        """Return `place` as the YAML spells it."""
        steps = range(len(place))
        return tuple(self.spelling.get(place[: step + 1], place[step]) for step in steps)

    def line(self, place: Place) -> int:
        """Return the line of what stands at `place`."""
        return self.document.line(self.written(place))

    def lost(self, place: Place) -> bool:
        """Tell whether the key at `place` in the YAML was dropped from `data`."""
        *above, key = self.written(place)
        holder = at(self.document.data, tuple(above))
        return isinstance(holder, dict) and key in holder and at(self.data, place) is None

    @property
    def reference(self) -> str:
        """The reference module as the rubric names it; empty where it names none."""
        named = self.data.get("reference")
        return named if isinstance(named, str) else ""

    @property
    def conventions(self) -> list[str]:
        """Names of the conventions."""
        conventions = self.data.get("conventions")
        return [str(name) for name in conventions] if isinstance(conventions, dict) else []

    @property
    def question_places(self) -> list[Place]:
        """Where the questions stand, be they sound or not."""
        return question_places(self.data)

    @property
    def check_places(self) -> list[Place]:
        """Where the checks stand, be they sound or not."""
        return check_places(self.data)


def question_places(data: Any) -> list[Place]:
    """Return where the questions stand in a rubric's raw content."""
    return _items(data, ("questions",))


def check_places(data: Any) -> list[Place]:
    """Return where the checks stand in a rubric's raw content."""
    return [
        place for within in question_places(data) for place in _items(data, (*within, "checks"))
    ]


def _items(data: Any, place: Place) -> list[Place]:
    items = at(data, place)
    return [(*place, position) for position in range(len(items))] if isinstance(items, list) else []


def at(data: Any, place: Place) -> Any:
    """Return what stands at `place`; None where nothing does."""
    for step in place:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def id_at(data: Any, place: Place) -> str:
    """Return the id of the question or check at `place`; empty where it has none."""
    found = at(data, (*place, "id"))
    return str(found) if isinstance(found, str) or type(found) is int else ""


def label(place: Place) -> str:
    """Name `place` within its check or question, as in ``mistakes[0].credit``."""
    for key in ("questions", "checks"):
        if len(place) > 1 and place[0] == key:
            place = place[2:]
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".")


def subject(data: Any, place: Place) -> str:
    """Return ``check 'iou': `` or ``question '1b': `` for what `place` lies in; empty for neither."""
    if len(place) < 2 or place[0] != "questions":
        return ""
    name = id_at(data, place[:2])
    question = f"question {quoted(name)}" if name else f"question {int(place[1]) + 1}"
    if len(place) < 4 or place[2] != "checks":
        return f"{question}: "
    name = id_at(data, place[:4])
    return f"check {quoted(name)}: " if name else f"{question}, check {int(place[3]) + 1}: "
