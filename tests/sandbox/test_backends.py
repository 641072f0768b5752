"""Choosing a backend, and what each one runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import SandboxError, UsageError
from autograder.rubric.schema import Limits
from autograder.sandbox import choose_sandbox, open_place
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.place import probe_interpreter


def test_auto_takes_bubblewrap() -> None:
    assert choose_sandbox().name == "bubblewrap"


def test_auto_never_falls_back_to_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"apt-get install bubblewrap .*--sandbox none"):
        choose_sandbox()


def test_none_must_be_asked_for_by_name() -> None:
    assert not choose_sandbox("none").isolated


def test_an_unknown_backend_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="'docker'; there are: auto, bubblewrap, none"):
        choose_sandbox("docker")


def test_a_bubblewrap_that_is_refused_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    reason = Bubblewrap().reason_unavailable()
    assert "Permission denied" in reason and "docs/troubleshooting.md" in reason


def test_the_sandbox_sees_only_what_it_is_given(tmp_path: Path) -> None:
    with open_place(sys.executable, {"GIVEN": "yes"}) as place:
        (place.files / "data.txt").write_text("7")
        command = Bubblewrap().command(
            place, ["/bin/sh", "-c", "ls /; env; cat /run/files/*"], Limits()
        )
        run = subprocess.run(
            command, capture_output=True, text=True, env={"SECRET": "1"}, check=True
        )
    shown = run.stdout.splitlines()
    assert {"usr", "proc", "dev", "tmp", "home", "GIVEN=yes", "7"} <= set(shown)
    assert not {"SECRET=1", "sys", "boot", "srv", "var", "opt", "mnt"} & set(shown)


def test_an_interpreter_that_is_not_there_is_refused() -> None:
    with pytest.raises(SandboxError, match="no Python at /nowhere/python"):
        probe_interpreter("/nowhere/python")


def test_an_interpreter_without_ipykernel_is_refused(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True
    )
    with pytest.raises(SandboxError, match=r"has no ipykernel.* pip install ipykernel"):
        probe_interpreter(str(tmp_path / "bare/bin/python"))


def test_something_that_is_no_interpreter_is_refused() -> None:
    path = shutil.which("false")
    assert path is not None
    with pytest.raises(SandboxError, match="does not start"):
        probe_interpreter(path)


def test_the_folders_of_a_run_are_gone_afterwards() -> None:
    with open_place(sys.executable, {}) as place:
        (place.files / "x").write_text("1")
        assert len(str(place.ipc / "kernel-ipc-12345")) < 100
    assert not place.root.exists()


def test_folders_of_killed_graders_are_removed_and_those_in_use_are_kept() -> None:
    code = (
        "import os, signal, sys\nfrom autograder.sandbox import open_place\n"
        "with open_place(sys.executable, {}) as place:\n"
        "    print(place.root, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    abandoned = Path(run.stdout.strip())
    assert abandoned.is_dir()
    with open_place(sys.executable, {}) as one:
        assert not abandoned.exists()
        with open_place(sys.executable, {}):
            assert one.ipc.is_dir()
