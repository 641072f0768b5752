"""Decorators for functions of a reference module that are not nodes of its graph.

Each leaves the function as it is, so that tests of the reference may call it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

MARK = "__autograder_mark__"
"""The attribute that holds the mark."""

F = TypeVar("F", bound=Callable[..., Any])


def function(solution: F) -> F:
    """Mark the model solution of a function that students write."""
    return _mark(solution, "function")


def inputs(draw: F) -> F:
    """Mark ``def boxes(rng)``, which draws the arguments of one call and returns them as a tuple."""
    return _mark(draw, "inputs")


def property_test(test: F) -> F:
    """Mark ``def iou_is_symmetric(inputs, results)``, which says whether results are as they must be.

    It gets a list of argument tuples and the list of what each call returned; arrays and tensors arrive as numpy
    arrays. It returns True, or False, or text that tells the student what is wrong; a failed `assert` counts as False.
    """
    return _mark(test, "property_test")


def mark_of(value: Any) -> str:
    """Return ``function``, ``inputs`` or ``property_test``; empty where a value is not marked."""
    mark = getattr(value, MARK, "")
    return mark if isinstance(mark, str) else ""


def _mark(decorated: F, mark: str) -> F:
    if not inspect.isroutine(inspect.unwrap(decorated)):
        raise TypeError(f"@{mark} marks a function, not {type(decorated).__name__}")
    setattr(decorated, MARK, mark)
    return decorated
