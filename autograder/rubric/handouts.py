"""What a rubric hands to every notebook: it must be there, and must give nothing away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autograder.rubric.draft import Draft, Finding
from autograder.rubric.schema import PytestCheck
from autograder.rubric.words import quoted


def handout_flaws(draft: Draft) -> Iterator[Finding]:
    """Yield every entry of `files` that is not there, shares its name with another, or holds an answer."""
    named = draft.data.get("files")
    entries = named if isinstance(named, list) else []
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        if not isinstance(entry, str):
            continue
        place = ("files", position)
        path = _resolved(draft.folder / entry)
        if path is None:
            message = f"there is no {quoted(entry)}, seen from the rubric's folder"
            yield Finding(place, f"files: {message}")
            continue
        name = Path(entry).name
        if name in seen:
            message = (
                f"two entries are called {quoted(name)}, and lie beside the notebook by that name"
            )
            yield Finding(place, f"files: {message}")
        seen.add(name)
        for secret, what in _secrets(draft):
            if secret == path or path in secret.parents:
                yield Finding(place, f"files: {quoted(entry)} would hand {what} to students")
                break


def _secrets(draft: Draft) -> Iterator[tuple[Path, str]]:
    """Yield the files that hold expected values."""
    candidates = [(draft.document.path, "the rubric itself")]
    if draft.reference:
        reference = draft.folder / draft.reference
        candidates += [
            (reference, "the reference"),
            (reference.parent / "locks", "the stored truth"),
        ]
    for placed in draft.checks:
        if isinstance(placed.check, PytestCheck):
            candidates.append((draft.folder / placed.check.file, "a test file"))
    for path, what in candidates:
        if (resolved := _resolved(path)) is not None:
            yield resolved, what


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None  # not there, a loop of links, or a name that no file can have
