"""What all events share."""

from __future__ import annotations

import functools

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    """Base of all events; the class's tag is the `type` on the wire."""


@functools.cache
def type_of(event: type[Event]) -> str:
    """Return the `type` on the wire."""
    return str(event.__struct_config__.tag)


class BinaryFrame(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where an event's binary frame is, and what."""

    index: int
    """1-based."""
    size: int
    mime_type: str
