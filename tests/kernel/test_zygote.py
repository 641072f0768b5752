"""Warm kernels: what one run does never reaches the next, and each is as closed in as a cold one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import evaluate, rubric_of, submission_of

from autograder.kernel.launch import Launcher
from autograder.kernel.run import run_submission
from autograder.model import Execution
from autograder.sandbox import choose_sandbox

LEAVE = (
    "import os, signal, subprocess, sys, builtins, numpy\n"
    "from multiprocessing import shared_memory, resource_tracker\n"
    "numpy.pi = 3\nbuiltins.leak = 1\nsys.modules['leak'] = sys\nos.environ['LEAK'] = '1'\n"
    "for folder in ('/tmp', '/dev/shm', os.getcwd(), os.path.expanduser('~')):\n"
    "    open(folder + '/leak', 'w').write('x')\n"
    "block = shared_memory.SharedMemory('leak2', create=True, size=10)\n"
    "signal.signal(signal.SIGUSR1, signal.SIG_IGN)\nos.umask(0)\n"
    "subprocess.Popen([sys.executable, '-c', 'import os, time; os.setsid(); time.sleep(600)'])\n"
    "done = True\n"
)
LOOK = (
    "import builtins, os, signal, sys, numpy\n"
    "seen = [numpy.pi != 3, not hasattr(builtins, 'leak'), 'leak' not in sys.modules,\n"
    "    'LEAK' not in os.environ, signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL,\n"
    "    not os.path.exists('/tmp/leak'), os.listdir('/dev/shm') == [], os.listdir('.') == [],\n"
    "    not os.path.exists(os.path.expanduser('~/leak')), os.umask(0o22) == 0o22,\n"
    "    len([p for p in os.listdir('/proc') if p.isdigit()]) <= 4]\n"
)
PROBES = {
    "no capability is left": "[l for l in open('/proc/self/status') if l[:3] == 'Cap' and int(l.split()[1], 16)] == []",
    "no new privileges": "'NoNewPrivs:\\t1' in open('/proc/self/status').read()",
    "no user namespace can be made": "libc.unshare(0x10000000) == -1",
    "no mount can be undone": "libc.umount2(b'/proc', 2) == -1 and libc.umount2(b'/tmp', 2) == -1",
    "nothing can be mounted": "libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None) == -1",
    "no writable memory is shared with another process": (
        "[l for l in open('/proc/self/maps') if l.split()[1] == 'rw-s'] == []"
    ),
    "no descriptor of the zygote's is open": (
        "not any('zygote' in os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') "
        "if os.path.lexists(f'/proc/self/fd/{n}'))"
    ),
    "what root owns in /proc is read-only": "not any(map(writable, ['/proc/sys/user', '/proc/irq', '/proc/bus']))",
    "it sees its own folder alone": "[len(glob.glob(p)) for p in ('/tmp/ag-*', '/tmp/ag-*/*')] == [1, 1]",
    "the loopback works and nothing else": "loopback() and not outside()",
    "the first process is its own init": "'zygote' in open('/proc/1/cmdline').read() and os.getpid() < 1000",
    "the system is read-only": "not any(map(writable, ['/', '/usr', '/etc', '/run', '/run/inside', '/dev']))",
}  # fmt: skip
TOOLS = (
    "import ctypes, glob, os, socket\nlibc = ctypes.CDLL(None)\n"
    "def writable(path): return os.access(path, os.W_OK)\n"
    "def loopback():\n"
    "    with socket.create_server(('127.0.0.1', 0)) as s, socket.create_connection(s.getsockname()): return True\n"
    "def outside():\n"
    "    try: socket.create_connection(('192.0.2.1', 9), 0.5)\n"
    "    except OSError: return False\n"
    "    return True\n"
)


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with closing(Launcher(choose_sandbox("bubblewrap"), rubric_of(), ["numpy"])) as launcher:
        yield launcher


def run(launcher: Launcher, source: str, *expressions: str) -> tuple[Execution, list[Any]]:
    requests = [evaluate("1", expression) for expression in expressions]
    execution, replies = run_submission(
        submission_of([("1", source)]), rubric_of(), launcher, requests
    )
    assert launcher.reason_cold == "" and "warm start" in execution.sandbox
    return execution, [reply.value if reply.status == "ok" else reply for reply in replies]


def test_what_one_run_leaves_never_reaches_the_next(launcher: Launcher) -> None:
    execution, values = run(launcher, LEAVE, "done")
    assert values == [True], execution.cells
    execution, values = run(launcher, LOOK, "seen")
    assert values == [[True] * 11], execution.cells


@pytest.fixture(scope="module")
def probed(launcher: Launcher) -> dict[str, Any]:
    _, values = run(launcher, TOOLS, *PROBES.values())
    return dict(zip(PROBES, values, strict=True))


@pytest.mark.parametrize("claim", PROBES)
def test_a_fork_is_closed_in(probed: dict[str, Any], claim: str) -> None:
    assert probed[claim] is True


def test_the_folders_of_a_run_are_gone_after_it(launcher: Launcher) -> None:
    run(launcher, "x = 1", "x")
    outer = launcher._outer
    assert outer is not None
    assert sorted(path.name for path in outer.root.iterdir() if path.name.isdigit()) == []


def test_files_and_handouts_are_there_and_read_only(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("7")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "y.txt").write_text("8")
    rubric = rubric_of().model_copy(update={"files": ["data"]})
    rubric._path = tmp_path / "hw.yaml"
    source = (
        "v = open('data/x.txt').read(), open('y.txt').read()\nopen('y.txt', 'w').write('9')\n"
        "try: open('data/x.txt', 'w')\nexcept OSError as error: w = type(error).__name__\n"
    )
    with closing(Launcher(choose_sandbox("bubblewrap"), rubric)) as launcher:
        submission = submission_of([("1", source)], tmp_path / "own")
        requests = [evaluate("1", "v"), evaluate("1", "w")]
        _, replies = run_submission(submission, rubric, launcher, requests)
        assert launcher.reason_cold == ""
    assert [reply.value for reply in replies] == [("7", "8"), "OSError"]
    assert (tmp_path / "own" / "y.txt").read_text() == "8"


def test_where_no_zygote_can_be_made_kernels_start_cold_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = choose_sandbox("bubblewrap")
    monkeypatch.setattr(
        type(sandbox), "zygote_command", lambda *_: ["sh", "-c", "echo no namespaces >&2"]
    )
    with closing(Launcher(sandbox, rubric_of())) as launcher:
        submission = submission_of([("1", "x = 1")])
        execution, replies = run_submission(submission, rubric_of(), launcher, [evaluate("1", "x")])
    assert replies[0].value == 1
    assert "cold start: no warm kernels here: no namespaces" in execution.sandbox
