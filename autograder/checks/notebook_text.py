"""What students wrote in text cells, apart from headings and from what the template says.

Works on the value of a `cells` reply: the facts of each cell, put together by the pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

CellFacts = Mapping[str, Any]

LONGEST = 100_000
"""Characters of a student's text that are searched."""
HEADING = re.compile(r"^[ >]{0,6}#{1,6}(?:[ \t].{0,100})?$|^.{1,100}\n=+[ \t]*$", re.MULTILINE)
"""A heading in Markdown. A longer one is an answer in large type."""
PLACEHOLDER = re.compile(
    r"""<!--.*?(?:-->|\Z)
    |^[ \t>]*[*_]{1,3}(?:type|write|put|enter)\ your\ (?:answer|explanation|solution|text)s?\b
        [^*_\n]{0,80}[*_]{1,3}[ \t]*$
    |<[^>\n]{1,80}>
    |[*_\[<(]{0,4}(?:(?:type|write|put|enter)\ )?your\ (?:answer|explanation|solution|text|code)s?
        (?:\ (?:goes\ )?here)?[.:!*_\]>)]{0,6}
    |[*_]{0,4}(?:todo|double[- ]click\ (?:\(or\ enter\)\ )?to\ edit)\b[:.]?[*_]{0,4}""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
"""What templates put where the answer goes. Repetitions are bounded: students may write 100,000 asterisks."""


def own_text(cells: Iterable[CellFacts]) -> str:
    """Return the text of the student's own text cells; empty where nothing was written.

    Args:
        cells: facts of cells; those of the instructor (``given``) and those that are not text are passed over.
    """
    sources = [
        written(cell["source"])
        for cell in cells
        if cell["kind"] == "markdown" and not cell["given"]
    ]
    return "\n\n".join(source for source in sources if source)[:LONGEST]


def written(source: str) -> str:
    """Return the source of a text cell without headings and placeholders."""
    text = HEADING.sub("", source[:LONGEST])
    text = PLACEHOLDER.sub("", text).strip()
    return text if re.search(r"\w", text) else ""


def flat(text: str) -> str:
    """Fold case and white space, so that phrases are found across lines."""
    return " ".join(text.casefold().split())


def mentions(text: str, phrase: str) -> bool:
    """Tell whether a text holds a phrase.

    Args:
        text: the student's words.
        phrase: words, found without regard to case and line breaks from the start of a word on, so that
            "regulari" finds "regularises"; between slashes a regular expression over the text as written, in
            which a dot also stands for a line break.
    """
    if len(phrase) > 2 and phrase.startswith("/") and phrase.endswith("/"):
        return re.search(phrase[1:-1], text, re.IGNORECASE | re.DOTALL) is not None
    wanted = flat(phrase)
    start = r"(?<!\w)" if wanted[:1].isalnum() else ""
    return re.search(start + re.escape(wanted), flat(text)) is not None
