"""Requests whose whole answer is known: answered at once, without a place in a lane and without a task of their own.

Nothing of such a request can be lost: it is never accepted and unfinished. Its events and its end are written in one
transaction and published after it; a server that is killed before that has said nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog

from dragoman_engines.base import Capabilities
from dragoman_engines.work import Kind, pool_name
from dragoman_handlers.base import AnyQuestion, Handler
from dragoman_server.cache.cache import Asker
from dragoman_server.journal.base import AnsweredTask, Ending
from dragoman_server.tasks.compact_task import CondensedTask
from dragoman_server.tasks.observer import Answered
from dragoman_server.tasks.observer_batcher import Reports
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import TaskKey
from dragoman_server.tasks.task_life import milliseconds, peer_of
from dragoman_server.tasks.task_store import ResultsStore
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.events import Accepted, TaskFinished
from dragoman_wire.inbound import Inbound

log = structlog.get_logger()
T = TypeVar("T")

_ASKS = (None, "use")
"""What requests say of the cache that want what it knows."""


class KnownAnswers:
    """Answers what handlers know.

    Args:
        services: what every run needs.
        results: the tasks that are known.
        reports: hear of what was answered.
    """

    def __init__(self, services: Services, results: ResultsStore, reports: Reports) -> None:
        self._services = services
        self._results = results
        self._reports = reports
        self._askers: dict[str, Asker] = {}
        """By pool."""

    def answer(self, key: TaskKey, handler: Handler[Any], inbound: Inbound, arrived_s: float) -> bool:
        """AnsweredTask a new task if that needs no work; whether it did."""
        services, request = self._services, inbound.request
        if request.cache not in _ASKS:
            return False
        routed = key[0] is not None
        if routed and services.journal.problem is not None:
            return False  # what cannot be written is refused
        try:
            events = handler.known(request, _Asked(services, key[1], inbound.codec, self._asker))
        except Exception:
            log.exception("known.failed", type=inbound.request_type, task_id=key[1])
            events = None  # as a task it gets an answer, whatever is wrong
        if events is None:
            return False
        ended_s = services.clock.monotonic()
        parts = tuple([part for _, part in events])
        answered = Answered(
            key=key,
            inbound=inbound,
            lane=handler.lane,
            events=events,
            parts=parts,
            arrived_s=arrived_s,
            ended_s=ended_s,
            peer=peer_of(request),
        )
        headers = tuple([encode_header(event, inbound.codec) for event, _ in events])
        task = CondensedTask(request_type=inbound.request_type, headers=headers, parts=parts, finished_s=ended_s)
        if routed:
            self._write(answered, task)
        else:
            self._publish(answered, task.headers)
        if routed or request.task_id is not None:
            self._results.keep(key, task)
        return True

    def _write(self, answered: Answered, task: CondensedTask) -> None:
        """Have it written whole, and publish it then.

        Where it cannot be written the peer has it all the same: it is right, and it has cost nothing.
        """
        journal, codec = self._services.journal, answered.inbound.codec
        reply_to, task_id = answered.key
        accepted = encode_header(Accepted(task_id=task_id, duplicate=False), codec)
        queue_ms = milliseconds(answered.queue_s)
        last = TaskFinished(
            task_id=task_id,
            status="completed",
            events=len(task.headers),
            queue_time_ms=queue_ms,
            compute_time_ms=0.0,
        )
        task.number = number = journal.new_number()
        task.last = encode_header(last, codec)
        task.written = False

        def publish(_: str | None) -> None:
            task.was_written()
            self._publish(answered, (accepted, *task.headers, task.last or b""))

        end = Ending(
            task=number,
            reply_to=reply_to,
            task_id=task_id,
            request_type=task.request_type,
            last=task.last,
        )
        journal.answered(AnsweredTask(end=end, headers=task.headers, parts=task.parts), publish)

    def _asker(self, pool: str) -> Asker:
        asker = self._askers.get(pool)
        if asker is None:
            asker = self._askers[pool] = self._services.cache.asker(self._services.pools[pool], "use")
        return asker

    def _publish(self, answered: Answered, headers: Sequence[bytes]) -> None:
        services, codec, reply_to = self._services, answered.inbound.codec, answered.key[0]
        for header in headers:
            services.publisher.send(header, codec, reply_to)
        answered.published_s = services.clock.monotonic()
        self._reports.answered(answered)


class _Asked:
    """The `Asked` of a handler."""

    __slots__ = ("_asker", "_services", "codec", "glossary", "limits", "models", "phrases", "task_id")

    def __init__(self, services: Services, task_id: str, codec: Codec, asker: Callable[[str], Asker]) -> None:
        self.task_id = task_id
        self.codec = codec
        self.limits = services.limits
        self.glossary = services.glossary
        self.models = services.models
        self.phrases = services.phrases
        self._services = services
        self._asker = asker

    def now_s(self) -> float:
        """See Asked."""
        return self._services.clock.unix()

    def loaded(self, kind: Kind, model: str = "") -> Capabilities | None:
        """See Asked."""
        return self._services.pools[pool_name(kind, model)].capabilities

    def recall_all(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T] | None:
        """See Asked."""
        if not questions:
            return []
        return self._asker(questions[0].pool).recall_all(questions, answer_type)
