"""A unit of work on its way through a pool, and the requests that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any, Generic

import msgspec

from dragoman_engines.pool.fair_queue import WEIGHTS, Entry, Ticket
from dragoman_engines.work import R, Work
from dragoman_wire.errors import DragomanError, EngineFailed

MOST_RUNS = 3
"""A unit whose process dies is run again at most twice."""


class EngineDied(EngineFailed):
    """`engine_failed` for a unit whose process ended every time that it was run."""


class Answer(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """A unit's result and where its time went."""

    result: R
    queued_s: float
    """The time that the unit waited for a process."""
    began_s: float
    """When its model call began, on the pool's clock."""
    ended_s: float
    compute_s: float
    """The unit's share of the seconds in the model call, by cost."""
    worker: str
    """The process that did it: `translation-0`."""


class Unit(Generic[R]):
    """A piece of work. Several requests may wait for the same one; it is withdrawn when none does any more."""

    __slots__ = (
        "alone",
        "answered",
        "began_s",
        "entry",
        "pushed_s",
        "remember",
        "runs",
        "share_key",
        "ticket",
        "waiters",
        "work",
    )

    def __init__(self, work: Work[R], ticket: Ticket, now_s: float, share_key: Hashable = None) -> None:
        self.work = work
        self.share_key = share_key
        """Of the work."""
        self.remember = False
        """A request that waits for it lets the cache keep its result."""
        self.ticket = ticket
        self.pushed_s = now_s
        self.began_s = now_s
        self.runs = 0
        """Model calls that it was part of."""
        self.alone = False
        """It was in a call that killed its process: to find the culprit, it shares no call again."""
        self.entry: Entry[Unit[Any]] | None = None
        """Its place in the queue, while it waits."""
        self.answered: Answer[R] | None = None
        """For requests that join it too late to wait."""
        self.waiters: set[asyncio.Future[Answer[R]]] = set()

    @property
    def wanted(self) -> bool:
        """Return whether a request still waits for it."""
        return bool(self.waiters)

    def yields_to(self, ticket: Ticket) -> bool:
        """Return whether `ticket` would have it done sooner."""
        return WEIGHTS[ticket.priority] > WEIGHTS[self.ticket.priority]

    def error_after(self, kind: str, status: int, overran_s: float | None) -> EngineFailed | None:
        """Return the error with which it ends now that its process has ended; None where it may run again.

        Args:
            kind: of the engine.
            status: of the process.
            overran_s: the limit that this unit, alone in its call, went past.
        """
        if overran_s is not None:
            return EngineFailed(f"the {kind} model took more than {overran_s:g} s")
        if self.runs >= MOST_RUNS:
            return EngineDied(f"the {kind} model's process died {self.runs} times at this (status {status})")
        return None

    def answer(self, result: R, ended_s: float, compute_s: float, worker: str) -> None:
        """Give all waiters the result."""
        answer = Answer(
            result=result,
            queued_s=self.began_s - self.pushed_s,
            began_s=self.began_s,
            ended_s=ended_s,
            compute_s=compute_s,
            worker=worker,
        )
        self.answered = answer
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(answer)
        self.waiters.clear()

    def fail(self, error: DragomanError) -> None:
        """Give all waiters the error."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(type(error)(error.message, retry_after_ms=error.retry_after_ms))
        self.waiters.clear()


def shares_s(units: Sequence[Unit[Any]], call_s: float) -> list[float]:
    """Split the seconds of a model call among its units, by cost."""
    cost_s = sum(unit.ticket.cost_s for unit in units)
    return [call_s * (unit.ticket.cost_s / cost_s if cost_s else 1 / len(units)) for unit in units]
