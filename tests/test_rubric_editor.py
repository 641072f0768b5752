"""The JSON Schema that editors use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import autograder
from autograder.rubric import json_schema, load_rubric, write_schema
from autograder.rubric.schema import Rubric

SHIPPED = Path(autograder.__file__).parent / "rubric.schema.json"


def rubric(*checks: dict[str, Any], **top: Any) -> dict[str, Any]:
    questions = [{"id": 1, "checks": list(checks)}]
    return {"version": 1, "assignment": "hw", "questions": questions, **top}


GOOD = rubric(
    {"id": "a", "points": 0.5, "tolerance": {"rtol": 1e-5}},
    {"id": "b", "kind": "array", "tolerance": "exact", "credit": "per_entry"},
    {"id": "c", "follow_through": ["a"], "mistakes": [{"value": 5, "credit": 0.5}]},
    {"id": "d", "kind": "text", "key_points": [{"point": "p", "any": ["x"]}]},
    {"id": "e", "kind": "notebook", "rules": ["outputs"]},
    limits={"time": "5 min", "memory": "2 GiB", "threads": 1},
    conventions={"mac2": {"title": "t", "mentions": ["2 x MAC"]}},
)


def errors(content: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema())
    return [error.json_path for error in validator.iter_errors(content)]


def test_the_shipped_schema_is_the_one_of_this_code(tmp_path: Path) -> None:
    write_schema(tmp_path / "fresh.json")
    fresh = (tmp_path / "fresh.json").read_text(encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") == fresh, (
        "stale: python -c 'from pathlib import Path; from autograder.rubric import write_schema; "
        'write_schema(Path("autograder/rubric.schema.json"))\''
    )


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_a_good_rubric_is_accepted() -> None:
    assert errors(GOOD) == []
    Rubric.model_validate(GOOD)


def test_the_kind_of_a_value_may_be_left_out_and_no_other() -> None:
    variants = {
        tuple(sorted(definition["required"]))
        for name, definition in json_schema()["$defs"].items()
        if name.endswith("Check")
    }
    assert ("id",) in variants
    assert all("kind" in required for required in variants if required != ("id",))


def test_every_kind_is_told_apart_by_a_constant() -> None:
    checks = json_schema()["$defs"]["Question"]["properties"]["checks"]["items"]["oneOf"]
    kinds = [
        json_schema()["$defs"][each["$ref"].split("/")[-1]]["properties"]["kind"]["const"]
        for each in checks
    ]
    assert len(set(kinds)) == 10


def test_every_key_is_explained() -> None:
    schema = json_schema()
    for definition in (schema, *schema["$defs"].values()):
        assert definition.get("description") or "enum" in definition
        for name, field in definition.get("properties", {}).items():
            assert field.get("description"), name


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (rubric({"id": "a", "kind": "vaule"}), "$.questions[0].checks[0]"),
        (rubric({"id": "a", "pionts": 1}), "$.questions[0].checks[0]"),
        (rubric({"id": "a", "points": -1}), "$.questions[0].checks[0]"),
        (rubric({"id": "a", "kind": "text"}), "$.questions[0].checks[0]"),
        (rubric({"id": "a"}, version=2), "$.version"),
        (rubric({"id": "a"}, limits={"time": "soon"}), "$.limits.time"),
        (rubric({"id": "a"}, conventions={"mac-2": {"title": "t"}}), "$.conventions"),
        (rubric({"id": "a"}, memory="2 GiB"), "$"),
        (rubric(), "$.questions[0].checks"),
        ({"version": 1}, "$"),
    ],
)
def test_a_bad_rubric_is_refused_where_it_is_bad(content: Any, path: str) -> None:
    assert path in errors(content)


def test_what_the_schema_accepts_in_yaml_the_loader_accepts(tmp_path: Path) -> None:
    reference = "def a():\n    return 1\ndef b():\n    return 2\ndef c(a):\n    return a\n"
    (tmp_path / "hw.py").write_text(reference, encoding="utf-8")
    path = tmp_path / "hw.yaml"
    path.write_text(json.dumps({**GOOD, "reference": "hw.py"}), encoding="utf-8")
    assert [check.id for check in load_rubric(path).checks] == ["a", "b", "c", "d", "e"]
