"""The memory of all engines together, and which of them is unloaded for another.

An engine asks before each process that it starts. Where there is no room, the engine that has been idle for longest
is unloaded first. While all others are at work, the one that asks waits until one is idle; after a while the one that
was used least recently finishes its units and gives way, so that two engines that do not fit beside each other take
turns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

log = structlog.get_logger()

PATIENCE_S = 10.0
"""How long an engine that needs room waits for the others to be idle; so long at least lasts a turn."""
LOOK_EVERY_S = 2.0
"""How often it is looked whether loaded engines have outgrown the limit."""


class NoRoom(Exception):
    """An engine does not fit, and waiting does not help; the sentence says why."""


class Tenant(Protocol):
    """An engine that takes memory."""

    @property
    def name(self) -> str:
        """Return the name that operators see: its kind."""
        ...

    @property
    def used_mb(self) -> float:
        """Return the memory of its processes; one that is being started counts with its expected size."""
        ...

    @property
    def last_used_s(self) -> float:
        """Return the monotonic time at which it was last used."""
        ...

    @property
    def idle(self) -> bool:
        """Return whether it is loaded and has nothing to do."""
        ...

    @property
    def awaited(self) -> bool:
        """Return whether work waits for it."""
        ...

    @property
    def loaded_s(self) -> float:
        """Return the monotonic time since when it has been loaded; infinity while it is not."""
        ...

    async def unload(self) -> None:
        """End its idle processes."""
        ...

    def give_way(self) -> None:
        """Begin nothing new, and unload as soon as the work in progress has ended."""
        ...


class Memory:
    """The limit of all engines together.

    Args:
        limit_mb: resident memory of all their processes, in MiB; 0: no limit.
        patience_s: see PATIENCE_S.
        look_every_s: see LOOK_EVERY_S.
        clock: monotonic seconds, that of the engines.
    """

    def __init__(
        self,
        limit_mb: float = 0.0,
        *,
        patience_s: float = PATIENCE_S,
        look_every_s: float = LOOK_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit_mb = limit_mb
        self._clock = clock
        self._patience_s = patience_s
        self._look_every_s = look_every_s
        self._tenants: list[Tenant] = []
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._overfull = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def used_mb(self) -> float:
        """Return the memory of all engines now."""
        return sum(tenant.used_mb for tenant in self._tenants)

    def add(self, tenant: Tenant) -> None:
        """Add an engine to those that share the memory."""
        self._tenants.append(tenant)

    def start(self) -> None:
        """Watch for engines that grow."""
        if self.limit_mb:
            self._task = asyncio.create_task(self._keep_looking(), name="watch memory")

    def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()

    def changed(self) -> None:
        """Note that an engine ended something: engines that wait for room look again."""
        if self.limit_mb:
            self._changed.set()

    async def admit(self, tenant: Tenant, needed_mb: float) -> bool:
        """Make room for one more process; return False where there is none now, and nothing waits for this engine.

        Raises:
            NoRoom: it does not fit even alone.
        """
        if not self.limit_mb:
            return True
        async with self._turn:
            await self._make_room(tenant, needed_mb)
            return self._fits(needed_mb)

    def loaded(self) -> None:
        """Note that an engine has loaded, and may have become larger than was expected."""
        if 0 < self.limit_mb < self.used_mb:
            self._overfull.set()

    def is_too_large(self, tenant: Tenant) -> bool:
        """Return whether it is over the limit all by itself, now that it is loaded."""
        return 0 < self.limit_mb < tenant.used_mb and not self._loaded_beside(tenant)

    def too_large(self, tenant: Tenant, needed_mb: float) -> NoRoom:
        """Return the error for an engine that does not fit."""
        return NoRoom(
            f"it needs about {needed_mb:.0f} MiB, and engines.memory_mb is {self.limit_mb:g};"
            f" raise it or name a smaller model in engines.{tenant.name}.model"
        )

    async def _make_room(self, tenant: Tenant, needed_mb: float) -> None:
        since_s = self._clock()
        while not self._fits(needed_mb) and tenant.awaited:
            if needed_mb > self.limit_mb:
                raise self.too_large(tenant, needed_mb)
            others = self._loaded_beside(tenant)
            if not others and tenant.used_mb > 0:
                return  # what is loaded of it has to do
            self._changed.clear()
            if victim := _longest_unused([other for other in others if other.idle]):
                await self._unload(victim)
                continue
            over_s = self._clock() - self._patience_s
            had_their_turn = [other for other in others if other.loaded_s <= over_s]
            if since_s <= over_s and (victim := _longest_unused(had_their_turn)):
                victim.give_way()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(LOOK_EVERY_S, self._patience_s)):
                    await self._changed.wait()

    async def _keep_looking(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every_s):
                    await self._overfull.wait()
            self._overfull.clear()
            while self.used_mb > self.limit_mb:
                victim = _longest_unused([tenant for tenant in self._tenants if tenant.idle])
                if victim is None:
                    break
                await self._unload(victim)

    async def _unload(self, victim: Tenant) -> None:
        log.info("memory.unload", engine=victim.name, used_mb=round(self.used_mb), limit_mb=self.limit_mb)
        await victim.unload()

    def _fits(self, needed_mb: float) -> bool:
        return self.used_mb + needed_mb <= self.limit_mb

    def _loaded_beside(self, tenant: Tenant) -> list[Tenant]:
        return [other for other in self._tenants if other is not tenant and other.used_mb > 0]


def _longest_unused(tenants: list[Tenant]) -> Tenant | None:
    return min(tenants, key=lambda tenant: tenant.last_used_s, default=None)
