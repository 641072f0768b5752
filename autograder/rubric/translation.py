"""What pydantic objects to, in the rubric's own words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from autograder.rubric.document import Place
from autograder.rubric.draft import Finding, at, label
from autograder.rubric.scalars import read_word
from autograder.rubric.schema import (
    NAME_PATTERN,
    Alternate,
    AnyCheck,
    Check,
    Convention,
    FollowThrough,
    FunctionCase,
    KeyPoint,
    Misconception,
    Model,
    PropertyTest,
    RandomInputs,
    Rubric,
    Tolerance,
)
from autograder.rubric.words import closest, described, listed, quoted, suggestion

KINDS: dict[str, type[Check]] = {
    get_args(member.model_fields["kind"].annotation)[0]: member
    for member in get_args(get_args(AnyCheck)[0])
}
"""Every kind of check and its model."""

_EXAMPLES: dict[type[Model], str] = {
    Alternate: "{value: 5}",
    Check: "{id: conv1_output, points: 1}",
    Convention: "{title: counted as 2 x MAC, answer: convention}",
    FollowThrough: "{nodes: [conv1_macs], penalty: 0.25}",
    FunctionCase: "{args: [1, 2]}",
    KeyPoint: "{point: it overfits, any: [overfit]}",
    Misconception: "{point: it underfits, any: [underfit]}",
    PropertyTest: "{holds: iou_is_symmetric, on: {inputs: boxes}}",
    RandomInputs: "{inputs: boxes, count: 20}",
    Tolerance: "{rtol: 1e-5}",
}
_FORMS = {
    "tolerance": "exact, or a mapping such as {rtol: 1e-5}",
    "follow_through": "a list of nodes, or a mapping such as {nodes: [conv1_macs], penalty: 0.25}",
    "environment": "the path of an interpreter, or a mapping with `python`",
}
"""What may stand under the keys that take several forms."""

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "dict_type": "a mapping",
    "list_type": "a list",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where an error of pydantic's lies."""

    place: Place
    """Keys and positions in the YAML, without pydantic's names for the members of a union."""
    owner: type[Model]
    """The innermost model that holds it."""
    field: Place
    """The place of that model's key."""
    annotation: Any
    """What may stand there; None where nothing may."""
    fork: Place | None = None
    """The place above it where several forms may stand (`_FORMS`)."""
    form: type = str
    """The form that this error speaks of: dict, list or str."""


def translate(error: ValidationError, data: Any) -> list[Finding]:
    """Return what is wrong with `data`, the plain content of a rubric.

    Where several forms may stand, pydantic reports on each; only the one that was meant is kept. A
    key that is there but misspelt is not called missing as well.
    """
    findings: list[Finding] = []
    misfits: dict[Place, None] = {}
    sites = [(detail, site_of(detail["loc"])) for detail in error.errors(include_url=False)]
    misspelt = {
        (*site.place[:-1], meant_key(site.place[-1], site.owner))
        for detail, site in sites
        if detail["type"] == "extra_forbidden"
    }
    for detail, site in sites:
        if site.fork is not None and (
            site.place == site.fork or not isinstance(at(data, site.fork), site.form)
        ):
            misfits[site.fork] = None
        elif detail["type"] != "missing" or site.place not in misspelt:
            findings.append(_finding(detail, site))
    for fork in misfits:
        if not any(finding.place[: len(fork)] == fork for finding in findings):
            expected = _FORMS[str(fork[-1])]
            message = f"{label(fork)}: expected {expected}; found {described(at(data, fork))}"
            findings.append(Finding(fork, message))
    return findings


