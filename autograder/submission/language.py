"""Which programming language a notebook is written in, as its metadata says."""

from __future__ import annotations

import re
from typing import Any

from autograder.submission.document import Refusal
from autograder.submission.naming import printable

PYTHON = {
    "python",
    "python2",
    "python3",
    "ipython",
    "ipython2",
    "ipython3",
    "py",
    "sagemath",
    "sage",
}
KNOWN_KERNELS = {"python", "python2", "python3", "colab"}
"""Names of kernels that need no remark."""
NAMES = {
    "r": "R",
    "ir": "R",
    "julia": "Julia",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "deno": "TypeScript",
    "scala": "Scala",
    "almond": "Scala",
    "octave": "Octave",
    "matlab": "MATLAB",
    "bash": "Bash",
    "java": "Java",
    "ijava": "Java",
    "ruby": "Ruby",
    "rust": "Rust",
    "go": "Go",
    "gophernotes": "Go",
    "haskell": "Haskell",
    "ihaskell": "Haskell",
    "cpp": "C++",
    "c++": "C++",
    "xcpp": "C++",
    "c#": "C#",
    "sql": "SQL",
    "stata": "Stata",
    "sas": "SAS",
}
"""Languages, and kernels named otherwise, as people write them."""


def check_language(document: dict[str, Any]) -> tuple[str, ...]:
    """Return notes about the kernel that a notebook's metadata asks for.

    A notebook that names no language is taken to be Python's; so is one whose kernel has an unknown name,
    as environments have.

    Raises:
        Refusal: it is written for another language.
    """
    metadata = _mapping(document.get("metadata"))
    spec, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    kernel = _text(spec.get("name"))
    stated = [_text(spec.get("language")), _text(info.get("name")), _text(metadata.get("language"))]
    languages = [language.lower() for language in stated if language]
    if not languages:
        # "julia-1.9" and "ir" say it in the kernel's name alone.
        word = re.split(r"[-_ \d]", kernel.lower())[0]
        languages = [word] if word in NAMES else []
    if languages and not any(language in PYTHON for language in languages):
        name = NAMES.get(languages[0], printable(languages[0].capitalize()))
        raise Refusal(
            f"The notebook is written for {name}; this homework is graded in Python. In Jupyter choose "
            "Kernel → Change Kernel → Python 3, run all cells, save, and hand in again."
        )
    if _text(info.get("version")).startswith("2.") or kernel == "python2":
        return ("the notebook was written for Python 2; it is run with Python 3",)
    if kernel and kernel.lower() not in KNOWN_KERNELS:
        return (
            f"kernel {printable(kernel)!r} is not known here; the notebook is run with Python 3",
        )
    return ()


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
