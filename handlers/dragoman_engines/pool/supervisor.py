"""The processes of a pool: its slots, when they are loaded, and whether they can serve."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

from typing_extensions import override

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.pool.footprint import expected_mb
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.residency import Residency, Workload
from dragoman_engines.pool.slot import Bounds, Slot, SlotOwner, backoff_s
from dragoman_engines.pool.unit import Unit
from dragoman_engines.process.channel import Done
from dragoman_engines.process.child import Child
from dragoman_wire.errors import EngineUnavailable

FAILURES_UNTIL_REFUSAL = 3
"""After so many failures in a row of every process, units are refused instead of kept waiting."""

PoolState = Literal["loading", "ready", "idle", "restarting", "missing", "stopped"]


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """The settings of a pool's engine processes."""

    processes: int = 1
    batch: int = 1
    """Units in one model call, at most."""
    batch_cost_s: float = 0.2
    """Their cost together, at most; one unit may cost more."""
    unit_timeout_s: float = 120.0
    """A model call that takes longer has its process killed."""
    load_timeout_s: float = 300.0
    """A process that takes longer to load its model is killed."""
    ping_every_s: float = 5.0
    """The interval at which an idle process is asked for a sign of life."""
    pong_timeout_s: float = 15.0
    """An idle process that does not answer for so long is killed."""
    preload: bool = True
    """Load the model at the start; otherwise when work first comes."""
    idle_unload_s: float = 0.0
    """Unload it after so long without work; 0: never."""
    child_mb: float = 0.0
    """A process that takes more resident memory than this, in MiB, is replaced between two calls; 0: it may grow."""
    weigh_every_s: float = 1.0
    """How often that is checked, at most."""

    def bounds(self) -> Bounds:
        """Return the part that concerns a single process."""
        return Bounds(
            load_s=self.load_timeout_s,
            unit_s=self.unit_timeout_s,
            ping_every_s=self.ping_every_s,
            pong_s=self.pong_timeout_s,
            child_mb=self.child_mb,
            weigh_every_s=self.weigh_every_s,
        )


class UnitSource(Protocol):
    """The pool, as its supervisor sees it: it has the units."""

    @property
    def queued(self) -> int:
        """Return the number of units that wait for a process."""
        ...

    def feed(self) -> None:
        """Give waiting units to idle processes."""
        ...

    def finished(self, slot: Slot, units: Sequence[Unit[Any]], done: Done) -> None:
        """Take the results of a model call."""
        ...

    def lost(self, units: Sequence[Unit[Any]], status: int, *, timed_out: bool) -> None:
        """Take back the units of a process that ended."""
        ...

    def refuse_all(self, error: EngineUnavailable) -> None:
        """Fail the units that wait."""
        ...


