"""The core of the server without sockets: a clock that stands still, a publisher, a journal and engines in memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

from typing_extensions import override

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.pool.supervisor import PoolSettings, PoolState, PoolSupervisor
from dragoman_engines.work import Kind
from dragoman_handlers.base import Context, Handler, RequestView
from dragoman_server.clock import Clock
from dragoman_server.config import LaneConfig, LimitsConfig, ResultsConfig
from dragoman_server.journal.base import Done, Journal
from dragoman_server.journal.records import Record, RecoveredTask, Reply
from dragoman_server.quantiles import Samples
from dragoman_server.spool import Spool
from dragoman_server.tasks.dispatcher import Dispatcher
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer import Observer
from dragoman_server.tasks.run import Run, RunTimeline
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import TaskKey
from dragoman_server.tasks.task_store import TaskStore
from dragoman_server.transport.backpressure import ByteBudget, ByteLimits
from dragoman_server.transport.pub_socket import OutBudget, PubSocket
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.codec import Codec, decode_header, encode_header
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Overloaded
from dragoman_wire.events import (
    Event,
    TranslationCompleted,
    TranslationMetadata,
    TranslationResult,
)
from dragoman_wire.inbound import Buffer, Inbound, decode_message
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import TranslationRequest

UNIX_LAG_S = 1e9
"""Unix time at zero of the monotonic clock."""
TURNS = 20
"""Of the loop: more than anything here needs to get as far as it can without time passing."""
_LIMITS = WireLimits(header_bytes=1 << 20, frames=16, request_bytes=1 << 24, languages=64)


class StoppedClock:
    """Time passes when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.clock = Clock(monotonic=lambda: self.now_s, unix=lambda: self.now_s + UNIX_LAG_S)


class Sent(NamedTuple):
    """An event that left the server."""

    reply_to: str | None
    fields: dict[str, Any]
    binaries: Sequence[Buffer]

    @property
    def brief(self) -> tuple[str, str | None]:
        """Its type and language."""
        return self.fields["type"], self.fields.get("targetLanguage")


