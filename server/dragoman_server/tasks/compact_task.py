"""A finished task in little room. Most tasks are small, went well and are never asked for again."""

from __future__ import annotations

import msgspec

from dragoman_server.journal.base import Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.tasks.task import Stages, StoredEvent, TaskKey, TaskRecord
from dragoman_wire.codec import decode_header
from dragoman_wire.events import TaskFinished

_TASK_BYTES = 450
"""What one takes beside its events: its key, its place, and what Python adds to each of its values."""


class CondensedTask(msgspec.Struct, kw_only=True, gc=False):
    """A task whose every part was answered with a result, without binaries. It holds nothing that could hold it."""

    request_type: str
    headers: tuple[bytes, ...]
    """Of its events, encoded as they were sent."""
    parts: tuple[str | None, ...]
    """What each of them answers for good, if anything."""
    finished_s: float
    number: int = 0
    """In the journal, if it is there."""
    last: bytes | None = None
    """Its encoded last event, where a peer is told of the end."""
    written: bool = True
    """Whether the journal has it."""
    record: TaskRecord | None = None
    """Itself at full length, where somebody asked before it was written."""
    size_bytes: int = 0
    """The memory that it takes, about; known once it was weighed."""

    def weigh(self) -> int:
        """Find out its size."""
        self.size_bytes = _TASK_BYTES + sum(map(len, self.headers)) + len(self.last or b"")
        return self.size_bytes

    def full(self, key: TaskKey, journal: Journal) -> TaskRecord:
        """The task at full length, for a repeat of it."""
        journal = journal if self.number else NOTHING
        record = TaskRecord(key=key, request_type=self.request_type, journal=journal, number=self.number)
        record.stages = Stages(journal, self.number)
        for header, part in zip(self.headers, self.parts, strict=True):
            record.events.append(StoredEvent(header, (), part))
        record.outcomes = {part: None for part in self.parts if part is not None}
        record.parts = set(record.outcomes)
        if self.last is not None:
            record.finished = last = msgspec.convert(decode_header(self.last)[1], TaskFinished)
            record.queue_s, record.compute_s = last.queue_time_ms / 1000, last.compute_time_ms / 1000
        record.finished_s = self.finished_s
        record.size_bytes = self.size_bytes
        if not self.written:
            record.unwritten = 1
            self.record = record
        return record

    def was_written(self) -> None:
        """The journal has it now."""
        self.written = True
        if self.record is not None:
            self.record.unwritten -= 1
            self.record = None


def condensed(record: TaskRecord, last: bytes | None) -> CondensedTask | None:
    """A finished task in little room; None where something would be lost: failures, binaries, stages.

    Args:
        record: the task; all of it is written.
        last: its encoded last event, where a peer is told of the end.
    """
    outcomes, events = record.outcomes, record.events
    if record.stages or any(outcomes.values()):
        return None
    parts = tuple([stored.part for stored in events])
    settled = set(parts)
    settled.discard(None)
    if outcomes.keys() != settled or any(stored.binaries for stored in events):
        return None
    return CondensedTask(
        request_type=record.request_type,
        headers=tuple([stored.header for stored in events]),
        parts=parts,
        finished_s=record.finished_s,
        number=record.number,
        last=last,
    )
