"""What all events share."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    """Base of all events; the class's tag is the `type` on the wire."""


class BinaryFrame(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where an event's binary frame is, and what."""

    index: int
    """1-based."""
    size: int
    mime_type: str
