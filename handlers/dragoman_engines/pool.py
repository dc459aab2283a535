"""A pool: the processes of one kind of engine, one fair queue of units in front of them, and their supervision.

While every process is busy the waiting units gather; a process that becomes free takes the next unit and those that
fit in the same model call. An idle process never waits for company.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.channel import Batch, Done, LoadFailed, Ready, ToServer
from dragoman_engines.child import Child
from dragoman_engines.fairqueue import Entry, FairQueue, Ticket
from dragoman_engines.work import AnyResult, AnyWork, Failure
from dragoman_wire.errors import DragomanError, EngineFailed, EngineUnavailable, error_from_code

log = structlog.get_logger()

PoolState = Literal["loading", "ready", "restarting", "missing", "stopped"]
MOST_RUNS = 3
"""A unit whose process dies is run again at most twice."""
FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 30.0
FAILURES_UNTIL_REFUSAL = 3
"""After so many loads in a row that failed, units are refused instead of kept waiting."""


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """How a pool runs its engine."""

    processes: int = 1
    batch: int = 1
    """Units in one model call, at most."""
    batch_cost_s: float = 0.2
    """Their cost together, at most; one unit may cost more."""
    unit_timeout_s: float = 120.0
    """A model call that takes longer has its process killed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A unit's result and where its time went."""

    result: AnyResult
    queued_s: float
    began_s: float
    """When its model call began, on the pool's clock."""
    ended_s: float
    worker: str
    """The process that did it: `translation-0`."""


class Unit:
    """A piece of work on its way through the pool."""

    __slots__ = ("alone", "answer", "began_s", "pushed_s", "runs", "ticket", "work")

    def __init__(self, work: AnyWork, ticket: Ticket, answer: asyncio.Future[Answer], now_s: float) -> None:
        self.work = work
        self.ticket = ticket
        self.answer = answer
        self.pushed_s = now_s
        self.began_s = now_s
        self.runs = 0
        self.alone = False
        """It was in a model call that killed its process: to find the culprit, it shares no call again."""


