"""The JSON Schema by which editors complete and check a rubric while it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.rubric.schema import Rubric


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a rubric.

    It knows the form of a rubric; that nodes exist or points add up only `lint_rubric` can tell.
    """
    schema = Rubric.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        for field in model.get("properties", {}).values():
            _tidy(field)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _tidy(field: dict[str, Any]) -> None:
    """Drop what only clutters an editor's hints, and what only OpenAPI understands."""
    field.pop("title", None)
    if field.get("default", "") is None:
        del field["default"]
    if "patternProperties" in field:
        field["additionalProperties"] = False
    field.get("items", {}).pop("discriminator", None)


def write_schema(path: Path) -> None:
    """Write the JSON Schema to `path`, as shipped in ``autograder/rubric.schema.json``."""
    path.write_text(json.dumps(json_schema(), indent=1) + "\n", encoding="utf-8")
