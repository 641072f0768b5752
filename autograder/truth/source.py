"""Loading a reference module from its file.

The module runs under a name of its own, so that it can hide no other module and two references of the
same file name do not meet. Its folder is on `sys.path` while it is imported, and only then: modules beside it can be
imported at its top, not later from within a function. They too leave `sys.modules` afterwards, and their hashes
are kept, because truth goes stale when they change.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograder.errors import TruthError


@dataclass(frozen=True, slots=True)
class Source:
    """A reference module that has been imported."""

    path: Path
    """The file, absolute."""
    module: ModuleType
    """The module."""
    sha256: str
    """Hash of the file's bytes."""
    siblings: dict[str, str]
    """Hashes of the modules beside it that it imports, by path relative to its folder."""
    packages: tuple[str, ...]
    """Top-level names of the installed packages that it and its siblings import, sorted."""


def load_source(path: Path) -> Source:
    """Import a reference module.

    Args:
        path: the Python file.

    Raises:
        TruthError: it cannot be read, parsed or imported; names the file and, where there is one, the line.
    """
    path = path.resolve()
    content = read_bytes(path)
    name = f"autograder_reference_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    with _beside(path.parent) as siblings:
        try:
            code = compile(content, str(path), "exec", dont_inherit=True)
            sys.modules[name] = module  # dataclasses and typing look their module up there
            exec(code, module.__dict__)
        except (Exception, SystemExit) as error:
            sys.modules.pop(name, None)
            raise TruthError(f"{where(error, path)}: {_refusal(error)}") from error
    files = {file.relative_to(path.parent).as_posix(): file for file in siblings}
    own = {Path(file).parts[0].removesuffix(".py") for file in files}
    contents = {file: read_bytes(files[file]) for file in sorted(files)}
    hashes = {file: hashlib.sha256(data).hexdigest() for file, data in contents.items()}
    sources = [content, *(data for file, data in contents.items() if file.endswith(".py"))]
    imported = {package for data in sources for package in _imports(data)}
    packages = sorted(imported - own - sys.stdlib_module_names - {"autograder"})
    return Source(path, module, hashlib.sha256(content).hexdigest(), hashes, tuple(packages))


def read_bytes(path: Path) -> bytes:
    """Read a file of the reference; raise TruthError with a clear line where that fails."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise TruthError(f"{shown(path)}: there is no such reference file") from error
    except OSError as error:
        raise TruthError(f"{shown(path)}: cannot be read: {error.strerror}") from error


def sha256_of(path: Path) -> str:
    """Return the hash of a reference file's bytes; raise TruthError where it cannot be read."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def shown(path: Path) -> str:
    """Return a path as people know it: relative to the current folder where it lies in there."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def where(error: BaseException, path: Path) -> str:
    """Return ``file:line`` of the innermost line in the reference's folder that raised; else the file."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno or 1}"
    place = shown(path)
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if file.parent == path.parent:
            place = f"{shown(file)}:{line}"
    return place


def one_line(error: BaseException) -> str:
    """Return ``Type: message``, cut to one line of bounded length."""
    first = next(iter(str(error).splitlines()), "")
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return text if len(text) <= 300 else text[:299] + "…"


def _refusal(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"is not valid Python: {error.msg}"
    if isinstance(error, ModuleNotFoundError):
        return f"cannot be imported: {error.msg}; is it installed here?"
    return f"cannot be imported: {one_line(error)}"


@contextmanager
def _beside(folder: Path) -> Iterator[list[Path]]:
    """Let modules beside the reference be imported; on leaving, fill the list with their files."""
    files: list[Path] = []
    before = set(sys.modules)
    bytecode = sys.dont_write_bytecode
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True  # no litter, and no stale .pyc of a file edited within a second
    importlib.invalidate_caches()
    try:
        yield files
    finally:
        sys.dont_write_bytecode = bytecode
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        new = {name: sys.modules[name] for name in set(sys.modules) - before}
        own = {name for name, module in new.items() if "." not in name and _is_in(module, folder)}
        for name, module in new.items():
            if name.partition(".")[0] in own:
                del sys.modules[name]
                if module.__dict__.get("__file__"):
                    files.append(Path(module.__dict__["__file__"]))


def _is_in(module: ModuleType, folder: Path) -> bool:
    """Tell whether a top-level module or package lies directly in a folder."""
    attributes = module.__dict__
    if attributes.get("__spec__") is None:  # the reference itself, or a module made by hand
        return False
    if "__path__" in attributes:
        return any(Path(entry).parent == folder for entry in attributes["__path__"])
    file = attributes.get("__file__")
    return isinstance(file, str) and Path(file).parent == folder


def _imports(content: bytes) -> Iterator[str]:
    """Yield the top-level names of the modules that a source imports anywhere."""
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]
