"""The seam between jupyter_client and the sandbox: a kernel provisioner.

jupyter_client asks its provisioner to launch, poll, signal and kill "the kernel". Here the launched
process is the sandbox; whether the kernel inside still lives is known from the control socket, and
signals travel through it, because the kernel has process ids of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase

from autograder.errors import SandboxError
from autograder.kernel.control import Control
from autograder.rubric.schema import Limits
from autograder.sandbox import Place, Sandbox
from autograder.sandbox.limits import Limiter, open_limiter

NAME = "autograder-sandbox"


class SandboxedKernelManager(AsyncKernelManager):  # type: ignore[misc]
    """A kernel manager whose kernel runs in a sandbox."""

    def __init__(
        self, sandbox: Sandbox, place: Place, limits: Limits, control: Control, **kwargs: Any
    ):
        super().__init__(
            transport="ipc",
            ip=str(place.ipc / "k"),
            connection_file=str(place.ipc / "kernel.json"),
            **kwargs,
        )
        self.sandbox = sandbox
        self.place = place
        self.limits = limits
        self.control = control
        self._kernel_spec = KernelSpec(
            argv=["python"],
            language="python",
            display_name="sandboxed Python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME}},
        )


class SandboxProvisioner(KernelProvisionerBase):  # type: ignore[misc]
    """Launch a kernel in the sandbox of a `SandboxedKernelManager`."""

    process: subprocess.Popen[bytes] | None = None
    limiter: Limiter | None = None

    @property
    def manager(self) -> SandboxedKernelManager:
        """The manager that this belongs to."""
        return self.parent  # type: ignore[no-any-return]

    @property
    def has_process(self) -> bool:
        """Whether a sandbox was launched and not yet cleaned up."""
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file and compose the agent's command line."""
        manager = self.manager
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        paths = manager.sandbox.paths(manager.place)
        isolated = manager.sandbox.isolated
        settings = {
            "control": str(manager.control.path),
            "connection_file": manager.connection_file,
            "work": paths["work"],
            "files": paths["files"],
            "handouts": list(manager.place.handouts),
            "file_size": manager.limits.file_size,
            "memory": manager.limits.memory,
            # outside a user namespace this limit would count the user's other processes too
            "processes": manager.limits.processes if isolated else 0,
        }
        python = str(manager.place.python.path)
        cmd = [python, "-X", "faulthandler=0", paths["agent"], json.dumps(settings)]
        return await super().pre_launch(cmd=cmd, **kwargs)  # type: ignore[no-any-return]

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Start the sandbox and wait until its first process has connected.

        Raises:
            SandboxError: it ended or stayed silent; the message holds its last words.
        """
        manager = self.manager
        self.limiter = open_limiter(manager.limits)
        command = self.limiter.wrap(manager.sandbox.command(manager.place, cmd, manager.limits))
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        try:
            await manager.control.wait_for_init()
        except SandboxError as error:
            await self.kill()
            assert self.process.stderr is not None
            words = self.process.stderr.read(4096).decode(errors="replace").strip()
            raise SandboxError(f"the sandbox did not start: {words or error}") from error
        return self.connection_info  # type: ignore[no-any-return]

    async def poll(self) -> int | None:
        """Return None while the kernel lives."""
        return 1 if self.process is None or self.manager.control.kernel_ended.done() else None

    async def wait(self) -> int | None:
        """Wait for the sandbox's own end."""
        while self.process is not None and self.process.poll() is None:
            await asyncio.sleep(0.01)
        return None

    async def send_signal(self, signum: int) -> None:
        """Pass a signal on to the kernel."""
        if signum:
            await self.manager.control.signal_kernel(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the sandbox, with everything in it.

        Killing an isolated one takes its process namespace along. Where there is none, init kills its
        descendants when the control socket is closed.
        """
        if self.process is None or self.process.poll() is not None:
            return
        if not self.manager.sandbox.isolated:
            self.manager.control.hang_up()
            for _ in range(300):
                if self.process.poll() is not None:
                    return
                await asyncio.sleep(0.01)
        self.process.kill()
        self.process.wait()

    async def terminate(self, restart: bool = False) -> None:
        """End the sandbox: nothing in it deserves a graceful end."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """End the sandbox and remove its control groups."""
        await self.kill(restart)
        if self.process is not None and self.process.stderr is not None:
            self.process.stderr.close()
        self.process = None
        if self.limiter is not None:
            self.limiter.close()
            self.limiter = None
