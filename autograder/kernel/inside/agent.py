"""The one file that runs beside student code. It imports nothing of ours and holds no secret.

Started as ``python agent.py SETTINGS`` inside the sandbox, it becomes three kinds of process:

  init      the first process: copies the student's files into the work folder, starts the kernel,
            reaps orphans, passes interrupts on, and outlives the kernel so that snapshots do too;
  kernel    ipykernel with two more message types: `autograder_checkpoint` forks a snapshot of the
            state and seeds the next question, `autograder_ask` answers in place where forking cannot work;
  snapshot  a stopped copy of the kernel at the end of a question. It connects to the grader's
            control socket and answers requests, each in a fork of its own.

Everything here may be patched by student code; nothing here is trusted. The grader judges what
comes back as the student's own claim. Frames are described in `autograder/wire.py`.
"""

from __future__ import annotations

import asyncio
import builtins
import collections
import contextlib
import inspect
import io
import math
import os
import select
import shutil
import signal
import socket
import stat
import struct
import sys
import time
import traceback
from base64 import b64encode
from json import dumps, loads
from typing import Any, NoReturn

PREFIX = struct.Struct(">II")
MAX_JSON = 4 * 2**20
MAX_BINARY = 64 * 2**20
MAX_ITEMS = 200_000
MAX_DEPTH = 32
MAX_MESSAGE = 2**20  # characters of one text in a kernel message
STORED = set("|b1 |i1 <i2 <i4 <i8 |u1 <u2 <u4 <u8 <f2 <f4 <f8 <c8 <c16".split())  # noqa: SIM905


# ── frames ────────────────────────────────────────────────────────────────────────────────────


def send_frame(channel: socket.socket, message: dict[str, Any], binary: bytes = b"") -> None:
    """Send one message with its binary part."""
    text = dumps(message).encode()
    channel.sendall(PREFIX.pack(len(text), len(binary)) + text + binary)


