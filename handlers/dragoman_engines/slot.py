"""A place for one process of a pool. It outlives the processes that fill it, one after the other."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol

import structlog

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.channel import Batch, Done, LoadFailed, Ready, ToServer
from dragoman_engines.child import Child
from dragoman_engines.unit import Unit

log = structlog.get_logger()

FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 30.0


class SlotOwner(Protocol):
    """What a slot tells its pool."""

    def loaded(self, capabilities: Capabilities) -> None:
        """A process has its model and is idle."""
        ...

    def finished(self, slot: Slot, units: list[Unit], done: Done) -> None:
        """A model call ended; the process is idle."""
        ...

    def lost(self, units: list[Unit], status: int, *, timed_out: bool) -> None:
        """A process ended with these units in its hands."""
        ...

    def missing(self, reason: str) -> None:
        """The model cannot be loaded, and trying again would not help."""
        ...

    def failed(self) -> None:
        """A process could not be started, or ended; there will be another."""
        ...


class Slot:
    """Keeps a process running.

    Args:
        name: what the process is called in logs and results.
        spec: the engine that it makes.
        owner: the pool.
        unit_timeout_s: a model call that takes longer has its process killed.
        load_timeout_s: so has a process that takes longer to load its model.
    """

    def __init__(
        self, name: str, spec: EngineSpec, owner: SlotOwner, unit_timeout_s: float, load_timeout_s: float
    ) -> None:
        self.name = name
        self.child: Child | None = None
        self.units: list[Unit] = []
        self.failures = 0
        """Processes in a row that ended without a model call that worked."""
        self._spec = spec
        self._owner = owner
        self._unit_timeout_s = unit_timeout_s
        self._load_timeout_s = load_timeout_s
        self._batch_number = 0
        self._overrun: asyncio.TimerHandle | None = None
        self._timed_out = False
        self._stopping = False
        self._missing: str | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether a batch can be given."""
        return self.child is not None and self.child.ready and not self.units

    def start(self) -> None:
        """Keep a process running from now on."""
        self._task = asyncio.create_task(self._supervise(), name=f"supervise {self.name}")

    async def stop(self, grace_s: float) -> None:
        """End the process: by closing its pipe, and after `grace_s` by force."""
        self._stopping = True
        if self.child is not None:
            self.child.close()
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.child is not None:
            self.child.kill()

    def give(self, units: list[Unit], now_s: float) -> None:
        """Have an idle process run these units in one model call."""
        if self.child is None:
            raise RuntimeError(f"{self.name} has no process")
        for unit in units:
            unit.runs += 1
            unit.began_s = now_s
        self.units = units
        self._batch_number += 1
        self._limit(self._unit_timeout_s)
        self.child.send(Batch(number=self._batch_number, work=[unit.work for unit in units]))

    def _limit(self, timeout_s: float) -> None:
        if self._overrun is not None:
            self._overrun.cancel()
        self._overrun = asyncio.get_running_loop().call_later(timeout_s, self._overran, timeout_s)

    def _no_limit(self) -> None:
        if self._overrun is not None:
            self._overrun.cancel()
            self._overrun = None

    def _overran(self, limit_s: float) -> None:
        if self.child is not None:
            log.error("engine.overran", worker=self.name, pid=self.child.pid, limit_s=limit_s)
            self._timed_out = True
            self.child.kill()

    def _heard(self, child: Child, message: ToServer) -> None:
        self._no_limit()
        match message:
            case Done():
                units, self.units = self.units, []
                self.failures = 0
                self._owner.finished(self, units, message)
            case Ready():
                log.info("engine.ready", worker=self.name, pid=child.pid, model=message.capabilities.model)
                self._owner.loaded(message.capabilities)
            case LoadFailed():
                self._missing = message.message

    async def _supervise(self) -> None:
        while True:
            try:
                self.child = await Child.start(self._spec, self._heard)
                self._limit(self._load_timeout_s)
                await self._watch(self.child)
            except OSError as error:
                log.error("engine.start_failed", worker=self.name, error=str(error))
            if self._stopping:
                break
            if self._missing is not None:
                log.error("engine.missing", worker=self.name, reason=self._missing)
                self._owner.missing(self._missing)
                return
            self.failures += 1
            self._owner.failed()
            await asyncio.sleep(backoff_s(self.failures))

    async def _watch(self, child: Child) -> None:
        """Wait for the end of a process and hand back the units that it held."""
        self._timed_out = False
        try:
            status = await child.gone()
        finally:
            self.child = None
            self._no_limit()
        if not self._stopping and self._missing is None:
            log.warning("engine.died", worker=self.name, pid=child.pid, status=status)
        units, self.units = self.units, []
        self._owner.lost(units, status, timed_out=self._timed_out)


def backoff_s(failures: int) -> float:
    """How long to wait before the next start: at once after one failure, then from 0.1 s doubling to 30 s.

    Up to a quarter of it is left away at random, so that the processes of many servers do not start together.
    """
    if failures <= 1:
        return 0.0
    wait_s = min(MOST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (failures - 2))
    return wait_s * random.uniform(0.75, 1.0)  # noqa: S311 - jitter needs no secrecy
