"""The tasks that the server knows: those in flight, and those finished a while ago, for repeats of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import msgspec

from dragoman_server.config import ResultsConfig
from dragoman_server.journal.base import Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.journal.records import ForgottenRow, Reply
from dragoman_server.tasks.task import Stages, StoredEvent, Task, TaskKey
from dragoman_wire.codec import decode_header
from dragoman_wire.events import TaskFinished
from dragoman_wire.requests import Request

_TASK_BYTES = 450
"""The memory that one takes beside its events: its key, its place, and Python's part of each value."""


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
        """Return the compact task of a request that was answered at once."""
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


def can_be_named(request: Request, task: Task) -> bool:
    """Tell whether a peer knows the task's id, and so whether there is anything to keep of it."""
    return request.task_id is not None or task.key[0] is not None


class TaskStore:
    """Tasks by key; finished ones are evicted after a time, or the oldest first when they take too much room.

    Args:
        config: how long and how many finished tasks are kept.
        clock: monotonic.
        journal: where tasks are written that are kept here as known.
    """

    def __init__(self, config: ResultsConfig, clock: Callable[[], float], journal: Journal = NOTHING) -> None:
        self.journal = journal
        self._config = config
        self._clock = clock
        self._active: dict[TaskKey, Task] = {}
        self._finished: OrderedDict[TaskKey, Task | CompactTask] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._active) + len(self._finished)

    @property
    def in_flight(self) -> list[Task]:
        """Return the tasks that are not finished."""
        return list(self._active.values())

    def reconfigure(self, config: ResultsConfig) -> None:
        """Take other limits from now on."""
        self._config = config
        self.expire()

    def get(self, key: TaskKey) -> Task | None:
        """Return a task that is in flight or still remembered."""
        active = self._active.get(key)
        if active is not None or (known := self._finished.get(key)) is None:
            return active
        if known.finished_s < self._clock() - self._config.keep_s:
            self.expire()
            return None
        return known.full(key, self.journal) if isinstance(known, CompactTask) else known

    def begin(self, task: Task) -> None:
        """Keep a task of which a run starts; it is in flight until `end`."""
        known = self._finished.pop(task.key, None)
        if known is not None:
            self.bytes -= known.size_bytes
        self._active[task.key] = task

    def keep(self, reply: Reply, compact: CompactTask) -> None:
        """Keep a new task that was answered at once. To be followed by `expire` soon."""
        if self._config.keep_s:
            self._finished[reply.key] = compact
            self.bytes += compact.weigh()
        elif reply.number:
            self.journal.append(ForgottenRow(reply.number))

    def end(self, task: Task, *, keep: bool) -> None:
        """Take a task whose last run has ended. `keep` it for repeats, where a peer can name it.

        Like `keep`: to be followed by `expire` soon.
        """
        self._active.pop(task.key, None)
        if not keep or self._config.keep_s == 0:
            task.journal.append(ForgottenRow(task.number))
            return
        now_s = self._clock()
        told = task.key[0] is not None  # of its end, which is kept too, once it is written
        compact = None if told else compacted(task, None)
        if compact is None:
            self.restore(task, now_s)
        else:
            compact.finished_s = now_s
            self._finished[task.key] = compact
            self.bytes += compact.weigh()
        if self.bytes > self._config.bytes:
            self.expire()

    def compact(self, task: Task, last: bytes | None) -> None:
        """Keep a finished task in less room, if it is still kept: it is written whole.

        Args:
            task: the task.
            last: its encoded last event, where a peer is told of the end.
        """
        if self._finished.get(task.key) is not task:
            return
        compact = compacted(task, last)
        if compact is not None:
            self._finished[task.key] = compact
            self.bytes += compact.weigh() - task.size_bytes

    def restore(self, task: Task, finished_s: float) -> None:
        """Keep a task that was finished then. To be called in the order of their ends."""
        task.finished_s = finished_s
        self._finished[task.key] = task
        self.bytes += task.size_bytes

    def discard(self, task: Task) -> None:
        """Drop a task that was not accepted after all."""
        self._active.pop(task.key, None)

    def expire(self) -> None:
        """Evict what is too old, and the oldest where there are too many."""
        finished, most_bytes, most = self._finished, self._config.bytes, self._config.tasks
        oldest_s = self._clock() - self._config.keep_s
        while finished:
            known = next(iter(finished.values()))
            if known.finished_s >= oldest_s and self.bytes <= most_bytes and len(finished) <= most:
                return
            finished.popitem(last=False)
            self.bytes -= known.size_bytes
            if known.number:
                self.journal.append(ForgottenRow(known.number))
