"""Recovery of an earlier server's journal: results are known again, and accepted requests are finished."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from dragoman_handlers.base import Handler
from dragoman_server.journal.base import Journal
from dragoman_server.journal.records import BegunRow, RecoveredTask
from dragoman_server.tasks.executor import Executor
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import Stages, Task
from dragoman_server.tasks.task_store import TaskStore
from dragoman_wire.codec import codec_of, decode_header
from dragoman_wire.envelope import Envelope, envelope_of_fields
from dragoman_wire.errors import DragomanError, EngineFailed, error_from_code
from dragoman_wire.events import TaskFinished
from dragoman_wire.failures import failure_events
from dragoman_wire.inbound import BadMessage, decode_message
from dragoman_wire.limits import WireLimits

log = structlog.get_logger()

SUSPECT, BYSTANDER = 4, 1
"""How much the end of the server counts against a resumed request that has just begun, and against one later on."""
MOST_SUSPICION = 1 + 2 * SUSPECT
"""A request becomes a dead letter after three ends of the server at which it had just begun, or nine beside others."""
_RECONNECT_S = 3.0
"""The time that peers have to connect again; events published before do not reach them."""
_LOOK_S = 0.02
_FEW = 8
"""So many are resumed one by one even after one crash: that costs two seconds, and finds the cause sooner."""
_ALONE_S = 0.25
"""How long a resumed request has the server's engines for itself, but for new ones."""
_NO_LIMITS = WireLimits(
    header_bytes=1 << 40, base64_header_bytes=1 << 40, frames=1 << 20, request_bytes=1 << 40, languages=1 << 20
)
"""What was accepted stays accepted, also under limits that are tighter now."""


Begin = Callable[[int], "asyncio.Task[None] | None"]
"""Given how much the end of the server would count against it."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Waiting:
    """A task of an earlier server that is to be brought to its end."""

    number: int
    crashes: int
    """The suspicion against it."""
    begin: Begin


class Recovery:
    """Takes over from an earlier server.

    Args:
        services: what every run needs.
        handlers: by request type.
        store: the tasks that are known.
        executor: does the work.
    """

    def __init__(
        self, services: Services, handlers: Mapping[str, Handler[Any]], store: TaskStore, executor: Executor
    ) -> None:
        self._services = services
        self._handlers = handlers
        self._store = store
        self._executor = executor
        self._waiting: list[_Waiting] = []
        self._peers: set[str] = set()
        """The peers for which something waits; empty text stands for those of *events*."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Know every task again now, and go on with those that are not finished in a moment."""
        for recovered in self._services.journal.tasks():
            self._take(recovered)
        self._store.expire()
        if self._waiting:
            log.warning("journal.resuming", tasks=len(self._waiting))
        self._task = asyncio.create_task(self._resume(), name="resume")

    def stop(self) -> None:
        """Leave what has not begun to the next start."""
        if self._task is not None:
            self._task.cancel()

    async def _resume(self) -> None:
        """Begin suspects one after the other, so that one that ends the server is not taken for its neighbours."""
        await self._peers_are_back()
        await asyncio.gather(*(pool.settled() for pool in self._services.pools.values()))
        # Of many that have seen one end of a server only, none is likely to be the reason: they do not wait.
        many = len(self._waiting) > _FEW
        for one in [one for one in self._waiting if many and one.crashes <= 1]:
            self._begin(one, BYSTANDER)
        for one in [one for one in self._waiting if not many or one.crashes > 1]:
            task = self._begin(one, SUSPECT)
            if task is not None:
                _, late = await asyncio.wait([task], timeout=_ALONE_S)
                if late:
                    self._services.journal.append(BegunRow(one.number, BYSTANDER))

    def _begin(self, one: _Waiting, suspicion: int) -> asyncio.Task[None] | None:
        try:
            return one.begin(suspicion)
        except Exception:
            # One that cannot be resumed must not stop the others; it stays in the journal.
            log.exception("journal.not_resumed", task=one.number)
            return None

    async def _peers_are_back(self) -> None:
        """Wait until every peer for whom something waits hears the server, or has had the time for it."""
        publisher = self._services.publisher
        deadline_s = time.monotonic() + _RECONNECT_S
        while self._peers and time.monotonic() < deadline_s:
            self._peers = {peer for peer in self._peers if not publisher.is_heard_by(peer or None)}
            await asyncio.sleep(_LOOK_S)

    def _take(self, recovered: RecoveredTask) -> None:
        handler = self._handlers.get(recovered.request_type)
        task = task_of(recovered, self._services.journal, handler)
        if recovered.finished is not None and not recovered.runs:
            task.finished = msgspec.convert(decode_header(recovered.finished)[1], TaskFinished)
            self._store.restore(task, self._monotonic(recovered.finished_unix_s))
            self._store.compact(task, recovered.finished)
            return
        self._store.begin(task)
        self._peers.add(recovered.reply_to)
        if handler is None:
            reason = f"no handler for requests of type {recovered.request_type!r} any more"
            self._wait(recovered, functools.partial(self._close, task, recovered, reason))
            return
        self._take_runs(task, recovered, handler)

    def _take_runs(self, task: Task, recovered: RecoveredTask, handler: Handler[Any]) -> None:
        """Run the parts that are not answered yet; a task without any is only closed."""
        reason = None
        if max(run.crashes for run in recovered.runs) >= MOST_SUSPICION:
            reason = "the server ended several times with this request at work; it is a dead letter now"
        begun = False
        for run in recovered.runs:
            parts = [part for part in run.parts if part not in task.outcomes and part not in task.parts]
            if not parts or reason is not None:
                continue
            try:
                inbound = decode_message(run.frames, _NO_LIMITS)
            except BadMessage as error:
                reason = f"the request can no longer be read: {error}"
                continue
            arrived_s = self._monotonic(run.arrived_unix_s)
            self._wait(recovered, self._executor.resume(task, handler, inbound, parts, arrived_s))
            begun = True
        if not begun:
            self._wait(recovered, functools.partial(self._close, task, recovered, reason))

    def _wait(self, recovered: RecoveredTask, begin: Begin) -> None:
        crashes = max((run.crashes for run in recovered.runs), default=0)
        self._waiting.append(_Waiting(recovered.task, crashes, begin))

    def _close(self, task: Task, recovered: RecoveredTask, reason: str | None, _: int) -> None:
        """Finish a task without work: everything is answered, or it becomes a dead letter."""
        asked = dict.fromkeys(part for run in recovered.runs for part in run.parts)
        rest = [part for part in asked if part not in task.outcomes]
        envelope = _envelope(recovered, [part for part in rest if part])
        if rest:
            reason = reason or "the server lost track of this request"
            task.dead_letter = reason
            error = EngineFailed(reason)
            for event in failure_events(envelope, error, self._services.clock.unix()):
                task.send(event, envelope, self._services.publisher)
            task.outcomes |= dict.fromkeys(rest, error)
            task.parts.update(rest)
        self._executor.conclude(task, envelope)

    def _monotonic(self, unix_s: float) -> float:
        clock = self._services.clock
        return clock.monotonic() - max(0.0, clock.unix() - unix_s)


