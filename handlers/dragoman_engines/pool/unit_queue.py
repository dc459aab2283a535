"""The units of a pool that wait for a process, in a fair queue, and those that others may join.

Equal work is one unit while it is in flight, and for a moment after.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from dragoman_engines.pool.cost_model import CostModel
from dragoman_engines.pool.fair_queue import FairQueue, Ticket
from dragoman_engines.pool.unit import Answer, Unit
from dragoman_engines.work import R, Work
from dragoman_wire.errors import DragomanError

_LINGER_S = 0.05
"""A request that missed the answer in the cache, just before it was kept there, comes here within this time."""


class UnitQueue:
    """A fair queue in which equal work is one unit.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.cost_model = CostModel()
        self.joined = 0
        """The number of requests that joined a unit instead of having their own."""
        self._clock = clock
        self._queue: FairQueue[Unit[Any]] = FairQueue(clock)
        self._shared: dict[Hashable, Unit[Any]] = {}
        """The units that may be joined, by their share keys."""

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def shareable(self) -> int:
        """Return the number of units that can be joined and are not answered yet."""
        return sum(1 for unit in self._shared.values() if unit.answered is None)

    def join(self, work: Work[R], ticket: Ticket, *, answered: bool) -> Unit[R]:
        """Return the unit that does this work: one in flight, with `answered` one of a moment ago, or a new one."""
        key = work.share_key()
        unit = self._shared.get(key) if key is not None else None
        if unit is None or (unit.answered is not None and not answered):
            return self._add(Unit(work, ticket, self._clock(), key))
        self.joined += 1
        if unit.yields_to(ticket) and unit.entry is not None and self._queue.withdraw(unit.entry):
            unit.ticket = ticket
            self._push(unit)
        return unit

    def pop_batch(self, most: int, cost_s: float, fits: Callable[[Unit[Any]], bool] | None = None) -> list[Unit[Any]]:
        """Take the next unit and those that fit in the same model call; with `fits`, only of those that it accepts."""
        units = self._queue.pop_batch(most, self.cost_model.guessed_s(cost_s), fits)
        for unit in units:
            unit.entry = None
        return units

    def put_back(self, unit: Unit[Any], error: DragomanError | None) -> None:
        """Queue a unit again whose process ended; with an `error`, or where it is no longer wanted, drop it."""
        if error is None and unit.wanted:
            self._push(unit)
            return
        self.forget(unit)
        if error is not None:
            unit.fail(error)

    def leave(self, unit: Unit[R], waiter: asyncio.Future[Answer[R]]) -> None:
        """Take a waiter from a unit; the last one withdraws it."""
        unit.waiters.discard(waiter)
        if unit.wanted:
            return
        if unit.entry is not None:
            self._queue.withdraw(unit.entry)
        self.forget(unit)

    def refuse_all(self, error: DragomanError) -> None:
        """Fail every unit that waits."""
        for unit in self._queue.drain():
            self.forget(unit)
            unit.fail(error)

    def forget(self, unit: Unit[Any]) -> None:
        """Let no request join the unit any more."""
        if unit.share_key is not None and self._shared.get(unit.share_key) is unit:
            del self._shared[unit.share_key]

    def forget_soon(self, units: Sequence[Unit[Any]]) -> None:
        """Forget units whose answers have just been kept, once the requests that missed them there have come."""
        if units:
            asyncio.get_running_loop().call_later(_LINGER_S, self._forget_all, units)

    def forget_answered(self) -> None:
        """Let no request join a unit of a moment ago any more: its answer is not wanted from anywhere."""
        self._forget_all([unit for unit in self._shared.values() if unit.answered is not None])

    def _forget_all(self, units: Sequence[Unit[Any]]) -> None:
        for unit in units:
            self.forget(unit)

    def _add(self, unit: Unit[R]) -> Unit[R]:
        if unit.share_key is not None:
            self._shared[unit.share_key] = unit
        self._push(unit)
        return unit

    def _push(self, unit: Unit[Any]) -> None:
        key = None if unit.alone else unit.work.batch_key()
        unit.entry = self._queue.push(unit, self.cost_model.corrected(unit.ticket), key)
