"""One line in the log for each request that is accepted, and one for each that is over. Nothing of what was said."""

# ruff: noqa: ARG002 - an observer is told more than it wants to know

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dragoman_server.clock import Clock
from dragoman_server.faults import sentence_of
from dragoman_server.observation.lines import AcceptedLine, FinishedLine, Lines
from dragoman_server.observation.observer import Answered, Observer
from dragoman_server.task_context import TaskContext
from dragoman_server.task_life import milliseconds
from dragoman_server.task_record import TaskRecord
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskFinished
from dragoman_wire.inbound import BadMessage

_ENDED_WELL = frozenset({"completed", "cancelled"})


class RequestLog(Observer):
    """Writes to the log.

    Args:
        lines: the log.
        lane_of: a request type's lane.
        clock: measures.
    """

    def __init__(self, lines: Lines, lane_of: Mapping[str, str], clock: Clock) -> None:
        self._lines = lines
        self._write = lines.write
        self._says = lines.says
        self._lane_of = lane_of
        self._clock = clock
        self.configure(content=False)

    def configure(self, *, content: bool) -> None:
        """To be called when the level of the log was changed.

        Args:
            content: whether texts and results are logged as well.
        """
        self._infos, self._warnings = self._says("info"), self._says("warning")
        self._content = content and self._infos

    def unreadable(self, bad: BadMessage) -> None:
        """A message has no header that can be read. Where it has one, all is said when it is refused."""
        if self._warnings and not bad.readable:
            told = {"error": bad.error.message, "first_bytes": bad.first_bytes.hex()}
            self._write("warning", {"event": "request.unreadable", **told})

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """See Observer."""
        if self._warnings:
            told = {"error_code": error.code, "error": sentence_of(error)}
            named = {"event": "request.refused", "type": envelope.request_type}
            self._write("warning", {**named, **envelope.ids, **told})

    def repeated(self, record: TaskRecord, envelope: Envelope) -> None:
        """See Observer."""
        if self._infos:
            self._write("info", {"event": "task.repeated", "type": record.request_type, **envelope.ids})

    def answered(self, answered: Sequence[Answered]) -> None:
        """See Observer. One line each, for they were accepted and finished in one turn."""
        if not self._infos:
            return
        timestamp = self._lines.timestamp()
        self._lines.write_whole([_line(one, timestamp) for one in answered])
        if self._content:
            for one in answered:
                self._content_of(one)

    def _content_of(self, answered: Answered) -> None:
        task_id, text = answered.key[1], getattr(answered.inbound.request, "text", None)
        if text is not None:
            self._write("info", {"event": "task.content", "task_id": task_id, "text": text})
        for event, _ in answered.events:
            told = msgspec.to_builtins(event)
            self._write("info", {"event": "event.content", "task_id": task_id, "event_fields": told})

    def accepted(self, context: TaskContext) -> None:
        """See Observer."""
        if not self._infos:
            return
        request = context.request
        self._lines.write_whole(
            [
                AcceptedLine(
                    event="task.accepted",
                    type=context.record.request_type,
                    lane=self._lane_of.get(context.record.request_type, ""),
                    **context.envelope.ids,
                    priority=request.priority or "normal",
                    again=list(getattr(request, "target_languages", ())) if context.duplicate else None,
                    resumed=context.resumed or None,
                    traceparent=request.traceparent,
                    level="info",
                    timestamp=self._lines.timestamp(),
                )
            ]
        )
        text = getattr(request, "text", None)
        if self._content and text is not None:
            self._write("info", {"event": "task.content", "task_id": context.task_id, "text": text})

    def published(self, context: TaskContext, event: Event, ready_s: float) -> None:
        """See Observer."""
        if self._content:
            told = msgspec.to_builtins(event)
            self._write("info", {"event": "event.content", "task_id": context.task_id, "event_fields": told})

    def left(self, context: TaskContext) -> None:
        """See Observer."""
        if self._infos:
            self._write("info", self._named("task.left", context.record, context.envelope))

    def finished(self, record: TaskRecord, envelope: Envelope, last: TaskFinished) -> None:
        """See Observer."""
        well = last.status in _ENDED_WELL
        if not (self._infos if well else self._warnings):
            return
        error = None if last.status == "completed" else _first_error(record)
        now_s = self._clock.monotonic()
        self._lines.write_whole(
            [
                FinishedLine(
                    event="task.finished",
                    type=record.request_type,
                    lane=self._lane_of.get(record.request_type, ""),
                    **envelope.ids,
                    priority=None,
                    traceparent=None,
                    at_once=None,
                    status=last.status,
                    error_code=error.code if error is not None else None,
                    error=sentence_of(error) if error is not None else None,
                    events=last.events,
                    queue_ms=last.queue_time_ms,
                    compute_ms=last.compute_time_ms,
                    publish_ms=milliseconds(now_s - (record.ended_s or now_s)),
                    level="info" if well else "warning",
                    timestamp=self._lines.timestamp(),
                )
            ]
        )

    def _named(self, event: str, record: TaskRecord, envelope: Envelope) -> dict[str, Any]:
        request_type = record.request_type
        return {"event": event, "type": request_type, "lane": self._lane_of.get(request_type), **envelope.ids}


def _first_error(record: TaskRecord) -> DragomanError | None:
    return next((error for error in record.outcomes.values() if error is not None), None)


def _line(answered: Answered, timestamp: str) -> FinishedLine:
    request = answered.inbound.request
    return FinishedLine(
        event="task.finished",
        type=answered.inbound.request_type,
        lane=answered.lane,
        task_id=answered.key[1],
        reply_to=request.reply_to,
        message_id=request.message_id,
        conversation_id=request.conversation_id,
        attachment_id=request.attachment_id,
        sender_id=request.sender_id,
        priority=request.priority or "normal",
        traceparent=request.traceparent,
        at_once=True,
        status="completed",
        events=len(answered.events),
        queue_ms=milliseconds(answered.queue_s),
        compute_ms=0.0,
        publish_ms=milliseconds(answered.published_s - answered.ended_s),
        level="info",
        timestamp=timestamp,
    )
