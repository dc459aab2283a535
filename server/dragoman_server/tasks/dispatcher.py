"""One tracked asyncio task for each request: admission by lane, repeats, cancellation, and the terminal event."""

from __future__ import annotations

import asyncio
import functools
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from dragoman_handlers.base import Handler
from dragoman_server.journal.base import Entry, Journal
from dragoman_server.tasks.cached_replies import KnownAnswers
from dragoman_server.tasks.completion import Endings
from dragoman_server.tasks.executor import Admitted, Runs
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer_batcher import Reports
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import Stages, TaskKey, TaskRecord
from dragoman_server.tasks.task_store import ResultsStore, can_be_named
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DragomanError, InternalFault, Overloaded, ShuttingDown, UnknownType
from dragoman_wire.events import Accepted, CancelStatus
from dragoman_wire.failures import failure_events
from dragoman_wire.inbound import Inbound

log = structlog.get_logger()

_RETRY_MS = 1000
"""What a peer is told to wait when the journal cannot be written."""


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
        self.lanes = lanes
        self.results = results
        self._services = services
        self._handlers = handlers
        self._reports = Reports(services.observer, lanes, results.expire)
        self._endings = Endings(services, results, self._reports)
        self._runs = Runs(services, lanes, results, self._reports, self._ended)
        self._known = KnownAnswers(services, results, self._reports)

    # --- requests ------------------------------------------------------------------------------------------

    def submit(self, inbound: Inbound) -> None:
        """Accept, replay or refuse one request. Returns at once."""
        arrived_s = self._services.clock.monotonic()
        request = inbound.request
        handler = self._handlers.get(inbound.request_type)
        if handler is None:
            error = UnknownType(f"no handler for requests of type {inbound.request_type!r}")
            self.refuse(inbound.envelope, error)
            return
        if self.draining:
            late = ShuttingDown("the server is stopping; send the request again to its successor")
            self.refuse(inbound.envelope, late)
            return
        key = (request.reply_to, request.task_id or uuid.uuid4().hex)
        record = self.results.get(key)
        if record is not None:
            self._repeat(record, handler, inbound, arrived_s)
        elif not self._known.answer(key, handler, inbound, arrived_s):
            record = self._new_record(key, inbound.request_type)
            self._admit(record, handler, inbound, handler.parts(request), arrived_s, duplicate=False)

    def refuse(self, envelope: Envelope, error: DragomanError) -> None:
        """Answer a request that is not accepted."""
        self._services.observer.refused(envelope, error)
        for event in failure_events(envelope, error, self._services.clock.unix()):
            self._services.publisher.publish(event, envelope.codec, envelope.reply_to)

    def _new_record(self, key: TaskKey, request_type: str) -> TaskRecord:
        if key[0] is None:
            return TaskRecord(key=key, request_type=request_type)
        journal = self._services.journal
        number = journal.new_number()
        return TaskRecord(
            key=key, request_type=request_type, journal=journal, number=number, stages=Stages(journal, number)
        )

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
        """Take a place in the lane, then have the request written; what follows is in `_written`."""
        try:
            admitted = self._runs.place(record, handler, inbound, parts, arrived_s, duplicate=duplicate)
        except Overloaded as error:
            self.refuse(inbound.envelope_as(record.key[1]), error)
            return
        entry = Entry(
            task=record.number,
            reply_to=record.key[0] or "",
            task_id=record.key[1],
            request_type=record.request_type,
            parts=admitted.run.parts,
            arrived_unix_s=self._services.clock.unix(),
            frames=inbound.frames,
            again=duplicate,
        )
        record.unwritten += 1
        record.journal.accept(entry, functools.partial(self._written, admitted))

    def _written(self, admitted: Admitted, problem: str | None) -> None:
        """The request is safe, or it cannot be."""
        admitted.run.record.unwritten -= 1
        if problem is None:
            self._begin(admitted)
        else:
            self._take_back(admitted, _unwritable(problem))

    def _begin(self, admitted: Admitted) -> None:
        """Tell the peer, and have the work done."""
        run = admitted.run
        self._runs.accepted(admitted)
        self._tell_accepted(run.envelope, duplicate=admitted.duplicate)
        if admitted.duplicate:
            self.replay(run.record, run.envelope)
        self._runs.start(admitted)

    def _take_back(self, admitted: Admitted, error: InternalFault) -> None:
        """Refuse a request that could not be written, as if it had never had its place."""
        run, record = admitted.run, admitted.run.record
        admitted.lane.leave(admitted.turn)
        self._runs.leave(admitted)
        record.outcomes |= dict.fromkeys(run.parts, error)
        self.refuse(run.envelope, error)
        if record.runs:
            return
        if record.contexts:  # others of its runs have ended meanwhile, and it waited for this one
            self._endings.finish(record, run.envelope, keep=True)
        elif record.finished_before is not None:
            record.finished = record.finished_before
            self.results.end(record, keep=True)
        else:
            self.results.discard(record)

    def _repeat(self, record: TaskRecord, handler: Handler[Any], inbound: Inbound, arrived_s: float) -> None:
        """Publish what is known, leave what is in flight, and add what is new."""
        envelope = inbound.envelope
        parts = handler.parts(inbound.request)
        new = record.wanting(parts) if record.request_type == inbound.request_type else []
        if new:
            self._admit(record, handler, inbound, new, arrived_s, duplicate=True)
        else:
            self._tell(record, envelope)

    def _tell(self, record: TaskRecord, envelope: Envelope) -> None:
        """Say that the task is known and publish what has come of it, once all that is written and published."""

        def say(problem: str | None) -> None:
            if problem is None or self.results.get(record.key) is not None:
                self._services.observer.repeated(record, envelope)
                self._tell_accepted(envelope, duplicate=True)
                self.replay(record, envelope)
            else:
                self.refuse(envelope, _unwritable(problem))

        record.after_writing(say)

    def replay(self, record: TaskRecord, envelope: Envelope) -> int:
        """Publish the stored events of a task again, in the encoding and to the peer of `envelope`; how many."""
        publisher = self._services.publisher
        published = record.published
        for stored in published:
            publisher.send(stored.encoded(envelope.codec), envelope.codec, envelope.reply_to, stored.binaries)
        if record.finished is not None and envelope.reply_to is not None:
            publisher.publish(record.finished, envelope.codec, envelope.reply_to)
        return len(published)

    def report(self) -> None:
        """Bring the figures up to this moment."""
        self._reports.tell()

    def cancel(self, key: TaskKey) -> CancelStatus:
        """Stop a task, wherever it is."""
        runs = self._runs.of(key)
        if not runs:
            return "unknown" if self.results.get(key) is None else "finished"
        for run in runs:
            run.cancel(Cancelled("the request was cancelled"))
        return "cancelled"

    # --- after a restart -----------------------------------------------------------------------------------

    def restore(
        self, record: TaskRecord, handler: Handler[Any], inbound: Inbound, parts: Sequence[str], arrived_s: float
    ) -> Callable[[int], asyncio.Task[None]]:
        """Take a place for what an earlier server accepted; the result begins the work, under so much suspicion."""
        admitted = self._runs.place(record, handler, inbound, parts, arrived_s, duplicate=False, resumed=True)
        self._runs.accepted(admitted)
        return functools.partial(self._runs.start, admitted)

    def conclude(self, record: TaskRecord, envelope: Envelope) -> None:
        """Finish a task that is answered already."""
        self._endings.finish(record, envelope, keep=True)

    # --- the end -------------------------------------------------------------------------------------------

    async def drain(self, timeout_s: float) -> bool:
        """Wait for the tasks in flight, then stop those that are left; whether all ended by themselves.

        What is in the journal is left to the next start, the rest is cancelled.
        """
        self.draining = True
        await self.flushed()
        all_ended = await self._runs.end(timeout_s)
        await self.flushed()
        self.report()
        return all_ended

    async def flushed(self) -> None:
        """Wait until the journal has dealt with everything so far."""
        done = asyncio.get_running_loop().create_future()
        self._services.journal.sync(lambda _: done.set_result(None))
        await done

    @property
    def journal(self) -> Journal:
        """Where requests are kept."""
        return self._services.journal

    @property
    def active(self) -> Counter[str]:
        """Runs in flight, by request type."""
        return self._runs.active

    @property
    def total_active(self) -> int:
        """Runs in flight."""
        return self._runs.active.total()

    def _tell_accepted(self, envelope: Envelope, *, duplicate: bool) -> None:
        if envelope.reply_to is not None and envelope.task_id is not None:
            event = Accepted(task_id=envelope.task_id, duplicate=duplicate)
            self._services.publisher.publish(event, envelope.codec, envelope.reply_to)

    def _ended(self, admitted: Admitted) -> None:
        """Where the run was the task's last, say that the task is finished."""
        run, record = admitted.run, admitted.run.record
        if record.runs == 0:
            self._endings.finish(record, run.envelope, keep=can_be_named(run.request, record))


def _unwritable(problem: str) -> InternalFault:
    return InternalFault(
        f"the request could not be written to the journal ({problem}); send it again", retry_after_ms=_RETRY_MS
    )
