"""One tracked asyncio task for each request: admission by lane, repeats, cancellation, and the terminal event."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from dragoman_engines.fairqueue import Ticket
from dragoman_handlers.base import Handler
from dragoman_server.lane import Lane
from dragoman_server.results import ResultsStore, TaskKey, TaskRecord
from dragoman_server.task import Services, TaskRun
from dragoman_server.task_life import State, peer_of, status_of
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DragomanError, Overloaded, ShuttingDown, UnknownType
from dragoman_wire.events import Accepted, CancelStatus, TaskFinished
from dragoman_wire.failures import failure_events
from dragoman_wire.inbound import Inbound

log = structlog.get_logger()

_LANE_COST_S = 1.0
"""In a lane every request costs the same: fair shares there are of requests, not of work."""
_SIZE_BYTES_PER_S = 1e5


class Dispatcher:
    """Admits requests and sees each to its end. It does not know what a translation is.

    Args:
        services: what every run needs.
        handlers: by request type.
        lanes: by name.
        results: the tasks that are known.
    """

    def __init__(
        self,
        services: Services,
        handlers: Mapping[str, Handler[Any]],
        lanes: Mapping[str, Lane],
        results: ResultsStore,
    ) -> None:
        self.draining = False
        self.accepted: Counter[str] = Counter()
        """By request type, since the start."""
        self.active: Counter[str] = Counter()
        self.lanes = lanes
        self.results = results
        self._services = services
        self._handlers = handlers
        self._runs: dict[TaskKey, list[TaskRun]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- requests ------------------------------------------------------------------------------------------

    def submit(self, inbound: Inbound) -> None:
        """Accept, replay or refuse one request. Returns at once."""
        arrived_s = self._services.clock.monotonic()
        envelope = inbound.envelope
        handler = self._handlers.get(inbound.request_type)
        if handler is None:
            self.refuse(envelope, UnknownType(f"no handler for requests of type {inbound.request_type!r}"))
            return
        if self.draining:
            self.refuse(envelope, ShuttingDown("the server is stopping; send the request again to its successor"))
            return
        task_id = envelope.task_id or uuid.uuid4().hex
        key = (envelope.reply_to, task_id)
        record = self.results.get(key)
        if record is None:
            record = TaskRecord(key=key, request_type=inbound.request_type)
            self._admit(record, handler, inbound, handler.parts(inbound.request), arrived_s, duplicate=False)
        else:
            self._repeat(record, handler, inbound, arrived_s)

    def refuse(self, envelope: Envelope, error: DragomanError) -> None:
        """Answer a request that is not accepted."""
        log.warning(
            "request.refused",
            type=envelope.request_type,
            task_id=envelope.task_id,
            reply_to=envelope.reply_to,
            error_code=error.code,
            error=error.message,
        )
        for event in failure_events(envelope, error, self._services.clock.unix()):
            self._services.publisher.publish(event, envelope.codec, envelope.reply_to)

    def _admit(
        self,
        record: TaskRecord,
        handler: Handler[Any],
        inbound: Inbound,
        parts: Sequence[str],
        arrived_s: float,
        *,
        duplicate: bool,
    ) -> None:
        request = handler.narrowed(inbound.request, parts)
        envelope = dataclasses.replace(inbound.envelope, task_id=record.key[1])
        lane = self.lanes[handler.lane]
        ticket = Ticket(
            peer=peer_of(request),
            priority=request.priority or "normal",
            cost_s=_LANE_COST_S,
            size_s=inbound.size_bytes / _SIZE_BYTES_PER_S,
        )
        try:
            turn = lane.enter(ticket)
        except Overloaded as error:
            self.refuse(envelope, error)
            return
        run = TaskRun(self._services, record, handler, request, envelope, inbound.audio, arrived_s)
        run.enter(State.ACCEPTED)
        self._begin(run)
        self._tell_accepted(envelope, duplicate=duplicate)
        if duplicate:
            self.replay(record, envelope)
        self._services.budget.take(inbound.size_bytes)
        task = run.start(lane, turn)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(run, lane, inbound.size_bytes, done))

    def _begin(self, run: TaskRun) -> None:
        record = run.record
        self.results.begin(record)
        record.begin(run.parts)
        self._runs.setdefault(record.key, []).append(run)
        self.accepted[record.request_type] += 1
        self.active[record.request_type] += 1
        log.debug("task.accepted", task_id=run.task_id, type=record.request_type, reply_to=record.key[0])

    def _repeat(self, record: TaskRecord, handler: Handler[Any], inbound: Inbound, arrived_s: float) -> None:
        """Publish what is known, leave what is in flight, and add what is new."""
        envelope = inbound.envelope
        parts = handler.parts(inbound.request)
        new = record.wanting(parts) if record.request_type == inbound.request_type else []
        log.info("task.repeated", task_id=record.key[1], type=record.request_type, new=new)
        if new:
            self._admit(record, handler, inbound, new, arrived_s, duplicate=True)
            return
        self._tell_accepted(envelope, duplicate=True)
        self.replay(record, envelope)

    def replay(self, record: TaskRecord, envelope: Envelope) -> int:
        """Publish the stored events of a task again, in the encoding and to the peer of `envelope`; how many."""
        publisher = self._services.publisher
        for stored in record.events:
            publisher.publish(stored.event, envelope.codec, envelope.reply_to, stored.binaries)
        if record.finished is not None and envelope.reply_to is not None:
            publisher.publish(record.finished, envelope.codec, envelope.reply_to)
        return len(record.events)

    def cancel(self, key: TaskKey) -> CancelStatus:
        """Stop a task, wherever it is."""
        runs = self._runs.get(key)
        if not runs:
            return "unknown" if self.results.get(key) is None else "finished"
        for run in runs:
            run.cancel(Cancelled("the request was cancelled"))
        return "cancelled"

    # --- the end -------------------------------------------------------------------------------------------

    async def drain(self, timeout_s: float) -> bool:
        """Wait for the tasks in flight, then cancel those that are left; whether all ended by themselves."""
        self.draining = True
        if not self._tasks:
            return True
        _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
        if late:
            for runs in list(self._runs.values()):
                for run in runs:
                    run.cancel(ShuttingDown("the server stopped before this was finished"))
            await asyncio.wait(late)
        return not late

    @property
    def total_active(self) -> int:
        """Tasks in flight."""
        return self.active.total()

    def _tell_accepted(self, envelope: Envelope, *, duplicate: bool) -> None:
        if envelope.reply_to is not None and envelope.task_id is not None:
            event = Accepted(task_id=envelope.task_id, duplicate=duplicate)
            self._services.publisher.publish(event, envelope.codec, envelope.reply_to)

    def _ended(self, run: TaskRun, lane: Lane, size_bytes: int, task: asyncio.Task[None]) -> None:
        """Count a run's end and, where it was the task's last, say that the task is finished."""
        self._tasks.discard(task)
        self._services.budget.give(size_bytes)
        if not task.cancelled() and task.exception() is not None:
            log.error("task.broken", task_id=run.task_id, exc_info=task.exception())
        record = run.record
        record.runs -= 1
        self.active[record.request_type] -= 1
        if not self.active[record.request_type]:
            del self.active[record.request_type]
        runs = self._runs[record.key]
        runs.remove(run)
        if not runs:
            del self._runs[record.key]
        self._count(run, lane)
        if record.runs == 0:
            self._finish(run)

    def _count(self, run: TaskRun, lane: Lane) -> None:
        total_s, compute_s = run.elapsed_s(), run.compute_s
        queue_s = max(0.0, total_s - compute_s)
        run.record.queue_s += queue_s
        run.record.compute_s += compute_s
        lane.queue_times.add(queue_s)
        lane.compute_times.add(compute_s)
        status = run.status
        if status in ("completed", "partial"):
            lane.completed += 1
        else:
            lane.failed += 1
        log.info(
            "task.finished",
            task_id=run.task_id,
            type=run.record.request_type,
            reply_to=run.record.key[0],
            message_id=run.request.message_id,
            lane=lane.name,
            status=status,
            error_code=run.error.code if run.error else None,
            queue_ms=round(queue_s * 1000, 1),
            compute_ms=round(compute_s * 1000, 1),
        )

    def _finish(self, run: TaskRun) -> None:
        record = run.record
        record.finished = TaskFinished(
            task_id=run.task_id,
            status=status_of(list(record.outcomes.values())),
            events=len(record.events),
            queue_time_ms=round(record.queue_s * 1000, 3),
            compute_time_ms=round(record.compute_s * 1000, 3),
        )
        if run.envelope.reply_to is not None:
            self._services.publisher.publish(record.finished, run.envelope.codec, run.envelope.reply_to)
        # A task whose id the server made can be named by nobody: there is nothing to keep.
        self.results.end(record, keep=run.request.task_id is not None)
