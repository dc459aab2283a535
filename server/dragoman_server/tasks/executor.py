"""The executor places a request in its lane, has it written, runs it, and finishes its task."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from dragoman_engines.pool.fair_queue import Priority, Ticket
from dragoman_handlers.base import Handler
from dragoman_handlers.concurrency import account, loop_turn
from dragoman_server.journal.blobs import FULL
from dragoman_server.journal.records import AcceptedRow, BegunRow
from dragoman_server.tasks.callbacks import RunCallbacks
from dragoman_server.tasks.completion import Completion
from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.run import FEW_PARTS, Run, RunTimeline, peer_of
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import Task
from dragoman_server.tasks.task_store import TaskStore, can_be_named
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DeadlineExceeded, DragomanError, InternalFault, Overloaded, ShuttingDown
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import Inbound

log = structlog.get_logger()

_LANE_COST_S = 1.0
"""In a lane every request costs the same: fair shares there are of requests, not of work."""
_SIZE_BYTES_PER_S = 1e5
_SETTLED = 32
"""Parts that are noted as answered in a turn of the loop, without an event of their own."""
_SMALL_BYTES = 2048
"""A request of so many begins with less than a millisecond's work, if it has few parts."""
_RETRY_MS = 1000
"""The wait that a peer is told when the journal cannot be written."""
_FULL_MS = 10_000
"""The same when it is full: there is room again when finished tasks are forgotten."""


