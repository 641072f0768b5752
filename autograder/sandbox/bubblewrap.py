"""The bubblewrap sandbox: namespaces of its own, a read-only system, no network.

What a notebook sees: /usr and the libraries, the interpreter's own folders, a few files of /etc, a new
/proc and /dev, and memory-backed folders of limited size for its home, /tmp and /dev/shm. The only folder
shared with the host is the one that holds the kernel's sockets. Works as root and as an ordinary user
(https://github.com/containers/bubblewrap).
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

from autograder.rubric.schema import Limits
from autograder.sandbox.place import Place

HOME = "/home/student"
WORK = f"{HOME}/work"
FILES = "/run/files"
AGENT = "/run/inside/agent.py"
ZYGOTE = "/run/inside/zygote.py"
HANDOUTS = "/run/handouts"
ZYGOTE_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETPCAP", "CAP_SYS_RESOURCE")
"""Over its own user namespace only; each fork gives them up before it runs anything of a student's."""
ETC = (
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "fonts",
    "mime.types",
)
PASSWD = f"student:x:1000:1000::{HOME}:/bin/sh\n"
GROUP = "student:x:1000:\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"


class Bubblewrap:
    """Run a command in namespaces of its own."""

    name = "bubblewrap"
    """As `--sandbox` and reports name it."""
    isolated = True
    private_folders: tuple[str, ...] = ("/tmp", HOME, "/dev/shm")
    """What each run gets anew, memory-backed."""
    """Whether student code is kept from the host."""

    def reason_unavailable(self) -> str:
        """Try it; return why it does not work here and what to do, or nothing where it works."""
        if sys.platform != "linux":
            return "bubblewrap needs Linux"
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed: sudo apt-get install bubblewrap"
        probe = ["bwrap", *namespaces(), "--ro-bind", "/", "/", "--proc", "/proc", "true"]
        run = subprocess.run(probe, capture_output=True, text=True, timeout=30, check=False)
        if run.returncode == 0:
            return ""
        why = (run.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        return f"bubblewrap cannot make namespaces here ({why}); see docs/troubleshooting.md"

    def command(self, place: Place, argv: list[str], limits: Limits) -> list[str]:
        """Return the command line that runs `argv` inside.

        Args:
            place: the folders of this run.
            argv: the command, in the sandbox's own paths.
            limits: sizes of the memory-backed folders.
        """
        size = tmpfs_size(limits.file_size)
        command = ["bwrap", *namespaces(), "--clearenv", *forbidden(), *system(place)]
        command += ["--proc", "/proc", *devices(size)]
        command += [
            *size,
            "--tmpfs",
            "/tmp",
            *size,
            "--tmpfs",
            HOME,
            "--dir",
            WORK,
            *interpreter(place),
        ]
        for name, path in place.handouts.items():
            command += ["--ro-bind", str(path), f"{WORK}/{name}"]
        command += ["--ro-bind", str(place.files), FILES]
        command += ["--bind", str(place.ipc), str(place.ipc), "--remount-ro", "/", "--chdir", WORK]
        return [*command, *self.variables(place), "--", *argv]

    def zygote_command(self, place: Place, settings: str, limits: Limits) -> list[str]:
        """Return the command line that runs a zygote, from which runs are forked.

        It keeps the capabilities to give each fork namespaces of its own. The host's /proc is shown, because
        the kernel lets a fork mount its own only where a whole one is in sight; each fork covers it.

        Args:
            place: the zygote's folders; those of its runs are made within.
            settings: for the zygote, as JSON.
            limits: sizes of the memory-backed folders.
        """
        command = ["bwrap", *namespaces(), "--clearenv"]
        for capability in ZYGOTE_CAPABILITIES:
            command += ["--cap-add", capability]
        command += [
            *system(place),
            "--bind",
            "/proc",
            "/proc",
            *devices(tmpfs_size(limits.file_size)),
        ]
        command += ["--tmpfs", "/tmp", "--dir", HOME, "--dir", FILES, *interpreter(place)]
        for name, path in place.handouts.items():
            command += ["--ro-bind", str(path), f"{HANDOUTS}/{name}"]
        command += ["--bind", str(place.root), str(place.root), "--remount-ro", "/", "--chdir", "/"]
        return [*command, *self.variables(place), "--", str(place.python.path), ZYGOTE, settings]

    def paths(self, place: Place) -> dict[str, str]:
        """Return where the notebook sees its working folder, its staged files and the agent."""
        return {"work": WORK, "files": FILES, "agent": AGENT}

    def variables(self, place: Place) -> list[str]:
        """Return the options that set the environment; nothing of the grader's is in it."""
        path = f"{place.python.path.parent}:/usr/local/bin:/usr/bin:/bin"
        usual = {"HOME": HOME, "PATH": path, "USER": "student", "TMPDIR": "/tmp"}
        return list(
            chain.from_iterable(
                ("--setenv", name, value) for name, value in {**usual, **place.variables}.items()
            )
        )


def inside_folder() -> Path:
    """Return the folder on the host that holds the two files that run inside."""
    return Path(__file__).parent.parent / "kernel" / "inside"


def namespaces() -> list[str]:
    """Return the options that cut the sandbox off."""
    options = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-ipc", "--unshare-pid"]
    options += ["--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    options += ["--cap-drop", "ALL", "--new-session", "--die-with-parent", "--as-pid-1"]
    return options


def system(place: Place) -> list[str]:
    """Return the options that show the system, the interpreter and our own two files, read-only."""
    etc = place.root / "etc"
    etc.mkdir(exist_ok=True)
    for name, text in {"passwd": PASSWD, "group": GROUP, "hosts": HOSTS}.items():
        (etc / name).write_text(text)
    options = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    for name in ETC:
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in ("passwd", "group", "hosts"):
        options += ["--ro-bind", str(etc / name), f"/etc/{name}"]
    return [*options, "--ro-bind", str(inside_folder()), "/run/inside"]


def interpreter(place: Place) -> list[str]:
    """Return the options that show the interpreter; they follow those for /tmp, where it may lie."""
    folders = [str(folder) for folder in place.python.folders if not folder.is_relative_to("/usr")]
    return list(chain.from_iterable(("--ro-bind", folder, folder) for folder in folders))


def forbidden() -> list[str]:
    """Return the option that refuses user namespaces inside; older bubblewraps have none."""
    return ["--disable-userns"] if version() >= (0, 8) else []


def devices(size: list[str]) -> list[str]:
    """Return the options for /dev: the few devices that programs need, and shared memory."""
    return ["--dev", "/dev", *size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]


def tmpfs_size(size: int) -> list[str]:
    """Return the option that limits the next tmpfs; older bubblewraps have none."""
    return ["--size", str(size)] if version() >= (0, 7) else []


@functools.cache
def version() -> tuple[int, ...]:
    """Return bubblewrap's version; (0,) where it is not installed."""
    if shutil.which("bwrap") is None:
        return (0,)
    text = subprocess.run(
        ["bwrap", "--version"], capture_output=True, text=True, check=False
    ).stdout
    return tuple(int(number) for number in re.findall(r"\d+", text)) or (0,)
