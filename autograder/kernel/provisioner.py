"""The seam between jupyter_client and the sandbox: a kernel provisioner.

jupyter_client asks its provisioner to launch, poll, signal and kill "the kernel". Here the launched
process is the sandbox; whether the kernel inside still lives is known from the control socket, and
signals travel through it, because the kernel has process ids of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase

from autograder.errors import SandboxError
from autograder.kernel.control import Control
from autograder.kernel.launch import Launcher, Running
from autograder.sandbox import Place
from autograder.sandbox.limits import Limiter, open_limiter

NAME = "autograder-sandbox"


class SandboxedKernelManager(AsyncKernelManager):  # type: ignore[misc]
    """A kernel manager whose kernel runs in a sandbox."""

    def __init__(self, launcher: Launcher, place: Place, control: Control, **kwargs: Any) -> None:
        super().__init__(
            transport="ipc",
            ip=str(place.ipc / "k"),
            connection_file=str(place.ipc / "kernel.json"),
            **kwargs,
        )
        self.launcher = launcher
        self.preload: Sequence[str] = ()
        self.place = place
        self.control = control
        self._kernel_spec = KernelSpec(
            argv=["python"],
            language="python",
            display_name="sandboxed Python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME}},
        )


class SandboxProvisioner(KernelProvisionerBase):  # type: ignore[misc]
    """Launch a kernel in the sandbox of a `SandboxedKernelManager`."""

    running: Running | None = None
    limiter: Limiter | None = None

    @property
    def manager(self) -> SandboxedKernelManager:
        """The manager that this belongs to."""
        return self.parent  # type: ignore[no-any-return]

    @property
    def has_process(self) -> bool:
        """Whether a sandbox was launched and not yet cleaned up."""
        return self.running is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file."""
        self.manager.write_connection_file()
        self.connection_info = self.manager.get_connection_info()
        return await super().pre_launch(cmd=[], **kwargs)  # type: ignore[no-any-return]

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Start the sandbox, and put its first process under the limits before it starts the kernel.

        Raises:
            SandboxError: it ended or stayed silent; the message holds its last words.
        """
        manager = self.manager
        limits = manager.launcher.limits
        settings = {
            "control": str(manager.control.path),
            "connection_file": manager.connection_file,
            "preload": manager.preload,
            "file_size": limits.file_size,
            "memory": limits.memory,
            # outside a user namespace this limit would count the user's other processes too
            "processes": limits.processes if manager.launcher.sandbox.isolated else 0,
        }
        self.limiter = open_limiter(limits)
        self.running = manager.launcher.launch(manager.place, settings)
        try:
            pid = await manager.control.wait_for_init(self.running.ended)
            self.running.attach(pid)
            self.limiter.adopt(pid)
        except (SandboxError, OSError) as error:
            raise SandboxError(f"the sandbox did not start: {self.end() or error}") from error
        await manager.control.release_init()
        return self.connection_info  # type: ignore[no-any-return]

    def end(self) -> str:
        """End what was started, and return what it had written to stderr."""
        running, self.running = self.running, None
        return running.end() if running is not None else ""

    async def poll(self) -> int | None:
        """Return None while the kernel lives."""
        return 1 if self.running is None or self.manager.control.kernel_ended.done() else None

    async def wait(self) -> int | None:
        """Wait for the kernel's end; init, and with it the sandbox, may live on."""
        while await self.poll() is None and self.running is not None and not self.running.ended():
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
        if self.running is None:
            return
        if not self.manager.launcher.sandbox.isolated:
            self.manager.control.hang_up()
            for _ in range(300):
                if self.running.ended():
                    break
                await asyncio.sleep(0.01)
        self.end()

    async def terminate(self, restart: bool = False) -> None:
        """End the sandbox: nothing in it deserves a graceful end."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """End the sandbox and remove its control groups."""
        await self.kill(restart)
        if self.limiter is not None:
            self.limiter.close()
            self.limiter = None
