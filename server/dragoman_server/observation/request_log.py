"""One line in the log for each request that is accepted, and one for each that is over. Nothing of what was said."""

# ruff: noqa: ARG002 - an observer is told more than it wants to know

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import structlog

from dragoman_server.clock import Clock
from dragoman_server.faults import sentence_of
from dragoman_server.observation.observer import Observer
from dragoman_server.results import TaskRecord
from dragoman_server.runs import Admitted
from dragoman_server.task import TaskRun
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskFinished
from dragoman_wire.inbound import BadMessage

_ENDED_WELL = frozenset({"completed", "cancelled"})


class RequestLog(Observer):
    """Writes to the log.

    Args:
        lane_of: a request type's lane.
        clock: measures.
    """

    def __init__(self, lane_of: Mapping[str, str], clock: Clock) -> None:
        self._lane_of = lane_of
        self._clock = clock
        self.configure(content=False)

    def configure(self, *, content: bool) -> None:
        """To be called when the log was configured: a logger that is bound costs a third of one that is looked up.

        Args:
            content: whether texts and results are logged as well.
        """
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind()
        self._content = content

    def unreadable(self, bad: BadMessage) -> None:
        """A message has no header that can be read. Where it has one, all is said when it is refused."""
        if not bad.readable:
            self._log.warning("request.unreadable", error=bad.error.message, first_bytes=bad.first_bytes.hex())

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """See Observer."""
        self._log.warning(
            "request.refused",
            type=envelope.request_type,
            **envelope.ids,
            error_code=error.code,
            error=sentence_of(error),
        )

    def repeated(self, record: TaskRecord, envelope: Envelope) -> None:
        """See Observer."""
        self._log.info("task.repeated", type=record.request_type, **envelope.ids)

    def accepted(self, admitted: Admitted) -> None:
        """See Observer."""
        run = admitted.run
        self._log.info(
            "task.accepted",
            type=run.record.request_type,
            lane=admitted.lane.name,
            **run.envelope.ids,
            priority=run.request.priority or "normal",
            bytes=admitted.size_bytes,
            **({"again": True} if admitted.duplicate else {}),
            **({"resumed": True} if run.resumed else {}),
            **({"traceparent": run.request.traceparent} if run.request.traceparent else {}),
        )
        text = getattr(run.request, "text", None)
        if self._content and text is not None:
            self._log.info("task.content", task_id=run.task_id, text=text)

    def published(self, run: TaskRun, event: Event, ready_s: float) -> None:
        """See Observer."""
        if self._content:
            self._log.info("event.content", task_id=run.task_id, event_fields=msgspec.to_builtins(event))

    def left(self, admitted: Admitted) -> None:
        """See Observer."""
        run = admitted.run
        self._log.info("task.left", type=run.record.request_type, lane=admitted.lane.name, **run.envelope.ids)

    def finished(self, record: TaskRecord, envelope: Envelope, last: TaskFinished) -> None:
        """See Observer."""
        say = self._log.info if last.status in _ENDED_WELL else self._log.warning
        error = next((one for one in record.outcomes.values() if one is not None), None)
        publish_s = self._clock.monotonic() - record.ended_s if record.ended_s else 0.0
        say(
            "task.finished",
            type=record.request_type,
            lane=self._lane_of.get(record.request_type),
            **envelope.ids,
            status=last.status,
            **({"error_code": error.code, "error": sentence_of(error)} if error is not None else {}),
            events=last.events,
            queue_ms=last.queue_time_ms,
            compute_ms=last.compute_time_ms,
            publish_ms=round(publish_s * 1000, 3),
        )
