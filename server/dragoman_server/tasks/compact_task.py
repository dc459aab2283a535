"""A finished task in little room. Most tasks are small, went well and are never asked for again."""

from __future__ import annotations

import msgspec

from dragoman_server.journal.base import Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.journal.records import Reply
from dragoman_server.tasks.task import Stages, StoredEvent, Task, TaskKey
from dragoman_wire.codec import decode_header
from dragoman_wire.events import TaskFinished

_TASK_BYTES = 450
"""What one takes beside its events: its key, its place, and what Python adds to each of its values."""


class CompactTask(msgspec.Struct, kw_only=True, gc=False):
    """A task whose every part was answered with a result, without binaries. It holds nothing that could hold it."""

    request_type: str
    headers: tuple[bytes, ...]
    """Of its events, encoded as they were sent."""
    parts: tuple[str | None, ...]
    """The part that each of them answers for good, if any."""
    finished_s: float
    number: int = 0
    """In the journal, if it is there."""
    last: bytes | None = None
    """Its encoded last event, where a peer is told of the end."""
    written: bool = True
    """Whether the journal has it."""
    full_task: Task | None = None
    """Itself at full length, where a repeat came before it was written."""
    size_bytes: int = 0
    """The memory that it takes, about; known once it was weighed."""

    @classmethod
    def of(cls, reply: Reply) -> CompactTask:
        """Return what is kept of a request that was answered at once."""
        return cls(
            request_type=reply.request_type,
            headers=reply.headers,
            parts=reply.parts,
            finished_s=reply.ended_s,
            number=reply.number,
            last=reply.last,
        )

    def weigh(self) -> int:
        """Compute its size in bytes."""
        self.size_bytes = _TASK_BYTES + sum(map(len, self.headers)) + len(self.last or b"")
        return self.size_bytes

    def full(self, key: TaskKey, journal: Journal) -> Task:
        """Return the task at full length, for a repeat of it."""
        journal = journal if self.number else NOTHING
        task = Task(key=key, request_type=self.request_type, journal=journal, number=self.number)
        task.stages = Stages(journal, self.number)
        for header, part in zip(self.headers, self.parts, strict=True):
            task.events.append(StoredEvent(header, (), part))
        task.outcomes = {part: None for part in self.parts if part is not None}
        task.parts = set(task.outcomes)
        if self.last is not None:
            task.finished = last = msgspec.convert(decode_header(self.last)[1], TaskFinished)
            task.queue_s, task.compute_s = last.queue_time_ms / 1000, last.compute_time_ms / 1000
        task.finished_s = self.finished_s
        task.size_bytes = self.size_bytes
        if not self.written:
            task.unwritten = 1
            self.full_task = task
        return task

    def was_written(self) -> None:
        """Note that the journal has it now."""
        self.written = True
        if self.full_task is not None:
            self.full_task.unwritten -= 1
            self.full_task = None


def compacted(task: Task, last: bytes | None) -> CompactTask | None:
    """Return a finished task in little room; None where something would be lost: failures, binaries, stages.

    Args:
        task: the task; all of it is written.
        last: its encoded last event, where a peer is told of the end.
    """
    outcomes, events = task.outcomes, task.events
    if task.stages or any(outcomes.values()):
        return None
    parts = tuple([stored.part for stored in events])
    settled = set(parts)
    settled.discard(None)
    if outcomes.keys() != settled or any(stored.binaries for stored in events):
        return None
    return CompactTask(
        request_type=task.request_type,
        headers=tuple([stored.header for stored in events]),
        parts=parts,
        finished_s=task.finished_s,
        number=task.number,
        last=last,
    )
