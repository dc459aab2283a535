"""The records of the journal: what is written to it, and what an earlier server left in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dragoman_wire.codec import Codec
from dragoman_wire.events import Event
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import Request


class AcceptedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request that has its place in a lane, or the new parts of a repeat."""

    task: int
    """The task's number in the journal."""
    reply_to: str
    task_id: str
    request_type: str
    parts: tuple[str, ...]
    arrived_unix_s: float
    frames: Sequence[Buffer]
    """As they came, header first."""
    peer: str = ""
    """On whose account it goes, where that is not `reply_to`."""
    again: bool = False
    """The task is known: what was published of these parts is void."""


class EventRow(msgspec.Struct, frozen=True):
    """An event, or a part that was settled without an event of its own."""

    task: int
    header: bytes | None
    """Encoded as it is sent; None where the part is answered by an event that covers several."""
    binaries: Sequence[Buffer] = ()
    part: str | None = None
    """The part of the request that it answers for good."""
    error_code: str | None = None


class StageRow(msgspec.Struct, frozen=True):
    """The result of a finished stage."""

    task: int
    name: str
    value: Mapping[str, Any]
    """The fields of the result, by their names on the wire."""


class BegunRow(msgspec.Struct, frozen=True, gc=False):
    """A task that was there at a crash is at work again."""

    task: int
    suspicion: int
    """The weight with which another crash would now count against it."""


class DeadLetterRow(msgspec.Struct, frozen=True, gc=False):
    """The task's requests are kept for inspection. To be followed by a `TaskFinishedRow`."""

    task: int
    reason: str


class TaskFinishedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The end of a task; its requests and stages are no longer needed."""

    task: int
    reply_to: str | None
    task_id: str
    request_type: str
    last: bytes
    """Its encoded last event."""


class Reply(msgspec.Struct, kw_only=True):
    """All of a task that was answered in the turn in which it came: kept, written, logged, counted and shown.

    It was never accepted, so nothing of it can be lost. Every part was answered with a result, and no event has
    binaries. Times are on the monotonic clock.
    """

    key: tuple[str | None, str]
    """(replyTo, taskId)."""
    request_type: str
    headers: tuple[bytes, ...]
    """Of its events, encoded as they are sent."""
    parts: tuple[str, ...]
    """The part that each of them answers for good."""
    last: bytes | None = None
    """Its encoded `task_finished`, where a peer is told of the end."""
    number: int = 0
    """In the journal, if it is written."""
    request: Request
    events: Sequence[tuple[Event, str]]
    """Each with its part."""
    codec: Codec
    """Of the request, and so of the events."""
    lane: str
    peer: str
    """On whose account it goes."""
    arrived_s: float
    ended_s: float
    published_s: float = 0.0
    event_types: tuple[type[Event], ...] = ()
    """Known once the content is gone."""

    @property
    def queue_s(self) -> float:
        """Return the seconds in which no model worked for it: all of them."""
        return self.ended_s - self.arrived_s

    def drop_content(self) -> None:
        """Drop the texts once all observers have been told: the history keeps the rest."""
        self.event_types = tuple([type(event) for event, _ in self.events])
        self.events = self.headers = ()
        self.last = None
        self.request = Request(message_id=self.request.message_id, priority=self.request.priority)


class ForgottenRow(msgspec.Struct, frozen=True, gc=False):
    """A task that is removed, with all its events."""

    task: int


Record = AcceptedRow | EventRow | StageRow | BegunRow | DeadLetterRow | TaskFinishedRow | Reply | ForgottenRow


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveredEvent:
    """An event that was written, or a part that was settled without one."""

    header: bytes | None
    binaries: Sequence[bytes]
    part: str | None
    error_code: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveredRun:
    """A request that was accepted and not finished."""

    parts: tuple[str, ...]
    arrived_unix_s: float
    crashes: int
    """The suspicion that it ended servers: 1 for the first that ended, then that of its last `BegunRow`."""
    frames: Sequence[bytes]


@dataclass(kw_only=True, slots=True)
class RecoveredTask:
    """A task as the journal has it at the start; `finished` is the encoded last event, if it got there."""

    task: int
    reply_to: str
    task_id: str
    request_type: str
    finished: bytes | None = None
    finished_unix_s: float = 0.0
    events: list[RecoveredEvent] = field(default_factory=list)
    stages: dict[str, Any] = field(default_factory=dict)
    """Maps, each to be converted to its type."""
    runs: list[RecoveredRun] = field(default_factory=list)
