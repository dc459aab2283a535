"""The cache as tasks see it: levels behind one another, one computation for equal questions, and counters.

A value in a level is a checksum and the MessagePack of [the model's seconds, the answer]: a bit that flipped on a disk
is a miss, not a wrong answer.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec
import structlog

from dragoman_engines.base import AnswerSource, Capabilities
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.work import R, Work
from dragoman_handlers.base import AnyQuestion, Question
from dragoman_handlers.translation import version
from dragoman_server.cache.counters import CacheCounters
from dragoman_server.cache.memory import MemoryStore
from dragoman_server.cache.store import Store, StoreStatistics
from dragoman_wire.errors import DragomanError
from dragoman_wire.requests import CacheUse

KEY_BYTES = 32
"""The full width of the hash: two questions never meet."""
_encoder = msgspec.msgpack.Encoder()


def engine_identity(source: AnswerSource) -> bytes | None:
    """Return what an engine's answers depend on beside the question; None before its model was ever loaded.

    The server's version is part of it, for what the engines' own code makes of a model.
    """
    engine = source.capabilities
    if engine is None:
        return None
    return _identity(version(), *source.facts[:1], engine.model, engine.revision, *source.facts[1:])


@functools.lru_cache(maxsize=64)
def _identity(*facts: str) -> bytes:
    return hashlib.blake2b(_encoder.encode(facts), digest_size=KEY_BYTES).digest()


def key_of(identity: bytes, question: AnyQuestion) -> bytes:
    """Return the BLAKE2b of the question with its class and all its fields, keyed with the engine."""
    return hashlib.blake2b(_encoder.encode(question), digest_size=KEY_BYTES, key=identity).digest()


log = structlog.get_logger()
T = TypeVar("T")

SHARED = "in_flight"
"""The level that counts answers which another request was having computed."""
_CHECKSUM_BYTES = 4


class Cache:
    """All levels. Without any it knows nothing, and still computes equal recordings once.

    Args:
        memory: the first level, asked without waiting.
        further: the other levels, the nearest first; what one knows the memory learns.
    """

    def __init__(self, memory: MemoryStore | None = None, further: Sequence[Store] = ()) -> None:
        self.counters = CacheCounters()
        self.flights: dict[bytes, Flight[Any]] = {}
        self._memory = memory
        self._further = further

    @property
    def on(self) -> bool:
        """Return whether there is any level."""
        return self._memory is not None or bool(self._further)

    def session(self, pool: AnswerSource, use: CacheUse) -> CacheSession:
        """Return the cache for questions to one engine, as one request wants it used."""
        return CacheSession(self, pool, use)

    def keep_unit(self, pool: EnginePool, work: Work[R], result: R, compute_s: float) -> bool:
        """Keep a unit's answer; return whether its kind is kept. For `EnginePool`; raises nothing."""
        identity = engine_identity(pool)
        if not self.on or not work.cached_as or identity is None:
            return False
        try:
            pieces = work.pieces(result)
            share_s = compute_s / max(1, len(pieces))
            self.put({key_of(identity, piece): _packed(answer, share_s) for piece, answer in pieces})
        except Exception:
            log.exception("cache.not_kept", kind=work.kind)
            return False
        return True

    def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep packed values in every level."""
        for store in self._levels():
            store.put_many(entries)

    async def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[str, bytes]]:
        """Return the level and the packed value of each key that is known."""
        found = {key: (MemoryStore.name, value) for key in keys if (value := self.in_memory(key)) is not None}
        for store in self._further:
            missing = [key for key in keys if key not in found]
            if not missing:
                break
            for key, value in (await store.get_many(missing)).items():
                if not _is_sound(value):
                    continue
                found[key] = (store.name, value)
                if self._memory is not None:
                    self._memory.put(key, value)
            # While a slower level was asked, another request may have learnt the answer.
            found |= {
                key: (MemoryStore.name, value)
                for key in missing
                if key not in found and (value := self.in_memory(key)) is not None
            }
        return found

    async def clear(self) -> None:
        """Forget everything, at every level."""
        for store in self._levels():
            await store.clear()

    async def close(self) -> None:
        """Finish what is to be written."""
        for store in self._levels():
            await store.close()

    def document(self) -> dict[str, Any]:
        """Return the figures for /stats."""
        levels = {name: msgspec.structs.asdict(statistics) for name, statistics in self.levels().items()}
        return {**self.counters.document(), "levels": levels}

    def levels(self) -> dict[str, StoreStatistics]:
        """Return what each level holds, by its name."""
        return {store.name: store.statistics() for store in self._levels()}

    def in_memory(self, key: bytes) -> bytes | None:
        """Return the packed value, if the first level has it."""
        return self._memory.get(key) if self._memory is not None else None

    def _levels(self) -> list[Store]:
        return [*([self._memory] if self._memory is not None else []), *self._further]


class Flight(Generic[T]):
    """An answer that one request is having computed, and that others wait for."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.answer: T | None = None
        self.error: DragomanError | None = None
        """Why there is no answer; without answer and error, the first one was cancelled, and another has to try."""
        self.compute_s = 0.0