def site_of(location: tuple[int | str, ...]) -> Site:
    """Follow pydantic's `location` through the models from `Rubric` down."""
    place: Place = ()
    field: Place = ()
    owner: type[Model] = Rubric
    here: Any = Rubric
    fork: Place | None = None
    form: type = str
    for step in location:
        origin = get_origin(here)
        if step == "[key]":
            break
        if _is_model(here):
            owner, place = here, (*place, step)
            field, info = place, owner.model_fields.get(str(step))
            here = _bare(info.annotation) if info else None
        elif origin in (list, dict):
            place, here = (*place, step), _bare(get_args(here)[-1])
        elif step in KINDS and origin in (Union, UnionType):
            here = owner = KINDS[str(step)]
        elif origin in (Union, UnionType):
            fork = place
            here = _member(str(step), get_args(here))
            form = dict if _is_model(here) else get_origin(here) or str
    return Site(place, owner, field, here, fork, form)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def _bare(annotation: Any) -> Any:
    """Return the annotation without metadata and without ``| None``."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        return _bare(members[0]) if len(members) == 1 else Union[tuple(members)]  # noqa: UP007
    return annotation


def _member(name: str, members: tuple[Any, ...]) -> Any:
    """Return the member of a union to which pydantic refers by `name`."""
    if name.startswith("list["):
        return next(member for member in members if get_origin(member) is list)
    return next(
        (member for member in members if _is_model(member) and member.__name__ == name), str
    )


def _finding(detail: ErrorDetails, site: Site) -> Finding:
    """Translate one error."""
    kind, value, place = detail["type"], detail["input"], site.place
    if kind in ("extra_forbidden", "invalid_key"):
        return Finding(place, _unknown_key(place[-1], site.owner))
    if kind == "missing":
        return Finding(place, _prefix(place[:-1]) + _missing_key(str(place[-1]), site.owner))
    if kind == "union_tag_invalid":
        named = at(value, ("kind",))
        hint = suggestion(named, KINDS) or f" (kinds: {listed(KINDS)})"
        return Finding((*place, "kind"), f"unknown kind {quoted(named)}{hint}")
    return Finding(place, _prefix(place) + _wrong_value(kind, value, detail, site))


def _prefix(place: Place) -> str:
    name = label(place)
    return f"{name}: " if name else ""


def _wrong_value(kind: str, value: Any, detail: ErrorDetails, site: Site) -> str:
    """Say what was expected in place of `value`."""
    context = detail.get("ctx", {})
    if kind in _TYPES:
        return f"expected {_TYPES[kind]}, found {described(value)}{_remedy(kind, value)}"
    if kind in ("literal_error", "enum"):
        return _wrong_choice(value, site.annotation)
    if kind in ("model_type", "model_attributes_type"):
        model = site.annotation if _is_model(site.annotation) else Check
        return f"expected a mapping{_example(model)}, found {described(value)}"
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"expected {words} {context[key]:.12g}, found {described(value)}"
    if kind == "string_pattern_mismatch":
        wanted = "a Python name (letters, digits and '_')"
        if context["pattern"] != NAME_PATTERN:
            wanted = "an id (letters, digits, '.', '_' and '-')"
        return f"expected {wanted}, found {described(value)}"
    if kind == "too_short":
        return "expected at least one entry, found none"
    if kind == "value_error":
        return str(context["error"])
    return f"{detail['msg']}, found {described(value)}"


def _remedy(kind: str, value: Any) -> str:
    """Return what to do about a value of the wrong type; empty where nothing is sure."""
    if value is None:
        return "; give a value or remove the key"
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return "; put it in quotes"
    if kind == "list_type" and not isinstance(value, dict):
        return "; write it in brackets, as in [a, b]"
    if kind in ("int_type", "float_type", "bool_type") and isinstance(value, str):
        return "; remove the quotes" if not isinstance(read_word(value).value, str) else ""
    return ""


def _wrong_choice(value: Any, annotation: Any) -> str:
    choices = get_args(annotation)
    if get_origin(annotation) is not Literal:
        choices = tuple(str(member.value) for member in annotation if isinstance(member, Enum))
    if len(choices) == 1:
        return f"expected {choices[0]}, found {described(value)}"
    hint = suggestion(value, choices) if isinstance(value, str) else ""
    return f"expected one of {listed(choices)}; found {described(value)}{hint}"


def _example(model: type[Model]) -> str:
    if model in _EXAMPLES:
        return f" such as {_EXAMPLES[model]}"
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    return f" with {' and '.join(f'`{name}`' for name in required)}" if required else ""


def _missing_key(key: str, owner: type[Model]) -> str:
    description = owner.model_fields[key].description or ""
    first = description.split(". ")[0].split(";")[0].rstrip(".")
    return f"missing key {key!r} ({first[:1].lower()}{first[1:]})"


def meant_key(key: object, owner: type[Model]) -> str:
    """Return the key of `owner` for which an unknown one was probably meant; empty where unclear."""
    known = owner.model_fields
    return closest(key, known, cutoff=0.85) or (
        "" if _elsewhere(str(key), owner) else closest(key, known)
    )


def _unknown_key(key: object, owner: type[Model]) -> str:
    """Say what an unknown key may have been meant for."""
    if best := meant_key(key, owner):
        hint = f"; did you mean {best!r}?"
    else:
        hint = _elsewhere(str(key), owner) or f" (known here: {listed(owner.model_fields)})"
    return f"unknown key {quoted(key)}{hint}"


def _elsewhere(key: str, owner: type[Model]) -> str:
    """Say where in the vocabulary a key is known that `owner` lacks; empty where it is nowhere near."""
    kinds = [kind for kind, model in KINDS.items() if key in model.model_fields]
    if issubclass(owner, Check) and kinds:
        kind = next(kind for kind, model in KINDS.items() if model is owner)
        return f" for kind {kind} (kinds that have it: {listed(kinds)})"
    inside = [
        repr(field)
        for field, info in owner.model_fields.items()
        if any(key in model.model_fields for model in _models(info.annotation))
    ]
    return f"; it goes inside {' or '.join(inside)}" if inside else ""


def _models(annotation: Any) -> Iterator[type[Model]]:
    """Yield the models within an annotation."""
    if _is_model(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
