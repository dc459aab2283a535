"""The end of a task: its last event, what is kept of it, and the news of it."""

from __future__ import annotations

import structlog

from dragoman_server.journal.base import Ending
from dragoman_server.tasks.observer import FinishedTask
from dragoman_server.tasks.observer_batcher import Reports
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import TaskRecord
from dragoman_server.tasks.task_life import milliseconds, status_of
from dragoman_server.tasks.task_store import ResultsStore
from dragoman_wire.codec import encode_header
from dragoman_wire.envelope import Envelope
from dragoman_wire.events import TaskFinished

log = structlog.get_logger()


class Endings:
    """Ends tasks.

    Args:
        services: what every run needs.
        results: the tasks that are known.
        reports: hear of the ends.
    """

    def __init__(self, services: Services, results: ResultsStore, reports: Reports) -> None:
        self._services = services
        self._results = results
        self._reports = reports

    def finish(self, record: TaskRecord, envelope: Envelope, *, keep: bool) -> None:
        """Write the last event of a task, then publish it. `keep` the task for repeats, where a peer can name it."""
        record.finished = last = TaskFinished(
            task_id=record.key[1],
            status=status_of(list(record.outcomes.values())),
            events=len(record.events),
            queue_time_ms=milliseconds(record.queue_s),
            compute_time_ms=milliseconds(record.compute_s),
        )
        if record.died is not None:
            log.error("task.set_aside", type=record.request_type, **envelope.ids, reason=record.died)
            record.journal.set_aside(record.number, record.died)
            record.died = None
        reply_to = record.key[0]
        if reply_to is None:  # nobody is told, and nothing is written
            self._results.end(record, keep=keep)
            self._tell(record, envelope, last)
            return
        record.unwritten += 1
        self._results.end(record, keep=keep)
        self._write(record, envelope, last, reply_to)

    def _write(self, record: TaskRecord, envelope: Envelope, last: TaskFinished, reply_to: str) -> None:
        header = encode_header(last, envelope.codec)

        def publish(_: str | None) -> None:
            record.unwritten -= 1
            self._services.publisher.send(header, envelope.codec, reply_to)
            self._tell(record, envelope, last)
            if not record.unwritten:
                self._results.condense(record, header)

        record.journal.finish(
            Ending(
                task=record.number,
                reply_to=reply_to,
                task_id=record.key[1],
                request_type=record.request_type,
                last=header,
            ),
            publish,
        )

    def _tell(self, record: TaskRecord, envelope: Envelope, last: TaskFinished) -> None:
        contexts, record.contexts = record.contexts, []
        published_s = self._services.clock.monotonic()
        self._reports.finished(
            FinishedTask(record=record, envelope=envelope, last=last, contexts=contexts, published_s=published_s)
        )
