"""A line in the log for each task that is over, and one more for each that takes long. Without any text."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence

import msgspec
from typing_extensions import override

from dragoman_server.clock import Clock
from dragoman_server.journal.records import Reply
from dragoman_server.tasks.observer import FinishedTask, Observer
from dragoman_server.tasks.run import Run, milliseconds
from dragoman_server.tasks.task import Task
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
        self._going: dict[Run, None] = {}
        """Accepted and not over; what is in it longer is logged, and leaves."""
        self._quoted: set[Run] = set()
        """In flight, and their texts are in the log already."""
        self._timer: asyncio.TimerHandle | None = None
        self.configure(content=False)

    def configure(self, *, content: bool) -> None:
        """Apply the log's level; to be called when it was changed.

        Args:
            content: whether texts and results are logged as well.
        """
        self._infos, self._warnings = self._says("info"), self._says("warning")
        self._content = content and self._infos

    def unreadable(self, bad: BadMessage) -> None:
        """Log a message without a readable header. One with a header is logged when it is refused."""
        if self._warnings and not bad.readable:
            told = {"error": bad.error.message, "first_bytes": bad.first_bytes.hex()}
            self._write("warning", {"event": "request.unreadable", **told})

    @override
    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        if self._warnings:
            told = {"error_code": error.code, "error": sentence_of(error)}
            named = {"event": "request.refused", "type": envelope.request_type}
            self._write("warning", {**named, **envelope.ids, **told})

    @override
    def repeated(self, task: Task, envelope: Envelope) -> None:
        if self._infos:
            self._write("info", {"event": "task.repeated", "type": task.request_type, **envelope.ids})

    @override
    def answered(self, replies: Sequence[Reply]) -> None:
        """Log one line for each: they were accepted and finished in one turn."""
        if not self._infos:
            return
        timestamp = self._lines.timestamp()
        self._lines.write_whole([_line(one, timestamp) for one in replies])
        if self._content:
            for one in replies:
                self._content_of(one)

    def _content_of(self, reply: Reply) -> None:
        task_id, text = reply.key[1], getattr(reply.request, "text", None)
        if text is not None:
            self._write("info", {"event": "task.content", "task_id": task_id, "text": text})
        for event, _ in reply.events:
            told = msgspec.to_builtins(event)
            self._write("info", {"event": "event.content", "task_id": task_id, "event_fields": told})

    @override
    def accepted(self, accepted: Sequence[tuple[Task, Run]]) -> None:
        if not self._infos:
            return
        runs = [run for _, run in accepted]
        self._going.update(dict.fromkeys(runs))
        special = [run for run in runs if run.timeline.duplicate or run.timeline.resumed]
        if special:
            self._tell_accepted(special)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LONG_S, self._look)
        if self._content:
            for run in runs:
                self._asked(run)

    @override
    def published(self, run: Run, event: Event) -> None:
        if self._content:
            self._asked(run)
            told = msgspec.to_builtins(event)
            self._write("info", {"event": "event.content", "task_id": run.task_id, "event_fields": told})

    def _asked(self, run: Run) -> None:
        """Log the fields of a request, before anything that answers it."""
        text = getattr(run.request, "text", None)
        if text is not None and run not in self._quoted:
            self._quoted.add(run)
            self._write("info", {"event": "task.content", "task_id": run.task_id, "text": text})

    @override
    def ended(self, ended: Sequence[Run]) -> None:
        for run in ended:
            self._going.pop(run, None)

    @override
    def left(self, task: Task, run: Run) -> None:
        self._going.pop(run, None)
        self._quoted.discard(run)
        if self._infos:
            request_type, lane = task.request_type, run.timeline.lane
            self._write("info", {"event": "task.left", "type": request_type, "lane": lane, **run.envelope.ids})

    @override
    def finished(self, finished: Sequence[FinishedTask]) -> None:
        for one in finished:
            self._quoted.difference_update(one.runs)
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
        long = list(itertools.takewhile(lambda one: one.timeline.accepted_s <= now_s - _LONG_S, self._going))
        self._tell_accepted(long)
        if self._going:
            wait_s = next(iter(self._going)).timeline.accepted_s + _LONG_S - now_s
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._look)

    def _tell_accepted(self, accepted: Sequence[Run]) -> None:
        if self._infos:
            timestamp = self._lines.timestamp()
            self._lines.write_whole([_accepted_line(one, timestamp) for one in accepted])
        for one in accepted:
            del self._going[one]

    def _finished_line(self, finished: FinishedTask, timestamp: str) -> FinishedLine:
        task, envelope, last = finished.task, finished.envelope, finished.last
        error = None if last.status == "completed" else finished.error
        first = finished.runs[0] if finished.runs else None
        ended_s = max((run.timeline.ended_s for run in finished.runs), default=finished.published_s)
        return FinishedLine(
            "task.finished",
            task.request_type,
            self._lane_of.get(task.request_type, ""),
            task.key[1],
            last.status,
            last.events,
            last.queue_time_ms,
            last.compute_time_ms,
            milliseconds(finished.published_s - ended_s),
            "info" if last.status in _ENDED_WELL else "warning",
            timestamp,
            first.timeline.priority if first is not None else None,
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


def _accepted_line(run: Run, timestamp: str) -> AcceptedLine:
    request, timeline, envelope = run.request, run.timeline, run.envelope
    return AcceptedLine(
        event="task.accepted",
        type=run.request_type,
        lane=timeline.lane,
        task_id=run.task_id,
        reply_to=envelope.reply_to,
        message_id=envelope.message_id,
        conversation_id=envelope.conversation_id,
        attachment_id=envelope.attachment_id,
        sender_id=envelope.sender_id,
        priority=timeline.priority,
        again=list(getattr(request, "target_languages", ())) if timeline.duplicate else None,
        resumed=timeline.resumed or None,
        traceparent=request.traceparent,
        level="info",
        timestamp=timestamp,
    )


def _line(reply: Reply, timestamp: str) -> FinishedLine:
    request = reply.request
    return FinishedLine(
        "task.finished",
        reply.request_type,
        reply.lane,
        reply.key[1],
        "completed",
        len(reply.events),
        milliseconds(reply.queue_s),
        0.0,
        milliseconds(reply.published_s - reply.ended_s),
        "info",
        timestamp,
        request.priority_class,
        request.reply_to,
        request.message_id,
        request.conversation_id,
        request.attachment_id,
        request.sender_id,
        request.traceparent,
        True,  # noqa: FBT003 - `at_once`
    )
