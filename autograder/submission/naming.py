"""Names of files and submissions: what to pass over, what is safe, what a rubric's pattern means."""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

MAX_ID_BYTES = 120
"""A submission's id also becomes a folder and part of file names, which end at 255 bytes."""
MAX_SHOWN = 80
"""Characters of a file's name that a message repeats."""

PASSED_OVER = frozenset(
    ["__macosx", "__pycache__", "venv", "node_modules", "thumbs.db", "desktop.ini", "expect.yaml"]
)
"""Names that are never a student's work, in lower case; hidden files are passed over too."""
RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
"""Names that Windows keeps for devices."""


def is_passed_over(name: str) -> bool:
    """Say whether a file or folder of this name is left out: hidden, or made by a system or tool."""
    return name.startswith((".", "~$")) or name.lower() in PASSED_OVER


def is_notebook(name: str) -> bool:
    """Say whether a file of this name should hold a notebook."""
    return name.lower().endswith(".ipynb")


def is_zip(name: str) -> bool:
    """Say whether a file of this name should be a zip."""
    return name.lower().endswith(".zip")


def printable(name: object) -> str:
    """Return a file's name on one line and bounded, fit for a terminal: control and direction marks become `?`."""
    text = str(name)
    shown = "".join(char if char.isprintable() else "?" for char in text[: MAX_SHOWN + 1])
    return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "…"


def list_names(names: Iterable[object], most: int = 5) -> str:
    """Return at most `most` names with commas, and how many more there are."""
    shown = [printable(name) for name in names]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def safe_id(name: str) -> str:
    """Return an id that is safe as a folder name on every system and inert in a spreadsheet.

    Letters and digits of any script, `_`, `-` and `.` stay; anything else becomes `_`. The same name
    always gives the same id. A name that is cut or that leaves nothing gets part of its hash.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    text = re.sub(r"[^\w.-]+", "_", text)
    text = text.strip("._-")
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    if not text:
        return f"submission-{mark}"
    if text.partition(".")[0].lower() in RESERVED:
        text = f"submission-{text}"
    if len(text.encode()) > MAX_ID_BYTES:
        cut = text.encode()[: MAX_ID_BYTES - 9].decode("utf-8", "ignore")
        text = f"{cut.rstrip('._-')}-{mark}"
    return text


def unique_ids(paths: Iterable[Path]) -> list[str]:
    """Return one id for each submission, unique even where the file system ignores case.

    An id is the name of the file (without `.ipynb` or `.zip`) or of the folder. Where names collide, that of
    the folder around it is put in front if this tells them apart; what still collides is counted in order.
    """
    places = list(paths)
    named = [safe_id(_stem(place)) for place in places]
    groups: dict[str, set[Path]] = {}
    sizes = Counter(name.casefold() for name in named)
    for place, name in zip(places, named, strict=True):
        groups.setdefault(name.casefold(), set()).add(place.absolute().parent)
    taken = {name for name, size in sizes.items() if size == 1}
    ids = []
    for place, name in zip(places, named, strict=True):
        if sizes[name.casefold()] > 1:
            parent = place.absolute().parent.name
            wanted = safe_id(f"{parent}_{name}") if len(groups[name.casefold()]) > 1 else name
            name = next(
                candidate
                for number in itertools.count(1)
                if (candidate := wanted if number == 1 else f"{wanted}-{number}").casefold()
                not in taken
            )
            taken.add(name.casefold())
        ids.append(name)
    return ids


def _stem(path: Path) -> str:
    name = path.name or path.absolute().name
    return name.rpartition(".")[0] if is_notebook(name) or is_zip(name) else name


def matches_filename(name: str, pattern: str, *, ignore_case: bool = True) -> bool:
    """Say whether a file's name follows the rubric's `filename`.

    Each `{word}` stands for letters, digits, hyphens and underscores. Case does not matter when a notebook is
    looked for, since file systems and browsers change it; the policy itself may be stricter.
    """
    pieces = re.split(r"\{[^{}]*\}", pattern)
    regex = r"[^\W_][\w-]{0,63}".join(re.escape(piece) for piece in pieces)
    flags = re.IGNORECASE if ignore_case else re.RegexFlag(0)
    return len(name) <= 255 and re.fullmatch(regex, name, flags) is not None
