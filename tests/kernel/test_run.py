"""Notebooks through a real kernel in a real sandbox: state per question, limits, and what survives them."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from running import Run, evaluate, make_runner

from autograder.errors import SandboxError
from autograder.model import Case, Reply, Request


@pytest.fixture(params=["warm", "bubblewrap", "none"])
def run(request: pytest.FixtureRequest) -> Run:
    return make_runner(request.param)


@pytest.fixture(params=["warm", "bubblewrap"])
def run_isolated(request: pytest.FixtureRequest) -> Run:
    return make_runner(request.param)


def test_each_question_is_asked_in_the_state_at_its_own_end(run: Run) -> None:
    ran = run(
        [("1", "x = 1"), ("2", "x = 99\ny = [x]"), ("2", "y.append(x)"), ("", "del x, y")],
        [evaluate("1", "x"), evaluate("2", "x"), evaluate("2", "y"), evaluate("1", "y")],
    )
    assert ran.values == [1, 99, [99, 99], "missing"]


def test_a_question_without_a_place_is_asked_at_the_end(run: Run) -> None:
    ran = run([("", "x = 1"), ("", "x += 1")], [evaluate("7", "x")])
    assert ran.values == [2]


def test_the_cells_of_a_question_without_a_place_are_all_cells(run_isolated: Run) -> None:
    ran = run_isolated(
        [("1", "print('a')"), ("", "print('b')")], [Request("cells", "1"), Request("cells", "9")]
    )
    texts = [[cell["text"] for cell in reply.value["cells"]] for reply in ran.replies]
    assert texts == [["a\n"], ["a\n", "b\n"]]


def test_a_notebook_without_code_answers_that_names_are_missing(run: Run) -> None:
    assert run([], [evaluate("1", "x")]).values == ["missing"]


def test_a_cell_that_raises_does_not_stop_the_rest(run: Run) -> None:
    ran = run([("1", "1 / 0"), ("2", "x = 2")], [evaluate("2", "x")])
    assert ran.values == [2]
    assert [cell.status for cell in ran.execution.cells] == ["error", "ok"]
    assert ran.execution.cells[0].error == "ZeroDivisionError: division by zero"
    assert ran.execution.ended == ""


def test_requests_do_not_change_the_state_for_each_other(run: Run) -> None:
    ran = run(
        [("1", "x = []\ndef f(): x.append(1); return len(x)")],
        [Request("call", "1", "f", (Case(),)), Request("call", "1", "f", (Case(), Case())), evaluate("1", "x")],
    )  # fmt: skip
    assert [reply.value for reply in ran.replies[0].value] == [1]
    assert [reply.value for reply in ran.replies[1].value] == [1, 2]
    assert ran.replies[2].value == []


def test_calls_get_fresh_arguments_and_report_what_they_raise(run: Run) -> None:
    import numpy as np

    source = (
        "def f(a, k=1):\n    a[0] = 5\n    return a * k\ndef g(a): raise ValueError('no ' + str(a))"
    )
    array = np.ones(2)
    ran = run(
        [("1", source)],
        [Request("call", "1", "f", (Case((array,)), Case((array,), {"k": 2}))),
         Request("call", "1", "g", (Case((3,)),)), Request("call", "1", "h", (Case(),))],
    )  # fmt: skip
    assert [reply.value.values.tolist() for reply in ran.replies[0].value] == [[5, 1], [10, 2]]
    assert ran.replies[1].value == (Reply("raised", error="ValueError: no 3"),)
    assert ran.replies[2] == Reply("missing", error="h")


def test_coroutine_functions_are_awaited(run_isolated: Run) -> None:
    source = (
        "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 4\nv = await f()"
    )
    ran = run_isolated([("1", source)], [Request("call", "1", "f", (Case(),)), evaluate("1", "v")])
    assert ran.replies[0].value[0].value == 4 and ran.replies[1].value == 4


def test_a_request_that_hangs_or_exits_costs_only_itself(run: Run) -> None:
    ran = run(
        [("1", "import os, sys, time\nx = 3")],
        [evaluate("1", "time.sleep(60)", 0.5), evaluate("1", "os._exit(0)"), evaluate("1", "sys.exit(1)"),
         evaluate("1", "os.kill(os.getppid(), 9)"), evaluate("1", "x")],
    )  # fmt: skip
    assert [reply.status for reply in ran.replies[:3]] == ["timeout", "died", "raised"]
    assert ran.replies[3].status in (
        "died",
        "ok",
    )  # it killed the snapshot: its own answers are gone
    assert ran.replies[4].status in ("died", "ok")


def test_an_endless_loop_is_interrupted_and_the_rest_is_run(run: Run) -> None:
    ran = run(
        [("1", "x = 1"), ("2", "while True: pass"), ("3", "z = 3")],
        [evaluate("1", "x"), evaluate("2", "y"), evaluate("3", "z")],
        cell_time="1 s",
    )
    assert ran.values == [1, "missing", 3]
    assert ran.execution.cells[1].status == "timeout"
    assert ran.execution.cells[1].error == "it ran longer than 1 s and was interrupted"


@pytest.mark.slow
def test_a_loop_that_ignores_interrupts_is_killed_and_earlier_questions_stay(run: Run) -> None:
    loop = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    ran = run(
        [("1", "x = 1"), ("2", "y = 2"), ("2", loop), ("3", "z = 3")],
        [evaluate("1", "x"), evaluate("2", "y"), evaluate("3", "z")],
        cell_time="1 s",
    )
    assert ran.values == [1, 2, "lost"]
    assert [cell.status for cell in ran.execution.cells] == ["ok", "ok", "died", "not_run"]
    reason = "the notebook stopped in cell 3: it ran over its time and could not be interrupted"
    assert ran.execution.ended == reason and ran.replies[2].error == reason


def test_the_time_of_the_whole_notebook_is_limited(run_isolated: Run) -> None:
    nap = "import time\ntime.sleep(0.7)"
    ran = run_isolated(
        [("1", nap + "\nx = 1"), ("2", nap), ("3", "z = 3")],
        [evaluate("1", "x"), evaluate("3", "z")],
        time="1 s",
    )
    assert ran.values == [1, "lost"]
    assert ran.execution.ended.startswith("the notebook used up its 1 s; cell 3 ")


@pytest.mark.parametrize(
    "source",
    [
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
        "import os\nfor fd in range(3, 100):\n    try: os.close(fd)\n    except OSError: pass\nos._exit(1)",
    ],
)
def test_a_kernel_that_dies_leaves_what_was_finished(run_isolated: Run, source: str) -> None:
    ran = run_isolated(
        [("1", "x = 1"), ("2", "y = 2"), ("2", source), ("3", "z = 3")],
        [evaluate("1", "x"), evaluate("2", "y"), evaluate("3", "z"), evaluate("9", "y")],
    )
    assert ran.values == [1, 2, "lost", 2]
    assert ran.execution.ended.startswith("the notebook stopped in cell 3: the process ")


@pytest.mark.parametrize(
    "source", ["exit()", "quit()", "import sys; sys.exit(0)", "raise SystemExit"]
)
def test_a_polite_exit_does_not_end_the_notebook(run_isolated: Run, source: str) -> None:
    ran = run_isolated([("1", source), ("2", "y = 2")], [evaluate("2", "y")])
    assert ran.values == [2] and ran.execution.ended == ""


def test_memory_over_the_limit_is_an_error_in_its_cell(run: Run) -> None:
    ran = run(
        [("1", "x = 1"), ("2", "hog = bytearray(2**30)"), ("3", "z = 3")],
        [evaluate("1", "x"), evaluate("3", "z")],
        memory="512 MiB",
    )
    assert ran.values == [1, 3]
    assert ran.execution.cells[1].error.startswith("MemoryError")


@pytest.mark.slow
def test_memory_of_many_processes_together_is_limited(run_isolated: Run) -> None:
    spread = (
        "import os, time\n"
        "for i in range(8):\n"
        "    if os.fork() == 0:\n"
        "        hog = bytearray(200 * 2**20)\n"
        "        for j in range(0, len(hog), 4096): hog[j] = 1\n"
        "        time.sleep(60); os._exit(0)\n"
        "time.sleep(20)\n"
    )
    ran = run_isolated(
        [("1", "x = 1"), ("2", spread)], [evaluate("1", "x")], memory="512 MiB", cell_time="25 s"
    )
    assert ran.values == [1]
    assert "memory" in ran.execution.ended


def test_a_fork_bomb_is_stopped_and_earlier_questions_stay(run_isolated: Run) -> None:
    bomb = "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(60)"
    ran = run_isolated(
        [("1", "x = 1"), ("2", bomb)], [evaluate("1", "x")], processes=64, cell_time="5 s"
    )
    assert ran.values == [1]
    assert "BlockingIOError" in ran.execution.cells[1].error


def test_the_work_folder_holds_no_more_than_allowed(run_isolated: Run) -> None:
    fill = (
        "wrote = 0\n"
        "for i in range(20):\n"
        "    with open(f'f{i}', 'wb') as f: f.write(bytes(2**20))\n"
        "    wrote += 1\n"
    )
    ran = run_isolated([("1", fill)], [evaluate("1", "wrote")], file_size="4 MiB")
    assert ran.values[0] in (3, 4) and "No space" in ran.execution.cells[0].error


def test_the_folder_of_the_sockets_is_not_a_way_to_the_hosts_disk(run_isolated: Run) -> None:
    fill = (
        "import glob, time\n"
        "folder = glob.glob('/tmp/ag-*/**/ipc', recursive=True)[0]\n"
        "for i in range(1000):\n"
        "    open(f'{folder}/x{i}', 'wb').write(bytes(2**20)); time.sleep(0.01)\n"
    )
    ran = run_isolated([("1", "x = 1"), ("2", fill)], [evaluate("1", "x")], cell_time="20 s")
    assert ran.values == [1]
    assert "into the folder of the kernel's sockets" in ran.execution.ended


def test_the_sandbox_shows_nothing_of_the_host(
    run_isolated: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    monkeypatch.setenv("AUTOGRADER_CANARY", "canary")
    source = (
        "import os, socket\n"
        "def refused(f):\n"
        "    try: f()\n"
        "    except OSError as error: return type(error).__name__\n"
        "def commands(p): return open(f'/proc/{p}/cmdline').read()\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
    )
    ran = run_isolated(
        [("1", source)],
        [
            evaluate("1", f"os.path.exists({str(secret)!r})"),
            evaluate("1", f"os.path.exists({str(Path(__file__).resolve())!r})"),
            evaluate("1", "'canary' in str(os.environ)"),
            evaluate("1", "[p for p in os.listdir('/proc') if p.isdigit() and 'pytest' in commands(p)]"),
            evaluate("1", "refused(lambda: socket.create_connection(('192.0.2.1', 9), 1))"),
            evaluate("1", "refused(lambda: open('/usr/x', 'w'))"),
            evaluate("1", "refused(lambda: open('/x', 'w'))"),
            evaluate("1", "refused(lambda: open('/dev/x', 'w'))"),
            evaluate("1", "(os.getcwd(), os.getuid(), os.listdir('.'))"),
            evaluate("1", "[status['CapEff'].strip(), status['NoNewPrivs'].strip()]"),
        ],
    )  # fmt: skip
    assert ran.values == [
        False, False, False, [], "OSError", "OSError", "OSError", "OSError",
        ("/home/student/work", 1000, []), ["0000000000000000", "1"],
    ]  # fmt: skip


def test_files_lie_beside_the_notebook_and_changes_stay_inside(run: Run, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("answer = 42\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("7")
    source = "import helper\nv = helper.answer\nw = open('data/x.txt').read()\nopen('data/x.txt', 'w').write('8')"
    ran = run([("1", source)], [evaluate("1", "(v, w, open('data/x.txt').read())")], files=tmp_path)
    assert ran.values == [(42, "7", "8")]
    assert (tmp_path / "data" / "x.txt").read_text() == "7"


def test_files_beyond_the_limit_are_the_students_matter_and_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(3 * 2**20))
    ran = run([("1", "x = 1")], [evaluate("1", "x")], files=tmp_path, file_size="2 MiB")
    words = "the files beside the notebook need 3 MiB; 2 MiB are allowed"
    assert ran.execution.ended == words and ran.replies == [Reply("lost", error=words)]


def test_nothing_outlives_the_run(run: Run) -> None:
    mark = f"autograder-survivor-{os.getpid()}"
    source = (
        "import subprocess, sys\n"
        f'code = "import os, time; os.setsid(); os.fork() and os._exit(0); time.sleep(600)  # {mark}"\n'
        "for i in range(3): subprocess.Popen([sys.executable, '-c', code])\n"
        "import time; time.sleep(0.5)\n"
    )
    run([("1", source)], [evaluate("1", "1")])
    alive = [
        p for p in psutil.process_iter(["cmdline"]) if mark in " ".join(p.info["cmdline"] or [])
    ]
    assert alive == []


def test_too_much_output_is_cut_and_said(run_isolated: Run) -> None:
    source = "print('x' * 50_000_000)\nfor i in range(2000): print('y' * 1000)\nx = 1"
    ran = run_isolated([("1", source)], [evaluate("1", "x")], output="100 KiB")
    assert ran.values == [1]
    kept = sum(len(str(output)) for cell in ran.execution.cells for output in cell.outputs)
    assert kept < 120_000
    assert any("part of its output was cut" in note for note in ran.execution.notes)


def test_a_giant_exception_text_is_cut(run_isolated: Run) -> None:
    ran = run_isolated(
        [("1", "raise ValueError('x' * 50_000_000)"), ("2", "y = 1")], [evaluate("2", "y")]
    )
    assert ran.values == [1]
    assert ran.execution.cells[0].status == "error" and len(ran.execution.cells[0].error) <= 1000


HOSTILE = {
    "stdout gone": "import sys\nsys.stdout = None\nsys.stderr = None",
    "patched builtins": "import builtins\nbuiltins.len = builtins.isinstance = lambda *a: 0",
    "global names": "open = print = list = dict = str = sum = id = None",
    "another folder": "import os\nos.chdir('/')",
    "forged signature": (
        "import zmq, os\nk = get_ipython().kernel\n"
        "k.session.key = b'forged'\nprint('x')\n"
    ),
    "odd display": (
        "k = get_ipython().kernel\n"
        "def send(kind, content):\n"
        "    k.session.send(k.iopub_socket, kind, content, parent=k.get_parent())\n"
        "send('display_data', {'data': 3, 'metadata': [], 'transient': 5})\n"
        "send('comm_open', {'x': 1})\nsend('comm_msg', {})\nsend('stream', {'text': 3})\n"
        "send('status', {})\nsend('nonsense', {})\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_the_grader_survives_a_hostile_or_clumsy_kernel(run_isolated: Run, name: str) -> None:
    ran = run_isolated(
        [("1", "x = 1"), ("2", HOSTILE[name]), ("3", "z = 3")],
        [evaluate("1", "x"), evaluate("3", "z")],
        cell_time="3 s",
        time="10 s",
    )
    assert ran.values[0] == 1
    assert ran.values[1] in (3, "lost")  # a kernel whose messages are forged can no longer be heard


def test_no_flood_of_bad_messages_holds_the_grader_beyond_its_limits(run_isolated: Run) -> None:
    source = (
        "k = get_ipython().kernel\n"
        "def checkpoint(stream, ident, parent):\n"
        "    import threading, time\n"
        "    def flood():\n"
        "        while True:\n"
        "            k.session.send(stream, 'nonsense', {}, parent=[], ident=ident); time.sleep(0.05)\n"
        "    threading.Thread(target=flood, daemon=True).start()\n"
        "k.shell_handlers['autograder_checkpoint'] = checkpoint\n"
        "k.session.key = b'forged'\n"
    )
    ran = run_isolated(
        [("1", source), ("2", "x = 1")], [evaluate("2", "x")], cell_time="2 s", time="4 s"
    )
    assert len(ran.execution.cells) == 2


def test_updates_of_displays_are_bounded_like_displays(run_isolated: Run) -> None:
    update = "h.update({'text/plain': 'x' * 1_000_000}, raw=True)"
    source = f"h = display(1, display_id=True)\nfor i in range(20): {update}\nx = 1"
    ran = run_isolated([("1", source)], [evaluate("1", "x")], output="100 KiB")
    assert ran.values == [1]
    assert (
        sum(len(str(output)) for cell in ran.execution.cells for output in cell.outputs) < 250_000
    )


def test_a_child_that_writes_much_to_stderr_is_not_stopped(run_isolated: Run) -> None:
    code = "import sys\\nfor i in range(20000): sys.stderr.write('progress ' + str(i) + chr(10))"
    source = (
        f"import subprocess, sys\nr = subprocess.run([sys.executable, '-c', \"{code}\"]).returncode"
    )
    ran = run_isolated([("1", source)], [evaluate("1", "r")], cell_time="10 s")
    assert ran.values == [0]


def test_input_is_refused_at_once(run_isolated: Run) -> None:
    ran = run_isolated([("1", "name = input('name?')"), ("2", "y = 2")], [evaluate("2", "y")])
    assert ran.values == [2]
    assert ran.execution.cells[0].error.startswith("StdinNotImplementedError")


def test_draws_are_the_same_in_every_run_and_seeded_per_question(run_isolated: Run) -> None:
    cells = [
        ("1", "import random\nx = random.random()"),
        ("2", "import numpy as np\ny = np.random.rand()"),
    ]
    requests = [evaluate("1", "x"), evaluate("2", "y")]
    first = run_isolated(cells, requests)
    assert first.values == run_isolated(cells, requests).values
    alone = run_isolated([cells[1]], [requests[1]])
    assert alone.values == first.values[1:]


HONEST = {
    "multiprocessing": (
        "import multiprocessing as mp\ndef sq(x): return x * x\n"
        "with mp.Pool(2) as p: r = p.map(sq, [1, 2])", "r", [1, 4]),
    "threads": (
        "import threading\nr = []\nt = threading.Thread(target=lambda: r.append(1)); t.start(); t.join()", "r", [1]),
    "subprocess": ("import subprocess\nr = subprocess.check_output(['echo', 'hi'], text=True)", "r", "hi\n"),
    "shell": ("r = !echo hello\nr = list(r)", "r", ["hello"]),
    "magic": ("%%writefile m.py\nk = 5", "__import__('m').k", 5),
    "temporary files": (
        "import tempfile\nwith tempfile.TemporaryFile() as f: r = f.write(b'abc')", "r", 3),
    "top-level await": ("import asyncio\nr = await asyncio.sleep(0, 7)", "r", 7),
    "a user's name": (
        "import getpass, os\nr = getpass.getuser(), os.path.expanduser('~')",
        "r", ("student", "/home/student")),
    "random device": ("import os\nr = len(os.urandom(4))", "r", 4),
    "plots": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.xlabel('n'); fig = plt.gcf(); plt.show()",
        "fig.axes[0].get_xlabel()", "n"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_is_not_disturbed(run_isolated: Run, name: str) -> None:
    source, expression, expected = HONEST[name]
    ran = run_isolated([("1", source)], [evaluate("1", expression)])
    assert ran.execution.cells[0].error == ""
    assert ran.values == [expected]


IN_PLACE = (
    "import sys, types\n"
    "torch = types.ModuleType('torch')\n"
    "torch.cuda = types.SimpleNamespace(is_initialized=lambda: True)\n"
    "sys.modules['torch'] = torch\n"
)


def test_where_a_copy_cannot_be_forked_answers_are_read_in_place_and_it_is_said(run: Run) -> None:
    ran = run(
        [("1", IN_PLACE + "x = 1\ndef f(a): print('seen', a); return a + x"), ("2", "x = 2\nprint('end')")],
        [evaluate("1", "x"), evaluate("2", "x"), Request("call", "2", "f", (Case((1,)),)),
         evaluate("2", "1 / 0")],
    )  # fmt: skip
    assert ran.values[:3] == [1, 2, (Reply("ok", 3),)]
    assert ran.replies[3] == Reply("raised", error="ZeroDivisionError: division by zero")
    said = "answers were read in the running notebook, not from a copy: CUDA is in use"
    assert ran.execution.notes == (said,)
    assert "seen" not in str(ran.execution.cells)


def test_all_requests_together_get_no_more_time_than_the_notebook(run_isolated: Run) -> None:
    hang = [evaluate("1", f"time.sleep({60 + i})", 2.0) for i in range(4)]
    ran = run_isolated([("1", "import time")], [*hang, evaluate("1", "1")], time="3 s")
    assert [reply.status for reply in ran.replies] == ["timeout"] * 5
    assert ran.replies[4].error == "the requests before this one used up all the time"


@pytest.mark.slow
def test_torch_works_in_snapshots_also_after_its_threads_were_used(run_isolated: Run) -> None:
    source = (
        "import torch\nfrom torch import nn\ntorch.set_num_threads(2)\n"
        "conv = nn.Conv2d(3, 8, 3)\nconv(torch.ones(4, 3, 64, 64)).sum().backward()\n"
        "data = torch.utils.data.DataLoader(list(range(8)), batch_size=4, num_workers=2)\n"
        "batches = [b.tolist() for b in data]\n"
        "def f(x):\n    y = conv(x); y.sum().backward(); return y.shape\n"
    )
    import torch

    ran = run_isolated(
        [("1", source)],
        [evaluate("1", "batches"), Request("call", "1", "f", (Case((torch.ones(4, 3, 64, 64),)),))],
    )
    assert ran.replies[0].value == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert ran.replies[1].value == (Reply("ok", (4, 8, 62, 62)),)


@pytest.mark.parametrize(
    "hide",
    [
        "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.showtraceback = lambda *a, **k: None",
    ],
)
def test_a_cell_that_fails_is_named_even_where_the_notebook_hides_it(
    run_isolated: Run, hide: str
) -> None:
    ran = run_isolated([("1", hide), ("2", "1 / 0")], [evaluate("1", "1")])
    assert ran.execution.cells[1].status == "error"
    assert ran.execution.cells[1].error.startswith("ZeroDivisionError")


def test_a_notebook_that_seeds_itself_keeps_its_own_seed(run_isolated: Run) -> None:
    cells = [("", "import numpy as np\nnp.random.seed(41)"), ("1", "x = np.random.rand()")]
    import numpy as np

    assert run_isolated(cells, [evaluate("1", "x")]).values == [np.random.RandomState(41).rand()]


def test_ranges_views_and_deques_travel_as_lists(run_isolated: Run) -> None:
    source = "import collections\nd = collections.deque([1, 2])\nm = {'a': 1}"
    asked = [evaluate("1", e) for e in ("range(3)", "d", "m.keys()", "m.values()", "m.items()")]
    values = run_isolated([("1", source)], asked).values
    assert values == [[0, 1, 2], [1, 2], ["a"], [1], [("a", 1)]]


def test_a_kernel_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "autograder.kernel.launch.notebook_variables",
        lambda limits: {
            "IPYTHONDIR": "/proc/nowhere",
            "PYTHONINSPECT": "",
            "PYTHONPATH": str(tmp_path),
        },
    )
    (tmp_path / "ipykernel").mkdir()
    (tmp_path / "ipykernel" / "__init__.py").write_text("raise RuntimeError('a broken ipykernel')")
    with pytest.raises(SandboxError, match=r"the kernel did not start: .*a broken ipykernel"):
        make_runner("none")([("1", "x = 1")], [evaluate("1", "x")])