class MemoryPublisher:
    """A publisher that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.published = 0
        self.heard: set[str] = set()
        """Peers that have subscribed."""
        self.sockets: Mapping[str, PubSocket] = {}
        self.budget = OutBudget(1, 1, 1)

    def publish(self, event: Event | dict[str, object], codec: Codec, reply_to: str | None) -> None:
        self.send(encode_header(event, codec), codec, reply_to)

    def send(self, header: bytes, codec: Codec, reply_to: str | None, binaries: Sequence[Buffer] = ()) -> None:
        found, fields = decode_header(header)
        assert found is codec
        self.published += 1
        self.sent.append(Sent(reply_to, fields, binaries))

    def is_heard_by(self, reply_to: str | None) -> bool:
        return (reply_to or "") in self.heard


class MemoryJournal(Journal):
    """A journal that keeps its records, and writes them when a test says so."""

    mode = "memory"

    def __init__(self, recovered: Sequence[RecoveredTask] = ()) -> None:
        self.records: list[Record] = []
        self.lag = Samples()
        self.held = False
        """Records wait for `write`."""
        self.failure: str | None = None
        self.full_for: set[str] = set()
        """Peers that have their share."""
        self._recovered = list(recovered)
        self._waiting: list[Done] = []
        self._number = max((task.task for task in recovered), default=0)

    def of(self, kind: type[Any]) -> list[Any]:
        """The records of a type."""
        return [record for record in self.records if isinstance(record, kind)]

    def write(self) -> None:
        """Write what waits, or fail to."""
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done(self.failure)

    @property
    @override
    def problem(self) -> str | None:
        return self.failure

    @property
    @override
    def waiting_s(self) -> float:
        return 0.0

    @override
    def new_number(self) -> int:
        self._number += 1
        return self._number

    @override
    def check_share(self, peer: str, size_bytes: int) -> None:
        if peer in self.full_for:
            raise Overloaded("this peer has its share", retry_after_ms=1000)

    @override
    def append(self, record: Record, done: Done | None = None) -> None:
        self.records.append(record)
        self.sync(done or (lambda _: None))

    @override
    def sync(self, done: Done) -> None:
        self._waiting.append(done)
        if not self.held:
            self.write()

    @override
    def hand_over(self) -> None: ...

    @override
    def tasks(self) -> list[RecoveredTask]:
        return self._recovered

    @override
    def statistics(self) -> Mapping[str, Any]:
        return {"mode": self.mode, "state": "failing" if self.failure else "ok", "pending": len(self._waiting)}

    @override
    async def close(self) -> None: ...


class MemoryPool(EnginePool):
    """A pool without processes, in the state that a test gives it."""

    def __init__(self, kind: Kind, state: PoolState = "ready") -> None:
        spec, settings = EngineSpec(kind=kind, model="echo", models_dir="/nowhere"), PoolSettings()
        super().__init__(spec, settings)
        self.supervisor = self.memory = _MemorySupervisor(spec, settings, self, Memory(), time.monotonic)
        self.memory.shown = state
        self.memory.capabilities = Capabilities(model=f"{kind}-model", revision="1")

    @override
    async def settled(self) -> None: ...


class _MemorySupervisor(PoolSupervisor):
    shown: PoolState = "ready"

    @property
    @override
    def state(self) -> PoolState:
        return self.shown


class ScriptedHandler(Handler[TranslationRequest]):
    """Answers each part of a request with its text, once it may; how else, the text says.

    `fail` raises an error, `hang` waits to be cancelled, `forget` answers nothing, `break` raises what it must not.
    """

    request_type: ClassVar[str] = "translation"
    lane: ClassVar[str] = "translation"

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.known_texts: set[str] = set()
        self.errors: dict[str, Exception] = {}
        """Raised for the texts that they are named by."""
        self.seen: list[tuple[str, ...]] = []
        """The parts that it was asked for, run by run."""

    @override
    async def handle(self, request: TranslationRequest, context: Context) -> None:
        self.seen.append(self.parts(request))
        await self.gate.wait()
        if request.text in self.errors:
            raise self.errors[request.text]
        if request.text == "hang":
            await asyncio.get_running_loop().create_future()
        if request.text == "forget":
            return
        for part in self.parts(request):
            context.publish(completed(context, part, request.text), settles=part)

    @override
    def known(self, request: TranslationRequest, view: RequestView) -> list[tuple[Event, str]] | None:
        if request.text not in self.known_texts:
            return None
        return [(completed(view, part, request.text), part) for part in self.parts(request)]


def completed(view: RequestView, language: str, text: str) -> TranslationCompleted:
    """The event that answers a part."""
    result = TranslationResult(
        message_id=None,
        translated_text=text,
        source_language="en",
        target_language=language,
        confidence_score=1.0,
        processing_time=0.0,
        model_type="basic",
        translator_model="scripted",
        worker_name="scripted-0",
        worker_id="0",
        pool_type="normal",
        queue_time=0.0,
        translation_time=0.0,
        from_cache=False,
    )
    metadata = TranslationMetadata(
        translator_version="0",
        model_version="0",
        processing_node="here",
        request_id=view.task_id,
        protocol="zmq",
        encoding=view.codec.value,
    )
    return TranslationCompleted(
        task_id=view.task_id, target_language=language, timestamp=view.now_s(), result=result, metadata=metadata
    )


class Core:
    """A dispatcher with all that it needs."""

    def __init__(
        self,
        *,
        observer: Observer | None = None,
        make_observer: Callable[[Clock], Observer] | None = None,
        concurrency: int = 8,
        queue: int = 8,
        recovered: Sequence[RecoveredTask] = (),
        results: ResultsConfig | None = None,
    ) -> None:
        self.time = StoppedClock()
        self.publisher = MemoryPublisher()
        self.journal = MemoryJournal(recovered)
        self.handler = ScriptedHandler()
        clock = self.time.clock
        lane = Lane("translation", LaneConfig(concurrency=concurrency, queue=queue), clock.monotonic)
        self.lane = lane
        self.budget = ByteBudget(ByteLimits(total_bytes=1 << 20, peer_bytes=1 << 20))
        self.pools = {"translation": MemoryPool("translation"), "speech": MemoryPool("speech")}
        self.services = Services(
            pools=self.pools,
            publisher=cast("Publisher", self.publisher),
            limits=LimitsConfig(),
            spool=cast("Spool", None),
            clock=clock,
            budget=self.budget,
            journal=self.journal,
            observer=make_observer(clock) if make_observer else observer or Observer(),
        )
        self.store = TaskStore(results or ResultsConfig(), clock.monotonic)
        self.store.journal = self.journal
        self.handlers = {"translation": self.handler}
        self.dispatcher = Dispatcher(self.services, self.handlers, {"translation": lane}, self.store)

    def submit(self, task_id: str | None = "t", *languages: str, text: str = "hello", **fields: Any) -> None:
        """Hand a request over as the intake does; `reply_to` is `peer` where nothing else is said."""
        self.dispatcher.submit(inbound_of(task_id, *languages, text=text, **fields))

    async def turn(self) -> None:
        """Let everything get as far as it can without time passing."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    def briefs(self) -> list[tuple[str, str | None]]:
        """The types and languages of all that was sent; it counts as seen then."""
        sent, self.publisher.sent = self.publisher.sent, []
        return [one.brief for one in sent]

    def only(self, kind: str) -> dict[str, Any]:
        """The fields of the one event of this type that was sent."""
        (found,) = [one.fields for one in self.publisher.sent if one.fields["type"] == kind]
        return found


