"""A task in the server's memory: its runs, what was published of it, and how each of its parts ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from typing_extensions import override

from dragoman_server.journal.base import Done, Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.journal.records import EventRow, StageRow
from dragoman_server.tasks.run import Run
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.codec import Codec, codec_of, decode_header, encode_header
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskFinished, type_of
from dragoman_wire.inbound import Buffer

TaskKey = tuple[str | None, str]
"""(replyTo, taskId): the key of a task."""
_EVENT_BYTES = 200
"""The memory that an event takes beside its bytes."""
TASK_BYTES = 1500
"""The memory that a task takes beside its events: keys, maps and sets."""


class StoredEvent(msgspec.Struct, frozen=True, eq=False):
    """An event that was published, for repeats."""

    header: bytes
    """Encoded as it was sent."""
    binaries: Sequence[Buffer]
    part: str | None
    """The part of the request that it answers for good, if any."""

    def encoded(self, codec: Codec) -> bytes:
        """Return the header for a peer that wants this encoding."""
        if codec_of(self.header) is codec:
            return self.header
        return encode_header(decode_header(self.header)[1], codec)


class Stages(dict[str, Any]):
    """Results of finished stages; those that can be encoded are written to the journal.

    Args:
        journal: where to.
        number: the task's number there.
        known: what was written before a restart.
    """

    def __init__(self, journal: Journal, number: int, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(known or {})
        self._journal = journal
        self._number = number

    @override
    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if isinstance(value, msgspec.Struct):
            self._journal.append(StageRow(self._number, name, _fields(value)))


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of a result by their encoded names, as they are: large binaries are not copied."""
    names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
    fields = {encoded: getattr(value, name) for name, encoded in names}
    return {name: field for name, field in fields.items() if field is not msgspec.UNSET}


class Task(msgspec.Struct, eq=False):
    """One task, from its first request until it is forgotten."""

    key: TaskKey
    request_type: str
    events: list[StoredEvent] = []
    outcomes: dict[str, DragomanError | None] = {}
    """By part: None where it was answered with a result."""
    untold: dict[str, DragomanError] = {}
    """Failures that one event is to tell at the end, by part."""
    parts: set[str] = set()
    """Those that are answered or in flight."""
    journal: Journal = NOTHING
    number: int = 0
    """In the journal."""
    stages: dict[str, Any] = {}
    unwritten: int = 0
    """Runs and events that were handed to the journal and are not yet written."""
    unpublished: list[StoredEvent] = []
    """Events that wait to be written."""
    dead_letter: str | None = None
    """Why the request is to become a dead letter, if it is."""
    in_flight: list[Run] = []
    """The runs that have a place: the first one, and those of repeats that asked for more."""
    runs: list[Run] = []
    """Those that were accepted since the task was last begun, ended ones too."""
    queue_s: float = 0.0
    compute_s: float = 0.0
    finished: TaskFinished | None = None
    finished_before: TaskFinished | None = None
    """The status with which it had ended before the runs that are in flight."""
    finished_s: float = 0.0
    size_bytes: int = TASK_BYTES
    sent_before: set[tuple[str, int | None, str | None]] | None = None
    """What earlier runs sent of the task as a whole: type, index, language; known once it was asked for."""
    buffers: set[int] = set()
    """The identities of the binaries of its events, all of which it holds."""

    @property
    def published(self) -> list[StoredEvent]:
        """Return the events that are out; the others follow when they are written."""
        return [stored for stored in self.events if stored not in self.unpublished]

    # --- events --------------------------------------------------------------------------------------------

    def remember(self, header: bytes, binaries: Sequence[Buffer], part: str | None) -> StoredEvent:
        """Keep an event for repeats."""
        stored = StoredEvent(header, binaries, part)
        self.events.append(stored)
        # A sound that several events have is in memory once.
        fresh = {id(binary): len(binary) for binary in binaries if id(binary) not in self.buffers}
        self.buffers.update(fresh)
        self.size_bytes += _EVENT_BYTES + len(header) + sum(fresh.values())
        return stored

    def send(
        self,
        event: Event,
        envelope: Envelope,
        publisher: Publisher,
        binaries: Sequence[Buffer] = (),
        *,
        part: str | None = None,
        error: DragomanError | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Write an event, publish it, then call `then`; where it cannot be written, the peer has it all the same."""
        header = encode_header(event, envelope.codec)
        stored = self.remember(header, binaries, part)

        def publish(_: str | None) -> None:
            self.unwritten -= 1
            self.unpublished.remove(stored)
            publisher.send(header, envelope.codec, envelope.reply_to, binaries)
            if then is not None:
                then()

        self.unwritten += 1
        self.unpublished.append(stored)
        self.journal.append(EventRow(self.number, header, binaries, part, error.code if error else None), publish)

    def has_sent(self, event: Event) -> bool:
        """Tell whether an earlier run sent this of the task as a whole; a piece goes by its index."""
        index, language = getattr(event, "index", None), getattr(event, "language", None)
        if language is not None and index is None:
            return False
        if self.sent_before is None:
            self.sent_before = {(each["type"], each.get("index"), each.get("language")) for each in self._headers()}
        return (type_of(type(event)), index, language) in self.sent_before

    def sent(self, event_type: type[Event]) -> list[dict[str, Any]]:
        """Return the fields of the events of a type that were sent of the task as a whole."""
        name = type_of(event_type)
        return [fields for fields in self._headers() if fields["type"] == name]

    def _headers(self) -> Iterator[dict[str, Any]]:
        return (decode_header(stored.header)[1] for stored in self.events if stored.part is None)

    def settle(self, part: str, error: DragomanError | None) -> None:
        """Note that a part is answered by an event that covers several."""
        self.journal.append(EventRow(self.number, None, (), part, error.code if error else None))

    def after_writing(self, then: Done) -> None:
        """Call `then` when everything sent of the task so far is written and published: at once where it is."""
        (self.journal if self.unwritten else NOTHING).sync(then)

    # --- runs ----------------------------------------------------------------------------------------------

    def begin(self, run: Run) -> None:
        """Take a run that has its place; what was sent of an earlier failure of its parts is void."""
        parts = run.parts
        if self.events or self.outcomes:
            for part in parts:
                self.outcomes.pop(part, None)
            self.events = [stored for stored in self.events if stored.part is None or stored.part not in parts]
        self.sent_before = None
        self.parts.update(parts)
        if not self.in_flight:
            self.finished_before = self.finished
        self.in_flight.append(run)
        self.finished = None

    def wanting(self, parts: Sequence[str]) -> list[str]:
        """Return those of `parts` that are new work: never asked for, or failed in a way that may pass."""
        return [part for part in parts if part not in self.parts or self._may_pass(part)]

    def _may_pass(self, part: str) -> bool:
        error = self.outcomes.get(part)
        return error is not None and error.retryable
