"""A place for one process of a pool. It outlives the processes that fill it, one after the other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.channel import Batch, Done, LoadFailed, Pong, Ready, ToServer
from dragoman_engines.child import Child
from dragoman_engines.unit import Unit

log = structlog.get_logger()

FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """How long a process may be silent before it is killed, in seconds. Whatever it does, one of them holds."""

    load_s: float
    """While it loads its model."""
    unit_s: float
    """In a model call."""
    ping_every_s: float
    """While it is idle, until it is asked for a sign of life."""
    pong_s: float
    """From then to its answer."""


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
        bounds: a process that is silent for longer is killed.
    """

    def __init__(self, name: str, spec: EngineSpec, owner: SlotOwner, bounds: Bounds) -> None:
        self.name = name
        self.child: Child | None = None
        self.units: list[Unit] = []
        self.failures = 0
        """Processes in a row that ended without a model call that worked."""
        self._spec = spec
        self._owner = owner
        self._bounds = bounds
        self._batch_number = 0
        self._timer: asyncio.TimerHandle | None = None
        self._pinged = False
        """A ping is not answered yet."""
        self._timed_out = False
        self._stopping = False
        self._missing: str | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether a batch can be given."""
        return self.child is not None and self.child.ready and not self.units

    @property
    def unwatched(self) -> bool:
        """Whether its supervisor has ended without being told to, and without a reason."""
        ended = self._task is not None and self._task.done()
        return ended and not self._stopping and self._missing is None

    def start(self) -> None:
        """Keep a process running from now on."""
        self._task = asyncio.create_task(self._supervise(), name=f"supervise {self.name}")

    async def stop(self, grace_s: float) -> None:
        """End the process: by closing its pipe, and after `grace_s` by force."""
        self._stopping = True
        if self._task is None:
            return
        child = self.child
        if child is None:
            self._task.cancel()  # between two processes: there shall be no other
        else:
            child.close()
            _, late = await asyncio.wait([self._task], timeout=grace_s)
            if late:
                child.kill()
        await asyncio.gather(self._task, return_exceptions=True)

    def give(self, units: list[Unit], now_s: float) -> None:
        """Have an idle process run these units in one model call."""
        if self.child is None:
            raise RuntimeError(f"{self.name} has no process")
        for unit in units:
            unit.runs += 1
            unit.began_s = now_s
        self.units = units
        self._batch_number += 1
        if not self._pinged:  # else the pong comes first, and its bound is the tighter one
            self._in(self._bounds.unit_s, self._overran, self._bounds.unit_s)
        self.child.send(Batch(number=self._batch_number, work=[unit.work for unit in units]))

    def _in(self, delay_s: float, action: Callable[..., None], *arguments: float) -> None:
        """What happens unless the process says something before."""
        self._no_timer()
        self._timer = asyncio.get_running_loop().call_later(delay_s, action, *arguments)

    def _no_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rest(self) -> None:
        self._in(self._bounds.ping_every_s, self._ping)

    def _ping(self) -> None:
        if self.child is not None:
            self._pinged = True
            self._in(self._bounds.pong_s, self._fell_silent)
            self.child.ping()

    def _fell_silent(self) -> None:
        if self.child is not None:
            log.error("engine.silent", worker=self.name, pid=self.child.pid, limit_s=self._bounds.pong_s)
            self.child.kill()

    def _overran(self, limit_s: float) -> None:
        if self.child is not None:
            log.error("engine.overran", worker=self.name, pid=self.child.pid, limit_s=limit_s)
            self._timed_out = True
            self.child.kill()

    def _heard(self, child: Child, message: ToServer) -> None:
        match message:
            case Pong():
                self._pinged = False
                if self.units:
                    self._in(self._bounds.unit_s, self._overran, self._bounds.unit_s)
                else:
                    self._rest()
            case Done():
                units, self.units = self.units, []
                self.failures = 0
                self._rest()
                self._owner.finished(self, units, message)
            case Ready():
                log.info("engine.ready", worker=self.name, pid=child.pid, model=message.capabilities.model)
                self._rest()
                self._owner.loaded(message.capabilities)
            case LoadFailed():
                self._no_timer()
                self._missing = message.message

    async def _supervise(self) -> None:
        while True:
            try:
                self.child = await Child.start(self._spec, self._heard)
                self._in(self._bounds.load_s, self._overran, self._bounds.load_s)
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
        self._timed_out = self._pinged = False
        try:
            status = await child.gone()
        finally:
            self.child = None
            self._no_timer()
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
