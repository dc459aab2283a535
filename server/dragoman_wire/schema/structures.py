"""The JSON Schema of each structure (a `msgspec.Struct`) that messages are made of."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import itertools
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import NODEFAULT, UNSET

Schema = dict[str, Any]

REFERENCES = "#/$defs/{name}"
ERROR_CODE = "ErrorCode"
"""The name of the schema of `errorCode`, which every structure refers to."""
_NUMBERS = ({"type": "number"}, {"type": "integer"})


def request_structures(types: Iterable[type[msgspec.Struct]]) -> dict[str, Schema]:
    """Return the schema of each structure in these requests, by its class's name.

    What has a default may be left out, and null is the same.
    """
    found = {}
    for cls, schema in _structures(types):
        for each in schema["properties"].values():
            if each.get("default", UNSET) is None:
                del each["default"]  # it says no more than the type
        found[cls.__name__] = schema
    return found


def event_structures(types: Iterable[type[msgspec.Struct]]) -> dict[str, Schema]:
    """Return the schema of each structure in these events, by its class's name.

    The server says every field, but those whose default is `UNSET`, and the defaults of a structure that omits them.
    """
    found = {}
    for cls, schema in _structures(types):
        fields = msgspec.structs.fields(cls)
        omitted = {field.encode_name for field in fields if _may_be_omitted(cls, field)}
        for name, each in schema["properties"].items():
            left_out = each.pop("default", UNSET)
            if name in omitted and left_out is None:
                schema["properties"][name] = _without_null(each)
        if "errorCode" in schema["properties"]:
            schema["properties"]["errorCode"] = {"$ref": REFERENCES.format(name=ERROR_CODE)}
        if "type" in schema["properties"]:
            [kind] = schema["properties"]["type"]["enum"]
            schema["properties"]["type"] = {"const": kind}
        schema["required"] = [name for name in schema["properties"] if name not in omitted]
        found[cls.__name__] = schema
    return found


def _may_be_omitted(cls: type[msgspec.Struct], field: msgspec.structs.FieldInfo) -> bool:
    has_default = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
    return field.default is UNSET or (cls.__struct_config__.omit_defaults and has_default)


def _structures(types: Iterable[type[msgspec.Struct]]) -> Iterator[tuple[type[msgspec.Struct], Schema]]:
    """Yield each class that is in these types, and its schema with what its source says of the fields."""
    roots = tuple(types)
    classes: dict[str, type[msgspec.Struct]] = {}
    _collect(msgspec.inspect.multi_type_info(roots), classes)
    _, schemas = msgspec.json.schema_components(roots, ref_template=REFERENCES)
    for name, made in schemas.items():
        cls, schema = classes[name], _portable(made)
        sentences = _field_docs(cls)
        for field in msgspec.structs.fields(cls):
            described = schema["properties"][field.encode_name]
            # What stands beside a reference is not read by every tool.
            if field.name in sentences and "$ref" not in described:
                described["description"] = sentences[field.name]
        yield cls, schema


def _collect(part: object, classes: dict[str, type[msgspec.Struct]]) -> None:
    """Note every structure in a type, as `msgspec.inspect` describes it."""
    if isinstance(part, msgspec.inspect.StructType):
        if part.cls.__name__ in classes:
            return
        classes[part.cls.__name__] = part.cls
    if isinstance(part, msgspec.inspect.Type | msgspec.inspect.Field):
        for name in part.__struct_fields__:
            _collect(getattr(part, name), classes)
    elif isinstance(part, list | tuple):
        for each in part:
            _collect(each, classes)


def _portable(schema: Any) -> Any:
    """Return a schema whose patterns are ECMAScript's, as the standard wants, and without a choice that is none."""
    if isinstance(schema, list):
        return [_portable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _portable(each) for name, each in schema.items()}
    if isinstance(found.get("pattern"), str):
        found["pattern"] = found["pattern"].replace(r"\Z", "$")
    choices = found.get("anyOf")
    if isinstance(choices, list) and all(number in choices for number in _NUMBERS):
        found["anyOf"] = [each for each in choices if each != {"type": "integer"}]
    return _unwrapped(found)


def _without_null(schema: Schema) -> Schema:
    return _unwrapped(schema | {"anyOf": [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]})


def _unwrapped(schema: Schema) -> Schema:
    """Return a choice of one as that one."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or len(choices) != 1:
        return schema
    only: Schema = choices[0]
    return only | {name: each for name, each in schema.items() if name != "anyOf"}


@functools.cache
def _field_docs(cls: type[msgspec.Struct]) -> dict[str, str]:
    """Return the sentences that stand below the fields in the source, as documentation tools read them."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        if each.__module__.startswith("dragoman_"):
            # Where only compiled files are installed, there are no sentences.
            with contextlib.suppress(OSError):
                found |= dict(_docs_in(textwrap.dedent(inspect.getsource(each))))
    return found


def _docs_in(source: str) -> Iterator[tuple[str, str]]:
    [definition] = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, doc in itertools.pairwise(body):
        match field, doc:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(sentence))):
                yield name, " ".join(sentence.split())
