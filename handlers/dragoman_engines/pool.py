"""A pool: the processes of one kind of engine, and one fair queue of units in front of them.

While every process is busy the waiting units gather; a process that becomes free takes the next unit and those that
fit in the same model call. An idle process never waits for company. Equal units in flight are done once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.channel import Done
from dragoman_engines.child import Child
from dragoman_engines.fairqueue import FairQueue, Ticket
from dragoman_engines.histogram import PoolTimings
from dragoman_engines.settings import PoolSettings
from dragoman_engines.sharing import SharedUnits
from dragoman_engines.slot import Bounds, Slot, backoff_s
from dragoman_engines.unit import Answer, EngineDied, Unit
from dragoman_engines.work import AnyResult, AnyWork, Failure
from dragoman_wire.errors import EngineFailed, EngineUnavailable, error_from_code
from dragoman_wire.requests import CacheUse

__all__ = ["EnginePool", "Keep", "PoolSettings", "PoolState"]

Keep = Callable[["EnginePool", AnyWork, AnyResult, float], bool]
"""Called with a unit's result and the seconds that it took; whether it was kept."""
PoolState = Literal["loading", "ready", "restarting", "missing", "stopped"]
MOST_RUNS = 3
"""A unit whose process dies is run again at most twice."""
FAILURES_UNTIL_REFUSAL = 3
"""After so many failures in a row of every process, units are refused instead of kept waiting."""


