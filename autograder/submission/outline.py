"""Headings of a notebook → the questions they name, given which questions there are.

A heading says only part of what it means: "(b)" beneath "Question 1" is 1b, "Question 2" beneath
"3. Arrays" is 3.2 where the rubric has such a question, and "1. Set-up" is no question where another
heading says "Question 1". This module decides that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autograder.rubric.schema import Question, Rubric
from autograder.submission.headings import INLINE, Heading, Label, Rank, label_of_id, plain_line

QUESTION_WORDS = (
    "question",
    "problem",
    "exercise",
    "task",
    "quest",
    "prob",
    "exer",
    "ques",
    "ex",
    "q",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A heading, or a mark in a cell's metadata, and where it stands."""

    cell: int
    """Index of its cell."""
    heading: Heading
    """The heading."""
    labels: tuple[Label, ...] = ()
    """The questions it names, in full; none where it names none."""
    fixed: bool = False
    """True where `labels` come from metadata or from the rubric's own text, not from the heading's label."""


class KnownQuestions:
    """The rubric's questions by label."""

    def __init__(self, rubric: Rubric) -> None:
        self.label_of: dict[str, Label] = {}
        """Question id → its label; that of a name ("warmup") is the name itself."""
        self.ids_at: dict[Label, list[str]] = {}
        """Label → the ids that read so."""
        for question in rubric.questions:
            label = label_of_id(question.id) or (f"name:{question.id}",)
            self.label_of[question.id] = label
            self.ids_at.setdefault(label, []).append(question.id)
        self.above: set[Label] = {
            label[:length] for label in self.ids_at for length in range(1, len(label))
        }
        """Labels that several questions share as their beginning: "1b" of 1b1 and 1b2."""

    def ids(self, label: Label) -> list[str]:
        """Return the questions that a label names or lies within ("1b(i)" lies within 1b)."""
        for length in range(len(label), 0, -1):
            if label[:length] in self.ids_at:
                return self.ids_at[label[:length]]
        return []

    def fits(self, label: Label) -> bool:
        """Say whether a label is that of a question, or is shared by several as their beginning."""
        return label in self.ids_at or label in self.above

    def match(self, text: str) -> Label | None:
        """Return the label of the question that a name means (an id as written, or as a label)."""
        if text in self.label_of:
            return self.label_of[text]
        label = label_of_id(text)
        return label if label in self.ids_at else None


def name_questions(found: Sequence[Found], rubric: Rubric, known: KnownQuestions) -> list[Found]:
    """Return the headings with the questions that each names, in full.

    Where several headings name one question, only the surest kind keeps its label (see `Rank`).
    """
    items = _match_texts(found, rubric, known)
    claimable: set[Label] = set()
    weak: set[int] = set()
    named = items
    # Twice: only once it is known which questions have no heading can "2. Backpropagation" within
    # "Part 1" be told from the second step of something.
    for _ in range(2):
        named = _name_in_order(items, known, claimable, weak)
        weak |= _weaker(named, known)
        taken = {
            label
            for number, item in enumerate(named)
            if number not in weak
            for label in item.labels
        }
        claimable = set(known.ids_at) - taken
    return [
        replace(item, labels=()) if number in weak else item for number, item in enumerate(named)
    ]


# ── by text ───────────────────────────────────────────────────────────────────────────────────


def _match_texts(found: Sequence[Found], rubric: Rubric, known: KnownQuestions) -> list[Found]:
    """Fix the labels of headings whose words are what the rubric says of a question."""
    items = list(found)
    for question in rubric.questions:
        label = known.label_of[question.id]
        for number, rank in _text_matches(items, question, label).items():
            item = items[number]
            labels = (*item.labels, label) if item.fixed else (label,)
            heading = replace(item.heading, rank=rank)
            items[number] = replace(item, heading=heading, labels=labels, fixed=True)
    return items


def _text_matches(items: list[Found], question: Question, label: Label) -> dict[int, Rank]:
    """Return the headings that name a question in words, and how sure each is."""
    texts = {
        number: _folded(item.heading.text)
        for number, item in enumerate(items)
        if item.heading.rank is not Rank.MARK
    }
    if question.heading and (wanted := _folded(plain_line(question.heading.lstrip("# ")))):
        # "Step 1" is neither "Step 10" nor "Step 1.2"
        whole_words = re.compile(re.escape(wanted) + r"(?!\w|\.\d)")
        whole = [number for number, text in texts.items() if text == wanted]
        begun = [number for number, text in texts.items() if whole_words.match(text)]
        within = [number for number, text in texts.items() if whole_words.search(text)]
        return dict.fromkeys(whole or begun or within, Rank.TEXT)
    title = _folded(question.title)
    named = None
    if label[0].startswith("name:"):
        words = r"[\s_.-]*".join(re.findall(r"[^\W_]+", question.id.casefold()))
        named = re.compile(rf"(?:(?:{'|'.join(QUESTION_WORDS)})\W+)?{words}(?!\w)")
    return {
        number: max(Rank.BARE, items[number].heading.rank)
        for number, text in texts.items()
        if (title and text == title and not items[number].heading.labels)
        or (named and named.match(text))
    }


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" :.")


# ── by label ──────────────────────────────────────────────────────────────────────────────────


