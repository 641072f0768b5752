"""The YAML file: its bytes, its data, and the line of every part."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autograder.errors import Problem
from autograder.rubric.composer import Composer, Entry, Expansion, Node, refusal
from autograder.rubric.words import closest

Place = tuple[str | int, ...]
"""Keys and list positions that lead from the top to a value: ``("questions", 0, "id")``."""

MOST_BYTES = 1024**2
"""Size of a rubric; a long one has some 50 KB."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file that could be read."""

    path: Path
    """The file, as it was named."""
    sha256: str
    """Hash of its bytes."""
    root: Node
    """The tree, with lines."""
    data: dict[Any, Any]
    """The same as plain dictionaries, lists and single values."""
    problems: tuple[Problem, ...]
    """What is wrong with it as YAML, where reading could go on all the same."""

    def line(self, place: Place) -> int:
        """Return the line of the key or list item at `place`, or of the last part that exists."""
        return self._entry(place).line

    def refused(self, place: Place) -> bool:
        """Tell whether `problems` speaks of the very word at `place`."""
        return self._entry(place).node.refused

    def _entry(self, place: Place) -> Entry:
        entry = Entry(self.root.line, self.root)
        for step in place:
            content = entry.node.content
            if isinstance(content, dict) and step in content:
                entry = content[step]
            elif isinstance(content, tuple) and isinstance(step, int) and step < len(content):
                entry = Entry(content[step].line, content[step])
            else:
                break
        return entry


def read_document(path: Path) -> Document:
    """Read the YAML file at `path`.

    Repeated keys and doubtful words are listed in `Document.problems`. Raises RubricError where
    nothing sensible is left to look at: no such file, not text, not YAML, empty, too large, no
    mapping.
    """
    content = _read_bytes(path)
    text = _decode(path, content)
    composer = Composer(path)
    try:
        # PyYAML's parser in Python: libyaml's is quicker (3 ms against 45 for 24 KB) but not on
        # every machine, and the two disagree about tabs.
        root = composer.compose(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        raise refusal(path, *_syntax_problem(error)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = f"U+{ord(text[error.position]):04X}"
        message = f"the character {character} is not allowed; remove it"
        raise refusal(path, line, message) from error
    except (ValueError, OverflowError) as error:
        # PyYAML hands "\UFFFFFFFF" to chr() and an endless %YAML version to int().
        message = "this is not YAML: an escape or a version in it is out of range"
        raise refusal(path, 0, message) from error
    if root is None or root.content is None:
        raise refusal(path, 0, "the rubric is empty; it begins with `version: 1`")
    if not isinstance(root.content, dict):
        raise refusal(path, root.line, "a rubric is a mapping; it begins with `version: 1`")
    return Document(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        root=root,
        data=Expansion(path).expand(root),
        problems=tuple(composer.problems),
    )


def _read_bytes(path: Path) -> bytes:
    """Return the file's bytes; raise RubricError with why they cannot be had."""
    try:
        if path.is_dir():
            raise refusal(path, 0, "this is a folder; name the YAML file in it")
        if path.exists() and not path.is_file():
            raise refusal(path, 0, "this is not a regular file; name a YAML file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        best = closest(path.name, [other.name for other in path.parent.glob("*.y*ml")])
        hint = f"; did you mean {path.with_name(best)}?" if best else ""
        raise refusal(path, 0, f"there is no such file{hint}") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise refusal(path, 0, f"the file cannot be read: {reason}") from error
    if len(content) > MOST_BYTES:
        raise refusal(path, 0, f"the file is larger than {MOST_BYTES // 1024} KiB")
    return content


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        message = f"not UTF-8 text (byte 0x{byte:02X}); save the file as UTF-8"
        raise refusal(path, line, message) from error


def _syntax_problem(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return the line of a syntax error and words for it that say what to do."""
    problem = " ".join((error.problem or "it cannot be parsed").split())
    context = error.context or ""
    line = error.problem_mark.line + 1 if error.problem_mark else 0
    start = error.context_mark.line + 1 if error.context_mark else line
    if r"'\t'" in problem:
        return line, "a tab where only spaces may stand; YAML is indented with spaces"
    if "mapping values are not allowed" in problem:
        return line, (
            "a ':' where none may stand; put a text that holds ': ' in quotes, "
            "or indent the line like its neighbours"
        )
    if "quoted scalar" in context and "end of stream" in problem:
        return start, "the quote that opens here is never closed"
    if "flow" in context:
        bracket = "[" if "sequence" in context else "{"
        return line, f"the '{bracket}' of line {start} is not closed, or a comma is missing"
    if "could not find expected ':'" in problem:
        return start, "a line without ':' among keys; write `key: value`"
    if "cannot start any token" in problem:
        return line, f"a text may not begin with {problem.split()[2]}; put it in quotes"
    if "unknown escape character" in problem:
        return line, "a backslash in double quotes; use single quotes, as in '\\d+'"
    if "<block end>" in problem and "<scalar>" in problem:
        return line, "text after the end of a value; put the whole value in quotes"
    if "<block end>" in problem:
        return line, f"indented unlike the lines above, which began in line {start}"
    return line, f"this is not YAML: {problem}"
