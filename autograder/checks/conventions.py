"""Which of the rubric's conventions a student declared, in a variable or in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograder.checks.notebook_text import mentions, own_text
from autograder.checks.verdicts import plain
from autograder.compare import compare_values, fold
from autograder.model import Reply, Request
from autograder.rubric.schema import Alternate, Check, Convention


def convention_requests(check: Check, alternates: Iterable[Alternate]) -> list[Request]:
    """Return the requests that tell which conventions are declared, for those that `alternates` name."""
    return [request for _, request in _asked(check, alternates)]


def declared_conventions(
    check: Check, alternates: Iterable[Alternate], replies: Sequence[Reply]
) -> frozenset[str]:
    """Return the names of the declared conventions.

    Args:
        check: the check.
        alternates: the same as for `convention_requests`.
        replies: the replies to those requests, in order.
    """
    return frozenset(
        name
        for (name, request), reply in zip(_asked(check, alternates), replies, strict=True)
        if reply.status == "ok" and _declares(check.conventions[name], request, reply.value)
    )


def _asked(check: Check, alternates: Iterable[Alternate]) -> list[tuple[str, Request]]:
    names = dict.fromkeys(alternate.when for alternate in alternates if alternate.when is not None)
    asked = []
    for name in names:
        convention = check.conventions[name]
        if convention.answer is not None:
            request = Request("evaluate", check.place, convention.answer, time_s=check.time_s)
            asked.append((name, request))
        if convention.mentions:
            asked.append((name, Request("cells", check.question)))
    return asked


def _declares(convention: Convention, request: Request, value: Any) -> bool:
    if request.kind == "cells":
        text = own_text(value["cells"])
        return any(mentions(text, phrase) for phrase in convention.mentions)
    return any(_same(plain(value), wanted) for wanted in convention.equals)


def _same(got: Any, wanted: Any) -> bool:
    """Compare a declaration with a value that makes it; text by letters and digits."""
    if isinstance(got, str) and isinstance(wanted, str):
        return fold(got.replace("×", "x")) == fold(wanted.replace("×", "x")) != ""
    return compare_values(got, wanted).equal
