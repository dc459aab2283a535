"""The lines about tasks, and where lines go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from dragoman_server.telemetry.logs import Level


class AcceptedLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A request is safe and has its place. A struct costs half of what a map does."""

    event: str
    type: str
    lane: str
    task_id: str
    reply_to: str | None = None
    message_id: str | None = None
    conversation_id: str | None = None
    attachment_id: str | None = None
    sender_id: str | None = None
    priority: str
    again: list[str] | None = None
    resumed: bool | None = None
    traceparent: str | None = None
    level: str
    timestamp: str


class FinishedLine(msgspec.Struct, omit_defaults=True, gc=False):
    """The last event of a task is out. Most lines of a log are such: to be made by position, which takes a fifth."""

    event: str
    type: str
    lane: str
    task_id: str
    status: str
    events: int
    queue_ms: float
    compute_ms: float
    publish_ms: float
    level: str
    timestamp: str
    priority: str | None = None
    reply_to: str | None = None
    message_id: str | None = None
    conversation_id: str | None = None
    attachment_id: str | None = None
    sender_id: str | None = None
    traceparent: str | None = None
    at_once: bool | None = None
    """Answered in the turn in which it came."""
    error_code: str | None = None
    error: str | None = None


class Lines(Protocol):
    """Where lines go; `Logs` is one."""

    def says(self, level: Level) -> bool:
        """Return whether lines of this level are written now."""
        ...

    def write(self, level: Level, fields: dict[str, Any]) -> None:
        """Write one, whatever its level."""
        ...

    def write_whole(self, lines: Sequence[msgspec.Struct]) -> None:
        """Write some that have their level and their timestamp."""
        ...

    def timestamp(self) -> str:
        """Return the time now, as it is written in lines."""
        ...


class NoLines:
    """Writes nothing."""

    def says(self, level: Level) -> bool:  # noqa: ARG002 - it looks at nothing that it is given
        """Return False: no line is written."""
        return False

    def write(self, level: Level, fields: dict[str, Any]) -> None:
        """Drop the line."""

    def write_whole(self, lines: Sequence[msgspec.Struct]) -> None:
        """Drop the lines."""

    def timestamp(self) -> str:
        """Return nothing: no line needs it."""
        return ""
