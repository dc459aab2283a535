"""Levels behind one another, keys, and one computation for equal questions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import msgspec
import pytest

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.work import Speak, Speech, TranslateSentences, Translations
from dragoman_server.cache.cache import Cache, CacheSession, engine_identity, key_of
from dragoman_server.cache.memory import MemoryStore
from dragoman_server.cache.store import Store, StoreStatistics
from dragoman_wire.errors import EngineFailed
from dragoman_wire.requests import CacheUse


class FarStore(Store):
    """A level as a server elsewhere would be: it answers later, and may be gone."""

    name: ClassVar[str] = "far"

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.asked: list[list[bytes]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        self.asked.append(list(keys))
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.open.wait()
        return found

    def put_many(self, entries: Mapping[bytes, bytes]) -> None:
        self.values |= entries

    async def clear(self) -> None:
        self.values.clear()

    def statistics(self) -> StoreStatistics:
        return StoreStatistics(state="ok", entries=len(self.values), bytes=0, limit_bytes=0, evictions=0)

    async def close(self) -> None:
        pass


def pool(model: str = "firefox", revision: str = "1", compute_type: str = "int8") -> Any:
    capabilities = Capabilities(model=model, revision=revision)
    spec = EngineSpec(kind="translation", model="x", compute_type=compute_type)
    return SimpleNamespace(capabilities=capabilities, spec=spec, facts=(spec.kind, spec.compute_type))


def question(text: str = "hello", target: str = "pt") -> TranslateSentences:
    return TranslateSentences(source="en", target=target, sentences=[text])


def answer(text: str) -> Translations:
    return Translations(sentences=[text])


def asker(cache: Cache, use: CacheUse = "use", **engine: str) -> CacheSession:
    return cache.session(pool(**engine), use)


def identity(**engine: str) -> bytes:
    found = engine_identity(pool(**engine))
    assert found is not None
    return found


def test_everything_that_decides_an_answer_is_in_its_key() -> None:
    ours = key_of(identity(), question())
    speak = Speak(text="hello", language="en")
    others = [
        key_of(identity(), question("hallo")),
        key_of(identity(), question(target="fr")),
        key_of(identity(), TranslateSentences(source="pt", target="pt", sentences=["hello"])),
        key_of(identity(), speak),
        key_of(identity(), Speak(text="hello", language="en", speed=1.5)),
        key_of(identity(model="other"), question()),
        key_of(identity(revision="2"), question()),
        key_of(identity(compute_type="float16"), question()),
    ]

    assert len({ours, *others}) == len(others) + 1
    assert all(len(one) == 32 for one in others)
    assert key_of(identity(), question()) == ours


async def test_what_a_unit_answered_is_known_sentence_by_sentence() -> None:
    cache = Cache(MemoryStore(100, 1 << 20))
    both = TranslateSentences(source="en", target="pt", sentences=["one", "two"])
    assert cache.keep_unit(pool(), both, Translations(sentences=["um", "dois"]), 0.5)

    known = await asker(cache).recall([question("two"), question("three"), question("one")], Translations)
    assert [one.sentences[0] if one else None for one in known] == ["dois", None, "um"]
    document = cache.document()
    assert document["kinds"]["sentence"] == {
        "cache_hits": 2,
        "cache_misses": 1,
        "cache_hit_rate": 66.67,
        "hits_by_level": {"memory": 2},
        "saved_s": 0.5,
    }


async def test_another_model_is_asked_itself() -> None:
    cache = Cache(MemoryStore(100, 1 << 20))
    asker(cache).remember(question(), answer("olá"), 0.1)

    assert await asker(cache, revision="2").recall([question()], Translations) == [None]
    assert await asker(cache).recall([question()], Translations) == [answer("olá")]


async def test_a_level_further_away_is_asked_only_for_what_is_missing_and_memory_learns_it() -> None:
    far = FarStore()
    cache = Cache(MemoryStore(100, 1 << 20), [far])
    asker(cache).remember(question("near"), answer("perto"), 0.1)
    asker(cache).remember(question("far"), answer("longe"), 0.1)
    memory = cache._memory
    assert memory is not None
    await memory.clear()
    asker(cache).remember(question("near"), answer("perto"), 0.1)

    for _ in range(2):
        known = await asker(cache).recall([question("near"), question("far")], Translations)
        assert known == [answer("perto"), answer("longe")]
    assert [len(keys) for keys in far.asked] == [1]
    assert cache.counters.kinds["sentence"].hits == {"memory": 3, "far": 1}


async def test_what_is_learnt_while_a_slow_level_is_asked_is_known() -> None:
    far = FarStore()
    cache = Cache(MemoryStore(100, 1 << 20), [far])
    far.open.clear()
    asked = asyncio.create_task(asker(cache).recall([question()], Translations))
    while not far.asked:  # noqa: ASYNC110 - the store has no event for this
        await asyncio.sleep(0)
    asker(cache).remember(question(), answer("olá"), 0.1)
    far.open.set()

    assert await asked == [answer("olá")]


@pytest.mark.parametrize("broken", [b"", b"\0", b"\0\0\0\0garbage", b"\xff" * 50])
async def test_a_damaged_value_is_a_miss(broken: bytes) -> None:
    far = FarStore()
    cache = Cache(None, [far])
    asker(cache).remember(question(), answer("olá"), 0.1)
    (key,) = far.values
    far.values[key] = broken

    assert await asker(cache).recall([question()], Translations) == [None]


async def test_one_flipped_bit_is_a_miss() -> None:
    far = FarStore()
    cache = Cache(None, [far])
    asker(cache).remember(question(), answer("olá"), 0.1)
    (key,) = far.values
    good = far.values[key]
    for place in range(len(good)):
        far.values[key] = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        assert await asker(cache).recall([question()], Translations) == [None]


async def test_refresh_takes_nothing_and_keeps_and_off_does_neither() -> None:
    cache = Cache(MemoryStore(100, 1 << 20))
    asker(cache, "off").remember(question(), answer("one"), 0.1)
    assert await asker(cache).recall([question()], Translations) == [None]
    asker(cache, "refresh").remember(question(), answer("two"), 0.1)
    assert await asker(cache, "refresh").recall([question()], Translations) == [None]
    assert await asker(cache, "off").recall([question()], Translations) == [None]

    assert await asker(cache).recall([question()], Translations) == [answer("two")]


class Work:
    """A computation that is let through by the test."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.error: EngineFailed | None = None

    async def __call__(self) -> tuple[Speech, float]:
        self.begun += 1
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return Speech(pcm=b"\1\2", sample_rate_hz=8000), 2.0


