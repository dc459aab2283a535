"""Control requests: answered at once, never queued behind work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from dragoman_engines.base import Capabilities
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.work import pool_name
from dragoman_handlers.text.language_id import language_candidates
from dragoman_handlers.text.language_list import MOST_PAIRS, PairLists, heard, missing_engines, spoken
from dragoman_server.available_models import AvailableModels
from dragoman_server.clock import Clock
from dragoman_server.ops.statistics import Statistics
from dragoman_server.tasks.dispatcher import Dispatcher
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.errors import EngineUnavailable
from dragoman_wire.events import (
    Accepted,
    CancelResult,
    DetectResult,
    Event,
    LanguageCandidate,
    LanguagesResult,
    Pong,
    ResultUnknown,
    SpeakingVoice,
    VoicesResult,
)
from dragoman_wire.inbound import Inbound
from dragoman_wire.requests import (
    CancelRequest,
    DetectRequest,
    LanguagesRequest,
    PingRequest,
    Request,
    ResultRequest,
    StatsRequest,
    VoicesRequest,
)


class Control:
    """Answers ping, stats, voices, languages, detect, cancel and result."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        publisher: Publisher,
        statistics: Statistics,
        clock: Clock,
        pools: Mapping[str, EnginePool],
        models: Mapping[str, str],
        available: AvailableModels,
    ) -> None:
        self._dispatcher = dispatcher
        self._publisher = publisher
        self._statistics = statistics
        self._clock = clock
        self._pools = pools
        self._models = models
        self._available = available
        self._pairs = PairLists()

    def answer(self, inbound: Inbound) -> None:
        """Publish the one event that answers a control request."""
        request = inbound.request
        match request:
            case PingRequest():
                self._say(inbound, self._pong(request))
            case StatsRequest():
                self._dispatcher.report()
                document = {"type": "stats_result", **self._statistics.document()}
                if request.task_id is not None:
                    document["taskId"] = request.task_id
                self._say(inbound, document)
            case VoicesRequest():
                self._say(inbound, self._voices(request))
            case LanguagesRequest():
                self._say(inbound, self._languages(request))
            case DetectRequest():
                self._detect(inbound, request)
            case CancelRequest():
                status = self._dispatcher.cancel((request.reply_to, request.task_id))
                self._say(inbound, CancelResult(task_id=request.task_id, status=status))
            case ResultRequest():
                self._result(inbound, request)
            case Request():  # pragma: no cover - the app hands over control requests only
                raise TypeError(f"{inbound.request_type} is no control request")

    def _pong(self, request: PingRequest) -> Pong:
        ports = self._statistics.ports
        return Pong(
            timestamp=self._clock.unix() if request.timestamp is None else request.timestamp,
            translator_port_pub=ports.events,
            translator_port_pull=ports.requests,
            audio_pipeline_available=self._statistics.audio_available,
            task_id=UNSET if request.task_id is None else request.task_id,
        )

    def _voices(self, request: VoicesRequest) -> VoicesResult:
        """List the voices of the speech engine; none while it is loading, or where it is missing."""
        engine = self._pools["speech"].capabilities
        return VoicesResult(
            voices=[
                SpeakingVoice(name=voice.name, engine=voice.engine, languages=voice.languages)
                for voice in (engine.voices if engine else ())
            ],
            default_voices=engine.default_voices if engine else {},
            best_voices=engine.best_voices if engine else {},
            task_id=UNSET if request.task_id is None else request.task_id,
        )

    def _languages(self, request: LanguagesRequest) -> LanguagesResult:
        """List what the loaded engines can do; a warning names those that are not loaded."""
        engines: dict[str, Capabilities | None] = {
            model_type: self._loaded(pool_name("translation", name)) for model_type, name in self._models.items()
        }
        asked = (request.source_language, request.target_language)
        pairs = [
            pair
            for model_type, engine in engines.items()
            if engine is not None
            for pair in self._pairs.of(model_type, engine, *asked)
        ]
        hearing, speaking = self._loaded("transcription"), self._loaded("speech")
        warnings = missing_engines(
            {f"translation ({model_type})": engine for model_type, engine in engines.items()}
            | {"transcription": hearing, "speech": speaking}
        )
        if len(pairs) > MOST_PAIRS:
            warnings.append(f"the first {MOST_PAIRS} of {len(pairs)} pairs; name a sourceLanguage for the others")
        available = self._available.latest()
        return LanguagesResult(
            pairs=pairs[:MOST_PAIRS],
            transcription=heard(hearing),
            speech=spoken(speaking),
            available=UNSET if available is None else available,
            warnings=warnings or UNSET,
            task_id=UNSET if request.task_id is None else request.task_id,
        )

    def _loaded(self, pool: str) -> Capabilities | None:
        found = self._pools.get(pool)
        return found.capabilities if found is not None else None

    def _detect(self, inbound: Inbound, request: DetectRequest) -> None:
        """Name the languages that a text may be in; a part of a long text is looked at, in a millisecond."""
        try:
            found = language_candidates(request.text)
        except EngineUnavailable as error:
            self._dispatcher.refuse(inbound.envelope, error)
            return
        answer = DetectResult(
            candidates=[
                LanguageCandidate(language=language, confidence=round(confidence, 3))
                for language, confidence in found.candidates
            ],
            reliable=found.reliable,
            warnings=[found.doubt] if found.doubt else UNSET,
            task_id=UNSET if request.task_id is None else request.task_id,
        )
        self._say(inbound, answer)

    def _result(self, inbound: Inbound, request: ResultRequest) -> None:
        """Answer once everything sent of the task so far is written and published."""
        task = self._dispatcher.store.get((request.reply_to, request.task_id))
        if task is None:
            self._say(inbound, ResultUnknown(task_id=request.task_id))
        else:
            task.after_writing(lambda _: self._replay(inbound, request))

    def _replay(self, inbound: Inbound, request: ResultRequest) -> None:
        task = self._dispatcher.store.get((request.reply_to, request.task_id))
        if task is None:
            self._say(inbound, ResultUnknown(task_id=request.task_id))
        elif not self._dispatcher.replay(task, inbound.envelope) and request.reply_to is not None:
            # It is known, but has no event yet: report that it is in flight.
            self._say(inbound, Accepted(task_id=request.task_id, duplicate=True))

    def _say(self, inbound: Inbound, event: Event | dict[str, Any]) -> None:
        self._publisher.publish(event, inbound.codec, inbound.request.reply_to)
