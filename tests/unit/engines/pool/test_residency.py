"""Engines that are loaded when they are needed and unloaded when they are not, without a unit being lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dragoman_engines.base import EngineSpec
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.pool.supervisor import FAILURES_UNTIL_REFUSAL, PoolSettings
from dragoman_engines.work import Kind
from dragoman_wire.errors import EngineUnavailable
from tests.unit.engines.pool.test_pool import run_unit, running_pool, said, sentences, until, until_busy

LAZY = PoolSettings(preload=False)
A_MOMENT = PoolSettings(idle_unload_s=0.01)
A_WORD_MB = 64
"""What an echo engine keeps for each `__grow__`."""


@asynccontextmanager
async def pools(
    memory: Memory, *kinds: Kind, settings: PoolSettings = LAZY, delay_ms: float = 0.0
) -> AsyncIterator[list[EnginePool]]:
    """Echo engines that share the memory."""
    memory.start()
    made = [
        EnginePool(EngineSpec(kind=kind, model="echo", delay_ms=delay_ms), settings, memory=memory) for kind in kinds
    ]
    for pool in made:
        pool.start()
    try:
        yield made
    finally:
        await asyncio.gather(*(pool.stop() for pool in made))
        memory.stop()
        assert not any(pool.supervisor.children for pool in made)


async def translated(pool: EnginePool, text: str) -> str:
    [translation] = said(await run_unit(pool, sentences(text), Ticket()))
    return translation


async def test_an_engine_that_is_not_preloaded_can_serve_and_is_loaded_by_the_first_unit() -> None:
    async with running_pool(LAZY) as pool:
        assert (pool.state, pool.supervisor.available, pool.supervisor.children) == ("idle", True, [])

        assert await translated(pool, "hello") == "[pt] hello"

        assert (pool.state, pool.supervisor.restarts, len(pool.supervisor.children)) == ("ready", 0, 1)


async def test_to_ask_what_an_engine_can_do_loads_it_and_no_second_time() -> None:
    async with running_pool(LAZY) as pool:
        known = await asyncio.gather(pool.known(), pool.known())
        assert [capabilities.model for capabilities in known] == ["echo", "echo"]
        [child] = pool.supervisor.children
        assert await pool.known() == known[0]
        assert pool.supervisor.children == [child]


async def test_an_engine_whose_model_is_not_here_says_so_to_the_first_who_asks() -> None:
    async with running_pool(LAZY, model="path:/nonexistent") as pool:
        assert pool.supervisor.available
        with pytest.raises(EngineUnavailable, match="there is no folder /nonexistent"):
            await pool.known()
        assert pool.state == "missing"


async def test_an_engine_without_work_is_unloaded_and_the_next_unit_brings_it_back() -> None:
    async with running_pool(A_MOMENT) as pool:
        first = pool.supervisor.children[0].pid
        await until(lambda: not pool.supervisor.children)
        assert (pool.state, pool.supervisor.restarts) == ("idle", 0)
        assert pool.capabilities is not None

        assert await translated(pool, "back") == "[pt] back"

        await until(lambda: not pool.supervisor.children)
        assert (pool.state, pool.supervisor.restarts, pool.units_done) == ("idle", 0, 1)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


async def test_an_unloaded_engine_stays_able_to_serve_while_it_is_loaded_again() -> None:
    async with running_pool(PoolSettings(idle_unload_s=0.01, processes=2)) as pool:
        await until(lambda: not pool.supervisor.children)
        states = {pool.state}
        answer = asyncio.create_task(translated(pool, "back"))

        def answered() -> bool:
            states.add(pool.state)
            return answer.done()

        await until(answered)
        assert states == {"idle", "ready"}


async def test_work_keeps_an_engine_loaded() -> None:
    async with running_pool(A_MOMENT, delay_ms=30) as pool:
        [child] = pool.supervisor.children
        assert await asyncio.gather(*(translated(pool, f"{n}") for n in range(5)))
        assert pool.units_done == 5
        assert pool.supervisor.restarts == 0
        await until(lambda: not pool.supervisor.children)
        assert child.pid


async def test_an_engine_that_dies_on_its_way_back_is_tried_again() -> None:
    async with running_pool(LAZY) as pool:
        answer = asyncio.create_task(translated(pool, "survivor"))
        await until(lambda: bool(pool.supervisor.children) and pool.supervisor.children[0].pid > 0)
        os.kill(pool.supervisor.children[0].pid, signal.SIGKILL)
        assert await answer == "[pt] survivor"
        assert pool.supervisor.restarts == 1


async def test_an_engine_that_was_well_when_it_was_unloaded_is_not_refused_for_crashes_before() -> None:
    async with running_pool() as pool:
        for deaths in range(1, FAILURES_UNTIL_REFUSAL + 1):
            os.kill(pool.supervisor.children[0].pid, signal.SIGKILL)
            await until(lambda deaths=deaths: pool.supervisor.restarts == deaths and pool.state == "ready")  # type: ignore[misc]
        await pool.supervisor.residency.unload()
        assert (pool.state, pool.supervisor.available) == ("idle", True)
        assert await translated(pool, "hello") == "[pt] hello"


async def test_an_unloaded_engine_stops_and_refuses() -> None:
    async with running_pool(LAZY) as pool:
        await pool.stop()
        assert pool.state == "stopped"
        with pytest.raises(EngineUnavailable, match="stopping"):
            await run_unit(pool, sentences("late"), Ticket())


async def test_a_process_that_outgrows_its_limit_is_replaced_between_two_units_and_none_is_lost() -> None:
    settings = PoolSettings(child_mb=A_WORD_MB, weigh_every_s=0.0)
    async with running_pool(settings) as pool:
        [first] = [child.pid for child in pool.supervisor.children]
        texts = ["one", "now __grow__", *(f"after {n}" for n in range(20))]
        states: set[str] = set()
        answers = asyncio.gather(*(translated(pool, text) for text in texts))

        def answered() -> bool:
            states.add(pool.state)
            return answers.done()

        await until(answered)
        assert await answers == [f"[pt] {text}" for text in texts]
        assert [child.pid for child in pool.supervisor.children] != [first]
        assert (pool.supervisor.restarts, pool.units_done) == (0, len(texts))
        assert states == {"ready", "idle"}


async def test_a_process_below_its_limit_is_left_alone() -> None:
    async with running_pool(PoolSettings(child_mb=1000, weigh_every_s=0.0)) as pool:
        [first] = pool.supervisor.children
        await translated(pool, "now __grow__")
        assert pool.supervisor.children == [first]
        assert first.ready


def as_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expect of every engine that it is small; that it is not is known when it is loaded."""
    monkeypatch.setattr("dragoman_engines.pool.supervisor.expected_mb", lambda _: 1.0)