class Executor:
    """Sees runs from their places to their ends. It does not know what a translation is.

    Args:
        services: what every run needs.
        lanes: by name.
        store: the tasks that are known.
        callbacks: called with each step of a run.
    """

    def __init__(
        self, services: Services, lanes: Mapping[str, Lane], store: TaskStore, callbacks: RunCallbacks
    ) -> None:
        self.active: Counter[str] = Counter()
        """Runs that have a place, by request type."""
        self._services = services
        self._lanes = lanes
        self._store = store
        self._callbacks = callbacks
        self._completion = Completion(services, store, callbacks)
        self._jobs: set[asyncio.Task[None]] = set()

    # --- from the request to its work ----------------------------------------------------------------------

    def admit(
        self,
        task: Task,
        handler: Handler[Any],
        inbound: Inbound,
        parts: Sequence[str],
        arrived_s: float,
        *,
        duplicate: bool,
    ) -> None:
        """Take a place in the lane, then have the request written; it is accepted and begun once it is.

        Args:
            task: the task; known already where the request is a `duplicate`.
            handler: does the work.
            inbound: the request.
            parts: those of it that are to be done.
            arrived_s: when it arrived, on the monotonic clock.
            duplicate: the request is a repeat that asks for more.

        Raises:
            Overloaded: every place of the lane is taken, requests in flight hold too many bytes, or the peer has its
                share of the journal.
        """
        run = self._place(task, handler, inbound, parts, arrived_s, duplicate=duplicate)
        row = AcceptedRow(
            task=task.number,
            reply_to=task.key[0] or "",
            task_id=task.key[1],
            request_type=task.request_type,
            parts=run.parts,
            arrived_unix_s=self._services.clock.unix(),
            frames=inbound.frames,
            peer=run.timeline.peer,
            again=duplicate,
        )
        task.unwritten += 1
        task.journal.append(row, functools.partial(self._written, task, run))

    def resume(
        self, task: Task, handler: Handler[Any], inbound: Inbound, parts: Sequence[str], arrived_s: float
    ) -> Callable[[int], asyncio.Task[None]]:
        """Take a place for what an earlier server accepted, however full the lane is.

        Returns: what begins the work, given the suspicion that another end of the server would add.
        """
        run = self._place(task, handler, inbound, parts, arrived_s, duplicate=False, resumed=True)
        self._accept(task, run)
        return functools.partial(self._start, task, run)

    def conclude(self, task: Task, envelope: Envelope) -> None:
        """Finish a task that is answered already."""
        self._completion.finish(task, envelope, keep=True)

    def _place(
        self,
        task: Task,
        handler: Handler[Any],
        inbound: Inbound,
        parts: Sequence[str],
        arrived_s: float,
        *,
        duplicate: bool,
        resumed: bool = False,
    ) -> Run:
        request = handler.narrowed(inbound.request, parts)
        lane, peer = self._lanes[handler.lane], peer_of(request)
        if not resumed:
            self._services.budget.check(inbound.size_bytes, peer, lane.name)
            task.journal.check_share(peer, inbound.size_bytes)
        priority: Priority = request.priority_class
        size_s = inbound.size_bytes / _SIZE_BYTES_PER_S
        ticket = Ticket(peer=peer, priority=priority, cost_s=_LANE_COST_S, size_s=size_s)
        turn = lane.enter(ticket, always=resumed)
        run = Run(
            handler=handler,
            request=request,
            envelope=inbound.envelope_as(task.key[1]),
            audio=inbound.audio,
            parts=tuple(parts),
            warnings=inbound.warnings,
            lane=lane,
            turn=turn,
            size_bytes=inbound.size_bytes,
            timeline=RunTimeline(
                lane=handler.lane,
                peer=peer,
                priority=priority,
                message_id=request.message_id,
                arrived_s=arrived_s,
                duplicate=duplicate,
                resumed=resumed,
            ),
        )
        self._store.begin(task)
        task.begin(run)
        self.active[task.request_type] += 1
        self._services.budget.take(run.size_bytes, peer, lane.name)
        return run

    def _written(self, task: Task, run: Run, problem: str | None) -> None:
        """Go on with a request that is safe; refuse one that cannot be written."""
        task.unwritten -= 1
        if problem is None:
            self._accept(task, run)
            self._start(task, run)
        else:
            self._take_back(task, run, unwritable(problem))

    def _accept(self, task: Task, run: Run) -> None:
        run.timeline.accepted_s = self._services.clock.monotonic()
        task.runs.append(run)
        self._callbacks.accepted(task, run)

    def _take_back(self, task: Task, run: Run, error: DragomanError) -> None:
        """Refuse a request that could not be written, as if it had never had its place."""
        run.lane.leave(run.turn)
        self._leave(task, run)
        task.outcomes |= dict.fromkeys(run.parts, error)
        self._callbacks.refused(run.envelope, error, ends=not (task.in_flight or task.runs))
        if task.in_flight:
            return
        if task.runs:  # others of its runs have ended meanwhile, and it waited for this one
            self._completion.finish(task, run.envelope, keep=True)
        elif task.finished_before is not None:
            task.finished = task.finished_before
            self._store.end(task, keep=True)
        else:
            self._store.discard(task)

    # --- the work ------------------------------------------------------------------------------------------

    def _start(self, task: Task, run: Run, suspicion: int = 0) -> asyncio.Task[None]:
        run.suspicion = suspicion
        run.enter("accepted")
        if run.turn is not None:
            run.timeline.queued_s = self._services.clock.monotonic()
        job = run.start(self._see_through(task, run))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job

    async def _see_through(self, task: Task, run: Run) -> None:
        """Do the work and, where the run was the task's last, finish the task."""
        run.started = True
        account.set(run.timeline.peer)
        try:
            await self._execute(task, run)
        except BaseException:
            log.exception("task.broken", **run.envelope.ids)
            raise
        finally:
            self._leave(task, run)
            self._ended(task, run)

    async def _execute(self, task: Task, run: Run) -> None:
        """Wait for the turn, do the work within its time, and see that every part has been answered."""
        context = TaskContext(self._services, task, run)
        timeout_ms = run.request.timeout_ms
        try:
            if timeout_ms is None:
                await self._work(task, run, context)
            else:
                left_s = timeout_ms / 1000 - context.elapsed_s()
                async with asyncio.timeout(left_s):
                    await self._work(task, run, context)
        except DragomanError as error:
            run.error = error
        except asyncio.CancelledError:
            run.error = run.cancel_reason or ShuttingDown("the server stopped before this was finished")
        except TimeoutError:
            queued_s = context.waited_s() if run.timeline.began_s else context.elapsed_s()
            run.error = DeadlineExceeded(
                f"not finished within {timeout_ms} ms, {round(queued_s * 1000)} ms of it in the lane's queue"
            )
        except Exception:
            log.exception("task.fault", type=run.request_type, **run.envelope.ids)
            run.error = InternalFault("the server failed at this request; its log has the details")
        finally:
            run.lane.leave(run.turn)
        run.enter("finished")
        if not run.abandoned:
            await _answer_the_rest(run, context)

    async def _work(self, task: Task, run: Run, context: TaskContext) -> None:
        if run.turn is not None:
            context.tell_queued()
            await run.turn
            run.enter("running")
        if run.size_bytes > _SMALL_BYTES or len(run.parts) > FEW_PARTS:
            await loop_turn()  # what it begins with takes a while, and many may begin at once
        run.timeline.began_s = self._services.clock.monotonic()
        if run.suspicion:
            task.journal.append(BegunRow(task.number, run.suspicion))
        await run.handler.handle(run.request, context)

    # --- the end -------------------------------------------------------------------------------------------

    def _leave(self, task: Task, run: Run) -> None:
        """Release everything that `_place` took, except the place in the lane."""
        self._services.budget.give(run.size_bytes, run.timeline.peer, run.lane.name)
        task.in_flight.remove(run)
        self.active[task.request_type] -= 1
        if not self.active[task.request_type]:
            del self.active[task.request_type]

    def _ended(self, task: Task, run: Run) -> None:
        timeline = run.timeline
        if run.abandoned:
            timeline.left = True
            self._callbacks.left(task, run)
            return
        timeline.end(self._services.clock.monotonic(), run.status, dict(task.outcomes))
        task.queue_s += timeline.queue_s
        task.compute_s += timeline.compute_s
        self._callbacks.ended(run)
        if not task.in_flight:
            self._completion.finish(task, run.envelope, keep=can_be_named(run.request, task))

    async def stop(self, timeout_s: float) -> bool:
        """Wait for all runs, then stop those that are left; return whether all ended by themselves.

        What is in the journal is left to the next start, the rest is cancelled.
        """
        if not self._jobs:
            return True
        _, late = await asyncio.wait(self._jobs, timeout=timeout_s)
        if not late:
            return True
        for task in self._store.in_flight:
            for run in list(task.in_flight):
                if task.number:
                    run.abandon()
                else:
                    run.cancel(ShuttingDown("the server stopped before this was finished"))
        await asyncio.wait(late)
        return False


