"""A running task as its handler sees it: the events that it reports, the engines and the cache that it asks."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from dragoman_engines.base import Capabilities
from dragoman_engines.fairqueue import Ticket
from dragoman_engines.pool import EnginePool
from dragoman_engines.unit import Answer, EngineDied
from dragoman_engines.work import AnyWork, Kind, pool_name
from dragoman_handlers.base import AnyQuestion
from dragoman_handlers.glossary import Glossary
from dragoman_server.cache.cache import Asker
from dragoman_server.config import LimitsConfig
from dragoman_server.services import Services
from dragoman_server.task_life import busy_s, peer_of
from dragoman_server.task_record import TaskRecord
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event
from dragoman_wire.failures import failure_events
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import Request

T = TypeVar("T")


class TaskContext:
    """The `Context` of a handler.

    Args:
        services: what every run needs.
        record: the task.
        request: what is to be done; for a repeat, only what is new in it.
        envelope: the return address.
        audio: the recording that came with it.
        arrived_s: when it came, on the monotonic clock.
    """

    def __init__(
        self,
        services: Services,
        record: TaskRecord,
        request: Request,
        envelope: Envelope,
        audio: Buffer | None,
        arrived_s: float,
    ) -> None:
        self.record = record
        self.envelope = envelope
        self.audio = audio
        self.began_s: float | None = None
        """When the handler began, on the monotonic clock."""
        self.duplicate = False
        """A repeat of a known task, for what is new in it."""
        self.resumed = False
        """Begun by an earlier server: what that one said is not said again."""
        self._services = services
        self.request = request
        self.arrived_s = arrived_s
        self.calls: list[Answer] = []
        """What answered units of it."""

    # --- the task ------------------------------------------------------------------------------------------

    @property
    def task_id(self) -> str:
        """See Context."""
        return self.record.key[1]

    @property
    def codec(self) -> Codec:
        """See Context."""
        return self.envelope.codec

    @property
    def limits(self) -> LimitsConfig:
        """See Context."""
        return self._services.limits

    @property
    def glossary(self) -> Glossary:
        """See Context."""
        return self._services.glossary

    @property
    def models(self) -> Mapping[str, str]:
        """See Context."""
        return self._services.models

    @property
    def stages(self) -> dict[str, Any]:
        """See Context."""
        return self.record.stages

    def now_s(self) -> float:
        """See Context."""
        return self._services.clock.unix()

    def elapsed_s(self) -> float:
        """See Context."""
        return self._services.clock.monotonic() - self.arrived_s

    def waited_s(self) -> float:
        """See Context."""
        return (self.began_s or self.arrived_s) - self.arrived_s

    @property
    def compute_s(self) -> float:
        """Wall time during which at least one unit was in a model call."""
        return busy_s([(call.began_s, call.ended_s) for call in self.calls])

    # --- events --------------------------------------------------------------------------------------------

    def publish(self, event: Event, binaries: Sequence[Buffer] = (), *, settles: str | None = None) -> None:
        """See Context."""
        if not (self.resumed and self.record.said(event)):
            self._say(event, binaries, part=settles)
        if settles is not None:
            self._settled(settles, None)

    def fail(self, error: DragomanError, part: str) -> None:
        """See Context."""
        for event in failure_events(self.envelope, error, self.now_s(), languages=[part]):
            self._say(event, part=part, error=error)
        self._settled(part, error)

    def settle(self, part: str, error: DragomanError | None = None) -> None:
        """See Context."""
        self.record.journal.settle(self.record.number, part, error.code if error else None)
        self._settled(part, error)

    def _say(
        self, event: Event, binaries: Sequence[Buffer] = (), *, part: str | None, error: DragomanError | None = None
    ) -> None:
        services = self._services
        then = functools.partial(services.observer.published, self, event, services.clock.monotonic())
        self.record.say(event, self.envelope, services.publisher, binaries, part=part, error=error, then=then)

    def _settled(self, part: str, error: DragomanError | None) -> None:
        self.record.outcomes[part] = error
        if isinstance(error, EngineDied):
            self.record.died = error.message

    # --- engines and cache ---------------------------------------------------------------------------------

    def loaded(self, kind: Kind, model: str = "") -> Capabilities | None:
        """See Context."""
        return self._services.pools[pool_name(kind, model)].capabilities

    async def capabilities(self, kind: Kind, model: str = "") -> Capabilities:
        """See Context."""
        return await self._services.pools[pool_name(kind, model)].known()

    async def run(self, work: AnyWork, *, size_s: float) -> Answer:
        """See Context."""
        ticket = Ticket(
            peer=peer_of(self.request),
            priority=self.request.priority or "normal",
            cost_s=work.cost_s(),
            size_s=size_s,
        )
        observer = self._services.observer
        joined = functools.partial(observer.unit_asked, self, work)
        answer: Answer | None = None
        try:
            answer = await self._pool(work).run(work, ticket, self.request.cache or "use", joined)
        finally:
            observer.unit_done(self, work, answer)
        self.calls.append(answer)
        return answer

    async def recall(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T | None]:
        """See Context."""
        return await self._asker(questions[0]).recall(questions, answer_type) if questions else []

    def recall_all(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T] | None:
        """See Context."""
        return self._asker(questions[0]).recall_all(questions, answer_type) if questions else []

    def remember(self, question: AnyQuestion, answer: object, *, compute_s: float) -> None:
        """See Context."""
        self._asker(question).remember(question, answer, compute_s)

    async def once(self, question: AnyQuestion, answer_type: type[T], compute: Callable[[], Awaitable[T]]) -> T:
        """See Context."""

        async def timed() -> tuple[T, float]:
            before = len(self.calls)
            answer = await compute()
            return answer, sum(call.compute_s for call in self.calls[before:])

        return await self._asker(question).once(question, answer_type, timed)

    def spool_file(self) -> AbstractContextManager[Path]:
        """See Context."""
        return self._services.spool.file()

    def _pool(self, question: AnyQuestion) -> EnginePool:
        return self._services.pools[question.pool]

    def _asker(self, question: AnyQuestion) -> Asker:
        return self._services.cache.asker(self._pool(question), self.request.cache or "use")