async def test_the_engine_that_is_needed_takes_the_place_of_the_idle_one(monkeypatch: pytest.MonkeyPatch) -> None:
    as_small(monkeypatch)
    memory = Memory(1e6)
    async with pools(memory, "translation", "speech") as (one, other):
        await one.known()
        memory.limit_mb = memory.used_mb * 1.5
        await other.known()  # it turns out larger than was expected
        await until(lambda: one.state == "idle")

        for number in range(2):
            assert await translated(one, f"{number}") == f"[pt] {number}"
            assert (one.state, other.state) == ("ready", "idle")
            assert memory.used_mb <= memory.limit_mb
            assert await translated(other, f"{number}") == f"[pt] {number}"
            assert (one.state, other.state) == ("idle", "ready")
            assert memory.used_mb <= memory.limit_mb
        assert one.supervisor.restarts == other.supervisor.restarts == 0


async def test_engines_that_do_not_fit_beside_each_other_take_turns_at_a_flood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_small(monkeypatch)
    memory = Memory(1e6, patience_s=0.05)
    async with pools(memory, "translation", "speech", delay_ms=2) as (one, other):
        await asyncio.gather(one.known(), other.known())
        memory.limit_mb = memory.used_mb * 0.75
        memory.loaded()
        floods = [asyncio.gather(*(translated(pool, f"{n}") for n in range(60))) for pool in (one, other)]
        await asyncio.gather(*floods)
        assert one.units_done == other.units_done == 60
        assert one.supervisor.restarts == other.supervisor.restarts == 0


async def test_an_engine_that_is_expected_not_to_fit_is_refused_and_nothing_is_loaded() -> None:
    memory = Memory(50)
    async with pools(memory, "translation") as (pool,):
        with pytest.raises(
            EngineUnavailable, match=r"cannot be loaded: it needs about 100 MiB, and engines\.memory_mb"
        ):
            await run_unit(pool, sentences("too large"), Ticket())
        assert pool.state == "missing"
        assert memory.used_mb == 0


async def test_an_engine_that_turns_out_not_to_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    as_small(monkeypatch)
    async with pools(Memory(5), "translation") as (pool,):
        with pytest.raises(EngineUnavailable, match=r"it needs about \d\d MiB, and engines\.memory_mb is 5"):
            await run_unit(pool, sentences("too large"), Ticket())
        await until(lambda: not pool.supervisor.children)
        assert pool.state == "missing"


async def test_preloading_stops_where_the_room_ends_and_unloads_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman_engines.pool.supervisor.expected_mb", lambda _: 60.0)
    memory = Memory(100)
    async with pools(memory, "translation", "speech", settings=PoolSettings()) as (one, other):
        await asyncio.gather(one.settled(), other.settled())
        assert {one.state, other.state} == {"ready", "idle"}
        assert one.supervisor.available
        assert other.supervisor.available
        assert one.supervisor.restarts == other.supervisor.restarts == 0


async def test_as_many_processes_of_an_engine_are_loaded_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman_engines.pool.supervisor.expected_mb", lambda _: 60.0)
    async with pools(Memory(100), "translation", settings=PoolSettings(processes=2)) as (pool,):
        await pool.settled()
        texts = [f"{n}" for n in range(20)]
        assert await asyncio.gather(*(translated(pool, text) for text in texts)) == [f"[pt] {text}" for text in texts]
        assert len(pool.supervisor.children) == 1


async def test_a_unit_that_is_at_work_is_finished_before_its_engine_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    as_small(monkeypatch)
    memory = Memory(1e6, patience_s=0.01)
    async with pools(memory, "translation", "speech") as (one, other):
        await asyncio.gather(one.known(), other.known())
        memory.limit_mb = memory.used_mb * 0.75
        memory.loaded()
        await until(lambda: len(one.supervisor.children + other.supervisor.children) == 1)
        loaded, unloaded = (one, other) if one.supervisor.children else (other, one)
        [child] = loaded.supervisor.children
        os.kill(child.pid, signal.SIGSTOP)
        working = asyncio.create_task(translated(loaded, "long"))
        await until_busy(loaded)
        waiting = asyncio.create_task(translated(unloaded, "short"))
        await until(lambda: loaded.supervisor.residency.giving_way)
        assert loaded.supervisor.children == [child]
        os.kill(child.pid, signal.SIGCONT)
        assert [await working, await waiting] == ["[pt] long", "[pt] short"]
        assert loaded.supervisor.restarts == unloaded.supervisor.restarts == 0
