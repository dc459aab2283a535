"""What is noted of the end of a run."""

from __future__ import annotations

import structlog

from dragoman_server.lane import Lane
from dragoman_server.task_context import TaskContext
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import TaskStatus

log = structlog.get_logger()


def count_end(context: TaskContext, lane: Lane, status: TaskStatus, error: DragomanError | None = None) -> None:
    """Add a run to the figures of its task and its lane, and to the log."""
    record, compute_s = context.record, context.compute_s
    queue_s = max(0.0, context.elapsed_s() - compute_s)
    record.queue_s += queue_s
    record.compute_s += compute_s
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
