"""The warm parent of kernels: imports once what takes long, then forks.

Started as ``python zygote.py SETTINGS`` inside an outer sandbox. Beside `agent`, which it imports as a sibling, it is
the only file of ours in there. It runs no student code. Each fork gets mount, process, network and ipc
namespaces of its own, folders of its own, gives up every capability, and becomes the *init* of one run
(`agent.run_init`). The zygote lives in the outer process namespace, where its forks cannot see it.

For this the outer sandbox leaves it CAP_SYS_ADMIN in its user namespace (a capability over that
namespace only), CAP_NET_ADMIN to bring up a fork's loopback, and CAP_SETPCAP to give them up again.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import importlib
import os
import signal
import socket
import struct
import sys
from json import loads
from typing import Any, NoReturn

import agent  # lies beside this file in the sandbox

NAMESPACES = 0x20000 | 0x4000000 | 0x8000000 | 0x20000000 | 0x40000000  # mount uts ipc pid net
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_CAPBSET_DROP, CAPABILITY_VERSION_3 = 24, 0x20080522
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
COVERED = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")
"""Parts of /proc that root on the host could write to, be it without capabilities."""

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Import, then fork whenever the grader asks, until it hangs up."""
    settings = loads(sys.argv[1])
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(settings["control"])
    forbid_user_namespaces()
    loaded = [name for name in settings["preload"] if load(name)]
    gc.collect()
    gc.freeze()  # a collection in a fork would touch, and so copy, every page of what is shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    agent.send_frame(control, {"ready": loaded})
    while True:
        received = agent.receive_frame(control)
        if received is None:
            return
        if os.fork() == 0:
            become_run(received[0], control)


def load(name: str) -> bool:
    """Import a module; one that is missing or broken is the notebook's own matter."""
    try:
        importlib.import_module(name)
    except BaseException:
        return False
    return True


def become_run(settings: dict[str, Any], control: socket.socket) -> NoReturn:
    """Turn this fork into the init of one run; never returns."""
    status = 1
    try:
        control.close()
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        unshare()
        if os.fork():  # the first process after unshare is process 1 of the new namespace
            os._exit(0)
        isolate(settings)
        give_up_capabilities()
        agent.run_init(settings)
        status = 0
    finally:
        os._exit(status)


def isolate(settings: dict[str, Any]) -> None:
    """Replace every folder that another run could have written to, and /proc."""
    ipc = os.open(settings["ipc"], os.O_PATH)
    files = os.open(settings["staged"], os.O_PATH)
    kept = {
        path: os.open(path, os.O_PATH) for path in settings["kept"] if is_hidden(path, settings)
    }
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    quota = f"size={settings['file_size']}"
    for folder in settings["private"]:
        mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, quota)
    for path, descriptor in kept.items():
        os.makedirs(path)
        bind_read_only(f"/proc/self/fd/{descriptor}", path)
        os.close(descriptor)
    os.makedirs(settings["work"])
    os.makedirs(settings["ipc"])
    mount(f"/proc/self/fd/{ipc}", settings["ipc"], None, MS_BIND)
    bind_read_only(f"/proc/self/fd/{files}", settings["files"])
    for name, source in settings["handouts"].items():
        target = os.path.join(settings["work"], name)
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT, 0o644))
        bind_read_only(source, target)
    os.close(ipc)
    os.close(files)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in COVERED:
        if os.path.exists(path):
            bind_read_only(path, path)
    bring_up_loopback()


def is_hidden(path: str, settings: dict[str, Any]) -> bool:
    """Say whether a folder lies beneath one that a run gets anew."""
    return any(path.startswith(folder + "/") for folder in settings["private"])


def bind_read_only(source: str, target: str) -> None:
    """Show a file or folder at another place, read-only."""
    mount(source, target, None, MS_BIND | MS_REC)
    mount(None, target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def forbid_user_namespaces() -> None:
    """Let no process in here make a user namespace, in which it would have capabilities again."""
    with contextlib.suppress(OSError), open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")


def unshare() -> None:
    """Leave the shared namespaces."""
    check(libc.unshare(NAMESPACES))


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount; raise OSError where the system refuses."""
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    check(libc.mount(*encoded, ctypes.c_ulong(flags), data.encode()))


def bring_up_loopback() -> None:
    """Switch on the new network namespace's only interface: notebooks may talk to themselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh14s", b"lo", 0, b"")
        flags = struct.unpack("16sh14s", fcntl.ioctl(probe, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14s", b"lo", flags | IFF_UP, b""))


def give_up_capabilities() -> None:
    """Give up every capability for good; raise OSError where one stays."""
    for number in range(64):
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)))
    with open("/proc/self/status") as file:
        held = [line for line in file if line.startswith("Cap") and int(line.split()[1], 16)]
    if held:
        raise OSError(f"capabilities remain: {held}")


def check(result: int) -> None:
    """Raise OSError for a failed system call."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
