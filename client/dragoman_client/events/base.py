"""What all typed events have, and the one for events that this version has no class for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseEvent:
    """Base of all typed events."""

    binaries: Mapping[str, bytes] = field(default_factory=dict)
    """The binary frames under the names that the header gives them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherEvent(BaseEvent):
    """An event that this version has no class for: of a later server, or the figures that answer `stats`."""

    type: str
    fields: Mapping[str, Any]
    """The header, with the wire's field names."""
