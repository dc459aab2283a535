"""A pool: the processes of one kind of engine, and one fair queue of units in front of them.

While every process is busy the waiting units gather; a process that becomes free takes the next unit and those that
fit in the same model call. An idle process never waits for company. Equal units in flight are done once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.footprint import expected_mb
from dragoman_engines.pool.histogram import PoolTimings
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.pool_settings import PoolSettings, PoolState
from dragoman_engines.pool.residency import Residence
from dragoman_engines.pool.sharing import SharedUnits
from dragoman_engines.pool.slot import Slot, backoff_s
from dragoman_engines.pool.unit import Answer, Unit, shares_s
from dragoman_engines.pool.waiting import WaitingUnits
from dragoman_engines.process.channel import Done
from dragoman_engines.process.child import Child
from dragoman_engines.work import AnyResult, AnyWork, Failure
from dragoman_wire.errors import EngineUnavailable, error_from_code
from dragoman_wire.requests import CacheUse

Keep = Callable[["EnginePool", AnyWork, AnyResult, float], bool]
"""Called with a unit's result and the seconds that it took; whether it was kept."""
FAILURES_UNTIL_REFUSAL = 3
"""After so many failures in a row of every process, units are refused instead of kept waiting."""


class EnginePool:
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
        self.capabilities: Capabilities | None = None
        self.restarts = 0
        self.units_done = 0
        self.calls = 0
        self.computed_s = 0.0
        """Seconds in model calls, all processes together."""
        self.timings = PoolTimings()
        self._clock = clock
        self._keep = keep
        self._queue = WaitingUnits(clock)
        self.pace = self._queue.pace
        bounds = settings.bounds()
        self._slots = [Slot(f"{spec.pool}-{index}", spec, self, bounds) for index in range(settings.processes)]
        self._residence = Residence(
            spec.pool, self._slots, self, memory or Memory(), partial(expected_mb, spec), settings.idle_unload_s, clock
        )
        self._settled = asyncio.Event()
        self._wanted = 0
        """Those who wait to know what the engine can do."""
        self._missing: str | None = None
        self._feeding = False
        self._stopping = False

    def start(self) -> None:
        """Start the processes; `settled` tells when the first has loaded, or that none can or needs to."""
        self._residence.start(load=self.settings.preload)
        if not self.settings.preload:
            self._settled.set()

    async def settled(self) -> None:
        """Wait until a process has loaded its model, or it is known that none can or needs to."""
        await self._settled.wait()

    async def known(self) -> Capabilities:
        """What the engine can do; loads its model where it never was.

        Raises:
            EngineUnavailable: it cannot be loaded.
        """
        self._wanted += 1
        try:
            while self.capabilities is None and self._can_serve():
                self._settled.clear()
                self._residence.wake()
                await self._settled.wait()
        finally:
            self._wanted -= 1
        if self.capabilities is None:
            raise self.unavailable()
        return self.capabilities

    async def stop(self, grace_s: float = 2.0) -> None:
        """End the processes and refuse the units that wait."""
        self._stopping = True
        self._residence.stop()
        self._queue.refuse_all(self.unavailable())
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
        if self._residence.resting:
            return "idle"
        return "restarting" if self.restarts or self.capabilities is not None else "loading"

    @property
    def available(self) -> bool:
        """Whether it can serve at once, or after loading a model that nobody needed until now."""
        return self.state in ("ready", "idle")

    @property
    def awaited(self) -> int:
        """Units and others that wait for a process."""
        return len(self._queue) + self._wanted

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
    def sharing(self) -> SharedUnits:
        """The units that several may wait for."""
        return self._queue.shared

    @property
    def children(self) -> list[Child]:
        """The processes that run now."""
        return [slot.child for slot in self._slots if slot.child is not None]

    def unavailable(self) -> EngineUnavailable:
        """Why the pool cannot serve, for a peer."""
        if self._stopping:
            return EngineUnavailable("the server is stopping")
        if self._missing is not None:
            return EngineUnavailable(f"the {self.spec.pool} model cannot be loaded: {self._missing}")
        failures = min(slot.failures for slot in self._slots)
        return EngineUnavailable(
            f"the {self.spec.pool} model is being restarted after {failures} crashes",
            retry_after_ms=max(100, round(1000 * backoff_s(failures))),
        )

    async def run(self, work: AnyWork, ticket: Ticket, use: CacheUse = "use") -> Answer:
        """The result of one unit: `join`, then `answer`."""
        return await self.answer(self.join(work, ticket, use))

    def join(self, work: AnyWork, ticket: Ticket, use: CacheUse) -> Unit:
        """The unit that does this work: a new one, or an equal one in flight. To be followed by `answer`.

        `use` says whether the result may be kept, and may be one of a moment ago.

        Raises:
            EngineUnavailable: no process can serve.
        """
        if not self._can_serve():
            raise self.unavailable()
        unit = self._queue.join(work, ticket, answered=use == "use")
        unit.remember |= use != "off"
        return unit

    async def answer(self, unit: Unit) -> Answer:
        """The result of a unit. Cancelling withdraws it, or lets a call that runs go unheard.

        Raises:
            DragomanError: the engine's own error, `engine_failed` for one that took its process down, or
                `engine_unavailable` where no process can serve any more.
        """
        answer = unit.answered
        if answer is None:
            waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            unit.waiters.add(waiter)
            if not self._feeding:
                asyncio.get_running_loop().call_soon(self._feed)
                self._feeding = True
            try:
                answer = await waiter
            except asyncio.CancelledError:
                self._queue.leave(unit, waiter)
                raise
        if isinstance(answer.result, Failure):
            raise error_from_code(answer.result.code, answer.result.message)
        return answer

    def _can_serve(self) -> bool:
        if self._stopping or (self._missing is not None and not self.children):
            return False
        few = min(slot.failures for slot in self._slots) < FAILURES_UNTIL_REFUSAL
        return few or any(child.ready for child in self.children)

    def _feed(self) -> None:
        """Give waiting units to idle processes. What came up in one turn of the loop goes in one call, if it fits."""
        self._feeding = False
        for slot in self._slots:
            if not self.awaited or self._residence.giving_way:
                return
            if slot.idle and len(self._queue):
                units = self._queue.pop_batch(self.settings.batch, self.settings.batch_cost_s)
                slot.give(units, self._clock())
        if self.awaited:
            self._residence.wake()

    # --- what slots tell -----------------------------------------------------------------------------------

    async def admit(self, slot: Slot) -> bool:
        """See SlotOwner."""
        return await self._residence.admit(slot)

    def rested(self) -> None:
        """See SlotOwner."""
        self._settled.set()

    def loaded(self, slot: Slot, capabilities: Capabilities) -> None:
        """See SlotOwner."""
        self._residence.loaded(slot)
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
        self.pace.learn(units[0].work, sum(unit.ticket.cost_s for unit in units), done.compute_s)
        self._feed()  # first the next call, then the news of this one
        for unit, result, share_s in zip(units, done.results, shares_s(units, done.compute_s), strict=True):
            good = unit.remember and not isinstance(result, Failure)
            if not (good and self._keep(self, unit.work, result, share_s)):
                self._queue.shared.forget(unit)
            unit.answer(result, now_s, share_s, slot.name)
        self._queue.shared.forget_soon(units)
        self._residence.used()

    def lost(self, units: list[Unit], status: int, *, timed_out: bool) -> None:
        """See SlotOwner."""
        overran_s = self.settings.unit_timeout_s if timed_out and len(units) == 1 else None
        for unit in units:
            unit.alone = True
            why_not = unit.verdict(self.spec.pool, status, overran_s)
            self._queue.take_back(unit, why_not or (self.unavailable() if self._stopping else None))
        self._feed()

    def missing(self, reason: str) -> None:
        """See SlotOwner."""
        self._missing = reason
        self._give_up()

    def failed(self) -> None:
        """See SlotOwner."""
        self._residence.gone()
        self.restarts += 1
        if not self._can_serve():
            self._give_up()

    def retired(self) -> None:
        """See SlotOwner."""
        self._residence.gone()
        self._feed()

    def _give_up(self) -> None:
        if not self.children:
            self._queue.refuse_all(self.unavailable())
        self._settled.set()