def _name_in_order(
    items: Sequence[Found], known: KnownQuestions, claimable: set[Label], weak: set[int]
) -> list[Found]:
    """Complete the labels from top to bottom, each by the headings above it."""
    named: list[Found] = []
    around: list[Found] = []
    last: Label = ()
    for number, item in enumerate(items):
        heading = item.heading
        if not item.fixed:
            item = replace(item, labels=())
            if heading.labels and number not in weak:
                outer = [above for above in around if above.heading.level < heading.level]
                parent = outer[-1] if outer else None
                item = replace(item, labels=_complete(heading, parent, last, known, claimable))
        if item.labels:
            around = [above for above in around if above.heading.level < heading.level]
            around.append(item)
            last = item.labels[0]
        named.append(item)
    return named


def _complete(
    heading: Heading,
    parent: Found | None,
    last: Label,
    known: KnownQuestions,
    claimable: set[Label],
) -> tuple[Label, ...]:
    """Return the full labels of a heading; none where it cannot mean a question.

    Args:
        heading: one with labels.
        parent: the innermost labelled heading that it lies within.
        last: the label before it in the notebook; empty where there is none.
        known: the rubric's questions.
        claimable: labels of questions that no heading names otherwise.
    """
    first = heading.labels[0]
    if first[0].isdigit():
        label = _complete_number(heading, parent, known, claimable)
    else:
        label = _complete_letter(first, parent, last, known)
    sure = heading.rank in (Rank.WORD, Rank.BARE) and not heading.exact_only
    if not (sure or label in known.ids_at or (not heading.exact_only and label in known.above)):
        return ()
    outer = label[: len(label) - len(first)]
    return (label, *(outer + further for further in heading.labels[1:]))


def _complete_number(
    heading: Heading, parent: Found | None, known: KnownQuestions, claimable: set[Label]
) -> Label:
    label = heading.labels[0]
    asks = heading.word in QUESTION_WORDS
    if parent is None or label in claimable:
        return label
    outer = parent.labels[0]
    if len(label) > len(outer) and label[: len(outer)] == outer:
        return label
    if known.fits(outer + label):
        return outer + label
    if asks and (heading.word == parent.heading.word or known.fits(label)):
        return label
    return label if len(label) > 1 and known.ids(label) else outer + label


def _complete_letter(
    label: Label, parent: Found | None, last: Label, known: KnownQuestions
) -> Label:
    outer = parent.labels[0] if parent else last
    if not outer:
        return label
    inner = outer + label
    letters = [place for place, part in enumerate(outer) if not part.isdigit()]
    beside = outer[: letters[-1]] + label if letters else inner
    follows = bool(letters) and _follows(label[0], outer[letters[-1]])
    if parent:
        # Deeper than 1a, "(b)" is still its neighbour; "(i)" and "(a)" are parts of it.
        choices = [inner, beside] if follows else [inner]
    elif set(label[0]) <= set("ivx") and not follows:
        choices = [inner, beside]
    else:
        choices = [beside, inner]
    choices.append(label)
    exact = [choice for choice in choices if choice in known.ids_at]
    return (exact or [choice for choice in choices if known.fits(choice)] or choices)[0]


def _follows(letter: str, before: str) -> bool:
    return len(letter) == len(before) == 1 and ord(letter) == ord(before) + 1


def _weaker(named: Iterable[Found], known: KnownQuestions) -> set[int]:
    """Return the numbers of headings whose question is named more surely elsewhere."""
    items = list(enumerate(named))
    best: dict[Label, Rank] = {}
    for _, item in items:
        for label in item.labels:
            if known.fits(label):
                best[label] = min(best.get(label, Rank.COMMENT), item.heading.rank)
    return {
        number
        for number, item in items
        if item.labels
        and all(best.get(label, Rank.COMMENT) < item.heading.rank for label in item.labels)
    }


def ends_section(heading: Heading, current: Found, *, is_next: bool) -> bool:
    """Say whether a heading without a label ends the question that it stands in.

    One of a level above the question's heading does, unless it speaks of an answer or follows at once, and so does
    the next of a row at its own level ("Step 2" after "Step 1");
    "Appendix", "References" and the like do at the same level too. All others are the student's own.

    Args:
        heading: the heading.
        current: the heading of the question.
        is_next: whether nothing lies between the two.
    """
    level = current.heading.level if current.heading.level < INLINE else 4
    if heading.level == INLINE or not heading.text:
        return False
    if _CLOSING.match(heading.text):
        return heading.level <= level
    stem, own = _NUMBERED.match(heading.text), _NUMBERED.match(current.heading.text)
    if stem and own and stem[1].casefold() == own[1].casefold() and stem[2] != own[2]:
        return heading.level <= level
    if is_next or _ANSWERING.search(heading.text):
        return False
    return heading.level < level


_NUMBERED = re.compile(r"([^\W\d]+)\W{0,3}(\d+(?:\.\d+)*)")
"""A word and a number, such as "Step 2": the same word with another number is the next of a row."""


_CLOSING = re.compile(
    r"(?:appendi|references?\b|bibliography|acknowledg|collaborat|submission|submitting|how to submit|"
    r"feedback|credits|congratulations|(?:the )?end\b|end of )",
    re.I,
)
_ANSWERING = re.compile(
    r"\b(?:solution|answer|response|code|implement|result|output|explanation|discussion|derivation|proof|"
    r"calculation|comput|hint|note|test|check|step|approach|method|analysis|observation|comment|plot|figure|"
    r"verif|summary|conclusion|reflection|reasoning|work)",
    re.I,
)
