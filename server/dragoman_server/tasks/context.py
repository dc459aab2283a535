"""A running task as its handler sees it: the events that it reports, the engines and the cache that it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from dragoman_engines.base import Capabilities
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.unit import Answer, EngineDied
from dragoman_engines.work import SPOOL_RATE_HZ, DecodedAudio, Kind, R, Work, pool_name
from dragoman_handlers.base import AnyQuestion
from dragoman_handlers.text.glossary import Glossary
from dragoman_handlers.text.phrasebook import PhraseBook
from dragoman_server.cache.cache import Asker
from dragoman_server.config import LimitsConfig
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import TaskRecord
from dragoman_server.tasks.timeline import Call, RunStory
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
        story: what happens to it is noted there.
    """

    def __init__(
        self,
        services: Services,
        record: TaskRecord,
        request: Request,
        envelope: Envelope,
        audio: Buffer | None,
        story: RunStory,
    ) -> None:
        self.record = record
        self.envelope = envelope
        self.audio = audio
        self.request = request
        self.story = story
        self._services = services
        self.outcomes: dict[str, DragomanError | None] = {}
        """Of the parts that this run has answered; the record's are those of the newest run."""
        self._askers: dict[str, Asker] = {}
        """By pool."""

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
    def phrases(self) -> PhraseBook:
        """See Context."""
        return self._services.phrases

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
        return self._services.clock.monotonic() - self.story.arrived_s

    def waited_s(self) -> float:
        """See Context."""
        return (self.story.began_s or self.story.arrived_s) - self.story.arrived_s

    # --- events --------------------------------------------------------------------------------------------

    def publish(self, event: Event, binaries: Sequence[Buffer] = (), *, settles: str | None = None) -> None:
        """See Context."""
        if not (self.story.resumed and self.record.said(event)):
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
        clock, publisher = self._services.clock, self._services.publisher
        ready_s = clock.monotonic()

        def said() -> None:
            self.story.say(event, ready_s, clock.monotonic())
            self._services.observer.published(self, event)

        self.record.say(event, self.envelope, publisher, binaries, part=part, error=error, then=said)

    def _settled(self, part: str, error: DragomanError | None) -> None:
        if error is not None:  # it is kept, and what led to it would keep the request
            error.__traceback__ = error.__context__ = error.__cause__ = None
        self.outcomes[part] = self.record.outcomes[part] = error
        if isinstance(error, EngineDied):
            self.record.died = error.message

    # --- engines and cache ---------------------------------------------------------------------------------

    def loaded(self, kind: Kind, model: str = "") -> Capabilities | None:
        """See Context."""
        return self._services.pools[pool_name(kind, model)].capabilities

    async def capabilities(self, kind: Kind, model: str = "") -> Capabilities:
        """See Context."""
        return await self._services.pools[pool_name(kind, model)].known()

    async def run(self, work: Work[R], *, size_s: float) -> Answer[R]:
        """See Context."""
        story, clock = self.story, self._services.clock
        ticket = Ticket(
            peer=story.peer, priority=self.request.priority or "normal", cost_s=work.cost_s(), size_s=size_s
        )
        pool = self._services.pools[work.pool]
        asked_s = clock.monotonic()
        unit = pool.join(work, ticket, self.request.cache or "use")
        story.units.add(unit)
        try:
            answer = await pool.answer(unit)
        except BaseException:
            ended_s = clock.monotonic()
            story.calls.append(Call(kind=work.kind, asked_s=asked_s, began_s=ended_s, ended_s=ended_s))
            raise
        finally:
            story.units.discard(unit)
        story.units_done += 1
        story.calls.append(
            Call(
                kind=work.kind,
                asked_s=asked_s,
                worker=answer.worker,
                queued_s=answer.queued_s,
                began_s=answer.began_s,
                ended_s=answer.ended_s,
                compute_s=answer.compute_s,
            )
        )
        if isinstance(answer.result, DecodedAudio):
            story.audio_s += answer.result.samples / SPOOL_RATE_HZ
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
            before = len(self.story.calls)
            answer = await compute()
            return answer, sum(call.compute_s for call in self.story.calls[before:])

        return await self._asker(question).once(question, answer_type, timed)

    def spool_file(self) -> AbstractContextManager[Path]:
        """See Context."""
        return self._services.spool.file()

    def _asker(self, question: AnyQuestion) -> Asker:
        asker = self._askers.get(question.pool)
        if asker is None:
            services = self._services
            asker = services.cache.asker(services.pools[question.pool], self.request.cache or "use")
            self._askers[question.pool] = asker
        return asker
