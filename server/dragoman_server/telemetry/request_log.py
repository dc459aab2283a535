"""A line in the log for each task that is over, and one more for each that takes long. Nothing of what was said."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence

import msgspec

from dragoman_server.clock import Clock
from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.observer import Answered, FinishedTask, Observer
from dragoman_server.tasks.task import TaskRecord
from dragoman_server.tasks.task_life import milliseconds
from dragoman_server.telemetry.lines import AcceptedLine, FinishedLine, Lines
from dragoman_server.telemetry.redaction import sentence_of
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event
from dragoman_wire.inbound import BadMessage

_LONG_S = 1.0
"""A task that is not over by then has a line of its own before its end."""
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
        self._going: dict[TaskContext, None] = {}
        """Accepted and not over; what is in it longer is logged, and leaves."""
        self._quoted: set[TaskContext] = set()
        """In flight, and their texts are in the log already."""
        self._timer: asyncio.TimerHandle | None = None
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

    def accepted(self, accepted: Sequence[TaskContext]) -> None:
        """See Observer."""
        if not self._infos:
            return
        self._going.update(dict.fromkeys(accepted))
        special = [one for one in accepted if one.story.duplicate or one.story.resumed]
        if special:
            self._tell_accepted(special)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LONG_S, self._look)
        if self._content:
            for one in accepted:
                self._asked(one)

    def published(self, context: TaskContext, event: Event) -> None:
        """See Observer."""
        if self._content:
            self._asked(context)
            told = msgspec.to_builtins(event)
            self._write("info", {"event": "event.content", "task_id": context.task_id, "event_fields": told})

    def _asked(self, context: TaskContext) -> None:
        """What a request asks for, before anything that answers it."""
        text = getattr(context.request, "text", None)
        if text is not None and context not in self._quoted:
            self._quoted.add(context)
            self._write("info", {"event": "task.content", "task_id": context.task_id, "text": text})

    def ended(self, ended: Sequence[TaskContext]) -> None:
        """See Observer."""
        for context in ended:
            self._going.pop(context, None)

    def left(self, context: TaskContext) -> None:
        """See Observer."""
        self._going.pop(context, None)
        self._quoted.discard(context)
        if self._infos:
            request_type, lane = context.record.request_type, context.story.lane
            self._write("info", {"event": "task.left", "type": request_type, "lane": lane, **context.envelope.ids})

    def finished(self, finished: Sequence[FinishedTask]) -> None:
        """See Observer."""
        for one in finished:
            self._quoted.difference_update(one.contexts)
        timestamp = self._lines.timestamp()
        lines = [
            self._finished_line(one, timestamp)
            for one in finished
            if (self._infos if one.last.status in _ENDED_WELL else self._warnings)
        ]
        self._lines.write_whole(lines)

    def _look(self) -> None:
        """Tell of the tasks that are taking long."""
        self._timer = None
        now_s = self._clock.monotonic()
        long = list(itertools.takewhile(lambda one: one.story.accepted_s <= now_s - _LONG_S, self._going))
        self._tell_accepted(long)
        if self._going:
            wait_s = next(iter(self._going)).story.accepted_s + _LONG_S - now_s
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._look)

    def _tell_accepted(self, accepted: Sequence[TaskContext]) -> None:
        if self._infos:
            timestamp = self._lines.timestamp()
            self._lines.write_whole([_accepted_line(one, timestamp) for one in accepted])
        for one in accepted:
            del self._going[one]

    def _finished_line(self, finished: FinishedTask, timestamp: str) -> FinishedLine:
        record, envelope, last = finished.record, finished.envelope, finished.last
        error = None if last.status == "completed" else finished.error
        first = finished.contexts[0] if finished.contexts else None
        ended_s = max((context.story.ended_s for context in finished.contexts), default=finished.published_s)
        return FinishedLine(
            "task.finished",
            record.request_type,
            self._lane_of.get(record.request_type, ""),
            record.key[1],
            last.status,
            last.events,
            last.queue_time_ms,
            last.compute_time_ms,
            milliseconds(finished.published_s - ended_s),
            "info" if last.status in _ENDED_WELL else "warning",
            timestamp,
            first.story.priority if first is not None else None,
            envelope.reply_to,
            envelope.message_id,
            envelope.conversation_id,
            envelope.attachment_id,
            envelope.sender_id,
            first.request.traceparent if first is not None else None,
            None,
            error.code if error is not None else None,
            sentence_of(error) if error is not None else None,
        )


def _accepted_line(context: TaskContext, timestamp: str) -> AcceptedLine:
    request, story, envelope = context.request, context.story, context.envelope
    return AcceptedLine(
        event="task.accepted",
        type=context.record.request_type,
        lane=story.lane,
        task_id=context.task_id,
        reply_to=envelope.reply_to,
        message_id=envelope.message_id,
        conversation_id=envelope.conversation_id,
        attachment_id=envelope.attachment_id,
        sender_id=envelope.sender_id,
        priority=story.priority,
        again=list(getattr(request, "target_languages", ())) if story.duplicate else None,
        resumed=story.resumed or None,
        traceparent=request.traceparent,
        level="info",
        timestamp=timestamp,
    )


def _line(answered: Answered, timestamp: str) -> FinishedLine:
    request = answered.inbound.request
    return FinishedLine(
        "task.finished",
        answered.inbound.request_type,
        answered.lane,
        answered.key[1],
        "completed",
        len(answered.events),
        milliseconds(answered.queue_s),
        0.0,
        milliseconds(answered.published_s - answered.ended_s),
        "info",
        timestamp,
        request.priority or "normal",
        request.reply_to,
        request.message_id,
        request.conversation_id,
        request.attachment_id,
        request.sender_id,
        request.traceparent,
        True,  # noqa: FBT003 - `at_once`
    )