def task_of(recovered: RecoveredTask, journal: Journal, handler: Handler[Any] | None) -> Task:
    """Return a task as it was when the earlier server ended."""
    task = Task(
        key=(recovered.reply_to or None, recovered.task_id),
        request_type=recovered.request_type,
        journal=journal,
        number=recovered.task,
        stages=Stages(journal, recovered.task, _stages(recovered.stages, handler)),
    )
    for event in recovered.events:
        if event.header is not None:
            task.remember(event.header, event.binaries, event.part)
        if event.part is not None:
            task.parts.add(event.part)
            task.outcomes[event.part] = error_from_code(event.error_code, "") if event.error_code else None
    return task


def _stages(written: Mapping[str, Any], handler: Handler[Any] | None) -> dict[str, Any]:
    """Decode the stages that the handler still understands; the others are done again."""
    stages: dict[str, Any] = {}
    for name, value in written.items():
        kind = handler.stage_types.get(name.partition(":")[0]) if handler is not None else None
        try:
            stages[name] = msgspec.convert(value, kind) if kind else None
        except msgspec.MsgspecError:
            log.warning("journal.stage_unreadable", name=name)
    return stages


def _envelope(recovered: RecoveredTask, languages: Sequence[str]) -> Envelope:
    """Find the return address, also of a request that can no longer be read."""
    header = recovered.runs[0].frames[0]
    try:
        codec, fields = decode_header(header)
    except DragomanError:
        codec, fields = codec_of(header), {}
    return msgspec.structs.replace(
        envelope_of_fields(fields, codec),
        request_type=recovered.request_type,
        reply_to=recovered.reply_to or None,
        task_id=recovered.task_id,
        languages=tuple(languages),
    )
