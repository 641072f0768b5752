"""Limits by control group and by watchdog, and what the host is told of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.rubric.schema import Limits
from autograder.sandbox import limits as module
from autograder.sandbox.limits import Cgroup, Watchdog, open_limiter, shared_folder_broken, size

HOG = "import time; hog = bytearray(300 * 2**20); print('up', flush=True); time.sleep(60)"
TREE = (
    "import os, time\n"
    "for _ in range(20):\n"
    "    if os.fork() == 0: time.sleep(60); os._exit(0)\n"
    "print('up', flush=True); time.sleep(60)"
)


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Collect processes, and end them with their children."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.communicate()


def start(code: str, started: list[subprocess.Popen[str]]) -> int:
    """Start a shell that runs the code, wait for its word, and return the shell's pid."""
    command = ["/bin/sh", "-c", '"$0" -c "$1"; :', sys.executable, code]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    started.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process.pid


def watched(pid: int, limits: Limits) -> str:
    """Let a watchdog look once."""
    watchdog = Watchdog(limits)
    watchdog.adopt(pid)
    return watchdog.broken()


def test_the_watchdog_sees_memory_of_descendants(started: list[subprocess.Popen[str]]) -> None:
    pid = start(HOG, started)
    assert watched(pid, Limits(memory=1 * 2**30)) == ""
    said = watched(pid, Limits(memory=200 * 2**20))
    assert said == "it needed more than the 200 MiB of memory allowed"


def test_the_watchdog_counts_processes(started: list[subprocess.Popen[str]]) -> None:
    pid = start(TREE, started)
    assert watched(pid, Limits(processes=64)) == ""
    said = watched(pid, Limits(processes=8))
    assert said == "it started more than the 8 processes and threads allowed"


def test_pages_shared_by_forks_are_counted_once(started: list[subprocess.Popen[str]]) -> None:
    forks = "import os, time\nhog = bytearray(150 * 2**20)\nfor i in range(0, len(hog), 4096): hog[i] = 1\n"
    pid = start(forks + TREE, started)
    assert watched(pid, Limits(memory=1 * 2**30)) == ""


def test_the_watchdog_kills_what_it_saw(started: list[subprocess.Popen[str]]) -> None:
    pid = start(TREE, started)
    seen = psutil.Process(pid).children(recursive=True)
    watchdog = Watchdog(Limits())
    watchdog.adopt(pid)
    watchdog.broken()
    watchdog.close()
    assert len(seen) == 21
    gone, alive = psutil.wait_procs(seen, timeout=10)
    assert alive == [] and len(gone) == 21


def test_a_process_that_is_gone_breaks_nothing() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert watched(process.pid, Limits()) == ""


@pytest.fixture
def group() -> Iterator[Cgroup]:
    limiter = open_limiter(Limits(memory=100 * 2**20, processes=16))
    if not isinstance(limiter, Cgroup):
        pytest.skip("no control group can be made on this machine")
    yield limiter
    limiter.close()


def run_under(group: Cgroup, code: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program that waits for a line before it begins, so that it is under its limits by then."""
    command = [sys.executable, "-c", "input()\n" + code]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        group.adopt(process.pid)
        out, err = process.communicate(b"go\n")
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def test_a_control_group_ends_what_needs_too_much_and_says_so(group: Cgroup) -> None:
    assert group.broken() == ""
    run = run_under(group, HOG)
    assert run.returncode != 0 and run.stdout == b""
    assert group.broken() == "it needed more than the 100 MiB of memory allowed"


def test_a_control_group_refuses_one_process_too_many(group: Cgroup) -> None:
    forks = TREE.replace("time.sleep(60)", "time.sleep(2)")
    run = run_under(group, forks)
    assert b"BlockingIOError" in run.stderr
    assert group.broken() == ""


def test_closing_a_control_group_ends_its_processes_and_removes_it(group: Cgroup) -> None:
    process = subprocess.Popen(["sleep", "60"])
    group.adopt(process.pid)
    group.close()
    assert process.wait(10) == -9
    assert not group.memory.exists()


def test_groups_of_graders_that_are_gone_are_removed(tmp_path: Path) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    gone, ours = tmp_path / f"autograder-{process.pid}-x", tmp_path / f"autograder-{os.getpid()}-x"
    gone.mkdir()
    ours.mkdir()
    module.remove_abandoned(tmp_path)
    assert not gone.exists() and ours.exists()


def test_the_unified_hierarchy_gets_its_own_file_names(tmp_path: Path) -> None:
    """Only the files that are written can be tried where the machine has the older hierarchy."""
    group = Cgroup({"unified": tmp_path}, Limits(memory=2**30, processes=50))
    folder = group.memory
    assert (folder / "memory.max").read_text() == str(2**30)
    assert (folder / "pids.max").read_text() == "50"
    group.adopt(123)
    assert (folder / "cgroup.procs").read_text() == "123"
    (folder / "cgroup.procs").write_text("")
    (folder / "memory.events").write_text("low 0\noom_kill 1\n")
    assert "memory" in group.broken()


def test_where_no_group_can_be_made_the_watchdog_takes_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "cgroup_folders", lambda: [{"unified": Path("/proc")}])
    assert isinstance(open_limiter(Limits()), Watchdog)


def test_the_shared_folder_may_hold_sockets_and_little_else(tmp_path: Path) -> None:
    (tmp_path / "kernel.json").write_text("{}")
    assert shared_folder_broken(tmp_path) == ""
    (tmp_path / "big").write_bytes(bytes(5 * 2**20))
    assert "folder of the kernel's sockets" in shared_folder_broken(tmp_path)
    (tmp_path / "big").unlink()
    (tmp_path / "sub").mkdir()
    assert "folder of the kernel's sockets" in shared_folder_broken(tmp_path)


@pytest.mark.parametrize(
    ("count", "text"),
    [(2 * 2**30, "2 GiB"), (3 * 2**19, "1.5 MiB"), (2048, "2 KiB"), (5, "5 bytes")],
)
def test_sizes_are_written_for_people(count: int, text: str) -> None:
    assert size(count) == text
