"""The journal that writes nothing."""

# ruff: noqa: ARG002 - it looks at nothing that it is given

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman_server.journal.base import AnsweredTask, Done, Ending, Entry, Journal, KeptTask
from dragoman_server.quantiles import Samples
from dragoman_wire.inbound import Buffer


class NullJournal(Journal):
    """Mode `off`, and for requests without `replyTo`: nothing is written, and everything is safe at once."""

    mode = "off"
    problem = None
    lag = Samples()
    waiting_s = 0.0

    def new_number(self) -> int:
        """See Journal."""
        return 0

    def accept(self, entry: Entry, done: Done) -> None:
        """See Journal."""
        done(None)

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
        """See Journal."""
        if done is not None:
            done(None)

    def settle(self, task: int, part: str, error_code: str | None) -> None:
        """See Journal."""

    def stage(self, task: int, name: str, value: bytes) -> None:
        """See Journal."""

    def began(self, task: int, weight: int) -> None:
        """See Journal."""

    def set_aside(self, task: int, reason: str) -> None:
        """See Journal."""

    def finish(self, end: Ending, done: Done) -> None:
        """See Journal."""
        done(None)

    def answered(self, task: AnsweredTask, done: Done) -> None:
        """See Journal."""
        done(None)

    def forget(self, task: int) -> None:
        """See Journal."""

    def hand_over(self) -> None:
        """See Journal."""

    def sync(self, done: Done) -> None:
        """See Journal."""
        done(None)

    def tasks(self) -> list[KeptTask]:
        """See Journal."""
        return []

    def statistics(self) -> Mapping[str, Any]:
        """See Journal."""
        return {
            "mode": "off",
            "state": "ok",
            "pending": 0,
            "committed": 0,
            "lag_ms": {"p50": 0.0, "p95": 0.0, "p99": 0.0},
            "bytes": 0,
            "dead": 0,
        }

    async def close(self) -> None:
        """See Journal."""


NOTHING = NullJournal()
