"""Who is unloaded for whom, with engines that are only figures."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import pytest

from dragoman_engines.pool.memory import Memory, NoRoom
from tests.harness import PATIENCE_S


class Engine:
    """A tenant that takes what it is told to."""

    def __init__(self, memory: Memory, name: str, used_mb: float = 0.0, last_used_s: float = 0.0) -> None:
        self.memory = memory
        self.name = name
        self.used_mb = used_mb
        self.last_used_s = last_used_s
        self.loaded_s = -math.inf if used_mb else math.inf
        self.busy = False
        self.awaited = True
        self.gave_way = asyncio.Event()
        memory.add(self)

    @property
    def idle(self) -> bool:
        return self.used_mb > 0 and not self.busy

    async def unload(self) -> None:
        await asyncio.sleep(0)
        self.used_mb = 0.0
        self.memory.changed()

    def give_way(self) -> None:
        self.gave_way.set()

    async def load(self, needed_mb: float) -> bool:
        admitted = await self.memory.admit(self, needed_mb)
        if admitted:
            self.used_mb += needed_mb
        return admitted


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.001)


async def test_without_a_limit_everything_is_admitted_at_once() -> None:
    memory = Memory()
    Engine(memory, "other", used_mb=1e6)
    assert await Engine(memory, "one").load(1e6)


async def test_while_there_is_room_no_engine_is_unloaded() -> None:
    memory = Memory(100)
    other = Engine(memory, "other", used_mb=40)
    assert await Engine(memory, "one").load(60)
    assert other.used_mb == 40
    assert memory.used_mb == 100


async def test_the_engine_that_was_idle_for_longest_goes_first_and_no_more_than_needed() -> None:
    memory = Memory(100)
    recent = Engine(memory, "recent", used_mb=40, last_used_s=9)
    oldest = Engine(memory, "oldest", used_mb=40, last_used_s=1)
    middle = Engine(memory, "middle", used_mb=20, last_used_s=5)

    assert await Engine(memory, "one").load(30)

    assert [engine.used_mb for engine in (recent, oldest, middle)] == [40, 0, 20]


async def test_an_engine_that_no_work_waits_for_takes_no_other_s_room() -> None:
    memory = Memory(100)
    other = Engine(memory, "other", used_mb=80)
    one = Engine(memory, "one")
    one.awaited = False

    assert not await one.load(30)
    assert other.used_mb == 80


async def test_an_engine_that_never_fits_is_refused_with_both_figures_and_the_key() -> None:
    memory = Memory(100)
    with pytest.raises(NoRoom, match=r"needs about 101 MiB, and engines\.memory_mb is 100;.*engines\.speech\.model"):
        await Engine(memory, "speech").load(101)


async def test_a_further_process_of_an_engine_that_is_loaded_is_left_out_rather_than_refused() -> None:
    memory = Memory(100)
    one = Engine(memory, "one", used_mb=60)
    assert not await one.load(60)


async def test_an_engine_waits_for_the_others_to_have_nothing_to_do() -> None:
    memory = Memory(100)
    other = Engine(memory, "other", used_mb=80)
    other.busy = True
    loading = asyncio.create_task(Engine(memory, "one").load(30))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not loading.done()
    assert other.used_mb == 80

    other.busy = False
    memory.changed()

    assert await loading
    assert other.used_mb == 0
    assert not other.gave_way.is_set()


async def test_an_engine_that_is_never_idle_gives_way_when_it_has_had_its_turn() -> None:
    now_s = 0.0
    memory = Memory(100, patience_s=0.001, clock=lambda: now_s)
    new = Engine(memory, "new", used_mb=40, last_used_s=0)
    new.loaded_s = 0.0005
    old = Engine(memory, "old", used_mb=40, last_used_s=1)
    new.busy = old.busy = True
    loading = asyncio.create_task(Engine(memory, "one").load(30))
    await asyncio.sleep(0)
    assert not old.gave_way.is_set()

    now_s = 0.001
    await old.gave_way.wait()

    assert not new.gave_way.is_set()  # it was used less recently, but is loaded for less than a turn
    await old.unload()
    assert await loading
    assert new.used_mb == 40


async def test_one_that_is_given_up_while_it_waits_leaves_the_turn_to_the_next() -> None:
    memory = Memory(100)
    other = Engine(memory, "other", used_mb=80)
    other.busy = True
    waiting = asyncio.create_task(Engine(memory, "one").load(30))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert await Engine(memory, "small").load(10)


async def test_an_idle_engine_is_unloaded_when_the_others_have_grown() -> None:
    memory = Memory(100, look_every_s=0.001)
    growing = Engine(memory, "growing", used_mb=50, last_used_s=1)
    idle = Engine(memory, "idle", used_mb=50, last_used_s=2)
    memory.start()
    growing.busy = True
    growing.used_mb = 60
    await until(lambda: idle.used_mb == 0)
    assert growing.used_mb == 60
    memory.stop()