class EnginePool:
    """Runs units of one kind.

    Args:
        spec: the engine of every process.
        settings: how many processes, and how much goes in one call.
        clock: monotonic seconds.
        keep: given each result that may be kept for others; must not raise.
    """

    def __init__(
        self,
        spec: EngineSpec,
        settings: PoolSettings,
        clock: Callable[[], float] = time.monotonic,
        keep: Keep = lambda *_: False,
    ) -> None:
        self.spec = spec
        self.settings = settings
        self.capabilities: Capabilities | None = None
        self.restarts = 0
        self.units_done = 0
        self.calls = 0
        self.computed_s = 0.0
        """Seconds in model calls, all processes together."""
        self.timings = PoolTimings()
        self._clock = clock
        self._keep = keep
        self._queue: FairQueue[Unit] = FairQueue(clock)
        self._shared = SharedUnits()
        bounds = Bounds(
            load_s=settings.load_timeout_s,
            unit_s=settings.unit_timeout_s,
            ping_every_s=settings.ping_every_s,
            pong_s=settings.pong_timeout_s,
        )
        self._slots = [Slot(f"{spec.kind}-{index}", spec, self, bounds) for index in range(settings.processes)]
        self._settled = asyncio.Event()
        self._missing: str | None = None
        self._stopping = False

    # --- life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the processes; `settled` tells when the first has loaded, or that none can."""
        for slot in self._slots:
            slot.start()

    async def settled(self) -> None:
        """Wait until a process has loaded its model, or it is known that none can."""
        await self._settled.wait()

    async def stop(self, grace_s: float = 2.0) -> None:
        """End the processes and refuse the units that wait."""
        self._stopping = True
        self._refuse_waiting()
        await asyncio.gather(*(slot.stop(grace_s) for slot in self._slots))
        self._settled.set()

    @property
    def state(self) -> PoolState:
        """What a person would say of it."""
        if self._stopping:
            return "stopped"
        if any(child.ready for child in self.children):
            return "ready"
        if self._missing is not None:
            return "missing"
        return "restarting" if self.restarts or self.capabilities is not None else "loading"

    @property
    def unwatched(self) -> list[str]:
        """Places that nobody fills any more when their process ends; never to be."""
        return [slot.name for slot in self._slots if slot.unwatched]

    @property
    def busy(self) -> int:
        """Processes at work."""
        return sum(1 for slot in self._slots if slot.units)

    @property
    def queued(self) -> int:
        """Units that wait for a process."""
        return len(self._queue)

    @property
    def in_flight(self) -> int:
        """Distinct units that may be shared, waiting or at work."""
        return len(self._shared)

    @property
    def shared(self) -> int:
        """Units that were not run because an equal one was in flight."""
        return self._shared.shared

    @property
    def children(self) -> list[Child]:
        """The processes that run now."""
        return [slot.child for slot in self._slots if slot.child is not None]

    def unavailable(self) -> EngineUnavailable:
        """Why the pool cannot serve, for a peer."""
        if self._stopping:
            return EngineUnavailable("the server is stopping")
        if self._missing is not None:
            return EngineUnavailable(f"the {self.spec.kind} model cannot be loaded: {self._missing}")
        failures = min(slot.failures for slot in self._slots)
        return EngineUnavailable(
            f"the {self.spec.kind} model is being restarted after {failures} crashes",
            retry_after_ms=max(100, round(1000 * backoff_s(failures))),
        )

    async def run(
        self, work: AnyWork, ticket: Ticket, use: CacheUse = "use", joined: Callable[[Unit], None] | None = None
    ) -> Answer:
        """The result of one unit. Cancelling withdraws it, or lets a call that runs go unheard.

        `use` says whether the result may be kept, and may be one of a moment ago. `joined` is told the unit that is
        waited for: a new one, or an equal one in flight.

        Raises:
            DragomanError: the engine's own error, `engine_failed` for one that took its process down, or
                `engine_unavailable` where no process can serve.
        """
        if not self._can_serve():
            raise self.unavailable()
        unit = self._join(work, ticket, answered=use == "use")
        unit.remember |= use != "off"
        if joined is not None and unit.answered is None:
            joined(unit)
        answer = unit.answered or await self._wait(unit)
        if isinstance(answer.result, Failure):
            raise error_from_code(answer.result.code, answer.result.message)
        return answer

    async def _wait(self, unit: Unit) -> Answer:
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        unit.waiters.add(waiter)
        self._feed()
        try:
            return await waiter
        except asyncio.CancelledError:
            unit.waiters.discard(waiter)
            if not unit.wanted:
                self._withdraw(unit)
            raise

    def _can_serve(self) -> bool:
        if self._stopping or (self._missing is not None and not self.children):
            return False
        return self.state == "ready" or min(slot.failures for slot in self._slots) < FAILURES_UNTIL_REFUSAL

    def _join(self, work: AnyWork, ticket: Ticket, *, answered: bool) -> Unit:
        """The unit that does this work: one in flight already, or a new one in the queue."""
        unit = self._shared.find(work, answered=answered)
        if unit is not None:
            if unit.yields_to(ticket) and unit.entry is not None and self._queue.withdraw(unit.entry):
                unit.ticket = ticket
                self._push(unit)
            return unit
        unit = Unit(work, ticket, self._clock())
        self._shared.add(unit)
        self._push(unit)
        return unit

    def _push(self, unit: Unit) -> None:
        unit.entry = self._queue.push(unit, unit.ticket, None if unit.alone else unit.work.batch_key())

    def _withdraw(self, unit: Unit) -> None:
        if unit.entry is not None:
            self._queue.withdraw(unit.entry)
        self._shared.forget(unit)

    def _feed(self) -> None:
        """Give waiting units to idle processes."""
        for slot in self._slots:
            if not len(self._queue):
                return
            if slot.idle:
                units = self._queue.pop_batch(self.settings.batch, self.settings.batch_cost_s)
                for unit in units:
                    unit.entry = None
                slot.give(units, self._clock())

    def _refuse_waiting(self) -> None:
        for unit in self._queue.drain():
            self._shared.forget(unit)
            unit.fail(self.unavailable())

    # --- what slots tell -----------------------------------------------------------------------------------

    def loaded(self, capabilities: Capabilities) -> None:
        """See SlotOwner."""
        self.capabilities = capabilities
        self._missing = None
        self._settled.set()
        self._feed()

    def finished(self, slot: Slot, units: list[Unit], done: Done) -> None:
        """See SlotOwner."""
        now_s = self._clock()
        self.calls += 1
        self.units_done += len(units)
        self.computed_s += done.compute_s
        self.timings.called([unit.began_s - unit.pushed_s for unit in units], done.compute_s)
        self._feed()  # first the next call, then the news of this one
        cost_s = sum(unit.ticket.cost_s for unit in units)
        for unit, result in zip(units, done.results, strict=True):
            share_s = done.compute_s * (unit.ticket.cost_s / cost_s if cost_s else 1 / len(units))
            good = unit.remember and not isinstance(result, Failure)
            if not (good and self._keep(self, unit.work, result, share_s)):
                self._shared.forget(unit)
            unit.answer(result, now_s, share_s, slot.name)

        self._shared.forget_soon(units)

    def lost(self, units: list[Unit], status: int, *, timed_out: bool) -> None:
        """See SlotOwner."""
        alone = len(units) == 1
        for unit in units:
            self._rerun(unit, status, guilty=timed_out and alone)
        self._feed()

    def missing(self, reason: str) -> None:
        """See SlotOwner."""
        self._missing = reason
        self._give_up()

    def failed(self) -> None:
        """See SlotOwner."""
        self.restarts += 1
        if not self._can_serve():
            self._give_up()

    def _give_up(self) -> None:
        if not self.children:
            self._refuse_waiting()
        self._settled.set()

    def _rerun(self, unit: Unit, status: int, *, guilty: bool) -> None:
        """A unit's process ended: try again, unless the unit is known or likely to be the reason."""
        kind = self.spec.kind
        unit.alone = True
        if guilty:
            limit_s = self.settings.unit_timeout_s
            error: EngineFailed | EngineUnavailable = EngineFailed(f"the {kind} model took more than {limit_s:g} s")
        elif unit.runs >= MOST_RUNS:
            error = EngineDied(f"the {kind} model's process died {unit.runs} times at this (status {status})")
        elif self._stopping:
            error = self.unavailable()
        elif not unit.wanted:
            self._shared.forget(unit)
            return
        else:
            self._push(unit)
            return
        self._shared.forget(unit)
        unit.fail(error)
