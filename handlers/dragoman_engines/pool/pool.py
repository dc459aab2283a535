"""A pool: one fair queue of units, and the processes of one engine that work on them.

While every process is busy the waiting units gather; a process that becomes free takes the next unit and those that
fit in the same model call. An idle process never waits for company. Equal units in flight are done once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from typing_extensions import override

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.histogram import PoolTimings
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.slot import Slot
from dragoman_engines.pool.supervisor import PoolSettings, PoolState, PoolSupervisor, UnitSource
from dragoman_engines.pool.unit import Answer, Unit, shares_s
from dragoman_engines.pool.unit_queue import UnitQueue
from dragoman_engines.process.channel import Done
from dragoman_engines.work import Failure, R, Result, Work
from dragoman_wire.errors import DragomanError, EngineUnavailable, InternalFault, error_from_code
from dragoman_wire.requests import CacheUse

Keep = Callable[["EnginePool", Work[Any], Any, float], bool]
"""Called with a unit, its result, and the seconds that it took; returns whether the result was kept."""


class EnginePool(UnitSource):
    """Runs units of one kind.

    Args:
        spec: the engine of every process.
        settings: how many processes, and how much goes in one call.
        clock: monotonic seconds.
        keep: given each result that may be kept for others; must not raise.
        memory: what all pools together may take; None: as much as they like.
    """

    def __init__(
        self,
        spec: EngineSpec,
        settings: PoolSettings,
        clock: Callable[[], float] = time.monotonic,
        keep: Keep = lambda *_: False,
        memory: Memory | None = None,
    ) -> None:
        self.spec = spec
        self.settings = settings
        self.units_done = 0
        self.calls = 0
        self.computed_s = 0.0
        """Seconds in model calls, all processes together."""
        self.timings = PoolTimings()
        self.queue = UnitQueue(clock)
        self.supervisor = PoolSupervisor(spec, settings, self, memory or Memory(), clock)
        self._clock = clock
        self._keep = keep
        self._feeding = False

    def start(self) -> None:
        """Start the processes; `settled` tells when the first has loaded, or that none can or needs to."""
        self.supervisor.start()

    async def settled(self) -> None:
        """Wait until a process has loaded its model, or it is known that none can or needs to."""
        await self.supervisor.settled()

    async def stop(self, grace_s: float = 2.0) -> None:
        """End the processes and refuse the units that wait."""
        await self.supervisor.stop(grace_s)

    @property
    def state(self) -> PoolState:
        """Return the pool's state in one word."""
        return self.supervisor.state

    @property
    def capabilities(self) -> Capabilities | None:
        """Return the abilities of the engine; None until a process has loaded its model."""
        return self.supervisor.capabilities

    @property
    def facts(self) -> tuple[str, ...]:
        """Return what the answers depend on beside model and revision: the kind first."""
        return (self.spec.kind, self.spec.compute_type)

    @property
    @override
    def queued(self) -> int:
        return len(self.queue)

    async def known(self) -> Capabilities:
        """Return what the engine can do; load its model where it never was.

        Raises:
            EngineUnavailable: it cannot be loaded.
        """
        return await self.supervisor.known()

    def join(self, work: Work[R], ticket: Ticket, use: CacheUse = "use") -> Unit[R]:
        """Return the unit that does this work: a new one, or an equal one in flight. To be followed by `answer`.

        `use` says whether the result may be kept, and may be one of a moment ago.

        Raises:
            EngineUnavailable: no process can serve.
        """
        if not self.supervisor.can_serve():
            raise self.supervisor.unavailable()
        unit = self.queue.join(work, ticket, answered=use == "use")
        unit.remember |= use != "off"
        return unit

    async def answer(self, unit: Unit[R]) -> Answer[R]:
        """Wait for the result of a unit. Cancelling withdraws the unit, or discards the result of a call that runs.

        Raises:
            DragomanError: the engine's own error, `engine_failed` for one that took its process down, or
                `engine_unavailable` where no process can serve any more.
        """
        if unit.answered is not None:
            return unit.answered
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Answer[R]] = loop.create_future()
        unit.waiters.add(waiter)
        if not self._feeding:
            loop.call_soon(self.feed)
            self._feeding = True
        try:
            return await waiter
        except asyncio.CancelledError:
            self.queue.leave(unit, waiter)
            raise

    # --- for the supervisor --------------------------------------------------------------------------------

    @override
    def feed(self) -> None:
        # The units of one turn of the loop go in one call, if they fit.
        self._feeding = False
        if not self.supervisor.residency.giving_way:
            for slot in self.supervisor.slots:
                if not len(self.queue):
                    break
                if slot.idle:
                    fits = partial(self._may_do, slot) if len(self.supervisor.slots) > 1 else None
                    units = self.queue.pop_batch(self.settings.batch, self.settings.batch_cost_s, fits)
                    if units:
                        slot.dispatch(units, self._clock())
        self.supervisor.wake()

    def _may_do(self, slot: Slot, unit: Unit[Any]) -> bool:
        """Return whether a unit may go to this process: it is pinned to no other one that lives."""
        worker = unit.work.pinned_to()
        if worker in ("", slot.name):
            return True
        return not any(other.name == worker and other.child is not None for other in self.supervisor.slots)

    @override
    def finished(self, slot: Slot, units: Sequence[Unit[Any]], done: Done) -> None:
        now_s = self._clock()
        self.calls += 1
        self.units_done += len(units)
        self.computed_s += done.compute_s
        self.timings.called([unit.began_s - unit.pushed_s for unit in units], done.compute_s)
        self.queue.cost_model.learn(units[0].work, sum(unit.ticket.cost_s for unit in units), done.compute_s)
        self.feed()  # first the next call, then the news of this one
        for unit, result, share_s in zip(units, done.results, shares_s(units, done.compute_s), strict=True):
            if not isinstance(result, unit.work.result_type):
                self.queue.forget(unit)
                unit.fail(_error_of(unit.work, result))
                continue
            if not (unit.remember and self._keep(self, unit.work, result, share_s)):
                self.queue.forget(unit)
            unit.answer(result, now_s, share_s, slot.name)
        self.queue.forget_soon(units)

    @override
    def lost(self, units: Sequence[Unit[Any]], status: int, *, timed_out: bool) -> None:
        overran_s = self.settings.unit_timeout_s if timed_out and len(units) == 1 else None
        for unit in units:
            unit.alone = True
            error: DragomanError | None = unit.error_after(self.spec.pool, status, overran_s)
            if error is None and self.supervisor.stopping:
                error = self.supervisor.unavailable()
            self.queue.put_back(unit, error)
        self.feed()

    @override
    def refuse_all(self, error: EngineUnavailable) -> None:
        self.queue.refuse_all(error)


def _error_of(work: Work[Any], result: Result) -> DragomanError:
    """Return the error for a result that is not of the unit's type."""
    if isinstance(result, Failure):
        return error_from_code(result.code, result.message)
    return InternalFault(f"the {work.pool} engine answered {type(work).__name__} with {type(result).__name__}")
