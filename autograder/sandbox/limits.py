"""Memory and process limits for all the processes of one run together.

Three ways, the strongest that works here is taken and named in every report:

  cgroup v2   memory.max and pids.max in a group of our own (root, or a delegated subtree);
  cgroup v1   memory.limit_in_bytes and pids.max (older machines, some containers);
  watchdog    no cgroup may be made: memory is read five times a second and the run ended when over.

Whatever the way, each process also carries rlimits (set by the agent), and the folder shared with the
sandbox is watched, because a sandbox may write to the host's disk there.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import signal
import time
from pathlib import Path
from typing import Protocol

import psutil

from autograder.rubric.schema import Limits

SHARED_BYTES = 4 * 2**20
SHARED_FILES = 100


class Limiter(Protocol):
    """Hold one run within its limits."""

    def adopt(self, pid: int) -> None:
        """Put a process, with all that it will start, under these limits."""

    def broken(self) -> str:
        """Return which limit has been broken, in words; empty where none."""

    def close(self) -> None:
        """End every process that is left, and clean up."""


class Cgroup:
    """Limits held by the kernel, in control groups made for this run."""

    def __init__(self, folders: dict[str, Path], limits: Limits) -> None:
        self.limits = limits
        self.folders = {
            kind: folder / f"autograder-{os.getpid()}-{secrets.token_hex(4)}"
            for kind, folder in folders.items()
        }
        for folder in set(self.folders.values()):
            remove_abandoned(folder.parent)
            folder.mkdir()
        self.v2 = "unified" in folders
        memory, pids = (
            self.folders.get(k, self.folders.get("unified")) for k in ("memory", "pids")
        )
        assert memory is not None
        self.memory = memory
        (memory / ("memory.max" if self.v2 else "memory.limit_in_bytes")).write_text(
            str(limits.memory)
        )
        for swap, amount in (
            ("memory.swap.max", 0),
            ("memory.memsw.limit_in_bytes", limits.memory),
        ):
            with contextlib.suppress(OSError):
                if (memory / swap).exists():
                    (memory / swap).write_text(str(amount))
        if pids is not None:
            (pids / "pids.max").write_text(str(limits.processes))

    def adopt(self, pid: int) -> None:
        """Move a process into the groups."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text(str(pid))

    def broken(self) -> str:
        """Return whether memory ran out; one process too many is refused by the system, and no harm done."""
        if self._count(
            self.memory, "memory.events" if self.v2 else "memory.oom_control", "oom_kill"
        ):
            return f"it needed more than the {size(self.limits.memory)} of memory allowed"
        return ""

    def close(self) -> None:
        """Kill what is left in the groups and remove them."""
        for folder in set(self.folders.values()):
            for _ in range(1000):
                with contextlib.suppress(OSError):
                    for pid in (folder / "cgroup.procs").read_text().split():
                        with contextlib.suppress(OSError):
                            os.kill(int(pid), signal.SIGKILL)
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.002)

    @staticmethod
    def _count(folder: Path, file: str, key: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            for line in (folder / file).read_text().splitlines():
                name, _, number = line.partition(" ")
                if name == key:
                    return int(number)
        return 0


class Watchdog:
    """Limits held by looking, where no control group can be made."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.pid: int | None = None
        self.seen: set[int] = set()

    def adopt(self, pid: int) -> None:
        """Remember which process to watch."""
        self.pid = pid

    def broken(self) -> str:
        """Return which limit is broken now.

        Memory is the proportional set size, read only where the plain sum is over: snapshots share
        nearly all of their pages with the kernel, and the sum counts those again for each of them.
        """
        if self.pid is None:
            return ""
        with contextlib.suppress(psutil.Error):
            first = psutil.Process(self.pid)
            processes = [first, *first.children(recursive=True)]
            self.seen = {process.pid for process in processes}
            threads = sum(_threads(process) for process in processes)
            if threads > self.limits.processes:
                return f"it started more than the {self.limits.processes} processes and threads allowed"
            resident = sum(_resident(process) for process in processes)
            over = resident > self.limits.memory
            if over and sum(_proportional(p.pid) for p in processes) > self.limits.memory:
                return f"it needed more than the {size(self.limits.memory)} of memory allowed"
        return ""

    def close(self) -> None:
        """Kill what was last seen; a sandbox with a process namespace has ended it all by then."""
        for pid in self.seen:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def open_limiter(limits: Limits) -> Limiter:
    """Return the strongest limiter that works here."""
    for folders in cgroup_folders():
        try:
            return Cgroup(folders, limits)
        except OSError:
            continue
    return Watchdog(limits)


def limiter_name() -> str:
    """Return how memory is limited here: ``cgroup v2``, ``cgroup v1`` or ``watchdog``."""
    limiter = open_limiter(Limits())
    limiter.close()
    if isinstance(limiter, Cgroup):
        return "cgroup v2" if limiter.v2 else "cgroup v1"
    return "watchdog"


@functools.cache
def cgroup_folders() -> list[dict[str, Path]]:
    """Return where groups could be made: for v2 {"unified": folder}, for v1 {"memory": ..., "pids": ...}."""
    root = Path("/sys/fs/cgroup")
    own: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            own.update(dict.fromkeys(controllers.split(",") or [""], path.strip("/")))
    found: list[dict[str, Path]] = []
    if (root / "cgroup.controllers").exists():
        here = root / own.get("", "")
        for folder in (here, *here.parents):
            if not folder.is_relative_to(root):
                break
            with contextlib.suppress(OSError):
                given = (folder / "cgroup.subtree_control").read_text().split()
                if {"memory", "pids"} <= set(given):
                    found.append({"unified": folder})
    for memory in (root / "memory" / own.get("memory", ""), root / "memory"):
        pids = root / "pids" / own.get("pids", "")
        pids = pids if pids.is_dir() else root / "pids"
        if (memory / "memory.limit_in_bytes").exists():
            found.append({"memory": memory, **({"pids": pids} if pids.is_dir() else {})})
    return found


def remove_abandoned(folder: Path) -> None:
    """Remove the groups of graders that were killed; a group that still holds processes stays."""
    for group in folder.glob("autograder-*-*"):
        pid = group.name.split("-")[1]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            with contextlib.suppress(OSError):
                group.rmdir()


def shared_folder_broken(folder: Path) -> str:
    """Return what is wrong with the folder shared with the sandbox; empty where nothing is."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            total += entry.stat(follow_symlinks=False).st_size
            if count >= SHARED_FILES or total > SHARED_BYTES or entry.is_dir(follow_symlinks=False):
                return "it wrote files into the folder of the kernel's sockets"
    return ""


def size(count: int) -> str:
    """Write a number of bytes for people: ``2 GiB``."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} bytes"


def _threads(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.num_threads())
    return 0


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
