"""Observers are told what happens to requests. The calls are on the way of every request: they are short.

They are handed data: runs and tasks as they are, whose times say when things happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from dragoman_server.journal.records import Reply
from dragoman_server.tasks.run import Run
from dragoman_server.tasks.task import Task
from dragoman_server.tasks.timeline import RunTimeline
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskFinished

log = structlog.get_logger()


class FinishedTask(msgspec.Struct, kw_only=True):
    """A task without a run in flight, whose last event is out."""

    task: Task
    envelope: Envelope
    last: TaskFinished
    runs: Sequence[Run]
    """Its runs since it was last begun; none where it only had to be closed."""
    published_s: float
    """When the last event was handed to the socket, on the monotonic clock."""

    @property
    def timelines(self) -> list[RunTimeline]:
        """Return the times of its runs."""
        return [run.timeline for run in self.runs]

    @property
    def outcomes(self) -> Mapping[str, DragomanError | None]:
        """Return how its parts ended. By now a repeat may have begun it anew, and the task knows no more of it."""
        if not self.runs:
            return dict(self.task.outcomes)
        return max(self.timelines, key=lambda timeline: timeline.ended_s).outcomes

    @property
    def error(self) -> DragomanError | None:
        """Return the first of its errors."""
        return next((error for error in self.outcomes.values() if error is not None), None)


class Observer:
    """Does nothing with all that it is told: the null object, and the base of the others.

    Methods are called in the loop. Those that take a sequence are called some milliseconds late.
    """

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """Take note that a request was not accepted."""

    def repeated(self, task: Task, envelope: Envelope) -> None:
        """Take note that a request was answered with what is known of its task already."""

    def answered(self, replies: Sequence[Reply]) -> None:
        """Take note of new requests that needed no work. Nothing else is told of them."""

    def accepted(self, accepted: Sequence[tuple[Task, Run]]) -> None:
        """Take note of requests that are safe and have their places; also those of an earlier server.

        Some have ended already.
        """

    def published(self, run: Run, event: Event) -> None:
        """Take note that an event is written and was handed to the socket; told at once."""

    def ended(self, ended: Sequence[Run]) -> None:
        """Take note of runs whose parts are all answered."""

    def left(self, task: Task, run: Run) -> None:
        """Take note that a run stopped unanswered: the next start of the server finishes it."""

    def finished(self, finished: Sequence[FinishedTask]) -> None:
        """Take note of tasks whose last event is written, and published where a peer is told of the end."""


_HOOKS = [name for name in vars(Observer) if not name.startswith("_")]


class Observers(Observer):
    """Several in one. A hook that no observer overrides costs nothing, and one that fails does not touch the request.

    Args:
        observers: told in this order.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        for name in _HOOKS:
            overriding = [one for one in observers if getattr(type(one), name) is not getattr(Observer, name)]
            if overriding:
                setattr(self, name, _guarded([getattr(one, name) for one in overriding]))


def _guarded(calls: Sequence[Callable[..., None]]) -> Callable[..., None]:
    def tell(*arguments: Any) -> None:
        for call in calls:
            try:
                call(*arguments)
            except Exception:
                log.exception("observer.failed")

    return tell


NO_OBSERVER = Observer()
