"""What is noted of the end of a run."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from dragoman_server.lane import Lane
from dragoman_server.task_context import TaskContext
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import TaskStatus

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Times:
    """Where the time of a run went."""

    queue_s: float
    compute_s: float


def add_times(context: TaskContext) -> Times:
    """Add a run's times to those of its task."""
    compute_s = context.compute_s
    times = Times(max(0.0, context.elapsed_s() - compute_s), compute_s)
    context.record.queue_s += times.queue_s
    context.record.compute_s += times.compute_s
    return times


def note_end(
    context: TaskContext, lane: Lane, times: Times, status: TaskStatus, error: DragomanError | None = None
) -> None:
    """Add a run to the figures of its lane, and to the log."""
    record, queue_s, compute_s = context.record, times.queue_s, times.compute_s
    lane.queue_times.add(queue_s)
    lane.compute_times.add(compute_s)
    if status in ("completed", "partial"):
        lane.completed += 1
    else:
        lane.failed += 1
    log.info(
        "task.finished",
        task_id=context.task_id,
        type=record.request_type,
        reply_to=record.key[0],
        message_id=context.request.message_id,
        lane=lane.name,
        status=status,
        error_code=error.code if error else None,
        queue_ms=round(queue_s * 1000, 1),
        compute_ms=round(compute_s * 1000, 1),
    )
