"""When the processes of a pool are loaded: at the start or at first use, and until they have been idle for long.

An unloaded pool counts as able to serve: work that comes loads it again.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.slot import Slot

log = structlog.get_logger()


class Busy(Protocol):
    """What a pool says of its work."""

    @property
    def awaited(self) -> int:
        """Units and others that wait for a process."""
        ...

    @property
    def busy(self) -> int:
        """Processes at work."""
        ...


class Residence:
    """Loads and unloads the slots of one pool; a tenant of the common memory.

    Args:
        name: the pool's kind.
        slots: the pool's places for processes.
        work: what the pool has to do.
        memory: the limit of all pools together.
        expected_mb: asked once, how much a process will take, before one was ever loaded.
        idle_unload_s: unload after so long without work; 0: never.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        name: str,
        slots: Sequence[Slot],
        work: Busy,
        memory: Memory,
        expected_mb: Callable[[], float],
        idle_unload_s: float,
        clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.last_used_s = clock()
        self.loaded_s = math.inf
        self.giving_way = False
        """Nothing new is begun; what is at work ends, then all is unloaded."""
        self._slots = slots
        self._work = work
        self._memory = memory
        self._guess_mb = expected_mb
        self._process_mb = 0.0
        """What a process takes; 0 until it is asked for."""
        self._idle_unload_s = idle_unload_s
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        memory.add(self)

    def start(self, *, load: bool) -> None:
        """Start the slots, with their processes or without."""
        for slot in self._slots:
            slot.start(load=load)

    def stop(self) -> None:
        """Unload by the clock no longer."""
        if self._timer is not None:
            self._timer.cancel()

    # --- for the pool --------------------------------------------------------------------------------------

    @property
    def resting(self) -> bool:
        """Whether it is not loaded because nobody needs it, or is being loaded again after that."""
        return all(slot.resting for slot in self._slots)

    def wake(self) -> None:
        """There is work: load, unless it is loaded or being loaded."""
        if not any(slot.awake for slot in self._slots):
            for slot in self._slots:
                slot.wake()

    async def admit(self, slot: Slot) -> bool:
        """Wait until there is room for the slot's process. False: it is not needed so badly that others should go.

        Raises:
            NoRoom: it never fits.
        """
        if not await self._memory.admit(self, self._expected_mb()):
            return False
        slot.starting = True
        return True

    def loaded(self, slot: Slot) -> None:
        """A process has its model, and what it takes is known.

        Raises:
            NoRoom: that is more than all engines may take together.
        """
        self._process_mb = slot.memory_mb(0.0) or self._process_mb
        if self._memory.is_too_large(self):
            if not any(other.idle or other.units for other in self._slots if other is not slot):
                raise self._memory.too_large(self, self._process_mb)
            slot.retire(again=False)  # the others of this engine do without it
        if math.isinf(self.loaded_s):
            self.loaded_s = self._clock()
        self.used()
        self._memory.loaded()

    def used(self) -> None:
        """A process ended something."""
        self.last_used_s = self._clock()
        if self.giving_way and not self._work.busy:
            self._retire()
        elif self._idle_unload_s and self._timer is None:
            self._look_after(self._idle_unload_s)
        self._memory.changed()

    def gone(self) -> None:
        """A process ended, and what it took is free."""
        if not any(slot.child is not None for slot in self._slots):
            self.loaded_s = math.inf
            self.giving_way = False
        self._memory.changed()

    # --- for the common memory: see Tenant -----------------------------------------------------------------

    @property
    def used_mb(self) -> float:
        """See Tenant."""
        return sum(slot.memory_mb(self._process_mb) for slot in self._slots)

    @property
    def idle(self) -> bool:
        """See Tenant."""
        at_rest = self._work.awaited == 0 and self._work.busy == 0
        return at_rest and any(slot.idle for slot in self._slots)

    @property
    def awaited(self) -> bool:
        """See Tenant."""
        return self._work.awaited > 0

    async def unload(self) -> None:
        """See Tenant."""
        self._retire()
        await asyncio.gather(*(slot.gone() for slot in self._slots))

    def give_way(self) -> None:
        """See Tenant."""
        if not self.giving_way:
            log.info("engine.gives_way", engine=self.name)
            self.giving_way = True
            if not self._work.busy:
                self._retire()

    def _retire(self) -> None:
        log.info("engine.unloaded", engine=self.name, idle_s=round(self._clock() - self.last_used_s, 1))
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
        left_s = self.last_used_s + self._idle_unload_s - self._clock()
        if not self.idle:
            return  # the end of what it does sets the clock again
        if left_s > 0:
            self._look_after(left_s)
        else:
            self._retire()
