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
from collections.abc import Callable, Mapping
from typing import Any

from dragoman_server.journal.records import Record, RecoveredTask
from dragoman_server.quantiles import Samples

Done = Callable[[str | None], None]
"""Called in the loop once something is written, with None, or with the reason why it could not be."""


class JournalError(Exception):
    """The journal cannot be used; the sentence says why and what to do."""


class Journal(ABC):
    """Every method returns at once; what was handed over first is written first."""

    mode: str
    lag: Samples
    """From handing something over to knowing that it is written."""

    @property
    @abstractmethod
    def problem(self) -> str | None:
        """Return why nothing can be written now; None while all is well."""

    @property
    @abstractmethod
    def waiting_s(self) -> float:
        """Return how long the writer has been silent about what it was given; 0 where it has nothing to do."""

    @property
    def damaged_s(self) -> float:
        """Return for how long its file has been damaged and could not be replaced; 0 where it is sound."""
        return 0.0

    @abstractmethod
    def check_share(self, peer: str, size_bytes: int) -> None:
        """Check that one peer does not fill the journal for the others.

        Raises:
            Overloaded: with so much more it would have more than its share.
        """

    @abstractmethod
    def new_number(self) -> int:
        """Return a number for a task that is new."""

    @abstractmethod
    def append(self, record: Record, done: Done | None = None) -> None:
        """Write a record, then call `done`.

        What is appended in one turn of the loop is written in one transaction. While nothing can be written, an
        `AcceptedRow` is refused; every other record is written later, and its `done` is called at once.
        """

    @abstractmethod
    def sync(self, done: Done) -> None:
        """Call back once everything before this is written."""

    @abstractmethod
    def hand_over(self) -> None:
        """Have what came up in this turn of the loop written now, for nothing more will come that belongs to it."""

    @abstractmethod
    def tasks(self) -> list[RecoveredTask]:
        """Return the tasks of an earlier server, oldest first. To be called once, before anything is written."""

    @abstractmethod
    def statistics(self) -> Mapping[str, Any]:
        """Return the figures for /stats."""

    @abstractmethod
    async def close(self) -> None:
        """Write what is left and let go of the file."""
