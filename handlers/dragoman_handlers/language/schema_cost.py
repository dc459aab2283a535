"""How much work it is to hold data against a schema, known before it is done.

A schema of thirty lines in which each definition names the next one twice has a thousand million ways through it, and
a validator goes them all. Here each part of the schema meets each part of the data once: the ways are only counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MOST_STEPS = 1_000_000
_MOST_PAIRS = 50_000
_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
_IN_PLACE = ("not", "if", "then", "else")
_OF_VALUES = (
    "items",
    "contains",
    "additionalProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "propertyNames",
)


class _TooMuch(Exception):
    """It is more work than any data is worth."""


def may_be_checked(schema: Mapping[str, Any], data: Any) -> bool:
    """Tell whether data can be held against a schema in a moment."""
    try:
        return _Steps(schema).of(schema, data) <= _MOST_STEPS
    except (_TooMuch, RecursionError):
        return False


class _Steps:
    """Counts how often a validator looks at a part of the data with a part of the schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[tuple[int, int], int] = {}
        self._anchors = dict(_anchors(root))

    def of(self, schema: Any, data: Any) -> int:
        """Return the steps for one part of each."""
        if not isinstance(schema, Mapping):
            return 1
        pair = (id(schema), id(data))
        known = self._known.get(pair)
        if known is not None:
            return known
        if len(self._known) >= _MOST_PAIRS:
            raise _TooMuch
        self._known[pair] = 1  # of a circle that leads nowhere
        steps = 1 + sum(self.of(part, data) for part in self._in_place(schema))
        steps += sum(self.of(part, value) for part, value in _inside(schema, data))
        if steps > _MOST_STEPS:
            raise _TooMuch
        self._known[pair] = steps
        return steps

    def _in_place(self, schema: Mapping[str, Any]) -> Iterator[Any]:
        for word in _IN_PLACE_LISTS:
            yield from _list(schema.get(word))
        for word in _IN_PLACE:
            if word in schema:
                yield schema[word]
        yield from _map(schema.get("dependentSchemas")).values()
        for word in ("$ref", "$dynamicRef"):
            if word in schema:
                yield self._target(schema[word])

    def _target(self, reference: Any) -> Any:
        """Return what a reference leads to; the whole schema where that is not found."""
        place = str(reference).removeprefix("#")
        if not place.startswith("/"):
            return self._anchors.get(place, self._root)
        at: Any = self._root
        for part in place.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~").replace("%25", "%")
            if isinstance(at, Mapping) and name in at:
                at = at[name]
            elif isinstance(at, list) and name.isdecimal() and int(name) < len(at):
                at = at[int(name)]
            else:
                return self._root
        return at


def _inside(schema: Mapping[str, Any], data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the parts of a schema that are about values inside the data, each with every such value."""
    if isinstance(data, Mapping):
        for name, part in _map(schema.get("properties")).items():
            if name in data:
                yield part, data[name]
        for part in _map(schema.get("patternProperties")).values():
            yield from ((part, value) for value in data.values())
    elif isinstance(data, list):
        for part, value in zip(_list(schema.get("prefixItems")), data, strict=False):
            yield part, value
    else:
        return
    values = data.values() if isinstance(data, Mapping) else data
    for word in _OF_VALUES:
        if word in schema:
            yield from ((schema[word], value) for value in values)


def _anchors(schema: Any) -> Iterator[tuple[str, Any]]:
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(one.get(word), str):
                    yield one[word], one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
