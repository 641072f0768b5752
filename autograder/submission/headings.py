"""Headings in a notebook's cells, and the question labels in them: "Question 1b", "Problem 1.2", "(b)".

A label is a tuple of numbers and letters, so that "1b1", "1 (b) 1" and "1.b.1" are one label, and
"1.2" and "12" are two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

Label = tuple[str, ...]

LONGEST_LINE = 300
"""Characters of a line that are looked at; no heading is longer, and patterns stay fast."""
INLINE = 7
"""Level of a line of bold or plain text, or of a comment: below every heading. Without a label such a line
is no heading, unless the rubric gives its text as one."""
MAX_LINES = 2000
"""Lines of a cell that are looked at."""


class Rank(IntEnum):
    """How sure it is that a heading names a question. Only the surest headings of a question count."""

    MARK = 0
    """Metadata of our template."""
    TEXT = 1
    """The text that the rubric gives as the question's heading."""
    WORD = 2
    """A word for questions before the label: "Question 1b"."""
    BARE = 3
    """A label alone, or after a word such as "Part": "1.2 Receptive field"."""
    LOOSE = 4
    """A qualified word ("Bonus question 1"), or a label that begins a paragraph: "1b) I think"."""
    COMMENT = 5
    """The first comment of a code cell."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One line that may begin a question."""

    text: str
    """The line without markup, white space folded."""
    level: int
    """1 to 6, as in Markdown; INLINE where it is no heading by Markdown's rules."""
    rank: Rank
    """How sure it is that it names a question, if it has a label."""
    labels: tuple[Label, ...] = ()
    """The questions it names ("1a and 1b" names two); none where it has no label."""
    word: str = ""
    """The word before the label, in lower case; empty where there is none."""
    exact_only: bool = False
    """True where only a label that is a question's id makes it a heading."""


# ── labels ────────────────────────────────────────────────────────────────────────────────────

_LETTER = r"[a-z](?![a-z])|[ivx]{2,5}(?![a-z])|[a-h](?=[ivx]{1,5}(?![a-z]))"
"""A single letter, a Roman numeral, or the letter in "bii"."""
_TOKEN = rf"\d{{1,3}}(?!\d)|{_LETTER}"
_FIRST = re.compile(rf"(?P<open>[(\[]\s*)?(?P<token>{_TOKEN})(?P<close>\s*[)\]])?", re.I)
_NEXT = (
    re.compile(rf"(?P<token>{_TOKEN})(?P<close>\))?", re.I),
    re.compile(rf"[.\-‐–_](?P<token>{_TOKEN})(?P<close>\))?", re.I),
    re.compile(rf"\s?[.:,\-–—]?\s?[(\[]\s?(?P<token>{_TOKEN})\s?(?P<close>[)\]])", re.I),
    re.compile(rf"\s(?P<token>{_TOKEN})(?P<close>\))?(?=\s?[.:)]|\s?$|\s[-–—]\s)", re.I),
    re.compile(
        rf"\s?[,:.\-–—]?\s?(?:sub-?)?part\s?[(\[]?(?P<token>{_TOKEN})(?P<close>[)\]])?(?![a-z\d])",
        re.I,
    ),
)
"""How a label goes on: "1b", "1.2", "1 (b)", "1 b:", "1, part b"."""
_POINTS_FOLLOW = re.compile(r"\s?[.:,\-–—]?\s?[(\[]|\s\d")
"""A number that is none of the label's, after a number: "Problem 2 (10)"."""
_END = re.compile(r"\s?(?:[.):\]|–—,]|-(?!\w)|$)")
_ALSO = re.compile(r"\s?(?:,|&|and|/|\+)\s?(?=[\d(\[]|[a-z](?![a-z]))", re.I)
_NO_LABEL = re.compile(r"[a-z\d%°$×*=^'’]", re.I)
"""What may not follow a label: "1st", "50%", "2x"."""

_QUESTION_WORDS = "question|problem|exercise|task|quest|prob|exer|ques|ex|q"
_PART_WORDS = "subpart|part|section|solution|answer|ans|response"
_QUALIFIERS = (
    "inline|bonus|extra credit|optional|coding|programming|written|theory|theoretical|conceptual|"
    "homework|practice|challenge|short|reading|discussion|warm-?up"
)
_WORD = re.compile(
    rf"(?:(?:my |the )?(?:solution|answer|response)s?\s?(?:to |for |of )?:?\s?)?"
    rf"(?P<qualifier>(?:{_QUALIFIERS})\s)?(?P<word>{_QUESTION_WORDS}|{_PART_WORDS})(?P<plural>s)?(?![a-z])"
    rf"\s?(?:no\.?|number|nr\.?)?[\s.:#_-]{{0,3}}",
    re.I,
)
_QUESTION_WORD = re.compile(rf"(?:{_QUESTION_WORDS})$", re.I)
_PART_WORD = re.compile(r"(?:sub)?part$|section$", re.I)


