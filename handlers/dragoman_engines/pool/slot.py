"""A place for one process of a pool. It outlives the processes that fill it, one after the other."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable

import structlog

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.pool.memory import NoRoom
from dragoman_engines.pool.slot_owner import Bounds, SlotOwner
from dragoman_engines.pool.unit import Unit
from dragoman_engines.process.channel import Batch, Done, LoadFailed, Pong, Ready, ToServer
from dragoman_engines.process.child import Child

log = structlog.get_logger()

_WELL_S = 0.25
"""An idle process that lived so long was no failure."""
FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 30.0


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
        """Processes in a row that ended before they did anything well."""
        self._ready_s = math.inf
        """When the process had loaded its model."""
        self.resting = False
        """Without a process on purpose, or on the way back from that."""
        self.starting = False
        """There is room for a process, and it is on its way."""
        self._spec = spec
        self._owner = owner
        self._bounds = bounds
        self._batch_number = 0
        self._timer: asyncio.TimerHandle | None = None
        self._pinged = False
        """A ping is not answered yet."""
        self._timed_out = False
        self._stopping = False
        self._leaving = False
        """The process is being ended on purpose."""
        self._weighed_s = 0.0
        self._missing: str | None = None
        self._awake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether a batch can be given."""
        return self.child is not None and self.child.ready and not self.units and not self._leaving

    @property
    def unwatched(self) -> bool:
        """Whether its supervisor has ended without being told to, and without a reason."""
        ended = self._task is not None and self._task.done()
        return ended and not self._stopping and self._missing is None

    @property
    def awake(self) -> bool:
        """Whether it has a process or will have one."""
        return self._awake.is_set()

    def start(self, *, load: bool = True) -> None:
        """Keep a process running from now on, or from when it is woken."""
        self.resting = not load
        if load:
            self._awake.set()
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

    def wake(self) -> None:
        """Keep a process running again."""
        self._awake.set()

    def retire(self, *, again: bool) -> None:
        """End an idle process in good order; with `again` another takes its place, else when it is woken."""
        if not again:
            self._awake.clear()
        if self.child is not None and self.child.ready and not self.units:
            self._leaving = self.resting = True
            self._no_timer()
            self.child.close()

    async def gone(self) -> None:
        """Wait until a process that is being ended on purpose has ended."""
        if self._leaving:
            await self._empty.wait()

    def memory_mb(self, expected_mb: float) -> float:
        """What its process takes, in MiB; one that is being started counts as what it will take."""
        now_mb = self.child.rss_mb() if self.child is not None else 0.0
        return max(now_mb, expected_mb) if self.starting else now_mb

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
                self._weigh(child)
                self._owner.finished(self, units, message)
            case Ready():
                self._take_in(child, message.capabilities)
            case LoadFailed():
                self._no_timer()
                self._missing = message.message

    def _take_in(self, child: Child, capabilities: Capabilities) -> None:
        log.info("engine.ready", worker=self.name, pid=child.pid, model=capabilities.model)
        self.starting = self.resting = False
        self._ready_s = asyncio.get_running_loop().time()
        self._rest()
        try:
            self._owner.loaded(self, capabilities)
        except NoRoom as error:
            self._missing = str(error)
            child.close()

    def _weigh(self, child: Child) -> None:
        """After a model call: a process that has grown too large makes room for a fresh one."""
        now_s = asyncio.get_running_loop().time()
        if not self._bounds.child_mb or now_s - self._weighed_s < self._bounds.weigh_every_s:
            return
        self._weighed_s = now_s
        if (mb := child.rss_mb()) > self._bounds.child_mb:
            log.warning(
                "engine.outgrown", worker=self.name, pid=child.pid, mb=round(mb), limit_mb=self._bounds.child_mb
            )
            self.retire(again=True)

    async def _admitted(self) -> bool:
        """Rest until a process is needed and there is room for it; False: there never will be."""
        while True:
            await self._awake.wait()
            try:
                if await self._owner.admit(self):
                    self._empty.clear()
                    return True
            except NoRoom as error:
                self._missing = str(error)
                return False
            self._rest_until_woken()
            self._owner.rested()

    def _rest_until_woken(self) -> None:
        self.resting = True
        self.failures = 0  # who wakes it tries it anew: nothing else would
        self._awake.clear()

    async def _supervise(self) -> None:
        while await self._admitted():
            try:
                self.child = await Child.start(self._spec, self._heard)
                self._in(self._bounds.load_s, self._overran, self._bounds.load_s)
                await self._watch(self.child)
            except OSError as error:
                self.starting = False
                self._empty.set()
                log.error("engine.start_failed", worker=self.name, error=str(error))
            if self._stopping or self._missing is not None:
                break
            if self._leaving:
                self._leaving = False
                self.failures = 0  # it was well when it was ended
                self._owner.retired()
                continue
            self.resting = False
            self.failures += 1
            self._owner.failed()
            await asyncio.sleep(backoff_s(self.failures))
        if self._missing is not None and not self._stopping:
            log.error("engine.missing", worker=self.name, reason=self._missing)
            self._owner.missing(self._missing)

    async def _watch(self, child: Child) -> None:
        """Wait for the end of a process and hand back the units that it held."""
        self._timed_out = self._pinged = False
        self._ready_s = math.inf
        try:
            status = await child.gone()
        finally:
            self.child = None
            self.starting = False
            self._empty.set()
            self._no_timer()
        if not (self._stopping or self._leaving or self._missing is not None):
            log.warning("engine.died", worker=self.name, pid=child.pid, status=status)
        units, self.units = self.units, []
        if not units and asyncio.get_running_loop().time() - self._ready_s >= _WELL_S:
            self.failures = 0  # it was idle and well: whoever ended it, it was not its model
        self._owner.lost(units, status, timed_out=self._timed_out)


def backoff_s(failures: int) -> float:
    """How long to wait before the next start: at once after one failure, then from 0.1 s doubling to 30 s.

    Up to a quarter of it is left away at random, so that the processes of many servers do not start together.
    """
    if failures <= 1:
        return 0.0
    wait_s = min(MOST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (failures - 2))
    return wait_s * random.uniform(0.75, 1.0)  # noqa: S311 - jitter needs no secrecy
