"""When the processes of a pool are loaded: at the start or at first use, and until they have been idle for long.

An unloaded pool counts as able to serve: work that comes loads it again.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from typing_extensions import override

from dragoman_engines.pool.memory import Memory, Tenant
from dragoman_engines.pool.slot import Slot

log = structlog.get_logger()


class Workload(Protocol):
    """The work of a pool, waiting and in model calls."""

    @property
    def awaited(self) -> int:
        """Return the number of units and other requests that wait for a process."""
        ...

    @property
    def busy(self) -> int:
        """Return the number of processes at work."""
        ...


class Residency(Tenant):
    """Loads and unloads the slots of one pool; a tenant of the common memory.

    Args:
        name: the pool's kind.
        slots: the pool's places for processes.
        work: what there is to do.
        memory: the limit of all pools together.
        expected_mb: asked once, how much a process will take, before one was ever loaded.
        idle_unload_s: unload after so long without work; 0: never.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        name: str,
        slots: Sequence[Slot],
        work: Workload,
        memory: Memory,
        expected_mb: Callable[[], float],
        idle_unload_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._name = name
        self._last_used_s = clock()
        self._loaded_s = math.inf
        self.giving_way = False
        """Nothing new is begun; the work in progress ends, then all is unloaded."""
        self._slots = slots
        self._work = work
        self._memory = memory
        self._guess_mb = expected_mb
        self._process_mb = 0.0
        """The memory of one process; 0 until it is asked for."""
        self._idle_unload_s = idle_unload_s
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        memory.add(self)

    def start(self, *, load: bool) -> None:
        """Start the slots, with their processes or without."""
        for slot in self._slots:
            slot.start(load=load)

    def stop(self) -> None:
        """Stop unloading by the clock."""
        if self._timer is not None:
            self._timer.cancel()

    # --- for the pool --------------------------------------------------------------------------------------

    @property
    def resting(self) -> bool:
        """Return whether it is unloaded because it is not needed, or is being loaded again after that."""
        return all(slot.resting for slot in self._slots)

    def wake(self) -> None:
        """Load the model for work that has come, unless it is loaded or being loaded."""
        if not any(slot.awake for slot in self._slots):
            for slot in self._slots:
                slot.wake()

    async def admit(self, slot: Slot) -> bool:
        """Wait until there is room for the slot's process; return False where others should not go for it.

        Raises:
            NoRoom: it never fits.
        """
        if not await self._memory.admit(self, self._expected_mb()):
            return False
        slot.starting = True
        return True

    def loaded(self, slot: Slot) -> None:
        """Note that a process has its model, and what it takes.

        Raises:
            NoRoom: that is more than all engines may take together.
        """
        self._process_mb = slot.memory_mb(0.0) or self._process_mb
        if self._memory.is_too_large(self):
            if not any(other.idle or other.units for other in self._slots if other is not slot):
                raise self._memory.too_large(self, self._process_mb)
            slot.retire(again=False)  # the others of this engine do without it
        if math.isinf(self._loaded_s):
            self._loaded_s = self._clock()
        self.used()
        self._memory.loaded()

    def used(self) -> None:
        """Note that a process has just done something."""
        self._last_used_s = self._clock()
        if self.giving_way and not self._work.busy:
            self._retire()
        elif self._idle_unload_s and self._timer is None:
            self._look_after(self._idle_unload_s)
        self._memory.changed()

    def gone(self) -> None:
        """Note that a process ended, and that its memory is free."""
        if not any(slot.child is not None for slot in self._slots):
            self._loaded_s = math.inf
            self.giving_way = False
        self._memory.changed()

    # --- for the common memory -----------------------------------------------------------------------------

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def last_used_s(self) -> float:
        return self._last_used_s

    @property
    @override
    def loaded_s(self) -> float:
        return self._loaded_s

    @property
    @override
    def used_mb(self) -> float:
        return sum(slot.memory_mb(self._process_mb) for slot in self._slots)

    @property
    @override
    def idle(self) -> bool:
        at_rest = self._work.awaited == 0 and self._work.busy == 0
        return at_rest and any(slot.idle for slot in self._slots)

    @property
    @override
    def awaited(self) -> bool:
        return self._work.awaited > 0

    @override
    async def unload(self) -> None:
        self._retire()
        await asyncio.gather(*(slot.gone() for slot in self._slots))

    @override
    def give_way(self) -> None:
        if not self.giving_way:
            log.info("engine.gives_way", engine=self._name)
            self.giving_way = True
            if not self._work.busy:
                self._retire()

    def _retire(self) -> None:
        log.info("engine.unloaded", engine=self._name, idle_s=round(self._clock() - self._last_used_s, 1))
        for slot in self._slots:
            slot.retire(again=False)

    def _expected_mb(self) -> float:
        if not self._process_mb:
            self._process_mb = self._guess_mb()
        return self._process_mb

    def _look_after(self, delay_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._unload_if_unused)

    def _unload_if_unused(self) -> None:
        self._timer = None
        left_s = self._last_used_s + self._idle_unload_s - self._clock()
        if not self.idle:
            return  # the end of what it does sets the clock again
        if left_s > 0:
            self._look_after(left_s)
        else:
            self._retire()
