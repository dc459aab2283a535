"""JSON Schemas that peers send: checked before any call, and safe to validate by whatever they say.

Nothing is fetched for a reference, patterns are matched in linear time, and size and depth are bounded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from dragoman_handlers.language.schema_cost import may_be_checked
from dragoman_wire.errors import InvalidRequest, TooLarge

MOST_BYTES = 64 << 10
MOST_DEPTH = 32
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MOST_PROBLEMS = 5
_MOST_WORDS = 300


class DataSchema:
    """A schema that an answer has to be valid by. Takes milliseconds to make: not in the event loop.

    Args:
        schema: of type object.

    Raises:
        InvalidRequest: it is no JSON Schema of draft 2020-12, or not of an object.
        TooLarge: it is larger or deeper than any that is needed.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        if _depth(schema) > MOST_DEPTH:
            raise TooLarge(f"schema: it is nested more than {MOST_DEPTH} deep")
        self.as_json = json.dumps(schema, sort_keys=True, ensure_ascii=False)
        size = len(self.as_json.encode("utf-8", "surrogatepass"))
        if size > MOST_BYTES:
            raise TooLarge(f"schema: it has {size} bytes; the most is {MOST_BYTES}")
        if schema.get("type") != "object":
            raise InvalidRequest('schema: its type has to be "object"')
        if schema.get("$schema", _DRAFT).rstrip("#") != _DRAFT:
            raise InvalidRequest("schema: only draft 2020-12 is understood")
        _check_references(schema)
        self._schema = dict(schema)
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                dict(schema), retriever=_no_retriever, pattern_options=jsonschema_rs.RegexOptions()
            )
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            told = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
            raise InvalidRequest(f"schema: {_short(told)}") from error

    def problem_of(self, data: Any) -> str | None:
        """Return what is wrong with an answer, in words for the model; None where it is valid."""
        if not isinstance(data, dict):
            return "it is no JSON object"
        if not may_be_checked(self._schema, data):
            return "it is too large, or its schema too intricate, to be checked"
        found = []
        for problem in self._validator.iter_errors(data):
            place = "/".join(map(str, problem.instance_path))
            found.append(f"{place or 'the object'}: {problem.message}")
            if len(found) == _MOST_PROBLEMS:
                break
        return _short("; ".join(found)) if found else None


def parsed(text: str) -> Any:
    """Read JSON.

    Raises:
        ValueError: it is none; the sentence says where.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _no_retriever(uri: str) -> Any:
    raise ValueError(f"nothing is fetched for the reference {uri}")


def _check_references(schema: Any) -> None:
    """Check that every reference leads into the schema itself, and that none leads to nothing but references.

    Raises:
        InvalidRequest: one does not.
    """
    for part in _parts(schema):
        for word in ("$ref", "$dynamicRef"):
            reference = part.get(word)
            if reference is not None and not (isinstance(reference, str) and reference.startswith("#")):
                raise InvalidRequest(f"schema: the reference {_short(str(reference))!r} does not lead into the schema")


def _parts(schema: Any) -> list[dict[str, Any]]:
    found, waiting = [], [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found.append(one)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        deepest = max(deepest, depth)
        if depth > MOST_DEPTH:
            return depth
        if isinstance(one, dict):
            waiting += [(each, depth + 1) for each in one.values()]
        elif isinstance(one, list):
            waiting += [(each, depth + 1) for each in one]
    return deepest


def _short(words: str) -> str:
    return " ".join(words.split())[:_MOST_WORDS]
