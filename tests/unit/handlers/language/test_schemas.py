from __future__ import annotations

from typing import Any

import pytest

from dragoman_handlers.language.schemas import DataSchema, parsed
from dragoman_wire.errors import InvalidRequest, TooLarge

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def test_data_is_valid_or_the_place_is_named() -> None:
    schema = DataSchema(NAME)

    assert schema.problem_of({"name": "Anna"}) is None
    assert schema.problem_of({"name": 5}) == 'name: 5 is not of type "string"'
    assert "required" in str(schema.problem_of({}))
    assert schema.problem_of(["name"]) == "it is no JSON object"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, 'has to be "object"'),
        ({"type": "string"}, 'has to be "object"'),
        ({"type": "object", "required": 5}, "schema: "),
        ({"type": "object", "properties": {"a": {"type": "text"}}}, "schema: "),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "regex"),
        ({"type": "object", "properties": {"a": {"pattern": "(?=x)"}}}, "regex"),
        ({"type": "object", "$ref": "file:///etc/passwd"}, "does not lead into the schema"),
        ({"type": "object", "properties": {"a": {"$ref": "http://example.com"}}}, "does not lead into the schema"),
        ({"type": "object", "$ref": "#/$defs/missing"}, "schema: "),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, "draft 2020-12"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        DataSchema(schema)
    assert words in refusal.value.message
    assert len(refusal.value.message) < 400


def test_a_schema_that_is_too_large_or_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        deep = {"type": "object", "properties": {"a": deep}}
    with pytest.raises(TooLarge, match="nested"):
        DataSchema(deep)
    with pytest.raises(TooLarge, match="bytes"):
        DataSchema({"type": "object", "description": "x" * 70_000})


def doubling(depth: int) -> dict[str, Any]:
    """A schema with 2 to the power of `depth` ways through it."""
    defs: dict[str, Any] = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(depth)}
    defs[f"d{depth}"] = {"type": "string"}
    return {"type": "object", "$defs": defs, "properties": {"a": {"$ref": "#/$defs/d0"}}}


def test_a_schema_that_would_take_for_ever_is_not_checked() -> None:
    assert "too intricate" in str(DataSchema(doubling(40)).problem_of({"a": "x"}))
    assert DataSchema(doubling(5)).problem_of({"a": "x"}) is None


def test_a_schema_that_doubles_with_the_depth_of_the_data_is_not_checked() -> None:
    node = {"allOf": [{"$ref": "#/$defs/n"}, {"$ref": "#/$defs/n"}]}
    schema = {"type": "object", "$defs": {"n": {"properties": {"c": node}}}, "properties": {"c": node}}
    data: dict[str, Any] = {}
    for _ in range(60):
        data = {"c": data}

    assert "too intricate" in str(DataSchema(schema).problem_of(data))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "$ref": "#"},
        {"type": "object", "allOf": [{"$ref": "#"}]},
        {"type": "object", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    ],
)
def test_a_circle_of_references_ends(schema: dict[str, Any]) -> None:
    assert DataSchema(schema).problem_of({"a": 1}) is None


def test_a_tree_of_any_depth_is_valid() -> None:
    schema = {
        "type": "object",
        "$defs": {"n": {"type": "object", "properties": {"parts": {"type": "array", "items": {"$ref": "#/$defs/n"}}}}},
        "$ref": "#/$defs/n",
    }

    assert DataSchema(schema).problem_of({"parts": [{"parts": []}, {"parts": [{}]}]}) is None
    assert DataSchema(schema).problem_of({"parts": [{"parts": 5}]}) is not None


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"a": Infinity}', "[" * 100_000])
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)
