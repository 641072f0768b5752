"""Where one notebook runs: the folders it is given and the interpreter it runs on."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.errors import SandboxError

BASE = Path("/tmp")
"""Not TMPDIR, which may be too long for the paths of sockets."""
PREFIX = "ag-"
LOCK = "lock"

PROBE = """
import json, os, sys
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "folders": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix}),
    "executable": sys.executable,
    "real": os.path.realpath(sys.executable),
    "ipykernel": bool(__import__("importlib.util").util.find_spec("ipykernel")),
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that runs notebooks."""

    path: Path
    """As it is called."""
    version: tuple[int, int, int]
    """Its version."""
    folders: tuple[Path, ...]
    """Folders that it needs to see: its prefixes and where its binary really lies."""


@functools.cache
def probe_interpreter(path: str) -> Interpreter:
    """Ask an interpreter where it lives.

    Raises:
        SandboxError: there is none at that path, it does not start, or it has no ipykernel.
    """
    found = shutil.which(path)
    if found is None:
        raise SandboxError(
            f"no Python at {path}; name one with ipykernel under `environment:` in the rubric"
        )
    found = os.path.abspath(found)  # noqa: PTH100 - resolving links would leave the environment
    run = subprocess.run(
        [found, "-I", "-c", PROBE], capture_output=True, text=True, timeout=60, check=False
    )
    if run.returncode:
        raise SandboxError(f"{path} does not start: {run.stderr.strip().splitlines()[-1:]}")
    facts = json.loads(run.stdout)
    if not facts["ipykernel"]:
        raise SandboxError(
            f"{path} has no ipykernel, which runs the notebooks; install it: {path} -m pip install ipykernel"
        )
    folders = {Path(folder) for folder in facts["folders"]}
    folders |= {Path(facts["real"]).parent.parent}
    major, minor, micro = facts["version"]
    return Interpreter(Path(found), (major, minor, micro), tuple(sorted(folders)))


@dataclass(frozen=True, slots=True)
class Place:
    """The folders and settings of one run."""

    root: Path
    """A short-lived folder of ours on the host, with a short path: a socket's path may not exceed 107 bytes."""
    python: Interpreter
    """What runs the notebook."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables for the notebook, beside the usual ones."""
    handouts: Mapping[str, Path] = field(default_factory=dict)
    """The instructor's files and folders, which lie beside the notebook, read-only, by the name they have there."""

    @property
    def ipc(self) -> Path:
        """Sockets and the connection file: the one folder shared with the sandbox."""
        return self.root / "ipc"

    @property
    def files(self) -> Path:
        """The student's files, staged; the sandbox sees them read-only and copies them."""
        return self.root / "files"

    @contextmanager
    def within(self, name: str) -> Iterator[Place]:
        """Make the folders of a further run in a folder of this one, and remove them afterwards."""
        inner = replace(self, root=self.root / name)
        inner.root.mkdir()
        try:
            inner.ipc.mkdir(mode=0o700)
            inner.files.mkdir()
            yield inner
        finally:
            shutil.rmtree(inner.root, ignore_errors=True)


@contextmanager
def open_place(
    python: str, variables: Mapping[str, str], handouts: Mapping[str, Path] | None = None
) -> Iterator[Place]:
    """Make the folders of one run, and remove them afterwards.

    Folders of graders that were killed are removed too. A lock tells those from the ones in use, also
    where graders in several containers share one /tmp and see each other's folders but not processes.

    Raises:
        SandboxError: the interpreter cannot be used, or a handout is gone.
    """
    for path in (handouts or {}).values():
        if not path.exists():
            raise SandboxError(f"{path} is named under `files:` in the rubric, and is not there")
    interpreter = probe_interpreter(python)
    remove_abandoned()
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=BASE, ignore_cleanup_errors=True) as root,
        (Path(root) / "new").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        Path(lock.name).rename(Path(root) / LOCK)  # whoever sees it finds it held
        place = Place(Path(root), interpreter, variables, handouts or {})
        place.ipc.mkdir(mode=0o700)
        place.files.mkdir()
        yield place


def remove_abandoned() -> None:
    """Remove the folders of runs whose grader is gone; one without a lock is just being made."""
    for folder in BASE.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
