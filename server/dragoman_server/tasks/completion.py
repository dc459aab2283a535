"""The end of a task: its last event is written, published and reported, and the task is kept for repeats."""

from __future__ import annotations

import functools

import structlog

from dragoman_server.journal.records import DeadLetterRow, TaskFinishedRow
from dragoman_server.tasks.callbacks import RunCallbacks
from dragoman_server.tasks.run import milliseconds, status_of
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import Task
from dragoman_server.tasks.task_store import TaskStore
from dragoman_wire.codec import encode_header
from dragoman_wire.envelope import Envelope
from dragoman_wire.events import TaskFinished
from dragoman_wire.failures import joint_failure_event

log = structlog.get_logger()


class Completion:
    """Finishes tasks.

    Args:
        services: what every run needs.
        store: the tasks that are known.
        callbacks: told of the ends.
    """

    def __init__(self, services: Services, store: TaskStore, callbacks: RunCallbacks) -> None:
        self._services = services
        self._store = store
        self._callbacks = callbacks

    def finish(self, task: Task, envelope: Envelope, *, keep: bool) -> None:
        """Write the last event of a task, then publish it. `keep` the task for repeats, where a peer can name it."""
        self._tell_failures(task, envelope)
        task.finished = last = TaskFinished(
            task_id=task.key[1],
            status=status_of(list(task.outcomes.values())),
            events=len(task.events),
            queue_time_ms=milliseconds(task.queue_s),
            compute_time_ms=milliseconds(task.compute_s),
        )
        if task.dead_letter is not None:
            log.error("task.set_aside", type=task.request_type, **envelope.ids, reason=task.dead_letter)
            task.journal.append(DeadLetterRow(task.number, task.dead_letter))
            task.dead_letter = None
        if task.key[0] is None and not (task.number and keep):  # no peer is told, and no repeat can come
            self._store.end(task, keep=keep)
            self._callbacks.finished(task, envelope, last)
            return
        task.unwritten += 1
        self._store.end(task, keep=keep)
        header = encode_header(last, envelope.codec)
        row = TaskFinishedRow(
            task=task.number,
            reply_to=task.key[0] or "",
            task_id=task.key[1],
            request_type=task.request_type,
            last=header,
        )
        task.journal.append(row, functools.partial(self._written, task, envelope, last, header))

    def _tell_failures(self, task: Task, envelope: Envelope) -> None:
        """Tell a peer of *events* of all languages that failed at once: one by one they look like an outage."""
        failed, task.untold = task.untold, {}
        if failed and (self._services.events.language_errors != "off" or set(failed) == set(task.outcomes)):
            event = joint_failure_event(envelope, failed, self._services.clock.unix())
            self._services.publisher.publish(event, envelope.codec, None)

    def _written(self, task: Task, envelope: Envelope, last: TaskFinished, header: bytes, _: str | None) -> None:
        task.unwritten -= 1
        if task.key[0] is not None:
            self._services.publisher.send(header, envelope.codec, task.key[0])
        self._callbacks.finished(task, envelope, last)
        if not task.unwritten:
            self._store.compact(task, header)
