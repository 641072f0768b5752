"""No sandbox: a plain kernel with the user's own rights, for one's own code only."""

from __future__ import annotations

import os

from autograder.errors import SandboxError
from autograder.rubric.schema import Limits
from autograder.sandbox.bubblewrap import inside_folder
from autograder.sandbox.place import Place


class Unprotected:
    """Run a command as it is. Every report says so."""

    name = "none"
    """As `--sandbox` and reports name it."""
    isolated = False
    private_folders: tuple[str, ...] = ()
    """What each run gets anew, memory-backed."""
    """Whether student code is kept from the host."""

    def reason_unavailable(self) -> str:
        """Return why it does not work here, or nothing where it works."""
        return "" if hasattr(os, "fork") else "this system cannot fork; use Linux or macOS"

    def command(self, place: Place, argv: list[str], limits: Limits) -> list[str]:
        """Return the command line that runs `argv`."""
        for name in ("work", "home"):
            (place.root / name).mkdir(exist_ok=True)
        for name, path in place.handouts.items():
            (place.root / "work" / name).symlink_to(path)
        settings = [f"{name}={value}" for name, value in self.variables(place).items()]
        return ["env", "-i", *settings, *argv]

    def zygote_command(self, place: Place, settings: str, limits: Limits) -> list[str]:
        """Raise SandboxError: there is no namespace that a fork could be given."""
        raise SandboxError("without a sandbox there are no warm kernels")

    def variables(self, place: Place) -> dict[str, str]:
        """Return the environment variables of the notebook."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "USER") if name in os.environ}
        return {**kept, "HOME": str(place.root / "home"), **place.variables}

    def paths(self, place: Place) -> dict[str, str]:
        """Return where the notebook sees its folders: where they are."""
        return {
            "work": str(place.root / "work"),
            "files": str(place.files),
            "agent": str(inside_folder() / "agent.py"),
        }