class _Reading(NamedTuple):
    """A label read from the beginning of a text."""

    label: Label
    rest: str
    closed: bool
    """True where a bracket or a mark such as `.` or `:` ends it, or the text does."""
    bracketed: bool
    """True where a bracket ends it: "(a)", "1b)"."""


def label_of_id(id_: str) -> Label | None:
    """Return a question's id as a label; None for one that is a name, such as "warmup"."""
    match = _WORD.match(id_)
    text = id_[match.end() :] if match and match.end() < len(id_) else id_
    reading = _read_label(text)
    return reading.label if reading and not reading.rest else None


def written(label: Label) -> str:
    """Return a label as people write it: "1b2", "1.2"."""
    return re.sub(r"(?<=\d) (?=\d)", ".", " ".join(label)).replace(" ", "")


def _read_label(text: str) -> _Reading | None:
    """Read a label at the beginning of a text."""
    match = _FIRST.match(text)
    if not match or (bool(match["open"]) and not match["close"]):
        return None
    label = [_folded(match["token"])]
    position, bracket = match.end(), bool(match["close"])
    while len(label) < 6:
        found = next((hit for form in _NEXT if (hit := form.match(text, position))), None)
        if not found:
            break
        if found["token"].isdigit() and label[-1].isdigit() and _POINTS_FOLLOW.match(found[0]):
            break
        label.append(_folded(found["token"]))
        position, bracket = found.end(), bool(found["close"])
    rest = text[position:]
    if _NO_LABEL.match(rest) and not bracket:
        return None
    bracket = bracket or rest[:1] in (")", "]")
    return _Reading(tuple(label), rest, bracket or _END.match(rest) is not None, bracket)


def _folded(token: str) -> str:
    return token.lstrip("0") or "0" if token.isdigit() else token.lower()


def _further_labels(first: Label, rest: str) -> list[Label]:
    """Return the labels after "and" or a comma: "1a and 1b", "1a/b"."""
    labels: list[Label] = []
    while (match := _ALSO.match(rest)) and len(labels) < 20:
        reading = _read_label(rest[match.end() :])
        if not reading or not (reading.closed or _ALSO.match(reading.rest)):
            break
        own = reading.label
        labels.append(own if own[0].isdigit() else (*first[:-1], *own))
        rest = reading.rest
    return labels


# ── lines ─────────────────────────────────────────────────────────────────────────────────────

_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_ATX = re.compile(r"\s{0,3}(#+)\s*(.*)")
_HTML = re.compile(r"\s*(?:<[^>]*>\s*){0,4}?<h([1-6])\b[^>]*>(.*)", re.I)
_UNDERLINE = re.compile(r"\s{0,3}(=+|-{2,})\s*$")
_BOLD = re.compile(r"(\*\*|__)(?P<text>.+?)\1(?P<rest>.*)")
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_POINTS = re.compile(r"[(\[]\s?[\d.]+\s?(?:points?|pts?|marks?|%)\.?\s?[)\]]\s?", re.I)
_COMMENT = re.compile(r"\s*#+\s*(?:%%)?\s*(.*)")


def find_headings(source: str, kind: str) -> Iterator[Heading]:
    """Yield the headings of a cell, in order.

    Markdown cells: `#` and underlined headings, HTML headings, and those lines of bold text and first
    lines that begin with a label. Code cells: the first line, where it is a comment with a label.

    Args:
        source: the text of the cell.
        kind: "markdown" or "code"; other cells have none.
    """
    if kind == "code":
        first = next((line for line in source.splitlines() if line.strip()), "")
        if match := _COMMENT.fullmatch(first[:LONGEST_LINE]):
            yield _labelled(plain_line(match[1]), INLINE, Rank.COMMENT)
    elif kind == "markdown":
        yield from _find_in_markdown(source)


def _find_in_markdown(source: str) -> Iterator[Heading]:
    fence = ""
    before = ""
    is_first = True
    lines = source.splitlines()[:MAX_LINES]
    for number, full in enumerate(lines):
        line = full[:LONGEST_LINE].removeprefix("> ")
        if match := _FENCE.match(line):
            fence = "" if fence and match[1].startswith(fence) else fence or match[1][:3]
        elif not fence and line.strip():
            below = lines[number + 1] if number + 1 < len(lines) else ""
            heading = _read_line(line, below, is_first=is_first, begins=not before.strip())
            if heading:
                yield heading
        is_first = is_first and (
            not line.strip() or (line.lstrip().startswith("<") and not plain_line(line))
        )
        before = line


