"""Requests that are answered at once, without a place in a lane and without a task of their own.

Nothing of such a request can be lost: it is never accepted and unfinished. Its events and its end are written in one
transaction and published after it; a server that is killed before that has sent nothing of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from typing_extensions import override

from dragoman_engines.base import Capabilities
from dragoman_engines.work import Kind, pool_name
from dragoman_handlers.base import AnyQuestion, Handler, RequestView
from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.wording.phrasebook import PhraseBook
from dragoman_server.cache.cache import CacheSession
from dragoman_server.config import LimitsConfig
from dragoman_server.journal.records import Reply
from dragoman_server.tasks.callbacks import RunCallbacks
from dragoman_server.tasks.run import milliseconds, peer_of
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import TaskKey
from dragoman_server.tasks.task_store import CompactTask, TaskStore
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.events import Accepted, TaskFinished
from dragoman_wire.inbound import Inbound

log = structlog.get_logger()
T = TypeVar("T")

_CACHE_USES = (None, "use")
"""The value of `cache` in requests that accept known answers."""


class CachedReplies:
    """Answers requests whose whole answer the handlers know.

    Args:
        services: what every run needs.
        store: the tasks that are known.
        callbacks: told of the answers.
    """

    def __init__(self, services: Services, store: TaskStore, callbacks: RunCallbacks) -> None:
        self._services = services
        self._store = store
        self._callbacks = callbacks
        self._sessions: dict[str, CacheSession] = {}
        """By pool."""

    def answer(self, key: TaskKey, handler: Handler[Any], inbound: Inbound, arrived_s: float) -> bool:
        """Answer a new task if that needs no work; return whether it did."""
        services, request, codec = self._services, inbound.request, inbound.codec
        if request.cache not in _CACHE_USES:
            return False
        routed = key[0] is not None
        if routed and services.journal.problem is not None:
            return False  # what cannot be written is refused
        try:
            events = handler.known(request, _View(services, key[1], codec, self._session))
        except Exception:
            log.exception("known.failed", type=inbound.request_type, task_id=key[1])
            events = None  # as a task it gets an answer, whatever is wrong
        if events is None:
            return False
        reply = Reply(
            key=key,
            request_type=inbound.request_type,
            request=request,
            headers=tuple([encode_header(event, codec) for event, _ in events]),
            parts=tuple([part for _, part in events]),
            events=events,
            codec=codec,
            lane=handler.lane,
            peer=peer_of(request),
            arrived_s=arrived_s,
            ended_s=services.clock.monotonic(),
        )
        if routed:
            self._store.keep(reply, self._write(reply))
            return True
        self._publish(reply, reply.headers)
        if request.task_id is not None:
            self._store.keep(reply, CompactTask.of(reply))
        return True

    def _write(self, reply: Reply) -> CompactTask:
        """Write the reply whole, then publish it.

        Where it cannot be written the peer gets it all the same: it is right, and it has cost nothing.
        """
        journal, task_id = self._services.journal, reply.key[1]
        last = TaskFinished(
            task_id=task_id,
            status="completed",
            events=len(reply.headers),
            queue_time_ms=milliseconds(reply.queue_s),
            compute_time_ms=0.0,
        )
        reply.number = journal.new_number()
        reply.last = encode_header(last, reply.codec)
        accepted = encode_header(Accepted(task_id=task_id, duplicate=False), reply.codec)
        task = CompactTask.of(reply)
        task.written = False
        journal.append(reply, functools.partial(self._written, reply, task, accepted))
        return task

    def _written(self, reply: Reply, task: CompactTask, accepted: bytes, _: str | None) -> None:
        task.was_written()
        self._publish(reply, (accepted, *reply.headers, reply.last or b""))

    def _publish(self, reply: Reply, headers: Sequence[bytes]) -> None:
        services, codec, reply_to = self._services, reply.codec, reply.key[0]
        for header in headers:
            services.publisher.send(header, codec, reply_to)
        reply.published_s = services.clock.monotonic()
        self._callbacks.answered(reply)

    def _session(self, pool: str) -> CacheSession:
        session = self._sessions.get(pool)
        if session is None:
            session = self._sessions[pool] = self._services.cache.session(self._services.engine(pool), "use")
        return session


class _View(RequestView):
    """The `RequestView` of a handler."""

    __slots__ = ("_codec", "_services", "_session", "_task_id")

    def __init__(self, services: Services, task_id: str, codec: Codec, session: Callable[[str], CacheSession]) -> None:
        self._task_id = task_id
        self._codec = codec
        self._services = services
        self._session = session

    @property
    @override
    def task_id(self) -> str:
        return self._task_id

    @property
    @override
    def codec(self) -> Codec:
        return self._codec

    @property
    @override
    def limits(self) -> LimitsConfig:
        return self._services.limits

    @property
    @override
    def glossary(self) -> Glossary:
        return self._services.glossary

    @property
    @override
    def phrases(self) -> PhraseBook:
        return self._services.phrases

    @property
    @override
    def models(self) -> Mapping[str, str]:
        return self._services.models

    @property
    @override
    def language_models(self) -> Mapping[str, str]:
        return self._services.language_models

    @override
    def now_s(self) -> float:
        return self._services.clock.unix()

    @override
    def loaded(self, kind: Kind, model: str = "") -> Capabilities | None:
        return self._services.engine(pool_name(kind, model)).capabilities

    @override
    def recall_all(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T] | None:
        if not questions:
            return []
        return self._session(questions[0].pool).recall_all(questions, answer_type)
