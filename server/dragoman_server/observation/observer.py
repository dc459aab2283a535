"""Who is told what happens to requests. The calls are on the way of every request: they are short, or do nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from dragoman_engines.unit import Answer, Unit
from dragoman_engines.work import AnyWork
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskFinished, TaskStatus
from dragoman_wire.inbound import Inbound

if TYPE_CHECKING:
    from dragoman_server.task_context import TaskContext
    from dragoman_server.task_record import TaskKey, TaskRecord

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


class Observer:
    """Hears everything, in the loop, and makes nothing of it: the null object, and the base of the others."""

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """A request was not accepted."""

    def repeated(self, record: TaskRecord, envelope: Envelope) -> None:
        """A request was answered with what is known of its task already."""

    def answered(self, answered: Sequence[Answered]) -> None:
        """New requests that needed no work, some milliseconds ago. Nothing else is told of them."""

    def accepted(self, context: TaskContext) -> None:
        """A request is safe and has its place; also one of an earlier server's."""

    def queued(self, context: TaskContext) -> None:
        """It has to wait for its turn in the lane."""

    def started(self, context: TaskContext) -> None:
        """Its handler is at work."""

    def unit_asked(self, context: TaskContext, work: AnyWork, unit: Unit) -> None:
        """A unit of it waits for an engine; several runs may wait for the same one."""

    def unit_done(self, context: TaskContext, work: AnyWork, answer: Answer | None) -> None:
        """That work is answered; None where it failed or is no longer wanted."""

    def published(self, context: TaskContext, event: Event, ready_s: float) -> None:
        """An event of it, ready at that time, is written and was handed to the socket."""

    def ended(self, context: TaskContext, status: TaskStatus, queue_s: float, compute_s: float) -> None:
        """All parts of the run are answered; its time was spent so."""

    def left(self, context: TaskContext) -> None:
        """It stopped unanswered: the next start of the server finishes it."""

    def finished(self, record: TaskRecord, envelope: Envelope, last: TaskFinished) -> None:
        """The last event of a task is written, and published where somebody hears it. None of its runs is left."""


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