class PoolSupervisor(SlotOwner, Workload):
    """Keeps the processes of one pool running, and knows what their engine can do.

    Args:
        spec: the engine of every process.
        settings: how many processes, and when they are loaded.
        source: the pool.
        memory: the limit of all pools together.
        clock: monotonic seconds.
    """

    def __init__(
        self, spec: EngineSpec, settings: PoolSettings, source: UnitSource, memory: Memory, clock: Callable[[], float]
    ) -> None:
        self.capabilities: Capabilities | None = None
        """None until a process has loaded the model."""
        self.restarts = 0
        """Processes that ended by themselves."""
        self.stopping = False
        bounds = settings.bounds()
        self.slots = [Slot(f"{spec.pool}-{index}", spec, self, bounds) for index in range(settings.processes)]
        self.residency = Residency(
            spec.pool, self.slots, self, memory, partial(expected_mb, spec), settings.idle_unload_s, clock
        )
        self._name = spec.pool
        self._preload = settings.preload
        self._source = source
        self._settled = asyncio.Event()
        self._curious = 0
        """Requests that wait to know what the engine can do."""
        self._missing: str | None = None

    def start(self) -> None:
        """Start the processes; `settled` tells when the first has loaded, or that none can or needs to."""
        self.residency.start(load=self._preload)
        if not self._preload:
            self._settled.set()

    async def settled(self) -> None:
        """Wait until a process has loaded its model, or it is known that none can or needs to."""
        await self._settled.wait()

    async def known(self) -> Capabilities:
        """Return what the engine can do; load its model where it never was.

        Raises:
            EngineUnavailable: it cannot be loaded.
        """
        self._curious += 1
        try:
            while self.capabilities is None and self.can_serve():
                self._settled.clear()
                self.residency.wake()
                await self._settled.wait()
        finally:
            self._curious -= 1
        if self.capabilities is None:
            raise self.unavailable()
        return self.capabilities

    async def stop(self, grace_s: float) -> None:
        """Refuse the units that wait and end the processes, after `grace_s` by force."""
        self.stopping = True
        self.residency.stop()
        self._source.refuse_all(self.unavailable())
        await asyncio.gather(*(slot.stop(grace_s) for slot in self.slots))
        self._settled.set()

    def wake(self) -> None:
        """Load the model where units wait for it."""
        if self.awaited and not self.residency.giving_way:
            self.residency.wake()

    # --- how it stands -------------------------------------------------------------------------------------

    @property
    def state(self) -> PoolState:
        """Return the pool's state in one word."""
        if self.stopping:
            return "stopped"
        if any(child.ready for child in self.children):
            return "ready"
        if self._missing is not None:
            return "missing"
        if self.residency.resting:
            return "idle"
        return "restarting" if self.restarts or self.capabilities is not None else "loading"

    @property
    def available(self) -> bool:
        """Return whether it can serve at once, or after loading a model that was not needed until now."""
        return self.state in ("ready", "idle")

    @property
    def children(self) -> list[Child]:
        """Return the processes that run now."""
        return [slot.child for slot in self.slots if slot.child is not None]

    @property
    def unwatched(self) -> list[str]:
        """Return the slots whose process would not be replaced after its end; there should never be one."""
        return [slot.name for slot in self.slots if slot.unwatched]

    @property
    @override
    def awaited(self) -> int:
        return self._source.queued + self._curious

    @property
    @override
    def busy(self) -> int:
        return sum(1 for slot in self.slots if slot.units)

    def can_serve(self) -> bool:
        """Return whether a unit would be done, now or after a restart that is likely to work."""
        if self.stopping or (self._missing is not None and not self.children):
            return False
        few = min(slot.failures for slot in self.slots) < FAILURES_UNTIL_REFUSAL
        return few or any(child.ready for child in self.children)

    def unavailable(self) -> EngineUnavailable:
        """Return the error that tells a peer why the pool cannot serve."""
        if self.stopping:
            return EngineUnavailable("the server is stopping")
        if self._missing is not None:
            return EngineUnavailable(f"the {self._name} model cannot be loaded: {self._missing}")
        failures = min(slot.failures for slot in self.slots)
        return EngineUnavailable(
            f"the {self._name} model is being restarted after {failures} crashes",
            retry_after_ms=max(100, round(1000 * backoff_s(failures))),
        )

    # --- what slots tell -----------------------------------------------------------------------------------

    @override
    async def admit(self, slot: Slot) -> bool:
        return await self.residency.admit(slot)

    @override
    def rested(self) -> None:
        self._settled.set()

    @override
    def loaded(self, slot: Slot, capabilities: Capabilities) -> None:
        self.residency.loaded(slot)
        self.capabilities = capabilities
        self._missing = None
        self._settled.set()
        self._source.feed()

    @override
    def finished(self, slot: Slot, units: Sequence[Unit[Any]], done: Done) -> None:
        self._source.finished(slot, units, done)
        self.residency.used()

    @override
    def lost(self, units: Sequence[Unit[Any]], status: int, *, timed_out: bool) -> None:
        self._source.lost(units, status, timed_out=timed_out)

    @override
    def missing(self, reason: str) -> None:
        self._missing = reason
        self._give_up()

    @override
    def failed(self) -> None:
        self.residency.gone()
        self.restarts += 1
        if not self.can_serve():
            self._give_up()

    @override
    def retired(self) -> None:
        self.residency.gone()
        self._source.feed()

    def _give_up(self) -> None:
        if not self.children:
            self._source.refuse_all(self.unavailable())
        self._settled.set()