def header_of(task_id: str | None = "t", *languages: str, text: str = "hello", **fields: Any) -> bytes:
    """The header of a request, as a peer sends it."""
    header: dict[str, Any] = {"text": text, "sourceLanguage": "en", "targetLanguages": list(languages or ("pt",))}
    header |= {"replyTo": "peer"} | fields
    if task_id is not None:
        header["taskId"] = task_id
    return json.dumps({name: value for name, value in header.items() if value is not None}).encode()


def inbound_of(task_id: str | None = "t", *languages: str, text: str = "hello", **fields: Any) -> Inbound:
    """A request as the intake decodes it."""
    return decode_message([header_of(task_id, *languages, text=text, **fields)], _LIMITS)


def control_of(kind: str, **fields: Any) -> Inbound:
    """A control request as the intake decodes it."""
    return decode_message([json.dumps({"type": kind, "replyTo": "peer"} | fields).encode()], _LIMITS)


def a_run(*parts: str, key: TaskKey = ("peer", "t"), arrived_s: float = 0.0, text: str = "x") -> Run:
    """A run with a place in a lane of its own."""
    lane = Lane("translation", LaneConfig(concurrency=1, queue=1))
    return Run(
        handler=ScriptedHandler(),
        request=TranslationRequest(text=text, target_languages=list(parts), reply_to=key[0]),
        envelope=Envelope(request_type="translation", codec=Codec.JSON, task_id=key[1], reply_to=key[0]),
        audio=None,
        parts=parts,
        lane=lane,
        turn=None,
        size_bytes=1,
        timeline=RunTimeline(
            lane="translation", peer=key[0] or "", priority="normal", message_id=None, arrived_s=arrived_s
        ),
    )


def a_reply(key: TaskKey = ("peer", "t"), number: int = 0, *, events: Sequence[tuple[Event, str]] = ()) -> Reply:
    """A request that was answered at once, after a quarter of a second, and published another quarter later."""
    return Reply(
        key=key,
        request_type="translation",
        headers=tuple(encode_header(event, Codec.JSON) for event, _ in events),
        parts=tuple(part for _, part in events),
        number=number,
        request=TranslationRequest(text="hello", target_languages=["pt"], reply_to=key[0], message_id="m"),
        events=events,
        codec=Codec.JSON,
        lane="translation",
        peer=key[0] or "",
        arrived_s=1.0,
        ended_s=1.25,
        published_s=1.5,
    )
