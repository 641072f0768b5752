"""Write files so that a reader, or a power cut, finds the old one or the new one, never half."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4


def write_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Put `text` (UTF-8) in place of the file at `path`, creating its folder.

    A link at `path` is replaced, not followed. `durable` waits until the bytes are on the disk: for
    what cannot be made again from other files. Half surrogate pairs are written as ``\\udc80``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with draft.open("x", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself last, where folders can be opened (Windows cannot)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
