"""The journal that writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from dragoman_server.journal.base import Done, Journal
from dragoman_server.journal.records import Record, RecoveredTask
from dragoman_server.quantiles import Samples


class NullJournal(Journal):
    """Mode `off`, and for requests without `replyTo`: nothing is written, and everything is safe at once."""

    mode = "off"
    problem = None
    lag = Samples()
    waiting_s = 0.0

    @override
    def new_number(self) -> int:
        return 0

    @override
    def check_share(self, peer: str, size_bytes: int) -> None: ...

    @override
    def append(self, record: Record, done: Done | None = None) -> None:
        if done is not None:
            done(None)

    @override
    def sync(self, done: Done) -> None:
        done(None)

    @override
    def hand_over(self) -> None: ...

    @override
    def tasks(self) -> list[RecoveredTask]:
        return []

    @override
    def statistics(self) -> Mapping[str, Any]:
        return {
            "mode": "off",
            "state": "ok",
            "pending": 0,
            "committed": 0,
            "lag_ms": {"p50": 0.0, "p95": 0.0, "p99": 0.0},
            "bytes": 0,
            "peer_limit_bytes": 0,
            "largest_peer_bytes": 0,
            "dead": 0,
        }

    @override
    async def close(self) -> None: ...


NOTHING = NullJournal()
