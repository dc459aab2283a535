"""A slot of a pool: it holds one process after the other, and outlives them all."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import structlog

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.pool.memory import NoRoom
from dragoman_engines.pool.unit import Unit
from dragoman_engines.process.channel import Batch, Done, LoadFailed, Pong, Ready, ToServer
from dragoman_engines.process.child import Child
from dragoman_engines.work import AnyWork

log = structlog.get_logger()

_WELL_S = 0.25
"""An idle process that lived so long does not count as failed."""
FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """The seconds that a process may be silent before it is killed; whatever it does, one of them holds."""

    load_s: float
    """While it loads its model."""
    unit_s: float
    """In a model call."""
    ping_every_s: float
    """While it is idle, until it is asked for a sign of life."""
    pong_s: float
    """From then to its answer."""
    child_mb: float = 0.0
    """Resident memory in MiB past which it is replaced after a model call; 0: it may grow."""
    weigh_every_s: float = 1.0
    """How often that is checked, at most."""


class SlotOwner(Protocol):
    """The supervisor, as a slot sees it."""

    async def admit(self, slot: Slot) -> bool:
        """Wait for room before a process is started. Return False for "not now": the slot rests until it is woken.

        Raises:
            NoRoom: there will never be room.
        """
        ...

    def rested(self) -> None:
        """Note that a slot has no process, and needs none until it is woken."""
        ...

    def loaded(self, slot: Slot, capabilities: Capabilities) -> None:
        """Note that a process has its model and is idle.

        Raises:
            NoRoom: it turned out too large.
        """
        ...

    def finished(self, slot: Slot, units: Sequence[Unit[Any]], done: Done) -> None:
        """Take the results of a model call; the process is idle."""
        ...

    def lost(self, units: Sequence[Unit[Any]], status: int, *, timed_out: bool) -> None:
        """Take back the units of a process that ended."""
        ...

    def missing(self, reason: str) -> None:
        """Note that the model cannot be loaded, and that trying again would not help."""
        ...

    def failed(self) -> None:
        """Note that a process could not be started, or ended by itself; there will be another."""
        ...

    def retired(self) -> None:
        """Note that a process was ended on purpose."""
        ...


class Slot:
    """Keeps a process running.

    Args:
        name: what the process is called in logs and results.
        spec: the engine that it makes.
        owner: decides when it has a process, and takes what the process does.
        bounds: a process that is silent for longer is killed.
    """

    def __init__(self, name: str, spec: EngineSpec, owner: SlotOwner, bounds: Bounds) -> None:
        self.name = name
        self.child: Child | None = None
        self.units: list[Unit[Any]] = []
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
        self._memory_checked_s = 0.0
        self._confinement_told = False
        self._missing: str | None = None
        self._awake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Return whether a batch can be dispatched to it."""
        return self.child is not None and self.child.ready and not self.units and not self._leaving

    @property
    def unwatched(self) -> bool:
        """Return whether its supervisor has ended without being told to, and without a reason."""
        ended = self._task is not None and self._task.done()
        return ended and not self._stopping and self._missing is None

    @property
    def awake(self) -> bool:
        """Return whether it has a process or will have one."""
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
        """Return what its process takes, in MiB; one that is being started counts as what it will take."""
        now_mb = self.child.rss_mb() if self.child is not None else 0.0
        return max(now_mb, expected_mb) if self.starting else now_mb

    def dispatch(self, units: list[Unit[Any]], now_s: float) -> None:
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
        work = cast("list[AnyWork]", [unit.work for unit in units])  # there are no other units
        self.child.send(Batch(number=self._batch_number, work=work))

    def _in(self, delay_s: float, action: Callable[..., None], *arguments: float) -> None:
        """Do `action` unless the process says something before."""
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

    def on_message(self, child: Child, message: ToServer) -> None:
        """Act on a message of the process."""
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
                self.check_memory(child)
                self._owner.finished(self, units, message)
            case Ready():
                self._tell_confinement(message)
                self.on_ready(child, message.capabilities)
            case LoadFailed():
                self._no_timer()
                self._missing = message.message

    def on_ready(self, child: Child, capabilities: Capabilities) -> None:
        """Offer the process to the owner, now that its model is loaded."""
        log.info("engine.ready", worker=self.name, pid=child.pid, model=capabilities.model)
        self.starting = self.resting = False
        self._ready_s = asyncio.get_running_loop().time()
        self._rest()
        try:
            self._owner.loaded(self, capabilities)
        except NoRoom as error:
            self._missing = str(error)
            child.close()

    def _tell_confinement(self, ready: Ready) -> None:
        """Log once why a process has more rights than it needs."""
        if ready.not_confined and not self._confinement_told:
            log.warning(
                "engine.not_confined", worker=self.name, because=ready.not_confined, confined_by=ready.confined_by
            )
        self._confinement_told = True

    def check_memory(self, child: Child) -> None:
        """Replace a process that has grown too large; called after a model call."""
        now_s = asyncio.get_running_loop().time()
        if not self._bounds.child_mb or now_s - self._memory_checked_s < self._bounds.weigh_every_s:
            return
        self._memory_checked_s = now_s
        if (mb := child.rss_mb()) > self._bounds.child_mb:
            log.warning(
                "engine.outgrown", worker=self.name, pid=child.pid, mb=round(mb), limit_mb=self._bounds.child_mb
            )
            self.retire(again=True)

    async def _admitted(self) -> bool:
        """Rest until a process is needed and there is room for it; return False where there never will be."""
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
        self.failures = 0  # it is tried anew when it is woken: nothing else would reset this
        self._awake.clear()

    async def _supervise(self) -> None:
        while await self._admitted():
            try:
                self.child = await Child.start(self._spec, self.on_message)
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
            self.failures = 0  # it was idle and well: its model did not end it
        self._owner.lost(units, status, timed_out=self._timed_out)


def backoff_s(failures: int) -> float:
    """Return the wait before the next start: none after one failure, then from 0.1 s doubling to 30 s.

    Up to a quarter of it is left away at random, so that the processes of many servers do not start together.
    """
    if failures <= 1:
        return 0.0
    wait_s = min(MOST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (failures - 2))
    return wait_s * random.uniform(0.75, 1.0)  # noqa: S311 - jitter needs no secrecy
