"""The schema of each message, alone and all together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dragoman_wire.errors import ERRORS
from dragoman_wire.events.base import Event, type_of
from dragoman_wire.families import DEFAULT_TYPE, FAMILIES, Family
from dragoman_wire.schema.structures import ERROR_CODE, REFERENCES, Schema, event_structures, request_structures

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ROUTED_ONLY = frozenset({"accepted", "task_finished", "server_stopping"})
"""Types of events that are never published on *events*."""
_OF_EVERY_TASK = ("accepted", "task_progress", "task_finished")
_STATS_RESULT: Schema = {
    "title": "StatsResult",
    "description": "Answers `stats`: the document of GET /stats.",
    "type": "object",
    "properties": {"type": {"const": "stats_result"}, "taskId": {"type": "string"}},
    "required": ["type"],
}
"""The one event without a class: a document of figures, which grows with every version."""


def request_schemas() -> dict[str, Schema]:
    """Return a self-contained schema of each request, by its `type`."""
    definitions = _request_definitions()
    return {family.name: _document("request", family.name, name, definitions) for family, name in _served()}


def event_schemas() -> dict[str, Schema]:
    """Return a self-contained schema of each event, by its `type`."""
    definitions = _event_definitions()
    return {kind: _document("event", kind, name, definitions) for kind, name in names_of_events(definitions).items()}


def bundle() -> Schema:
    """Return one schema of all messages, with the families and the error codes: clients are generated from it."""
    definitions = all_definitions()
    definitions["Request"] = {
        "title": "Request",
        "description": "Any message of a peer.",
        "anyOf": _references(name for _, name in _served()),
    }
    definitions["Event"] = {
        "title": "Event",
        "description": "Any message of the server.",
        "anyOf": _references(names_of_events(definitions).values()),
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:dragoman:messages",
        "title": "Message",
        "description": "Every request and every event of the protocol; see PROTOCOL.md.",
        "anyOf": _references(("Request", "Event")),
        "x-families": [_row(family) for family in FAMILIES],
        "x-errors": {code: {"retryable": error.retryable} for code, error in ERRORS.items()},
        "$defs": dict(sorted(definitions.items())),
    }


def all_definitions() -> dict[str, Schema]:
    """Return the schema of each structure of requests and events, by the name of its class.

    Raises:
        ValueError: a request and an event have a structure in common that each reads in its own way.
    """
    requests, events = _request_definitions(), _event_definitions()
    shared = sorted(name for name in requests.keys() & events.keys() if requests[name] != events[name])
    if shared:
        raise ValueError(f"requests and events need structures of their own for {', '.join(shared)}")
    return requests | events


def names_of_events(definitions: Mapping[str, Schema]) -> dict[str, str]:
    """Return the name of each event's schema, by the event's `type`."""
    kinds = {name: schema.get("properties", {}).get("type", {}).get("const") for name, schema in definitions.items()}
    requests = {name for _, name in _served()}
    return {kind: name for name, kind in sorted(kinds.items()) if kind is not None and name not in requests}


def names_of_requests() -> dict[str, str]:
    """Return the name of each request's schema, by the request's `type`."""
    return {family.name: name for family, name in _served()}


def answers_of(family: Family) -> list[str]:
    """Return the types of all events that may answer a request of a family that is served, errors included."""
    if family.name == "result":
        tasks = [each for each in FAMILIES if each.request is not None and not each.control]
        return sorted({"result_unknown", "request_rejected", *(kind for each in tasks for kind in answers_of(each))})
    own = {*family.events, *family.pieces, type_of(family.error), "request_rejected"}
    return sorted(own if family.control else own | set(_OF_EVERY_TASK))


def _served() -> Iterator[tuple[Family, str]]:
    """Yield each family that is served, and the name of its request's schema."""
    for family in FAMILIES:
        if family.request is not None:
            yield family, family.request.__name__


def _request_definitions() -> dict[str, Schema]:
    definitions = request_structures([family.request for family in FAMILIES if family.request is not None])
    for family, name in _served():
        schema = definitions[name]
        schema["properties"] = {"type": _kind_of(family), **schema["properties"]}
        if family.name != DEFAULT_TYPE:
            schema["required"] = ["type", *schema["required"]]
    return definitions


def _kind_of(family: Family) -> Schema:
    """Return the schema of the `type` of a request."""
    if family.prefix:
        return {"type": "string", "pattern": f"^{family.name}"}
    if family.name == DEFAULT_TYPE:
        return {"enum": [family.name, *family.aliases, None], "default": DEFAULT_TYPE}
    return {"enum": [family.name, *family.aliases]} if family.aliases else {"const": family.name}


def _event_definitions() -> dict[str, Schema]:
    codes = {"title": ERROR_CODE, "description": "What went wrong, for programs.", "enum": list(ERRORS)}
    return event_structures(_leaves(Event)) | {"StatsResult": _STATS_RESULT, ERROR_CODE: codes}


def _leaves(kind: type[Event]) -> list[type[Event]]:
    """Return the events of the wire; a test may have defined further ones."""
    below = [each for each in kind.__subclasses__() if each.__module__.startswith("dragoman_wire.")]
    return [leaf for each in below for leaf in _leaves(each)] if below else [kind]


def _document(direction: str, kind: str, root: str, definitions: Mapping[str, Schema]) -> Schema:
    """Return the schema of one message, with what it refers to."""
    needed = sorted(set(_needed(definitions[root], definitions)))
    document = {"$schema": DIALECT, "$id": f"urn:dragoman:{direction}:{kind}", **definitions[root]}
    return document | ({"$defs": {name: definitions[name] for name in needed}} if needed else {})


def _needed(schema: Any, definitions: Mapping[str, Schema]) -> Iterator[str]:
    """Yield the names that a schema refers to, also by way of others; no structure contains itself."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(REFERENCES.format(name=""))
            yield name
            yield from _needed(definitions[name], definitions)
        for each in schema.values():
            yield from _needed(each, definitions)
    elif isinstance(schema, list):
        for each in schema:
            yield from _needed(each, definitions)


def _references(names: Iterable[str]) -> list[Schema]:
    return [{"$ref": REFERENCES.format(name=name)} for name in names]


def _row(family: Family) -> dict[str, Any]:
    """Return the row of a family, for programs that are not in Python."""
    return {
        "name": family.name,
        "aliases": list(family.aliases),
        "served": family.request is not None,
        "prefix": family.prefix,
        "control": family.control,
        "perLanguage": family.per_language,
        "events": list(family.events),
        "pieces": list(family.pieces),
        "error": type_of(family.error),
    }