def _read_line(line: str, below: str, *, is_first: bool, begins: bool) -> Heading | None:
    """Read one line of Markdown; None where it is ordinary text.

    Args:
        line: the line.
        below: the next line, which may underline it.
        is_first: whether it is the first text of its cell.
        begins: whether it begins a paragraph.
    """
    if match := _ATX.fullmatch(line):
        return _labelled(plain_line(match[2].rstrip("# \t")), min(len(match[1]), 6), Rank.WORD)
    if match := _HTML.fullmatch(line):
        return _labelled(plain_line(match[2]), int(match[1]), Rank.WORD)
    if begins and len(line) <= 100 and (under := _UNDERLINE.match(below)):
        return _labelled(plain_line(line), 1 if "=" in under[1] else 2, Rank.WORD)
    if match := _BOLD.match(_TAG.sub("", line).strip()):
        rest = match["rest"].strip(" :.*_")
        if not rest or rest.startswith(("(", "[", "-", "–", "—")):
            return _labelled(plain_line(line), INLINE, Rank.WORD)
        # Text follows: the label goes no further than the bold words, and a bare number is a list's.
        heading = _labelled(plain_line(match["text"]), INLINE, Rank.WORD)
        sure = heading.rank is Rank.WORD or match["text"].startswith("(")
        return heading if is_first or (begins and sure) else None
    if is_first and "|" not in line:
        return _labelled(plain_line(line), INLINE, Rank.LOOSE)
    return None


def plain_line(line: str) -> str:
    """Return a line without markup, emoji and points at its beginning; white space folded."""
    text = _LINK.sub(r"\1", _TAG.sub("", line))
    text = re.sub(r"[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}", _kept, text)
    text = _POINTS.sub("", text, count=1) if re.match(r"\W*\d+\s?(?:p|m|%)", text) else text
    text = re.sub(r"^[^\w(\[]+", "", " ".join(text.split()))
    return text


def _kept(match: re.Match[str]) -> str:
    """Keep an underscore between letters or digits: it is part of a name."""
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    return "_" if match[0] == "_" and before.isalnum() and after.isalnum() else ""


def _labelled(text: str, level: int, best: Rank) -> Heading:
    """Return the heading that a line makes, with its labels if it has any."""
    match = _WORD.match(text)
    heading = _after_word(text, match, level, best) if match else None
    heading = heading or _bare(text, level, best)
    return heading or Heading(text, level, best)


def _after_word(text: str, match: re.Match[str], level: int, best: Rank) -> Heading | None:
    """Read a label after a word such as "Question" or "Part"."""
    reading = _read_label(text[match.end() :])
    if not reading:
        return None
    asks = _QUESTION_WORD.match(match["word"]) is not None
    is_letter = not reading.label[0].isdigit()
    if best is Rank.LOOSE and not reading.closed:
        # A sentence may begin so: "Question 1 asks for ...".
        return None
    if best in (Rank.LOOSE, Rank.COMMENT) and not asks:
        return None
    if is_letter and asks and not reading.closed:
        return None
    rank = Rank.LOOSE if match["qualifier"] else Rank.WORD if asks else Rank.BARE
    labels = (reading.label, *_further_labels(reading.label, reading.rest))
    # "Solution 2" may be the second of several to one question.
    exact_only = best is Rank.COMMENT or not (asks or _PART_WORD.match(match["word"]))
    return Heading(text, level, max(rank, best), labels, match["word"].lower(), exact_only)


def _bare(text: str, level: int, best: Rank) -> Heading | None:
    """Read a label at the very beginning: "1.2 Softmax", "1b) ...", "(a)"; never "2 layers" or "3D"."""
    reading = _read_label(text)
    if not reading or re.match(r"[1-4]D\b", text):
        return None
    label = reading.label
    ends = reading.closed or re.match(r"\s[-–—]\s", reading.rest) is not None
    loose = best in (Rank.LOOSE, Rank.COMMENT)
    if len(label) > 1:
        exact_only = loose or not (ends or all(part.isdigit() for part in label))
    elif label[0].isdigit():
        # "1. ..." begins a list where it is no heading; "2 layers" is no label at all.
        if loose or not ends:
            return None
        exact_only = False
    else:
        if best is Rank.COMMENT or not (reading.bracketed or reading.rest[:1] in (".", "")):
            return None
        exact_only = loose
    labels = (label, *_further_labels(label, reading.rest))
    return Heading(text, level, max(Rank.BARE, best), labels, "", exact_only)
