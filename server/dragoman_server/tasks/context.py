"""A running task as its handler sees it: the events that it reports, the engines and the cache that it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import structlog
from msgspec import UNSET
from typing_extensions import override

from dragoman_engines.base import Capabilities
from dragoman_engines.language.remote import OnQueued, RemoteModel
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.unit import Answer, EngineDied
from dragoman_engines.work import SPOOL_RATE_HZ, DecodedAudio, Kind, R, Work, pool_name
from dragoman_handlers.base import AnyQuestion, Context
from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.wording.phrasebook import PhraseBook
from dragoman_server.cache.cache import CacheSession
from dragoman_server.config import LimitsConfig
from dragoman_server.tasks.run import Run, UnitCall
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import Task
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.errors import DragomanError, TooLarge
from dragoman_wire.events import Event, TaskProgress
from dragoman_wire.failures import failure_events
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import SoundFormat

T = TypeVar("T")
log = structlog.get_logger()


class TaskContext(Context):
    """The `Context` of a handler: its view of a run.

    Args:
        services: what every run needs.
        task: the task.
        run: the run of it that the handler does.
    """

    def __init__(self, services: Services, task: Task, run: Run) -> None:
        self._services = services
        self._task = task
        self._run = run
        self._sessions: dict[str, CacheSession] = {}
        """By pool."""
        self._told_position: int | None = None
        """The place in the line of a model of another server that was told last."""

    # --- the task ------------------------------------------------------------------------------------------

    @property
    @override
    def task_id(self) -> str:
        return self._task.key[1]

    @property
    @override
    def audio(self) -> Buffer | None:
        return self._run.audio

    @property
    @override
    def codec(self) -> Codec:
        return self._run.envelope.codec

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

    @property
    @override
    def speech_format(self) -> SoundFormat:
        return self._services.speech_format

    @property
    @override
    def warnings(self) -> Sequence[str]:
        return self._run.warnings

    @property
    @override
    def stages(self) -> dict[str, Any]:
        return self._task.stages

    @override
    def now_s(self) -> float:
        return self._services.clock.unix()

    @override
    def hold(self, size_bytes: int, speech_s: float = 0.0) -> None:
        run, limits = self._run, self._services.limits
        if size_bytes > 0 and run.output_bytes + size_bytes > limits.output_bytes:
            raise TooLarge(
                f"the speech of this request has more than {limits.output_bytes} bytes, the limit output_bytes;"
                f" ask for fewer languages, or for one format that is smaller"
            )
        if speech_s > 0 and run.speech_s + speech_s > limits.speech_s:
            raise TooLarge(
                f"the speech of this request lasts more than {limits.speech_s:g} s, the limit speech_s;"
                f" ask for fewer languages, or send a shorter text"
            )
        budget, peer, lane = self._services.budget, run.timeline.peer, run.lane.name
        if size_bytes > 0:
            budget.check(size_bytes, peer, lane)
            self._task.journal.check_share(peer, size_bytes)
            budget.take(size_bytes, peer, lane)
        else:
            budget.give(-size_bytes, peer, lane)
        run.output_bytes += size_bytes
        run.speech_s += speech_s
        run.size_bytes += size_bytes

    @override
    def elapsed_s(self) -> float:
        return self._services.clock.monotonic() - self._run.timeline.arrived_s

    @override
    def waited_s(self) -> float:
        timeline = self._run.timeline
        return (timeline.began_s or timeline.arrived_s) - timeline.arrived_s

    # --- events --------------------------------------------------------------------------------------------

    @override
    def publish(self, event: Event, binaries: Sequence[Buffer] = (), *, settles: str | None = None) -> None:
        timeline = self._run.timeline
        # What a repeat has of the run before, it has got again by now; of its pieces only the others follow.
        follows = timeline.resumed or (timeline.duplicate and hasattr(event, "index"))
        if not (follows and self._task.has_sent(event)):
            self._send(event, binaries, part=settles)
        if settles is not None:
            self._settled(settles, None)

    @override
    def sent(self, event_type: type[Event]) -> Sequence[Mapping[str, Any]]:
        timeline = self._run.timeline
        return self._task.sent(event_type) if timeline.resumed or timeline.duplicate else ()

    @override
    def tell(self, event: Event) -> None:
        envelope = self._run.envelope
        self._services.publisher.send(encode_header(event, envelope.codec), envelope.codec, envelope.reply_to)

    def tell_queued(self) -> None:
        """Tell a peer that wants progress where its request stands in its lane."""
        run = self._run
        if run.request.progress and run.turn is not None and not run.turn.done():
            position = run.lane.queued
            self.tell(
                TaskProgress(
                    task_id=self.task_id,
                    stage="queued",
                    done=0,
                    total=0,
                    unit=run.handler.progress_unit,
                    position=position,
                    wait_ms=run.lane.wait_ms(position),
                    message=f"waiting for its turn, number {position} in the {run.lane.name} lane",
                    timestamp=self.now_s(),
                )
            )

    @override
    def fail(self, error: DragomanError, part: str) -> None:
        if self._services.told_jointly(self._run.envelope):
            self.settle(part, error)
            self._task.untold[part] = error
            return
        for event in failure_events(self._run.envelope, error, self.now_s(), languages=[part]):
            self._send(event, part=part, error=error)
        self._settled(part, error)

    @override
    def fail_all(self, error: DragomanError, parts: Sequence[str]) -> None:
        for part in parts:
            self.settle(part, error)
        if self._run.envelope.reply_to is None:
            self._task.untold |= dict.fromkeys(parts, error)

    @override
    def settle(self, part: str, error: DragomanError | None = None) -> None:
        self._task.settle(part, error)
        self._settled(part, error)

    def _send(
        self, event: Event, binaries: Sequence[Buffer] = (), *, part: str | None, error: DragomanError | None = None
    ) -> None:
        services, run, clock = self._services, self._run, self._services.clock
        ready_s = clock.monotonic()

        def sent() -> None:
            run.timeline.note_sent(event, ready_s, clock.monotonic())
            services.observer.published(run, event)

        self._task.send(event, run.envelope, services.publisher, binaries, part=part, error=error, then=sent)

    def _settled(self, part: str, error: DragomanError | None) -> None:
        if error is not None:  # it is kept, and what led to it would keep the request
            error.__traceback__ = error.__context__ = error.__cause__ = None
        self._run.outcomes[part] = self._task.outcomes[part] = error
        if isinstance(error, EngineDied):
            self._task.dead_letter = error.message

    # --- engines and cache ---------------------------------------------------------------------------------

    @override
    def loaded(self, kind: Kind, model: str = "") -> Capabilities | None:
        return self._services.engine(pool_name(kind, model)).capabilities

    @override
    async def capabilities(self, kind: Kind, model: str = "") -> Capabilities:
        return await self._services.engine(pool_name(kind, model)).known()

    @override
    def fallback(self, model: str) -> str | None:
        return self._services.fallbacks.get(model)

    @override
    async def run(self, work: Work[R], *, size_s: float) -> Answer[R]:
        timeline, clock = self._run.timeline, self._services.clock
        ticket = Ticket(
            peer=timeline.peer, priority=self._run.request.priority_class, cost_s=work.cost_s(), size_s=size_s
        )
        asked_s = clock.monotonic()
        try:
            remote = self._services.remotes.get(work.pool)
            answer = await (
                self._ask(work, ticket) if remote is None else remote.run(work, ticket, self._queued(remote))
            )
        except BaseException:
            ended_s = clock.monotonic()
            timeline.calls.append(UnitCall(kind=work.kind, asked_s=asked_s, began_s=ended_s, ended_s=ended_s))
            raise
        timeline.units_done += 1
        timeline.calls.append(
            UnitCall(
                kind=work.kind,
                asked_s=asked_s,
                worker=answer.worker,
                queued_s=answer.queued_s,
                began_s=answer.began_s,
                ended_s=answer.ended_s,
                compute_s=answer.compute_s,
            )
        )
        if isinstance(answer.result, DecodedAudio) and answer.result.state == "done":
            timeline.audio_s += answer.result.samples / SPOOL_RATE_HZ
        return answer

    async def _ask(self, work: Work[R], ticket: Ticket) -> Answer[R]:
        """Have a process do a unit."""
        pool, units = self._services.pools[work.pool], self._run.timeline.units
        unit = pool.join(work, ticket, self._run.request.cache or "use")
        units.add(unit)
        try:
            return await pool.answer(unit)
        finally:
            units.discard(unit)

    def _queued(self, remote: RemoteModel) -> OnQueued:
        """Return what tells the peer and the log of the place in line of a unit, before the first one is answered."""

        def tell(position: int, wait_s: float | None) -> None:
            run = self._run
            if run.timeline.units_done or self._told_position == position:
                return
            if self._told_position is None:
                known = {} if wait_s is None else {"wait_s": round(wait_s)}
                log.info("ai.queued", model=remote.settings.name, position=position, **known, **run.envelope.ids)
            self._told_position = position
            if run.request.progress:
                self.tell(
                    TaskProgress(
                        task_id=self.task_id,
                        stage="queued",
                        done=0,
                        total=0,
                        unit=run.handler.progress_unit,
                        position=position,
                        wait_ms=UNSET if wait_s is None else round(wait_s * 1000),
                        message=f"waiting for {remote.settings.name}, number {position} in its line",
                        timestamp=self.now_s(),
                    )
                )

        return tell

    @override
    async def recall(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T | None]:
        return await self._session(questions[0]).recall(questions, answer_type) if questions else []

    @override
    def recall_all(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T] | None:
        return self._session(questions[0]).recall_all(questions, answer_type) if questions else []

    @override
    def remember(self, question: AnyQuestion, answer: object, *, compute_s: float) -> None:
        self._session(question).remember(question, answer, compute_s)

    @override
    async def once(self, question: AnyQuestion, answer_type: type[T], compute: Callable[[], Awaitable[T]]) -> T:
        async def timed() -> tuple[T, float]:
            before = len(self._run.timeline.calls)
            answer = await compute()
            return answer, sum(call.compute_s for call in self._run.timeline.calls[before:])

        return await self._session(question).once(question, answer_type, timed)

    @override
    def spool_file(self) -> AbstractContextManager[Path]:
        return self._services.spool.file()

    @override
    def check_spool(self, path: Path) -> None:
        self._services.spool.check(path, self.limits.spool_bytes)

    def _session(self, question: AnyQuestion) -> CacheSession:
        session = self._sessions.get(question.pool)
        if session is None:
            services = self._services
            session = services.cache.session(services.engine(question.pool), self._run.request.cache or "use")
            self._sessions[question.pool] = session
        return session
