"""The runs in flight: each has its place in a lane, its share of the byte budget, and its asyncio task."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from dragoman_engines.pool.fair_queue import Priority, Ticket
from dragoman_handlers.base import Handler
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer_batcher import Reports
from dragoman_server.tasks.run import TaskRun
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import TaskKey, TaskRecord
from dragoman_server.tasks.task_life import peer_of
from dragoman_server.tasks.task_store import ResultsStore
from dragoman_server.tasks.timeline import RunStory
from dragoman_wire.errors import ShuttingDown
from dragoman_wire.inbound import Inbound

log = structlog.get_logger()

_LANE_COST_S = 1.0
"""In a lane every request costs the same: fair shares there are of requests, not of work."""
_SIZE_BYTES_PER_S = 1e5


class Admitted(msgspec.Struct, frozen=True):
    """A run with the place that it has."""

    run: TaskRun
    lane: Lane
    turn: asyncio.Future[None] | None
    size_bytes: int
    duplicate: bool


class Runs:
    """Begins runs and sees them to their ends.

    Args:
        services: what every run needs.
        lanes: by name.
        results: the tasks that are known.
        reports: hear of runs.
        on_end: called with each run that ended and has answered.
    """

    def __init__(
        self,
        services: Services,
        lanes: Mapping[str, Lane],
        results: ResultsStore,
        reports: Reports,
        on_end: Callable[[Admitted], None],
    ) -> None:
        self.active: Counter[str] = Counter()
        """By request type."""
        self._services = services
        self._lanes = lanes
        self._results = results
        self._reports = reports
        self._on_end = on_end
        self._runs: dict[TaskKey, list[TaskRun]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, key: TaskKey) -> list[TaskRun]:
        """Those of one task."""
        return list(self._runs.get(key, ()))

    def place(
        self,
        record: TaskRecord,
        handler: Handler[Any],
        inbound: Inbound,
        parts: Sequence[str],
        arrived_s: float,
        *,
        duplicate: bool,
        resumed: bool = False,
    ) -> Admitted:
        """Take a place for a run.

        Raises:
            Overloaded: every place of the lane is taken; not for one that is `resumed`.
        """
        request = handler.narrowed(inbound.request, parts)
        lane, peer = self._lanes[handler.lane], peer_of(request)
        priority: Priority = request.priority or "normal"
        ticket = Ticket(
            peer=peer, priority=priority, cost_s=_LANE_COST_S, size_s=inbound.size_bytes / _SIZE_BYTES_PER_S
        )
        turn = lane.enter(ticket, always=resumed)
        story = RunStory(
            lane=handler.lane,
            peer=peer,
            priority=priority,
            message_id=request.message_id,
            arrived_s=arrived_s,
            duplicate=duplicate,
            resumed=resumed,
        )
        envelope = inbound.envelope_as(record.key[1])
        run = TaskRun(self._services, record, handler, request, envelope, inbound.audio, story, tuple(parts))
        admitted = Admitted(run, lane, turn, inbound.size_bytes, duplicate)
        self._results.begin(record)
        record.begin(run.parts)
        self._runs.setdefault(record.key, []).append(run)
        self.active[record.request_type] += 1
        self._services.budget.take(inbound.size_bytes)
        return admitted

    def accepted(self, admitted: Admitted) -> None:
        """Note that a run is safe."""
        context = admitted.run.context
        context.story.accepted_s = self._services.clock.monotonic()
        context.record.contexts.append(context)
        self._reports.accepted(context)

    def leave(self, admitted: Admitted) -> None:
        """Give back what `place` has taken, but for the place in the lane."""
        run, record = admitted.run, admitted.run.record
        self._services.budget.give(admitted.size_bytes)
        record.runs -= 1
        self.active[record.request_type] -= 1
        if not self.active[record.request_type]:
            del self.active[record.request_type]
        runs = self._runs[record.key]
        runs.remove(run)
        if not runs:
            del self._runs[record.key]

    def start(self, admitted: Admitted, suspicion: int = 0) -> asyncio.Task[None]:
        """Begin the work. `suspicion`: how much the end of the server would then speak against it."""
        admitted.run.suspicion = suspicion
        admitted.run.enter("accepted")
        if admitted.turn is not None:
            admitted.run.context.story.queued_s = self._services.clock.monotonic()
        task = admitted.run.start(self._see_through(admitted), queued=admitted.turn is not None)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def end(self, timeout_s: float) -> bool:
        """Wait for all, then stop those that are left; whether all ended by themselves.

        What is in the journal is left to the next start, the rest is cancelled.
        """
        if not self._tasks:
            return True
        _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
        if not late:
            return True
        for run in [run for runs in self._runs.values() for run in runs]:
            if run.record.number:
                run.abandon()
            else:
                run.cancel(ShuttingDown("the server stopped before this was finished"))
        await asyncio.wait(late)
        return False

    async def _see_through(self, admitted: Admitted) -> None:
        """Have the work done and, where the run was the task's last, say that the task is finished."""
        run = admitted.run
        try:
            await run.execute(admitted.lane, admitted.turn)
        except BaseException:
            log.exception("task.broken", **run.envelope.ids)
            raise
        finally:
            self.leave(admitted)
            self._ended(admitted)

    def _ended(self, admitted: Admitted) -> None:
        run, story = admitted.run, admitted.run.context.story
        if run.abandoned:
            story.left = True
            self._reports.left(run.context)
            return
        story.end(self._services.clock.monotonic(), run.status, dict(run.record.outcomes))
        run.record.queue_s += story.queue_s
        run.record.compute_s += story.compute_s
        self._reports.ended(run.context)
        self._on_end(admitted)
