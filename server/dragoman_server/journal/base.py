"""The journal as the dispatcher sees it.

The order of things, for a request with `replyTo`:

1. Its lane has admitted it; the request is written; then `accepted` is published and the work begins.
2. Every event is written and then published, and so is `task_finished`. What happens in one turn of the loop (an event
   and the parts that it settles) is written in one transaction.

So nothing is published twice on the server's own account, whenever it is killed: what a restart finds written is not
done again, and what it does not find was not published. What was written and not yet published, or was published while
the peer's connection was down, is had with `result` or with a repeat; a peer that lost its connection has to ask
anyway.

While the disk cannot be written, requests are refused, but events of those accepted before are published at once: a
result on time is worth more than the guarantee, which is then void until the next write that succeeds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dragoman_server.quantiles import Samples
from dragoman_wire.inbound import Buffer

Done = Callable[[str | None], None]
"""Called in the loop once something is written, with None, or with the reason why it could not be."""


class JournalError(Exception):
    """The journal cannot be used; the sentence says why and what to do."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A request, or the new parts of a repeat, as it is written."""

    task: int
    """The task's number in the journal."""
    reply_to: str
    task_id: str
    request_type: str
    parts: tuple[str, ...]
    arrived_unix_s: float
    frames: Sequence[Buffer]
    """Header first, as they came."""
    again: bool = False
    """The task is known: what was said of these parts is void."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a task."""

    task: int
    reply_to: str | None
    task_id: str
    request_type: str
    last: bytes
    """Its encoded last event."""


class AnsweredTask(msgspec.Struct, frozen=True, kw_only=True):
    """All of a task that was never accepted, for its answer was known."""

    end: Ending
    headers: Sequence[bytes]
    """Of its events, encoded as they are sent; none has binaries."""
    parts: Sequence[str | None]
    """What each of them answers for good."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptEvent:
    """An event that was written, or a part that was settled without one."""

    header: bytes | None
    binaries: Sequence[bytes]
    part: str | None
    error_code: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptRun:
    """A request that was accepted and not finished."""

    parts: tuple[str, ...]
    arrived_unix_s: float
    crashes: int
    """The suspicion that it ended servers: 1 for the first that ended, then what `began` said."""
    frames: Sequence[bytes]


@dataclass(kw_only=True, slots=True)
class KeptTask:
    """A task as the journal has it at the start; `finished` is the encoded last event, if it got there."""

    task: int
    reply_to: str
    task_id: str
    request_type: str
    finished: bytes | None = None
    finished_unix_s: float = 0.0
    events: list[KeptEvent] = field(default_factory=list)
    stages: dict[str, bytes] = field(default_factory=dict)
    runs: list[KeptRun] = field(default_factory=list)


class Journal(ABC):
    """Every method returns at once; what was handed over first is written first."""

    mode: str
    lag: Samples
    """From handing something over to knowing that it is written."""

    @property
    @abstractmethod
    def problem(self) -> str | None:
        """Why nothing can be written now; None while all is well."""

    @property
    @abstractmethod
    def waiting_s(self) -> float:
        """How long the writer has been silent about what it was given; 0 where it has nothing to do."""

    @abstractmethod
    def new_number(self) -> int:
        """A number for a task that is new."""

    @abstractmethod
    def accept(self, entry: Entry, done: Done) -> None:
        """Write a request."""

    @abstractmethod
    def event(
        self,
        task: int,
        header: bytes,
        binaries: Sequence[Buffer],
        done: Done | None = None,
        *,
        part: str | None = None,
        error_code: str | None = None,
    ) -> None:
        """Write an event; `part` is what it answers for good."""

    @abstractmethod
    def settle(self, task: int, part: str, error_code: str | None) -> None:
        """Write that a part is answered by an event that speaks of several."""

    @abstractmethod
    def stage(self, task: int, name: str, value: bytes) -> None:
        """Write the result of a stage."""

    @abstractmethod
    def began(self, task: int, weight: int) -> None:
        """Write that a task that was there at a crash is at work again, and how much a crash now speaks against it."""

    @abstractmethod
    def set_aside(self, task: int, reason: str) -> None:
        """Keep the task's requests for inspection; to be followed by `finish`."""

    @abstractmethod
    def finish(self, end: Ending, done: Done) -> None:
        """Write the last event of a task; its requests are no longer needed."""

    @abstractmethod
    def answered(self, task: AnsweredTask, done: Done) -> None:
        """Write a task that is finished already."""

    @abstractmethod
    def forget(self, task: int) -> None:
        """Remove a task and all its events."""

    @abstractmethod
    def hand_over(self) -> None:
        """Have what came up in this turn of the loop written now, for nothing more will come that belongs to it."""

    @abstractmethod
    def sync(self, done: Done) -> None:
        """Call back once everything before this is written."""

    @abstractmethod
    def tasks(self) -> list[KeptTask]:
        """What an earlier server left, oldest first. To be called once, before anything is written."""

    @abstractmethod
    def statistics(self) -> Mapping[str, Any]:
        """Its figures for /stats."""

    @abstractmethod
    async def close(self) -> None:
        """Write what is left and let go of the file."""
