"""The dispatcher decides on each request: refuse it, replay what is known, answer it at once, or admit it."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dragoman_handlers.base import Handler
from dragoman_server.tasks.cached_replies import CachedReplies
from dragoman_server.tasks.callbacks import RunCallbacks
from dragoman_server.tasks.executor import Executor, unwritable
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer import ObserverBatcher
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import Stages, Task, TaskKey
from dragoman_server.tasks.task_store import TaskStore
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DragomanError, Overloaded, ShuttingDown, UnknownType
from dragoman_wire.events import CancelStatus
from dragoman_wire.inbound import Inbound

_RETRY_MS = 1000
"""The wait that a peer is told while the server stops."""


class Dispatcher:
    """Decides, and leaves the work to its executor.

    Args:
        services: what every run needs.
        handlers: by request type.
        lanes: by name.
        store: the tasks that are known.
    """

    def __init__(
        self,
        services: Services,
        handlers: Mapping[str, Handler[Any]],
        lanes: Mapping[str, Lane],
        store: TaskStore,
    ) -> None:
        self.draining = False
        self.lanes = lanes
        self.store = store
        self._services = services
        self._handlers = handlers
        self._batcher = ObserverBatcher(services.observer, lanes, store.expire)
        self._callbacks = RunCallbacks(services, self._batcher)
        self.executor = Executor(services, lanes, store, self._callbacks)
        self._cached = CachedReplies(services, store, self._callbacks)

    def submit(self, inbound: Inbound) -> None:
        """Decide on one request. Returns at once."""
        arrived_s = self._services.clock.monotonic()
        request = inbound.request
        handler = self._handlers.get(inbound.request_type)
        if handler is None:
            error = UnknownType(f"no handler for requests of type {inbound.request_type!r}")
            self.refuse(inbound.envelope, error)
            return
        if self.draining:
            late = ShuttingDown(
                "the server is stopping; send the request again to its successor", retry_after_ms=_RETRY_MS
            )
            self.refuse(inbound.envelope, late)
            return
        key = (request.reply_to, request.task_id or uuid.uuid4().hex)
        task = self.store.get(key)
        if task is not None:
            self._repeat(task, handler, inbound, arrived_s)
        elif not self._cached.answer(key, handler, inbound, arrived_s):
            task = self._new_task(key, inbound)
            self._admit(task, handler, inbound, handler.parts(request), arrived_s, duplicate=False)

    def refuse(self, envelope: Envelope, error: DragomanError) -> None:
        """Answer a request that is not accepted."""
        self._callbacks.refused(envelope, error)

    def replay(self, task: Task, envelope: Envelope) -> int:
        """Publish a task's stored events again, in the encoding and to the peer of `envelope`; return how many."""
        return self._callbacks.replay(task, envelope)

    def cancel(self, key: TaskKey, reason: str = "the request was cancelled") -> CancelStatus:
        """Stop a task, wherever it is; its peer is told the reason."""
        task = self.store.get(key)
        if task is None:
            return "unknown"
        if not task.in_flight:
            return "finished"
        for run in list(task.in_flight):
            run.cancel(Cancelled(reason))
        return "cancelled"

    def _new_task(self, key: TaskKey, inbound: Inbound) -> Task:
        request_type = inbound.request_type
        if key[0] is None and not self._is_written(inbound):
            return Task(key=key, request_type=request_type)
        journal = self._services.journal
        number = journal.new_number()
        return Task(key=key, request_type=request_type, journal=journal, number=number, stages=Stages(journal, number))

    def _is_written(self, inbound: Inbound) -> bool:
        """Tell whether a request without `replyTo` is to survive a crash: what its peer sends once is lost with it."""
        written = self._services.journal_events
        return written == "all" or (written == "audio" and inbound.audio is not None)

    def _admit(
        self,
        task: Task,
        handler: Handler[Any],
        inbound: Inbound,
        parts: Sequence[str],
        arrived_s: float,
        *,
        duplicate: bool,
    ) -> None:
        try:
            self.executor.admit(task, handler, inbound, parts, arrived_s, duplicate=duplicate)
        except Overloaded as error:
            # A task in flight has an end of its own.
            self._callbacks.refused(inbound.envelope_as(task.key[1]), error, ends=not task.in_flight)

    def _repeat(self, task: Task, handler: Handler[Any], inbound: Inbound, arrived_s: float) -> None:
        """Publish what is known, leave what is in flight, and add what is new."""
        parts = handler.parts(inbound.request)
        new = task.wanting(parts) if task.request_type == inbound.request_type else []
        if new:
            self._admit(task, handler, inbound, new, arrived_s, duplicate=True)
        else:
            self._replay_once_written(task, inbound.envelope)

    def _replay_once_written(self, task: Task, envelope: Envelope) -> None:
        """Answer a repeat once everything sent of its task so far is written and published."""

        def answer(problem: str | None) -> None:
            if problem is None or self.store.get(task.key) is not None:
                self._callbacks.repeated(task, envelope)
            else:
                self.refuse(envelope, unwritable(problem))

        task.after_writing(answer)

    # --- figures -------------------------------------------------------------------------------------------

    def report(self) -> None:
        """Bring the figures up to this moment."""
        self._batcher.flush()

    @property
    def active(self) -> Counter[str]:
        """Return the number of runs in flight, by request type."""
        return self.executor.active

    @property
    def total_active(self) -> int:
        """Return the number of runs in flight."""
        return self.executor.active.total()

    # --- the end -------------------------------------------------------------------------------------------

    async def drain(self, timeout_s: float) -> bool:
        """Wait for the tasks in flight, then stop those that are left; return whether all ended by themselves.

        What is in the journal is left to the next start, the rest is cancelled.
        """
        self.draining = True
        await self._flushed()
        all_ended = await self.executor.stop(timeout_s)
        await self._flushed()
        self.report()
        return all_ended

    async def _flushed(self) -> None:
        """Wait until the journal has dealt with everything so far."""
        done = asyncio.get_running_loop().create_future()
        self._services.journal.sync(lambda _: done.set_result(None))
        await done
