"""YAML text as a tree in which every key and value knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from autograder.errors import Problem, RubricError
from autograder.rubric.scalars import Scalar, read_word
from autograder.rubric.words import quoted

Key = str | int | float | bool
"""What a mapping's key can be."""

MOST_ENTRIES = 100_000
"""Values once every alias is expanded: a file of a few lines can otherwise grow to billions."""
DEEPEST = 64
"""Levels of nesting, aliases expanded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping, with its value."""

    line: int
    """Line of the key, from 1."""
    node: Node
    """The value."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it begins."""

    line: int
    """Line of its first character, from 1."""
    content: Scalar | tuple[Node, ...] | dict[Key, Entry]
    """A single value, a list, or a mapping."""
    refused: bool = False
    """Whether a problem has been listed about it, so that its content is a guess."""


def refusal(path: Path, line: int, message: str) -> RubricError:
    """Return the error for a file in which there is nothing sensible left to look at."""
    return RubricError([Problem(path, line, message)])


@dataclass(slots=True)
class Composer:
    """Builds the tree from PyYAML's events, which come without any meaning attached."""

    path: Path
    """The file, for messages."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong but need not stop the reading: a repeated key, a word in doubt, a tag."""
    anchors: dict[str, Node] = field(default_factory=dict)
    """Nodes that an alias may repeat; filled once a node is complete, so none can hold itself."""
    merged: int = 0
    """Entries that ``<<`` has repeated."""

    def compose(self, events: Iterator[yaml.Event]) -> Node | None:
        """Return the root of the document, None for an empty file.

        Raises RubricError for a second document, an alias of nothing, and nesting beyond `DEEPEST`.
        """
        root = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    message = "a second document begins here; a rubric is one, so remove the '---'"
                    raise refusal(self.path, _line(event), message)
                root = self._node(next(events), events, 1)
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        """Return the node that begins with `event`, reading `events` up to its end."""
        line = _line(event)
        if depth > DEEPEST:
            raise refusal(self.path, line, f"nested more than {DEEPEST} levels deep")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                alias = quoted(f"*{event.anchor}")
                message = f"the alias {alias} has no anchor before it (a text that begins with * needs quotes)"
                raise refusal(self.path, line, message)
            return self.anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._refuse_tag(event, "tag:yaml.org,2002:seq")
            node = Node(line, self._sequence(events, depth))
        else:
            assert isinstance(event, yaml.MappingStartEvent)  # the parser yields no other here
            self._refuse_tag(event, "tag:yaml.org,2002:map")
            node = Node(line, self._mapping(events, depth))
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        """Return the node of one word; a quoted one, or one tagged !!str, is text."""
        line, text = _line(event), event.value
        if found := re.search("[\0\ud800-\udfff]", text):
            # From escapes: no file name, no expression and no report can hold these.
            self._report(line, f"the character U+{ord(found[0]):04X} is not allowed; remove it")
            return Node(line, "", refused=True)
        if not event.implicit[0]:
            self._refuse_tag(event, "tag:yaml.org,2002:str")
            return Node(line, text)
        reading = read_word(text)
        if reading.problem:
            self._report(line, reading.problem)
        return Node(line, reading.value, refused=bool(reading.problem))

    def _sequence(self, events: Iterator[yaml.Event], depth: int) -> tuple[Node, ...]:
        """Return the items up to the end of the list."""
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, depth + 1))
        return tuple(items)

    def _mapping(self, events: Iterator[yaml.Event], depth: int) -> dict[Key, Entry]:
        """Return the entries up to the end of the mapping, with those that ``<<`` merges in."""
        entries: dict[Key, Entry] = {}
        defaults: list[Node] = []
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, depth)
            value = self._node(next(events), events, depth + 1)
            if key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
                defaults.append(value)
            elif key in entries:
                first = entries[key].line
                message = f"the key {quoted(key)} is given twice (first in line {first})"
                self._report(_line(event), message)
            elif key is not None:
                entries[key] = Entry(_line(event), value)
        for node in defaults:
            self._merge(node, entries)
        return entries

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Key | None:
        """Return a mapping's key; None, with a problem, where it is neither text nor a number."""
        content: object
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            # No word is in doubt here: `on` is a key of ours, and no key is a boolean.
            content = read_word(str(event.value)).value
        else:
            content = self._node(event, events, depth + 1).content
        if isinstance(content, (str, int)) or (isinstance(content, float) and isfinite(content)):
            return content
        self._report(_line(event), "a key must be text or a number")
        return None

    def _merge(self, node: Node, entries: dict[Key, Entry]) -> None:
        """Add what ``<<: *other`` brings; keys given in the mapping itself win."""
        for part in node.content if isinstance(node.content, tuple) else (node,):
            if not isinstance(part.content, dict):
                self._report(part.line, "'<<' merges mappings only, such as `<<: *defaults`")
                continue
            self.merged += len(part.content)
            if self.merged > MOST_ENTRIES:
                message = f"'<<' repeats more than {MOST_ENTRIES:,} values"
                raise refusal(self.path, part.line, message)
            for key, entry in part.content.items():
                entries.setdefault(key, entry)

    def _refuse_tag(
        self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, allowed: str
    ) -> None:
        """List a tag, unless it says what the value is anyway."""
        if event.tag not in (None, "!", allowed):
            self._report(
                _line(event), f"the tag {quoted(event.tag)} has no meaning here; remove it"
            )

    def _report(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.path, line, message))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


@dataclass(slots=True)
class Expansion:
    """Turns a tree into plain data, counting what aliases repeat."""

    path: Path
    """The file, for messages."""
    entries: int = 0
    """Values so far."""

    def expand(self, node: Node, depth: int = 1) -> Any:
        """Return dictionaries, lists and single values, none of them shared.

        Raises RubricError beyond `MOST_ENTRIES` values or `DEEPEST` levels.
        """
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            message = f"more than {MOST_ENTRIES:,} values once the aliases are expanded"
            raise refusal(self.path, node.line, message)
        if depth > DEEPEST:
            raise refusal(self.path, node.line, f"nested more than {DEEPEST} levels deep")
        if isinstance(node.content, dict):
            return {key: self.expand(entry.node, depth + 1) for key, entry in node.content.items()}
        if isinstance(node.content, tuple):
            return [self.expand(child, depth + 1) for child in node.content]
        return node.content
