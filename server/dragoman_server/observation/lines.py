"""The lines about tasks, and where lines go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from dragoman_server.logs import Level


class TaskLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What lines about a task share. A struct costs half of what a map does, and these are most lines of a log."""

    event: str
    type: str
    lane: str
    task_id: str
    reply_to: str | None = None
    message_id: str | None = None
    conversation_id: str | None = None
    attachment_id: str | None = None
    sender_id: str | None = None


class AcceptedLine(TaskLine, kw_only=True):
    """A request is safe and has its place."""

    priority: str
    again: list[str] | None = None
    resumed: bool | None = None
    traceparent: str | None = None
    level: str
    timestamp: str


class FinishedLine(TaskLine, kw_only=True):
    """The last event of a task is out."""

    priority: str | None = None
    traceparent: str | None = None
    at_once: bool | None = None
    """Answered in the turn in which it came: it has no other line."""
    status: str
    error_code: str | None = None
    error: str | None = None
    events: int
    queue_ms: float
    compute_ms: float
    publish_ms: float
    level: str
    timestamp: str


class Lines(Protocol):
    """Where lines go; `Logs` is one."""

    def says(self, level: Level) -> bool:
        """Whether lines of this level are written now."""
        ...

    def write(self, level: Level, fields: dict[str, Any]) -> None:
        """Write one, whatever its level."""
        ...

    def write_whole(self, lines: Sequence[msgspec.Struct]) -> None:
        """Write some that have their level and their timestamp."""
        ...

    def timestamp(self) -> str:
        """Now."""
        ...


class NoLines:
    """Writes nothing."""

    def says(self, level: Level) -> bool:  # noqa: ARG002 - it looks at nothing that it is given
        """See Lines."""
        return False

    def write(self, level: Level, fields: dict[str, Any]) -> None:
        """See Lines."""

    def write_whole(self, lines: Sequence[msgspec.Struct]) -> None:
        """See Lines."""

    def timestamp(self) -> str:
        """See Lines."""
        return ""
