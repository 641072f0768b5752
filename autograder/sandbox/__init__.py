"""Sandboxes: one interface, several backends.

`auto` takes the strongest that works here and never falls back to none.
"""

from __future__ import annotations

from typing import Protocol

from autograder.errors import SandboxError, UsageError
from autograder.rubric.schema import Limits
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.none import Unprotected
from autograder.sandbox.place import Place, open_place

__all__ = ["BACKENDS", "Place", "Sandbox", "choose_sandbox", "open_place"]


class Sandbox(Protocol):
    """A way to run a command apart from the host."""

    name: str
    """As `--sandbox` and reports name it."""
    isolated: bool
    """Whether student code is kept from the host."""
    private_folders: tuple[str, ...]
    """What each run gets anew, memory-backed."""

    def reason_unavailable(self) -> str:
        """Return why it does not work here and what to do; empty where it works."""

    def command(self, place: Place, argv: list[str], limits: Limits) -> list[str]:
        """Return the command line that runs `argv` inside."""

    def zygote_command(self, place: Place, settings: str, limits: Limits) -> list[str]:
        """Return the command line that runs a zygote; raise SandboxError where there is none."""

    def paths(self, place: Place) -> dict[str, str]:
        """Return where the notebook sees its `work` folder, its staged `files` and the `agent`."""


BACKENDS: dict[str, type[Sandbox]] = {"bubblewrap": Bubblewrap, "none": Unprotected}


def choose_sandbox(name: str = "auto") -> Sandbox:
    """Return the backend of that name, or for `auto` the strongest that works.

    Raises:
        UsageError: there is no backend of that name.
        SandboxError: it does not work here; the message says why and what to do.
    """
    if name != "auto" and name not in BACKENDS:
        raise UsageError(f"no sandbox is called {name!r}; there are: auto, {', '.join(BACKENDS)}")
    sandbox = BACKENDS["bubblewrap" if name == "auto" else name]()
    reason = sandbox.reason_unavailable()
    if reason and name == "auto":
        reason += " (or run your own code unprotected: --sandbox none)"
    if reason:
        raise SandboxError(reason)
    return sandbox
