"""Requests whose whole answer is known: answered at once, without a place in a lane and without a task of their own.

Nothing of such a request can be lost: it is never accepted and unfinished. Its events and its end are written in one
transaction and published after it; a server that is killed before that has said nothing of it.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from dragoman_handlers.base import Handler
from dragoman_server.lane import Lane
from dragoman_server.results import ResultsStore, TaskRecord, can_be_named
from dragoman_server.services import Services
from dragoman_server.task_context import TaskContext
from dragoman_server.task_end import count_end
from dragoman_wire.envelope import Envelope
from dragoman_wire.inbound import Inbound


class TellAccepted(Protocol):
    """Says that a task is accepted."""

    def __call__(self, envelope: Envelope, *, duplicate: bool) -> None:
        """Say it now."""


class Finish(Protocol):
    """Writes and says that a task is finished."""

    def __call__(self, record: TaskRecord, envelope: Envelope, *, keep: bool) -> None:
        """Write it now, and say it after that."""


class KnownAnswers:
    """Answers what handlers know.

    Args:
        services: what every run needs.
        results: the tasks that are known.
        tell_accepted: says that a task is accepted.
        finish: says that it is finished.
    """

    def __init__(
        self,
        services: Services,
        results: ResultsStore,
        tell_accepted: TellAccepted,
        finish: Finish,
    ) -> None:
        self._services = services
        self._results = results
        self._tell_accepted = tell_accepted
        self._finish = finish

    def answer(
        self, record: TaskRecord, handler: Handler[Any], inbound: Inbound, lane: Lane, arrived_s: float
    ) -> bool:
        """Answer a new task if that needs no work; whether it did."""
        if record.journal.problem is not None:
            return False  # what cannot be written is refused
        envelope = msgspec.structs.replace(inbound.envelope, task_id=record.key[1])
        services = self._services
        context = TaskContext(services, record, inbound.request, envelope, inbound.audio, arrived_s)
        events = handler.known(inbound.request, context)
        if events is None:
            return False
        self._results.begin(record)
        record.parts.update(part for _, part in events)
        services.observer.accepted(context)
        record.journal.sync(lambda _: self._tell_accepted(envelope, duplicate=False))
        for event, part in events:
            context.publish(event, settles=part)
        count_end(context, lane, "completed", services)
        self._finish(record, envelope, keep=can_be_named(inbound.request, record))
        return True
