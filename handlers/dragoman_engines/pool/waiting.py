"""The units of a pool that are not at work: in a fair queue, and known to those who want the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dragoman_engines.pool.cost_model import Pace
from dragoman_engines.pool.fair_queue import FairQueue, Ticket
from dragoman_engines.pool.sharing import SharedUnits
from dragoman_engines.pool.unit import Answer, Unit
from dragoman_engines.work import AnyWork
from dragoman_wire.errors import DragomanError


class WaitingUnits:
    """A queue in which equal work is one unit.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.shared = SharedUnits()
        self.pace = Pace()
        self._clock = clock
        self._queue: FairQueue[Unit] = FairQueue(clock)

    def __len__(self) -> int:
        return len(self._queue)

    def join(self, work: AnyWork, ticket: Ticket, *, answered: bool) -> Unit:
        """The unit that does this work: one in flight, with `answered` one of a moment ago, or a new one."""
        key = work.share_key()
        unit = self.shared.find(key, answered=answered)
        if unit is not None:
            if unit.yields_to(ticket) and unit.entry is not None and self._queue.withdraw(unit.entry):
                unit.ticket = ticket
                self.push(unit)
            return unit
        unit = Unit(work, ticket, self._clock(), key)
        self.shared.add(unit)
        self.push(unit)
        return unit

    def push(self, unit: Unit) -> None:
        """Put a unit in line, also one that was at work before."""
        key = None if unit.alone else unit.work.batch_key()
        unit.entry = self._queue.push(unit, self.pace.corrected(unit.ticket), key)

    def take_back(self, unit: Unit, why_not: DragomanError | None) -> None:
        """A unit whose process ended: in line again where somebody wants it, unless there is a reason why not."""
        if why_not is None and unit.wanted:
            self.push(unit)
            return
        self.shared.forget(unit)
        if why_not is not None:
            unit.fail(why_not)

    def pop_batch(self, most: int, cost_s: float) -> list[Unit]:
        """The next unit and those that fit in the same model call."""
        units = self._queue.pop_batch(most, self.pace.guessed_s(cost_s))
        for unit in units:
            unit.entry = None
        return units

    def leave(self, unit: Unit, waiter: asyncio.Future[Answer]) -> None:
        """Somebody no longer waits for a unit; the last one withdraws it."""
        unit.waiters.discard(waiter)
        if unit.wanted:
            return
        if unit.entry is not None:
            self._queue.withdraw(unit.entry)
        self.shared.forget(unit)

    def refuse_all(self, error: DragomanError) -> None:
        """Tell everybody who waits that there will be no result."""
        for unit in self._queue.drain():
            self.shared.forget(unit)
            unit.fail(error)
