"""The truth lock: every value of the reference graph, computed once and kept with its provenance.

A lock is JSON that people can compare line by line. Recomputed from the same sources with the same
versions it is the same to the byte, provided that nodes seed what they draw. It is stale when the reference, a module
beside it, or the calls of a function check have changed. A data file that the reference reads is not
watched; nor are the versions of packages, which are there to explain a difference.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import LockError, TruthError, WireError
from autograder.truth.calls import TruthCase, calls_spec, draw_calls, function_checks
from autograder.truth.graph import load_graph
from autograder.truth.source import sha256_of, shown
from autograder.truth.storable import as_stored
from autograder.wire import Array, from_json, to_json

if TYPE_CHECKING:
    from autograder.rubric.schema import Rubric

FORMAT = 1
"""Version of the file's layout."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The truth of one assignment."""

    assignment: str
    """The rubric's assignment."""
    sha256: str
    """Hash of the reference module's bytes."""
    siblings: dict[str, str]
    """Hashes of the modules beside it that it imports, by path relative to its folder."""
    calls_sha256: str
    """Hash of what the rubric says about the calls of its function checks."""
    python: str
    """Version of Python."""
    platform: str
    """System and processor."""
    packages: dict[str, str]
    """Versions of numpy, which draws the inputs, and of the packages that the reference imports."""
    nodes: dict[str, Any]
    """The value of every node: plain data and `wire.Array`."""
    calls: dict[str, tuple[TruthCase, ...]]
    """For each function check its calls."""


def reference_path(rubric: Rubric) -> Path | None:
    """Return the absolute path of the reference module; None where the rubric names none."""
    if rubric.reference is None:
        return None
    return (rubric.path.parent / rubric.reference).resolve()


def lock_path(rubric: Rubric) -> Path:
    """Return where the lock lies: in ``locks/`` beside the reference module.

    Raises:
        TruthError: the rubric names no reference, so there is nothing to lock.
    """
    return _reference(rubric).parent / "locks" / f"{rubric.assignment}.json"


def compute_lock(rubric: Rubric) -> Lock:
    """Evaluate the whole reference graph and make the calls of every function check.

    Args:
        rubric: a loaded rubric that names a reference. The module is imported here, and torch with it.

    Raises:
        TruthError: the reference cannot be used; says where and why.
    """
    graph = load_graph(_reference(rubric))
    values = graph.evaluate(graph.nodes)
    return Lock(
        assignment=rubric.assignment,
        sha256=graph.sha256,
        siblings=graph.source.siblings,
        calls_sha256=_hash_of_calls(rubric),
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages=_versions(["numpy", *graph.source.packages]),
        nodes={name: _node_value(name, value) for name, value in values.items()},
        calls={check.id: draw_calls(check, graph) for check in function_checks(rubric)},
    )


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock; a reader, or a power cut, meets the old file or the new one, nothing in between.

    Raises:
        LockError: it cannot be written there.
    """
    document = {
        "format": FORMAT,
        "assignment": lock.assignment,
        "reference": {"sha256": lock.sha256, "siblings": lock.siblings},
        "calls_sha256": lock.calls_sha256,
        "python": lock.python,
        "platform": lock.platform,
        "packages": lock.packages,
        "nodes": {name: to_json(value) for name, value in lock.nodes.items()},
        "calls": {
            check: [
                {
                    "origin": case.origin,
                    "args": to_json(case.args),
                    "kwargs": to_json(case.kwargs),
                    "expected": to_json(case.expected),
                }
                for case in cases
            ]
            for check, cases in lock.calls.items()
        },
    }
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    try:
        _replace(path, text.encode("utf-8") + b"\n")
    except OSError as error:
        raise LockError(f"{shown(path)}: cannot be written: {error.strerror}") from error


def read_lock(rubric: Rubric) -> Lock:
    """Read the lock of a rubric and make sure that it is fresh, without importing the reference.

    Raises:
        TruthError: the rubric names no reference, or there is no such file.
        LockError: the lock is missing, damaged or stale; names the file and the command that mends it.
    """
    reference, path = _reference(rubric), lock_path(rubric)
    mend = f"run `autograder truth {shown(rubric.path)}`"
    current = sha256_of(reference)
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise LockError(f"{shown(path)}: the truth is not computed yet; {mend}") from error
    except OSError as error:
        raise LockError(f"{shown(path)}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise LockError(f"{shown(path)}: the lock is damaged; {mend}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise LockError(f"{shown(path)}: not a lock of this version of the autograder; {mend}")
    try:
        lock = _from_document(document)
    except (KeyError, TypeError, AttributeError, WireError) as error:
        raise LockError(f"{shown(path)}: the lock is damaged; {mend}") from error
    if lock.assignment != rubric.assignment:
        raise LockError(f"{shown(path)}: belongs to assignment {lock.assignment!r}; {mend}")
    for file, sha256 in {reference.name: lock.sha256, **lock.siblings}.items():
        source = reference.parent / file
        if sha256 != (current if source == reference else _hash_or_nothing(source)):
            raise LockError(f"{shown(path)}: {shown(source)} has changed since; {mend}")
    if lock.calls_sha256 != _hash_of_calls(rubric):
        raise LockError(
            f"{shown(path)}: the function checks of the rubric have changed since; {mend}"
        )
    return lock


def _reference(rubric: Rubric) -> Path:
    path = reference_path(rubric)
    if path is None:
        raise TruthError(
            f"{shown(rubric.path)}: names no `reference`, so there is no truth to compute"
        )
    return path


def _node_value(name: str, value: Any) -> Any:
    """Return the stored form of a node's value; an array without axes is its number."""
    stored = as_stored(value, f"node {name!r}", finite=True)
    if isinstance(stored, Array) and stored.shape == ():
        return as_stored(stored.values.item(), f"node {name!r}", finite=True)
    return stored


def _hash_of_calls(rubric: Rubric) -> str:
    text = json.dumps(calls_spec(rubric), sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _hash_or_nothing(path: Path) -> str:
    try:
        return sha256_of(path)
    except TruthError:  # gone: changed, all the same
        return ""


def _versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of packages by their import names."""
    versions = {}
    for name in sorted(set(packages)):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # distributed under another name
            versions[name] = str(getattr(sys.modules.get(name), "__version__", "unknown"))
    return versions


def _from_document(document: Mapping[str, Any]) -> Lock:
    """Build a lock from its JSON; raise KeyError, TypeError, AttributeError or WireError where it is damaged."""
    calls = {
        check: tuple(
            TruthCase(
                from_json(case["args"]),
                from_json(case["kwargs"]),
                from_json(case["expected"]),
                case["origin"],
            )
            for case in cases
        )
        for check, cases in document["calls"].items()
    }
    return Lock(
        assignment=document["assignment"],
        sha256=document["reference"]["sha256"],
        siblings=dict(document["reference"]["siblings"].items()),
        calls_sha256=document["calls_sha256"],
        python=document["python"],
        platform=document["platform"],
        packages=dict(document["packages"].items()),
        nodes={name: from_json(value) for name, value in document["nodes"].items()},
        calls=calls,
    )


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)  # a temporary file is readable by its owner alone
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