class _Slot:
    """A place for one process; it outlives the processes that fill it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.child: Child | None = None
        self.units: list[Unit] = []
        self.batch_number = 0
        self.overrun: asyncio.TimerHandle | None = None
        self.timed_out = False


class EnginePool:
    """Runs units of one kind.

    Args:
        spec: the engine of every process.
        settings: how many processes, and how much goes in one call.
        clock: monotonic seconds.
    """

    def __init__(self, spec: EngineSpec, settings: PoolSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.spec = spec
        self.settings = settings
        self.capabilities: Capabilities | None = None
        self.restarts = 0
        self.computed_s = 0.0
        self.units_done = 0
        self._clock = clock
        self._queue: FairQueue[Unit] = FairQueue(clock)
        self._slots = [_Slot(f"{spec.kind}-{index}") for index in range(settings.processes)]
        self._supervisors: list[asyncio.Task[None]] = []
        self._settled = asyncio.Event()
        self._missing: str | None = None
        self._failures = 0
        self._stopping = False

    # --- life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the processes; `settled` tells when the first has loaded, or cannot."""
        for slot in self._slots:
            task = asyncio.create_task(self._supervise(slot), name=f"supervise {slot.name}")
            self._supervisors.append(task)

    async def settled(self) -> None:
        """Wait until a process has loaded its model, or it is known that none can."""
        await self._settled.wait()

    async def stop(self, grace_s: float = 2.0) -> None:
        """End the processes: by closing their pipes, and after `grace_s` by force. Waiting units are refused."""
        self._stopping = True
        self._refuse_waiting(EngineUnavailable("the server is stopping"))
        children = [slot.child for slot in self._slots if slot.child is not None]
        for child in children:
            child.close()
        _, late = await asyncio.wait(self._supervisors, timeout=grace_s) if self._supervisors else ((), ())
        for task in late:
            task.cancel()
        for child in children:
            child.kill()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        self._settled.set()

    @property
    def state(self) -> PoolState:
        """What a person would say of it."""
        if self._stopping:
            return "stopped"
        if any(slot.child is not None and slot.child.ready for slot in self._slots):
            return "ready"
        if self._missing is not None:
            return "missing"
        return "loading" if self.capabilities is None and not self._failures else "restarting"

    @property
    def busy(self) -> int:
        """Processes at work."""
        return sum(1 for slot in self._slots if slot.units)

    @property
    def queued(self) -> int:
        """Units that wait for a process."""
        return len(self._queue)

    @property
    def children(self) -> list[Child]:
        """The processes that run now."""
        return [slot.child for slot in self._slots if slot.child is not None]

    # --- work ----------------------------------------------------------------------------------------------

    async def run(self, work: AnyWork, ticket: Ticket) -> Answer:
        """The result of one unit. Cancelling withdraws it, or lets a call that runs go unheard.

        Raises:
            DragomanError: the engine's own error, `engine_failed` for one that took its process down, or
                `engine_unavailable` where no process can serve.
        """
        self._check_available()
        unit = Unit(work, ticket, asyncio.get_running_loop().create_future(), self._clock())
        entry = self._queue.push(unit, ticket, work.batch_key())
        self._feed()
        try:
            answer = await unit.answer
        except asyncio.CancelledError:
            self._queue.withdraw(entry)
            raise
        if isinstance(answer.result, Failure):
            raise error_from_code(answer.result.code, answer.result.message)
        return answer

    def unavailable(self) -> EngineUnavailable:
        """Why the pool cannot serve, for a peer."""
        if self._stopping:
            return EngineUnavailable("the server is stopping")
        if self._missing is not None:
            return EngineUnavailable(f"the {self.spec.kind} model cannot be loaded: {self._missing}")
        return EngineUnavailable(
            f"the {self.spec.kind} model is being restarted after {self._failures} crashes",
            retry_after_ms=round(1000 * backoff_s(self._failures)),
        )

    def _check_available(self) -> None:
        missing = self._missing is not None and not any(slot.child for slot in self._slots)
        crashing = self._failures >= FAILURES_UNTIL_REFUSAL and self.state != "ready"
        if self._stopping or missing or crashing:
            raise self.unavailable()

    def _feed(self) -> None:
        """Give waiting units to idle processes."""
        for slot in self._slots:
            if not len(self._queue):
                return
            if slot.child is not None and slot.child.ready and not slot.units:
                self._give(slot, slot.child, self._queue.pop_batch(self.settings.batch, self.settings.batch_cost_s))

    def _give(self, slot: _Slot, child: Child, units: list[Unit]) -> None:
        now_s = self._clock()
        for unit in units:
            unit.runs += 1
            unit.began_s = now_s
        slot.units = units
        slot.batch_number += 1
        slot.timed_out = False
        loop = asyncio.get_running_loop()
        slot.overrun = loop.call_later(self.settings.unit_timeout_s, self._overran, slot, child)
        child.send(Batch(number=slot.batch_number, work=[unit.work for unit in units]))

    def _overran(self, slot: _Slot, child: Child) -> None:
        log.error("engine.overran", worker=slot.name, pid=child.pid, limit_s=self.settings.unit_timeout_s)
        slot.timed_out = True
        child.kill()

    def _heard(self, slot: _Slot, message: ToServer) -> None:
        match message:
            case Done():
                self._finish(slot, message)
                self._feed()
            case Ready():
                self.capabilities = message.capabilities
                self._missing = None
                self._failures = 0
                self._settled.set()
                pid = slot.child.pid if slot.child else 0
                log.info("engine.ready", worker=slot.name, pid=pid, model=message.capabilities.model)
                self._feed()
            case LoadFailed():
                self._missing = message.message

    def _finish(self, slot: _Slot, done: Done) -> None:
        units = self._release(slot)
        now_s = self._clock()
        self.computed_s += done.compute_s
        self.units_done += len(units)
        for unit, result in zip(units, done.results, strict=True):
            if not unit.answer.done():
                unit.answer.set_result(
                    Answer(
                        result=result,
                        queued_s=unit.began_s - unit.pushed_s,
                        began_s=unit.began_s,
                        ended_s=now_s,
                        worker=slot.name,
                    )
                )

    @staticmethod
    def _release(slot: _Slot) -> list[Unit]:
        units, slot.units = slot.units, []
        if slot.overrun is not None:
            slot.overrun.cancel()
            slot.overrun = None
        return units

    # --- supervision ---------------------------------------------------------------------------------------

    async def _supervise(self, slot: _Slot) -> None:
        """Keep a process in the slot until the pool stops, or its model is known to be missing."""
        while True:
            try:
                child = await Child.start(self.spec, lambda _, message: self._heard(slot, message))
            except OSError as error:
                log.error("engine.start_failed", worker=slot.name, error=str(error))
                self._failures += 1
            else:
                slot.child = child
                status = await self._watch(slot, child)
                if self._stopping:
                    return
                if self._missing is not None:
                    log.error("engine.missing", worker=slot.name, reason=self._missing)
                    self._give_up(self.unavailable())
                    return
                log.warning("engine.died", worker=slot.name, pid=child.pid, status=status)
            self.restarts += 1
            if self._failures >= FAILURES_UNTIL_REFUSAL:
                self._give_up(self.unavailable())
            await asyncio.sleep(backoff_s(self._failures))

    async def _watch(self, slot: _Slot, child: Child) -> int:
        """Wait for the end of a process and see to the units that it held."""
        try:
            status = await child.gone()
        finally:
            slot.child = None
        self._failures += 1
        for unit in self._release(slot):
            self._rerun(unit, status, timed_out=slot.timed_out)
        self._feed()
        return status

    def _rerun(self, unit: Unit, status: int, *, timed_out: bool) -> None:
        if unit.answer.done():
            return
        alone, unit.alone = unit.alone or self.settings.batch == 1, True
        if timed_out and alone:
            limit_s = self.settings.unit_timeout_s
            self._fail(unit, EngineFailed(f"the {self.spec.kind} model did not answer within {limit_s:g} s"))
        elif unit.runs >= MOST_RUNS:
            self._fail(
                unit,
                EngineFailed(f"the {self.spec.kind} model's process died {unit.runs} times at this (status {status})"),
            )
        elif self._stopping:
            self._fail(unit, EngineUnavailable("the server is stopping"))
        else:
            entry: Entry[Unit] = self._queue.push(unit, unit.ticket, None)
            unit.answer.add_done_callback(lambda _: self._queue.withdraw(entry))

    @staticmethod
    def _fail(unit: Unit, error: DragomanError) -> None:
        if not unit.answer.done():
            unit.answer.set_exception(error)

    def _give_up(self, error: EngineUnavailable) -> None:
        if not any(slot.child is not None for slot in self._slots):
            self._refuse_waiting(error)
        self._settled.set()

    def _refuse_waiting(self, error: EngineUnavailable) -> None:
        for unit in self._queue.drain():
            self._fail(unit, error)


def backoff_s(failures: int) -> float:
    """How long to wait before start number `failures`: doubling from 0.1 s to 30 s, with up to a quarter of jitter."""
    if failures <= 1:
        return 0.0
    wait_s = min(MOST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (failures - 2))
    return wait_s * random.uniform(0.75, 1.0)  # noqa: S311 - jitter needs no secrecy
