"""What is noted of the end of a run."""

from __future__ import annotations

from dragoman_server.lane import Lane
from dragoman_server.services import Services
from dragoman_server.task_context import TaskContext
from dragoman_wire.events import TaskStatus


def count_end(context: TaskContext, lane: Lane, status: TaskStatus, services: Services) -> None:
    """Add a run to the figures of its task and its lane, and tell the observer."""
    record, compute_s = context.record, context.compute_s
    record.ended_s = services.clock.monotonic()
    queue_s = max(0.0, record.ended_s - context.arrived_s - compute_s)
    record.queue_s += queue_s
    record.compute_s += compute_s
    lane.queue_times.add(queue_s)
    lane.compute_times.add(compute_s)
    if status in ("completed", "partial"):
        lane.completed += 1
    else:
        lane.failed += 1
    services.observer.ended(context, status, queue_s, compute_s)
