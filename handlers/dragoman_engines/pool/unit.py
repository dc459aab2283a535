"""A unit of work on its way through a pool, and those who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence

import msgspec

from dragoman_engines.pool.fair_queue import WEIGHTS, Entry, Ticket
from dragoman_engines.work import AnyResult, AnyWork
from dragoman_wire.errors import DragomanError, EngineFailed

MOST_RUNS = 3
"""A unit whose process dies is run again at most twice."""


class EngineDied(EngineFailed):
    """`engine_failed` for a unit whose process ended every time that it was run."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's result and where its time went."""

    result: AnyResult
    queued_s: float
    """How long the unit waited for a process."""
    began_s: float
    """When its model call began, on the pool's clock."""
    ended_s: float
    compute_s: float
    """The unit's share of the seconds in the model call, by cost."""
    worker: str
    """The process that did it: `translation-0`."""


class Unit:
    """A piece of work. Several tasks may wait for the same one; it is withdrawn when none does any more."""

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

    def __init__(self, work: AnyWork, ticket: Ticket, now_s: float, share_key: Hashable = None) -> None:
        self.work = work
        self.share_key = share_key
        """Of the work."""
        self.remember = False
        """Somebody who waits for it lets the cache keep its result."""
        self.ticket = ticket
        self.pushed_s = now_s
        self.began_s = now_s
        self.runs = 0
        """Model calls that it was part of."""
        self.alone = False
        """It was in a call that killed its process: to find the culprit, it shares no call again."""
        self.entry: Entry[Unit] | None = None
        """Its place in the queue, while it waits."""
        self.answered: Answer | None = None
        """For those who come too late to wait."""
        self.waiters: set[asyncio.Future[Answer]] = set()

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for it."""
        return bool(self.waiters)

    def yields_to(self, ticket: Ticket) -> bool:
        """Whether `ticket` would have it done sooner."""
        return WEIGHTS[ticket.priority] > WEIGHTS[self.ticket.priority]

    def verdict(self, kind: str, status: int, overran_s: float | None) -> EngineFailed | None:
        """Its process ended: why it is not run again, or None where it may be.

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

    def answer(self, result: AnyResult, ended_s: float, compute_s: float, worker: str) -> None:
        """Give everybody the result."""
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
        """Tell everybody that there will be no result."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(type(error)(error.message, retry_after_ms=error.retry_after_ms))
        self.waiters.clear()


def shares_s(units: Sequence[Unit], call_s: float) -> list[float]:
    """Of the seconds of a model call, those of each of its units, by cost."""
    cost_s = sum(unit.ticket.cost_s for unit in units)
    return [call_s * (unit.ticket.cost_s / cost_s if cost_s else 1 / len(units)) for unit in units]
