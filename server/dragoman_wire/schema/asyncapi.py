"""The protocol as an AsyncAPI 3.0 document: channels, operations with their answers, schemas of the messages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dragoman_wire.endpoints import DEFAULT_EVENTS, DEFAULT_REQUESTS, DEFAULT_ROUTED
from dragoman_wire.families import FAMILIES
from dragoman_wire.schema.messages import (
    ROUTED_ONLY,
    all_definitions,
    answers_of,
    names_of_events,
    names_of_requests,
)
from dragoman_wire.schema.structures import REFERENCES, Schema

_VERSION = "1"
_SERVERS = {
    "requests": (DEFAULT_REQUESTS, "The server binds a PULL socket; peers connect a PUSH socket."),
    "events": (
        DEFAULT_EVENTS,
        'The server binds a PUB socket; peers connect a SUB socket to it and subscribe to "".',
    ),
    "routedEvents": (
        DEFAULT_ROUTED,
        "The server binds a PUB socket; peers connect a SUB socket and subscribe to their name and a NUL byte.",
    ),
}
_CHANNELS = {
    "requests": "Frames: the header, then binary frames, which `binaryFrames` names by their index from 1.",
    "events": "Answers to requests without `replyTo`. Frames: the header, then binary frames.",
    "routedEvents": "Answers to requests with `replyTo`. Frames: the topic, the header, then binary frames. The topic "
    "is `replyTo` and a NUL byte.",
}
_HEADER = "The header is one map: JSON where its first byte after white space is `{`, msgpack otherwise."


def asyncapi() -> dict[str, Any]:
    """Return the document, as the server sees the protocol: it receives requests and sends events."""
    definitions = all_definitions()
    requests, events = names_of_requests(), names_of_events(definitions)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dragoman",
            "version": _VERSION,
            "description": f"A message server in front of translation, transcription and speech. {_HEADER} Events are "
            "encoded as their request was.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            name: {"host": urlsplit(endpoint).netloc, "protocol": "zmq", "protocolVersion": "3.1", "description": said}
            for name, (endpoint, said) in _SERVERS.items()
        },
        "channels": {
            "requests": _channel("requests", requests),
            "events": _channel("events", {kind: name for kind, name in events.items() if kind not in ROUTED_ONLY}),
            "routedEvents": _channel("routedEvents", events)
            | {
                "address": "{replyTo}",
                "parameters": {"replyTo": {"description": "The name of the peer, as its requests state it."}},
            },
        },
        "operations": _operations(),
        "components": {
            "messages": {kind: _message(kind, name, definitions[name]) for kind, name in (requests | events).items()},
            "schemas": _relocated(definitions),
        },
    }


def _channel(server: str, messages: dict[str, str]) -> dict[str, Any]:
    return {
        "address": None,
        "description": _CHANNELS[server],
        "servers": [{"$ref": f"#/servers/{server}"}],
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in messages},
    }


def _operations() -> dict[str, Any]:
    """Return one operation for each request, answered on routed events; and what the server says unasked."""
    operations: dict[str, Any] = {}
    for family in FAMILIES:
        if family.request is not None:
            operations[family.name] = {
                "action": "receive",
                "channel": {"$ref": "#/channels/requests"},
                "messages": [{"$ref": f"#/channels/requests/messages/{family.name}"}],
                "reply": {
                    "address": {"location": "$message.payload#/replyTo"},
                    "channel": {"$ref": "#/channels/routedEvents"},
                    "messages": [{"$ref": f"#/channels/routedEvents/messages/{kind}"} for kind in answers_of(family)],
                },
            }
    operations["serverStopping"] = {
        "action": "send",
        "channel": {"$ref": "#/channels/routedEvents"},
        "messages": [{"$ref": "#/channels/routedEvents/messages/server_stopping"}],
    }
    operations["publicAnswers"] = {
        "action": "send",
        "channel": {"$ref": "#/channels/events"},
        "summary": "The answers to requests without `replyTo`.",
    }
    return operations


def _message(kind: str, name: str, schema: Schema) -> dict[str, Any]:
    return {
        "name": kind,
        "title": schema["title"],
        "summary": schema["description"],
        "correlationId": {"location": "$message.payload#/taskId"},
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }


def _relocated(schema: Any) -> Any:
    """Return schemas whose references lead to where AsyncAPI keeps them."""
    if isinstance(schema, dict):
        return {
            name: each.replace(REFERENCES.format(name=""), "#/components/schemas/")
            if name == "$ref"
            else _relocated(each)
            for name, each in schema.items()
        }
    return [_relocated(each) for each in schema] if isinstance(schema, list) else schema
