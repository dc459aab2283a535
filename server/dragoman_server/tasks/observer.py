"""Who is told what happens to requests. The calls are on the way of every request: they are short, or do nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskFinished
from dragoman_wire.inbound import Inbound

if TYPE_CHECKING:
    from dragoman_server.tasks.context import TaskContext
    from dragoman_server.tasks.task import TaskKey, TaskRecord
    from dragoman_server.tasks.timeline import RunStory

log = structlog.get_logger()


class Answered(msgspec.Struct, kw_only=True):
    """A request that was answered in the turn in which it came, all of it with results. Times are monotonic."""

    key: TaskKey
    inbound: Inbound
    lane: str
    events: Sequence[tuple[Event, str]]
    """Each with the part that it settles."""
    parts: tuple[str, ...]
    """These parts."""
    arrived_s: float
    ended_s: float
    peer: str
    """On whose account it goes."""
    published_s: float = 0.0

    @property
    def queue_s(self) -> float:
        """The time in which no model worked for it: all of it."""
        return self.ended_s - self.arrived_s


class FinishedTask(msgspec.Struct, kw_only=True):
    """A task of which no run is left, and whose last event is out."""

    record: TaskRecord
    envelope: Envelope
    last: TaskFinished
    contexts: Sequence[TaskContext]
    """Its runs since it was last begun; none where it only had to be closed."""
    published_s: float
    """When the last event was handed to the socket, on the monotonic clock."""

    @property
    def stories(self) -> list[RunStory]:
        """What happened to its runs."""
        return [context.story for context in self.contexts]

    @property
    def outcomes(self) -> Mapping[str, DragomanError | None]:
        """How its parts ended. By now a repeat may have begun it anew, and the record knows no more of it."""
        if not self.contexts:
            return dict(self.record.outcomes)
        return max(self.stories, key=lambda story: story.ended_s).outcomes

    @property
    def error(self) -> DragomanError | None:
        """The first of its errors."""
        return next((error for error in self.outcomes.values() if error is not None), None)


class Observer:
    """Hears everything, in the loop, and makes nothing of it: the null object, and the base of the others.

    What comes in sequences is told some milliseconds late; what happened when is in the runs' stories.
    """

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """A request was not accepted."""

    def repeated(self, record: TaskRecord, envelope: Envelope) -> None:
        """A request was answered with what is known of its task already."""

    def answered(self, answered: Sequence[Answered]) -> None:
        """New requests that needed no work. Nothing else is told of them."""

    def accepted(self, accepted: Sequence[TaskContext]) -> None:
        """Requests that are safe and have their places; also those of an earlier server. Some have ended already."""

    def published(self, context: TaskContext, event: Event) -> None:
        """An event is written and was handed to the socket; told at once."""

    def ended(self, ended: Sequence[TaskContext]) -> None:
        """Runs whose parts are all answered."""

    def left(self, context: TaskContext) -> None:
        """It stopped unanswered: the next start of the server finishes it."""

    def finished(self, finished: Sequence[FinishedTask]) -> None:
        """Tasks whose last event is written, and published where somebody hears it."""


_HOOKS = [name for name in vars(Observer) if not name.startswith("_")]


class Observers(Observer):
    """Several in one. Who does not listen costs nothing; who fails is no concern of the request.

    Args:
        observers: told in this order.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        for name in _HOOKS:
            listening = [one for one in observers if getattr(type(one), name) is not getattr(Observer, name)]
            if listening:
                setattr(self, name, _guarded([getattr(one, name) for one in listening]))


def _guarded(calls: Sequence[Callable[..., None]]) -> Callable[..., None]:
    def tell(*arguments: Any) -> None:
        for call in calls:
            try:
                call(*arguments)
            except Exception:
                log.exception("observer.failed")

    return tell


NOBODY = Observer()