class CacheSession:
    """The cache for questions to one engine. See `Context` for what the methods promise."""

    def __init__(self, cache: Cache, pool: AnswerSource, use: CacheUse) -> None:
        self._cache = cache
        self._pool = pool
        self._use = use
        self._engine: Capabilities | None = None
        self._identity: bytes | None = None
        self._keys: dict[int, tuple[Question, bytes]] = {}
        """Of questions, by their identity: what is not found is often kept later."""

    async def recall(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T | None]:
        """Return the known answers."""
        identity = self._identified() if self._use == "use" and self._cache.on else None
        if identity is None:
            return [None] * len(questions)
        counters = self._cache.counters
        keys = [self._key(identity, question) for question in questions]
        found = await self._cache.get(keys)
        answers: list[T | None] = []
        for key, question in zip(keys, questions, strict=True):
            level, value = found.get(key, ("", b""))
            unpacked = _decoded(memoryview(value)[_CHECKSUM_BYTES:], answer_type) if value else None
            if unpacked is None:
                counters.miss(question.cached_as)
                answers.append(None)
            else:
                counters.hit(question.cached_as, level, unpacked[0])
                answers.append(unpacked[1])
        return answers

    def recall_all(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T] | None:
        """Return the answers where all are known in memory."""
        identity = self._identified() if self._use == "use" else None
        if identity is None:
            return None
        answers, saved_s = [], 0.0
        for question in questions:
            value = self._cache.in_memory(key_of(identity, question))
            known = _decoded(value[_CHECKSUM_BYTES:], answer_type) if value is not None else None
            if known is None:
                return None
            saved_s += known[0]
            answers.append(known[1])
        if questions:
            self._cache.counters.hit(questions[0].cached_as, MemoryStore.name, saved_s, count=len(questions))
        return answers

    def remember(self, question: AnyQuestion, answer: object, compute_s: float) -> None:
        """Keep an answer."""
        identity = self._identified() if self._use != "off" and self._cache.on else None
        if identity is not None:
            self._cache.put({self._key(identity, question): _packed(answer, compute_s)})

    async def once(
        self, question: AnyQuestion, answer_type: type[T], compute: Callable[[], Awaitable[tuple[T, float]]]
    ) -> T:
        """Return the known answer, or that of an equal question that is being computed, or what `compute` gives."""
        identity = self._identified() if self._use != "off" else None
        if identity is None:
            return (await compute())[0]
        key = self._key(identity, question)
        while (flight := self._cache.flights.get(key)) is not None:
            await flight.ended.wait()
            if flight.error is not None:
                raise type(flight.error)(flight.error.message, retry_after_ms=flight.error.retry_after_ms)
            if flight.answer is not None:
                self._cache.counters.hit(question.cached_as, SHARED, flight.compute_s)
                return cast("T", flight.answer)
        flight = self._cache.flights[key] = Flight()
        try:
            known = (await self.recall([question], answer_type))[0]
            if known is None:
                known, flight.compute_s = await compute()
                self._cache.put({key: _packed(known, flight.compute_s)})
            flight.answer = known
        except DragomanError as error:
            flight.error = error
            raise
        finally:
            del self._cache.flights[key]
            flight.ended.set()
        return known

    def _identified(self) -> bytes | None:
        """Return what the answers depend on beside their questions, if that is known."""
        engine = self._pool.capabilities
        if engine is not self._engine:
            self._engine, self._identity = engine, engine_identity(self._pool)
            self._keys.clear()
        return self._identity

    def _key(self, identity: bytes, question: AnyQuestion) -> bytes:
        known = self._keys.get(id(question))
        if known is not None:
            return known[1]
        key = key_of(identity, question)
        if isinstance(question, Question):
            self._keys[id(question)] = (question, key)
        return key


def _packed(answer: object, compute_s: float) -> bytes:
    body = msgspec.msgpack.encode((compute_s, answer))
    return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big") + body


def _is_sound(value: bytes) -> bool:
    """Return whether a value is as it was kept; asked of what comes from elsewhere than our own memory."""
    if zlib.crc32(memoryview(value)[_CHECKSUM_BYTES:]).to_bytes(_CHECKSUM_BYTES, "big") == value[:_CHECKSUM_BYTES]:
        return True
    log.warning("cache.damaged", bytes=len(value))
    return False


def _decoded(body: bytes | memoryview, answer_type: type[T]) -> tuple[float, T] | None:
    kind: Any = answer_type  # mypy takes no type for hashable
    try:
        return cast("tuple[float, T]", _decoder(kind).decode(body))
    except msgspec.MsgspecError as error:
        log.warning("cache.unreadable", error=str(error))
        return None


@functools.cache
def _decoder(answer_type: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(tuple[float, answer_type])