def receive_frame(channel: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    """Receive one message and its binary part; None at the end of the stream."""
    head = receive_exactly(channel, PREFIX.size)
    if head is None:
        return None
    json_length, binary_length = PREFIX.unpack(head)
    text = receive_exactly(channel, json_length)
    binary = receive_exactly(channel, binary_length)
    return None if text is None or binary is None else (loads(text), binary)


def receive_exactly(channel: socket.socket, length: int) -> bytes | None:
    """Receive so many bytes; None where the stream ends before."""
    parts = []
    while length:
        part = channel.recv(min(length, 2**20))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


# ── values ────────────────────────────────────────────────────────────────────────────────────


LISTS: tuple[Any, ...] = (
    list,
    range,
    collections.deque,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)
"""What travels as a list."""


class TooLarge(Exception):
    """The value cannot travel: too large or nested too deeply."""


def is_a(value: Any, kinds: Any, issubclass: Any = issubclass, type: Any = type) -> bool:
    """Look at the real type, by built-ins bound before student code could patch them."""
    return bool(issubclass(type(value), kinds))


class Packer:
    """Turn one value into tagged JSON plus bytes."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.items = 0

    def pack(self, value: Any, depth: int = 0) -> Any:
        """Return the tagged form of a value; anything unknown goes by the name of its type."""
        self.items += 1
        if self.items > MAX_ITEMS:
            raise TooLarge(f"more than {MAX_ITEMS:,} values")
        if depth > MAX_DEPTH:
            raise TooLarge(f"nested more than {MAX_DEPTH} deep")
        if value is None or value is True or value is False:
            return value
        if is_a(value, str):
            return str.__str__(value)
        if is_a(value, int):
            return self.integer(int.__index__(value))
        if is_a(value, float):
            return self.real(float.__float__(value))
        if is_a(value, complex):
            return {"t": "complex", "v": [self.real(value.real), self.real(value.imag)]}
        if is_a(value, (bytes, bytearray)):
            return {"t": "bytes", **self.store(bytes(value))}
        if is_a(value, LISTS):
            return [self.pack(item, depth + 1) for item in value]
        if is_a(value, tuple):
            return {"t": "tuple", "v": [self.pack(item, depth + 1) for item in value]}
        if is_a(value, (set, frozenset)):
            return {"t": "set", "v": [self.pack(item, depth + 1) for item in value]}
        if is_a(value, dict):
            pairs = [[self.pack(k, depth + 1), self.pack(v, depth + 1)] for k, v in value.items()]
            return {"t": "dict", "v": pairs}
        return self.foreign(value, depth)

    def integer(self, value: int) -> Any:
        if -(2**53) < value < 2**53:
            return value
        if value.bit_length() > 12_000:
            raise TooLarge("a whole number of more than 3,600 digits")
        return {"t": "int", "v": str(value)}

    def real(self, value: float) -> Any:
        return value if math.isfinite(value) else {"t": "float", "v": repr(value)}

    def store(self, raw: bytes) -> dict[str, int]:
        if len(self.binary) + len(raw) > MAX_BINARY:
            raise TooLarge(f"more than {MAX_BINARY // 2**20} MiB")
        self.binary += raw
        return {"at": len(self.binary) - len(raw), "n": len(raw)}

    def foreign(self, value: Any, depth: int) -> Any:
        """Pack what libraries define, recognised by the library, which is never imported for it."""
        library = type(value).__module__.partition(".")[0]
        pack = getattr(self, "from_" + library, None) if library in LIBRARIES else None
        if pack is None:  # a subclass defined in the notebook
            for base in type(value).__mro__[1:]:
                library = base.__module__.partition(".")[0]
                if library in LIBRARIES:
                    pack = getattr(self, "from_" + library)
                    break
        packed = pack(value, depth) if pack else None
        return self.opaque(value) if packed is None else packed

    def opaque(self, value: Any, text: str = "") -> dict[str, Any]:
        return {"t": "object", "type": type(value).__name__[:200], "text": text[:2000]}

    def array(self, values: Any, kind: str, dtype: str) -> dict[str, Any] | None:
        import numpy

        if values.dtype.kind in "iufc" and values.dtype.byteorder == ">":
            values = values.astype(values.dtype.newbyteorder("<"))
        if values.dtype.str not in STORED:
            return None
        if values.nbytes > MAX_BINARY:
            raise TooLarge(f"more than {MAX_BINARY // 2**20} MiB")
        shape = [int(length) for length in values.shape]
        raw = numpy.ascontiguousarray(values).tobytes()
        return {"t": "array", "kind": kind, "dtype": dtype, "stored": values.dtype.str,
                "shape": shape, **self.store(raw)}  # fmt: skip

    def from_numpy(self, value: Any, depth: int) -> Any:
        import numpy

        if is_a(value, numpy.generic):
            return self.pack(value.item(), depth) if value.dtype.kind in "biufcSU" else None
        if not is_a(value, numpy.ndarray):
            return None
        if value.dtype.kind in "OSU":
            return self.pack(value.tolist(), depth)
        return self.array(numpy.asarray(value), "ndarray", str(value.dtype))

    def from_torch(self, value: Any, depth: int) -> Any:
        import torch

        if is_a(value, torch.Size):
            return self.pack(tuple(value), depth)
        if not is_a(value, torch.Tensor) or value.device.type == "meta":
            return None
        plain = value.detach()
        plain = plain.dequantize() if plain.is_quantized else plain
        plain = plain.to_dense() if plain.layout != torch.strided else plain
        plain = plain.cpu().resolve_conj().resolve_neg()
        name = str(value.dtype).replace("torch.", "")
        if name == "bfloat16" or name.startswith("float8"):
            plain = plain.float()
        return self.array(plain.numpy(), "tensor", name)

    def from_pandas(self, value: Any, depth: int) -> Any:
        import pandas

        if is_a(value, pandas.DataFrame):
            data = [self.pack(value.iloc[:, i].tolist(), depth + 1) for i in range(value.shape[1])]
            return {"t": "frame", "columns": self.pack(value.columns.tolist(), depth + 1),
                    "index": self.pack(value.index.tolist(), depth + 1), "data": data}  # fmt: skip
        if is_a(value, (pandas.Series, pandas.Index)):
            return self.pack(value.tolist(), depth)
        return None

    def from_sympy(self, value: Any, depth: int) -> Any:
        if getattr(value, "is_Integer", False):
            return self.integer(int(value))
        if getattr(value, "is_number", False) and getattr(value, "is_real", False):
            return self.real(float(value))
        return self.opaque(value, str(value))

    def from_fractions(self, value: Any, depth: int) -> Any:
        return self.integer(int(value)) if value == int(value) else self.real(float(value))

    def from_decimal(self, value: Any, depth: int) -> Any:
        if not value.is_finite():
            return self.real(float(value))
        return self.from_fractions(value, depth) if abs(value) < 10**30 else self.real(float(value))

    def from_jax(self, value: Any, depth: int) -> Any:
        import numpy

        return self.from_numpy(numpy.asarray(value), depth) if hasattr(value, "__array__") else None

    from_jaxlib = from_tensorflow = from_cupy = from_jax

    def from_matplotlib(self, value: Any, depth: int) -> Any:
        from matplotlib.axes import Axes
        from matplotlib.figure import Figure

        axes = value.axes if is_a(value, Figure) else [value] if is_a(value, Axes) else None
        if axes is None:
            return None
        return {"t": "figure", "axes": [self.axes(each) for each in axes[:100]]}

    def axes(self, axes: Any) -> dict[str, Any]:
        legend = axes.get_legend()
        lines = [
            {"label": "" if str(line.get_label()).startswith("_") else str(line.get_label()),
             "x": self.numbers(line.get_xdata()), "y": self.numbers(line.get_ydata())}
            for line in axes.get_lines()[:100]
        ]  # fmt: skip
        return {"title": axes.get_title(), "xlabel": axes.get_xlabel(), "ylabel": axes.get_ylabel(),
                "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
                "lines": lines, "images": [1] * len(axes.get_images())}  # fmt: skip

    def numbers(self, data: Any) -> Any:
        import numpy

        return self.pack(numpy.asarray(data, dtype=float).ravel()[:10_000].tolist())


LIBRARIES = {name[5:] for name in vars(Packer) if name.startswith("from_")}


def unpack(node: Any, binary: bytes) -> Any:
    """Build the arguments of a call. They come from the grader and are well formed."""
    if isinstance(node, list):
        return [unpack(item, binary) for item in node]
    if not isinstance(node, dict):
        return node
    tag = node["t"]
    if tag == "tuple":
        return tuple(unpack(item, binary) for item in node["v"])
    if tag == "set":
        return {unpack(item, binary) for item in node["v"]}
    if tag == "dict":
        return {unpack(key, binary): unpack(item, binary) for key, item in node["v"]}
    if tag == "bytes":
        return binary[node["at"] : node["at"] + node["n"]]
    if tag == "float":
        return float(node["v"])
    if tag == "int":
        return int(node["v"])
    if tag == "complex":
        return complex(*[unpack(part, binary) for part in node["v"]])
    if tag == "array":
        import numpy

        raw = binary[node["at"] : node["at"] + node["n"]]
        values = numpy.frombuffer(raw, dtype=node["stored"]).reshape(node["shape"]).copy()
        if node["kind"] == "tensor":
            import torch

            return torch.from_numpy(values).to(getattr(torch, node["dtype"]))
        return values
    raise ValueError(f"an argument of unknown type {tag!r}")


# ── answering ─────────────────────────────────────────────────────────────────────────────────


def answer(
    request: dict[str, Any], binary: bytes, names: dict[str, Any]
) -> tuple[dict[str, Any], bytes]:
    """Answer one request from the notebook's names.

    Returns the JSON and the binary part of the reply. What student code raises, SystemExit and
    KeyboardInterrupt included, becomes the reply `raised`.
    """
    packer = Packer()
    try:
        code = compile(request["expression"], "<check>", "eval")
        if request["kind"] == "evaluate":
            return {"status": "ok", "value": packer.pack(eval(code, names))}, bytes(packer.binary)
        target = eval(code, names)
    except BaseException as error:
        return failure(error, request["expression"], names), b""
    cases = [call(target, case, binary, packer) for case in request["cases"]]
    return {"status": "ok", "cases": cases}, bytes(packer.binary)


def call(target: Any, case: dict[str, Any], binary: bytes, packer: Packer) -> dict[str, Any]:
    """Call once with fresh arguments."""
    try:
        args = unpack(case["args"], binary)
        kwargs = {key: unpack(item, binary) for key, item in case["kwargs"].items()}
        result = target(*args, **kwargs)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        return {"status": "ok", "value": packer.pack(result)}
    except BaseException as error:
        return failure(error, "", {})


def failure(error: BaseException, expression: str, names: dict[str, Any]) -> dict[str, Any]:
    """Describe what was raised; a name of the expression itself that is not defined is `missing`."""
    text = describe(error)
    if isinstance(error, NameError) and expression:
        name = getattr(error, "name", None) or text.partition("'")[2].partition("'")[0]
        own = name in compile(expression, "<check>", "eval").co_names
        if own and name not in names and not hasattr(builtins, name):
            return {"status": "missing", "error": name}
    return {"status": "raised", "error": text}


def describe(error: BaseException) -> str:
    """Return ``Type: message``, bounded; an exception whose text raises goes by its type."""
    name = type(error).__name__[:200]
    if isinstance(error, TooLarge):
        return f"the answer is too large to grade: {error}"
    try:
        return f"{name}: {str(error)[:2000]}".rstrip(": ")
    except BaseException:
        return name


def reply_frame(request: dict[str, Any], binary: bytes, names: dict[str, Any]) -> bytes:
    """Answer, and encode within the bounds."""
    message, blob = answer(request, binary, names)
    text = dumps(message).encode()
    if len(text) > MAX_JSON:
        message = {"status": "raised", "error": "the answer is too large to grade: more than 4 MiB"}
        text, blob = dumps(message).encode(), b""
    return PREFIX.pack(len(text), len(blob)) + text + blob


# ── snapshot ──────────────────────────────────────────────────────────────────────────────────


def reason_not_to_fork() -> str:
    """Say why a fork of this process would not work; empty where it would."""
    if not hasattr(os, "fork"):
        return "this system cannot fork"
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda") and torch.cuda.is_initialized():
        return "CUDA is in use"
    return ""


def fork_snapshot(question: str, control: str, names: dict[str, Any]) -> None:
    """Fork twice, so that the snapshot is init's child and the notebook's own `os.wait` never sees it."""
    middle = os.fork()
    if middle:
        os.waitpid(middle, 0)
        return
    status = 1
    try:
        if os.fork() == 0:
            settle_snapshot()
            serve(question, control, names)
        status = 0
    finally:
        os._exit(status)


def settle_snapshot() -> None:
    """Cut the copy loose from the kernel's sockets, signals, threads and event loop."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(which, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0)
    set_badness(500)
    for name in os.listdir("/proc/self/fd"):  # files stay open: a data set may be read from them
        with contextlib.suppress(OSError):
            mode = os.fstat(int(name)).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                os.close(int(name))
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    sys.stdin = io.StringIO()
    sys.stdout = sys.stderr = io.TextIOWrapper(open(os.devnull, "wb"), write_through=True)  # noqa: SIM115
    asyncio.events._set_running_loop(None)
    asyncio.set_event_loop(None)
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() > 1:
        torch.set_num_threads(
            1
        )  # the pool's threads did not survive the fork: waiting for them hangs


def serve(question: str, control: str, names: dict[str, Any]) -> None:
    """Answer requests, each in a fork of its own, until the grader hangs up."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.connect(control)
    send_frame(channel, {"hello": "snapshot", "question": question})
    while True:
        received = receive_frame(channel)
        if received is None:
            return
        request, binary = received
        channel.sendall(answer_in_fork(channel, request, binary, names))


def answer_in_fork(
    channel: socket.socket, request: dict[str, Any], binary: bytes, names: dict[str, Any]
) -> bytes:
    """Fork, answer, and return the frame, or one that says how the fork ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            set_badness(1000)
            channel.close()
            os.close(reader)
            left = reply_frame(request, binary, names)
            while left:
                left = left[os.write(writer, left) :]
        finally:
            os._exit(0)
    os.close(writer)
    frame = read_until(reader, time.monotonic() + request["time_s"])
    os.close(reader)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if frame is None:
        return note("timeout", f"no answer within {request['time_s']:g} s")
    if not frame:
        return note("died", death(status))
    return frame


def read_until(reader: int, deadline: float) -> bytes | None:
    """Read a pipe to its end; None where the deadline comes first."""
    parts: list[bytes] = []
    length = 0
    while length <= MAX_JSON + MAX_BINARY + PREFIX.size:
        if not select.select([reader], [], [], max(0, deadline - time.monotonic()))[0]:
            return None
        part = os.read(reader, 2**20)
        if not part:
            break
        parts.append(part)
        length += len(part)
    return b"".join(parts)


def note(status: str, text: str) -> bytes:
    """Return a frame in which the snapshot itself reports how the answering process ended."""
    body = dumps({"ended": status, "error": text}).encode()
    return PREFIX.pack(len(body), 0) + body


def death(status: int) -> str:
    """Describe a wait status in words."""
    if os.WIFSIGNALED(status):
        return f"the process was killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"the process ended itself with exit status {os.WEXITSTATUS(status)}"


def set_badness(score: int) -> None:
    """Tell the system which process to end first when memory runs out (0 last, 1000 first)."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(str(score))


# ── kernel ────────────────────────────────────────────────────────────────────────────────────


def run_kernel(settings: dict[str, Any]) -> None:
    """Run ipykernel until it is told to stop."""
    from ipykernel.kernelapp import IPKernelApp

    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != own]
    for name in settings["preload"]:  # so that the first question's draws are seeded, warm or cold
        with contextlib.suppress(Exception):
            __import__(name)
    sys.argv = ["ipykernel_launcher", "-f", settings["connection_file"]]
    app = IPKernelApp.instance()
    app.initialize([*sys.argv[1:], "--HistoryManager.enabled=False"])
    install_handlers(app.kernel, settings)
    bound_messages(app.kernel.session)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.connect(settings["control"])
        send_frame(control, {"hello": "kernel"})
    app.start()


def install_handlers(kernel: Any, settings: dict[str, Any]) -> None:
    """Add the two message types."""

    def checkpoint(stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        content = parent["content"]
        outcome: dict[str, Any] = {"status": "ok"}
        try:
            if content.get("question") is not None:
                why = reason_not_to_fork()
                if why:
                    outcome = {"status": "refused", "why": why}
                else:
                    fork_snapshot(content["question"], settings["control"], kernel.shell.user_ns)
            seed(content.get("seed"))
        except Exception as error:
            outcome = {"status": "refused", "why": describe(error)}
        kernel.session.send(stream, "autograder_checkpoint_reply", outcome, parent, ident=ident)

    def ask(stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        content = parent["content"]
        out, err = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = io.StringIO()
        try:
            frame = reply_frame(
                content["request"], b"".join(parent["buffers"]), kernel.shell.user_ns
            )
        finally:
            sys.stdout, sys.stderr = out, err
        outcome = {"frame": b64encode(frame).decode()}
        kernel.session.send(stream, "autograder_ask_reply", outcome, parent, ident=ident)

    # `exit()` would end the kernel a moment later, and with it the rest of the notebook
    kernel.shell.ask_exit = lambda: print("exit() is ignored: the notebook goes on")
    kernel.shell_handlers["autograder_checkpoint"] = checkpoint
    kernel.shell_handlers["autograder_ask"] = ask


def seed(number: int | None) -> None:
    """Seed python, numpy and torch, where they are loaded."""
    if number is None:
        return
    import random

    random.seed(number)
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        numpy.random.seed(number % 2**32)
    if torch is not None:
        torch.manual_seed(number)


def bound_messages(session: Any) -> None:
    """Cut over-long texts before they are sent: an honest accident should not cost the connection."""
    send = session.send

    def send_bounded(
        stream: Any, message: Any, content: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        return send(stream, message, cut(content), *args, **kwargs)

    session.send = send_bounded


def cut(content: Any) -> Any:
    """Cut the texts of one message's content; an image that is too large becomes a line of text."""
    if not isinstance(content, dict):
        return content
    cut_content = dict(content)
    for key, value in content.items():
        if isinstance(value, str) and len(value) > MAX_MESSAGE:
            cut_content[key] = value[:MAX_MESSAGE] + "\n... (cut)"
        elif key == "traceback" and isinstance(value, list):
            cut_content[key] = [str(line)[:10_000] for line in value[-100:]]
        elif key == "data" and isinstance(value, dict):
            cut_content[key] = {
                kind: item if len(str(item)) <= 8 * MAX_MESSAGE else "(output too large to keep)"
                for kind, item in value.items()
            }
    return cut_content


# ── init ──────────────────────────────────────────────────────────────────────────────────────


def run_init(settings: dict[str, Any]) -> None:
    """Start the kernel and outlive it."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(settings["control"])
    send_frame(control, {"hello": "init"})
    if receive_frame(control) is None:  # the grader has put this process under its limits
        return
    adopt_orphans()
    for name in os.listdir(settings["files"]):
        if name not in settings["handouts"]:  # the instructor's file of that name is there already
            copy(os.path.join(settings["files"], name), os.path.join(settings["work"], name))
    os.chdir(settings["work"])
    set_limits(settings)
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writer)
    kernel = os.fork()
    if kernel == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        os.close(reader)
        os.close(writer)
        become_kernel(settings)
    while True:
        sources: list[Any] = [control, reader]
        ready = select.select(sources, [], [])[0]
        if reader in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(reader, 4096)
            reap(kernel, control)
        if control in ready:
            received = receive_frame(control)
            if received is None:
                break
            with contextlib.suppress(OSError):
                os.killpg(kernel, received[0]["signal"])
    end_children()


def copy(source: str, target: str) -> None:
    """Copy a file or a folder."""
    if os.path.isdir(source):
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def become_kernel(settings: dict[str, Any]) -> NoReturn:
    """Turn this fork into the kernel; never returns."""
    os.setsid()
    set_badness(1000)
    status = 0
    try:
        run_kernel(settings)
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        os._exit(status)


def reap(kernel: int, control: socket.socket) -> None:
    """Collect ended children; report the kernel's end."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid == kernel:
                with contextlib.suppress(OSError):
                    send_frame(control, {"ended": death(status)})


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, also where this is not process 1."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def end_children() -> None:
    """Kill every child, and theirs as they are adopted, until there is none."""
    with contextlib.suppress(OSError):
        while True:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                children = file.read().split()
            for child in children:
                with contextlib.suppress(OSError):
                    os.kill(int(child), signal.SIGKILL)
            os.waitpid(-1, 0)  # raises ChildProcessError, an OSError, once there is none


def set_limits(settings: dict[str, Any]) -> None:
    """Set this process's limits, which its children inherit."""
    import resource

    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: settings["file_size"],
        resource.RLIMIT_NOFILE: 4096,
        resource.RLIMIT_DATA: settings["memory"],
        resource.RLIMIT_NPROC: settings["processes"],
    }
    for which, limit in wanted.items():
        hard = resource.getrlimit(which)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        if limit:
            resource.setrlimit(which, (limit, limit))
        elif which == resource.RLIMIT_CORE:
            resource.setrlimit(which, (0, 0))


if __name__ == "__main__":
    run_init(loads(sys.argv[1]))
