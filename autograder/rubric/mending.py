"""A guess at what a rubric with slips was meant to say, so that one slip hides no other.

Nothing is ever graded by a mended rubric: it is only looked at for what else is wrong.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from autograder.rubric.document import Place
from autograder.rubric.draft import at
from autograder.rubric.translation import KINDS, meant_key, site_of
from autograder.rubric.words import closest

_MISSED = {
    "answer", "cases", "conventions", "expected", "filename", "function", "match", "node",
    "properties", "random", "reference", "type",
}  # fmt: skip
"""Keys whose absence a rule would notice; without them a check is not looked at any further."""


def mend(data: Any, error: ValidationError, spelling: dict[Place, str | int]) -> Any:
    """Return a copy of `data` without what pydantic objects to, as far as that is safe.

    Misspelt keys and kinds are corrected, other unknown keys dropped, and so are unreadable values that
    the rest of the rubric does not depend on. Fills `spelling` with the key in the YAML for each
    place that is spelt otherwise in the copy.
    """
    data = deepcopy(data)
    for detail in error.errors(include_url=False):
        site = site_of(detail["loc"])
        if detail["type"] == "union_tag_invalid":
            check = at(data, site.place)
            check["kind"] = closest(check["kind"], KINDS) or check["kind"]
            continue
        holder, key = at(data, site.field[:-1]), site.field[-1] if site.field else ""
        if not isinstance(holder, dict) or key not in holder:
            continue
        info = site.owner.model_fields.get(str(key))
        if info is None:
            value = holder.pop(key)
            if best := meant_key(key, site.owner):
                holder.setdefault(best, value)
                spelling.setdefault((*site.field[:-1], best), key)
        elif not info.is_required() and key not in _MISSED:
            del holder[key]
    return data