def unwritable(problem: str) -> DragomanError:
    """Return the refusal of what cannot be written to the journal."""
    if problem == FULL:
        return Overloaded(f"there is no room for the recording in the journal ({problem})", retry_after_ms=_FULL_MS)
    return InternalFault(
        f"the request could not be written to the journal ({problem}); send it again", retry_after_ms=_RETRY_MS
    )


async def _answer_the_rest(run: Run, context: TaskContext) -> None:
    """Fail the parts that the handler has not answered: a few in a turn of the loop, for many runs may end at once."""
    rest = [part for part in run.parts if part not in run.outcomes]
    if not rest:
        return
    error = run.error
    if error is None:
        log.error("task.unanswered", type=run.request_type, parts=rest, **run.envelope.ids)
        error = InternalFault("the server lost track of this request")
    run.cancel_reason = run.cancel_reason or error  # a cancellation comes too late from here on
    if FAMILIES.find(run.request_type).per_language:
        for index, part in enumerate(rest):
            if index and index % FEW_PARTS == 0:
                await loop_turn()
            context.fail(error, part)
        return
    # A family that answers as a whole says it once.
    context.fail(error, rest[0])
    for index, part in enumerate(rest[1:]):
        if index and index % _SETTLED == 0:
            await loop_turn()
        context.settle(part, error)