SPOKEN = Speak(text="hello", language="en")


async def begun(work: Work, tasks: list[asyncio.Task[Any]]) -> None:
    while not work.begun:  # noqa: ASYNC110 - the work has no event for this
        await asyncio.sleep(0)
    for _ in tasks:
        await asyncio.sleep(0)


@pytest.mark.parametrize("levels", [0, 1])
async def test_equal_questions_at_once_are_computed_once(levels: int) -> None:
    cache = Cache(MemoryStore(100, 1 << 20)) if levels else Cache()
    work = Work()
    tasks = [asyncio.create_task(asker(cache).once(SPOKEN, Speech, work)) for _ in range(100)]
    await begun(work, tasks)
    work.may_end.set()

    assert {one.pcm for one in await asyncio.gather(*tasks)} == {b"\1\2"}
    assert work.begun == 1
    assert not cache.flights
    assert cache.counters.kinds["speech"].hits == {"in_flight": 99}
    assert cache.counters.kinds["speech"].saved_s == 99 * 2.0


async def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    cache = Cache(MemoryStore(100, 1 << 20))
    work = Work()
    work.error = EngineFailed("it broke")
    tasks = [asyncio.create_task(asker(cache).once(SPOKEN, Speech, work)) for _ in range(3)]
    await begun(work, tasks)
    work.may_end.set()

    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(one) for one in results] == ["it broke"] * 3
    assert work.begun == 1
    work.error = None
    assert (await asker(cache).once(SPOKEN, Speech, work)).pcm == b"\1\2"
    assert work.begun == 2


async def test_when_the_first_is_cancelled_another_goes_on() -> None:
    cache = Cache(MemoryStore(100, 1 << 20))
    work = Work()
    first, *others = (asyncio.create_task(asker(cache).once(SPOKEN, Speech, work)) for _ in range(4))
    await begun(work, others)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.may_end.set()

    assert {one.pcm for one in await asyncio.gather(*others)} == {b"\1\2"}
    assert work.begun == 2
    assert not cache.flights


async def test_an_answer_is_kept_for_the_model_that_was_asked_whatever_is_loaded_when_it_comes() -> None:
    cache, asked = Cache(MemoryStore(100, 1 << 20)), pool()

    async def compute() -> tuple[Speech, float]:
        asked.capabilities = msgspec.structs.replace(asked.capabilities, revision="later")
        return Speech(pcm=b"\1\2", sample_rate_hz=16_000), 1.0

    await cache.session(asked, "use").once(SPOKEN, Speech, compute)
    assert await cache.session(asked, "use").recall([SPOKEN], Speech) == [None]


async def test_off_joins_no_other_request() -> None:
    cache = Cache(MemoryStore(100, 1 << 20))
    work = Work()
    work.may_end.set()
    await asyncio.gather(*(asker(cache, "off").once(SPOKEN, Speech, work) for _ in range(3)))

    assert work.begun == 3
    assert await asker(cache).recall([SPOKEN], Speech) == [None]


async def test_a_cache_without_levels_counts_nothing() -> None:
    cache = Cache()
    asker(cache).remember(question(), answer("olá"), 0.1)

    assert not cache.keep_unit(pool(), question(), answer("olá"), 0.1)
    assert await asker(cache).recall([question()], Translations) == [None]
    assert cache.document() == {
        "cache_hits": 0,
        "cache_misses": 0,
        "cache_hit_rate": 0.0,
        "saved_s": 0,
        "kinds": {},
        "levels": {},
    }
