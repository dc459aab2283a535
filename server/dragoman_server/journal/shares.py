"""What each peer has in the journal, so that one cannot fill it for the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from dragoman_server.journal.blobs import is_large
from dragoman_server.journal.records import (
    AcceptedRow,
    EventRow,
    ForgottenRow,
    Record,
    RecoveredTask,
    Reply,
    StageRow,
    TaskFinishedRow,
)
from dragoman_wire.errors import Overloaded
from dragoman_wire.inbound import Buffer

_RETRY_MS = 10_000
"""There is room again when tasks end, or are forgotten."""


class _Taken(msgspec.Struct, gc=False):
    """What one task has in the journal."""

    peer: str
    request_bytes: int = 0
    """Of its requests and stages: until its end."""
    kept_bytes: int = 0
    """Of its events: until it is forgotten."""
    sounds: set[int] | None = None
    """The identities of the large binaries of its events: equal ones are written once."""


class Shares:
    """Counts what is written, by peer.

    Args:
        most_bytes: of one peer.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._peers: dict[str, int] = {}
        self._tasks: dict[int, _Taken] = {}

    @property
    def largest_bytes(self) -> int:
        """Return what the peer with the most has."""
        return max(self._peers.values(), default=0)

    def check(self, peer: str, size_bytes: int) -> None:
        """Check that a peer may have so much more. One that has nothing yet may have anything.

        Raises:
            Overloaded: the sentence names the limit.
        """
        taken = self._peers.get(peer, 0)
        if taken and taken + size_bytes > self.most_bytes:
            raise Overloaded(
                f"requests and results of this peer take {taken} bytes of the journal, and this one {size_bytes};"
                f" the limit, from journal.peer_share, is {self.most_bytes}",
                retry_after_ms=_RETRY_MS,
            )

    def note(self, record: Record, size_bytes: int) -> None:
        """Count a record; `size_bytes` is what is written of it. What says how far a task is takes next to nothing."""
        match record:
            case Reply():
                taken = self._tasks[record.number] = _Taken(record.peer)
                self._add(taken, 0, size_bytes)
            case ForgottenRow() if record.task in self._tasks:
                gone = self._tasks.pop(record.task)
                self._add(gone, -gone.request_bytes, -gone.kept_bytes)
            case AcceptedRow():
                known = self._tasks.get(record.task)
                if known is None:
                    known = self._tasks[record.task] = _Taken(record.peer or record.reply_to)
                self._add(known, size_bytes, 0)
            case EventRow() | StageRow() | TaskFinishedRow() if record.task in self._tasks:
                self._progress(self._tasks[record.task], record, size_bytes)
            case _:
                pass

    def refused(self, task: int, size_bytes: int) -> None:
        """Count a request no more: it could not be written."""
        taken = self._tasks.get(task)
        if taken is not None:
            self._add(taken, -size_bytes, 0)
            if not taken.request_bytes and not taken.kept_bytes:
                del self._tasks[task]

    def recovered(self, task: RecoveredTask) -> None:
        """Count what an earlier server left of a task."""
        taken = self._tasks[task.task] = _Taken(task.reply_to)
        frames = [frame for run in task.runs for frame in run.frames]
        stages = [value for stage in task.stages.values() for value in stage.values() if isinstance(value, bytes)]
        self._add(taken, sum(map(len, frames)) + sum(map(len, stages)), 0)
        for event in task.events:
            binaries_bytes = sum(map(len, event.binaries)) - self._known_bytes(taken, event.binaries)
            self._add(taken, 0, len(event.header or b"") + binaries_bytes)

    def _progress(self, taken: _Taken, record: EventRow | StageRow | TaskFinishedRow, size_bytes: int) -> None:
        if isinstance(record, StageRow):
            self._add(taken, size_bytes, 0)
        elif isinstance(record, EventRow):
            self._add(taken, 0, size_bytes - self._known_bytes(taken, record.binaries))
        else:
            self._add(taken, -taken.request_bytes, size_bytes)

    def _add(self, taken: _Taken, request_bytes: int, kept_bytes: int) -> None:
        taken.request_bytes += request_bytes
        taken.kept_bytes += kept_bytes
        left = self._peers.get(taken.peer, 0) + request_bytes + kept_bytes
        if left > 0:
            self._peers[taken.peer] = left
        else:
            self._peers.pop(taken.peer, None)

    @staticmethod
    def _known_bytes(taken: _Taken, binaries: Sequence[Buffer]) -> int:
        """Return the bytes of those that the task has already, and know all of them from now on."""
        large: Iterable[Buffer] = filter(is_large, binaries)
        known_bytes = 0
        for binary in large:
            sounds = taken.sounds = taken.sounds if taken.sounds is not None else set()
            if id(binary) in sounds:
                known_bytes += len(binary)
            sounds.add(id(binary))
        return known_bytes
