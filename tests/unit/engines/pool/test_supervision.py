"""Processes that hang, die and come back, and what the pool says of itself meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from dragoman_engines.base import EngineSpec
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.pool.supervisor import PoolSettings
from dragoman_engines.work import DecodeAudio
from dragoman_wire.errors import EngineUnavailable
from tests.unit.engines.pool.test_pool import run_unit, running_pool, said, sentences, until, until_busy

ATTENTIVE = PoolSettings(ping_every_s=0.01, pong_timeout_s=1.0)
DIES_AT_ONCE = "/bin/false"


async def test_an_idle_process_that_no_longer_reads_is_replaced() -> None:
    async with running_pool(ATTENTIVE) as pool:
        stopped = pool.supervisor.children[0].pid
        os.kill(stopped, signal.SIGSTOP)
        # More than one, where the machine is too busy for its successor to answer in time as well.
        await until(lambda: pool.supervisor.restarts >= 1 and pool.state == "ready")
        assert pool.supervisor.children[0].pid != stopped
        assert said(await run_unit(pool, sentences("hello"), Ticket())) == ["[pt] hello"]


async def test_work_that_is_given_to_a_process_that_no_longer_reads_is_done_by_its_successor() -> None:
    async with running_pool(ATTENTIVE) as pool:
        os.kill(pool.supervisor.children[0].pid, signal.SIGSTOP)
        await until(lambda: pool.supervisor.slots[0]._pinged)
        assert said(await run_unit(pool, sentences("survivor"), Ticket())) == ["[pt] survivor"]
        assert pool.supervisor.restarts >= 1


async def test_a_process_that_answers_is_left_alone_idle_and_at_work() -> None:
    async with running_pool(PoolSettings(ping_every_s=0.001, pong_timeout_s=20.0), delay_ms=2) as pool:
        slot, pongs = pool.supervisor.slots[0], 0
        for number in range(50):
            await until(lambda: slot._pinged)
            pongs += 1
            if number % 2:
                await until(lambda: not slot._pinged)
            assert said(await run_unit(pool, sentences(f"{number}"), Ticket())) == [f"[pt] {number}"]
        assert pongs == 50
        assert pool.supervisor.restarts == 0


async def test_a_call_that_hangs_behind_an_answered_ping_still_has_its_limit() -> None:
    settings = PoolSettings(ping_every_s=0.001, pong_timeout_s=20.0, unit_timeout_s=0.3)
    async with running_pool(settings) as pool:
        await until(lambda: pool.supervisor.slots[0]._pinged)
        hanging = asyncio.create_task(run_unit(pool, sentences("__hang__"), Ticket()))
        await until_busy(pool)
        with pytest.raises(Exception, match=r"took more than 0\.3 s"):
            await hanging


async def test_a_pool_is_not_ready_from_the_death_of_its_process_until_the_next_has_loaded() -> None:
    async with running_pool() as pool:
        states = [pool.state]
        os.kill(pool.supervisor.children[0].pid, signal.SIGKILL)

        def back() -> bool:
            if pool.state != states[-1]:
                states.append(pool.state)
            return states[1:] != [] and pool.state == "ready"

        await until(back)
        assert states == ["ready", "restarting", "ready"]


async def test_while_no_process_can_be_kept_alive_units_are_refused_with_a_time_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = sys.executable
    async with running_pool() as pool:
        monkeypatch.setattr(sys, "executable", DIES_AT_ONCE)
        os.kill(pool.supervisor.children[0].pid, signal.SIGKILL)
        await until(lambda: pool.supervisor.restarts >= 1)
        waiting = asyncio.create_task(run_unit(pool, sentences("waits for a while"), Ticket()))
        with pytest.raises(EngineUnavailable, match="is being restarted after 3 crashes") as caught:
            await waiting
        assert caught.value.retry_after_ms is not None
        with pytest.raises(EngineUnavailable) as caught:
            await run_unit(pool, sentences("refused at once"), Ticket())
        assert 100 <= (caught.value.retry_after_ms or 0) <= 30_000
        assert pool.state == "restarting"
        monkeypatch.setattr(sys, "executable", python)
        await until(lambda: pool.state == "ready")
        assert said(await run_unit(pool, sentences("back"), Ticket())) == ["[pt] back"]


async def test_a_pool_whose_first_processes_die_is_settled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", DIES_AT_ONCE)
    pool = EnginePool(EngineSpec(kind="translation", model="echo"), PoolSettings())
    states = [pool.state]
    pool.start()
    await pool.settled()
    states.append(pool.state)
    assert pool.supervisor.unavailable().retryable
    await pool.stop()
    assert [*states, pool.state] == ["loading", "restarting", "stopped"]


async def test_a_stop_between_two_processes_starts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    python = sys.executable
    monkeypatch.setattr(sys, "executable", DIES_AT_ONCE)
    pool = EnginePool(EngineSpec(kind="translation", model="echo"), PoolSettings())
    pool.start()
    await until(lambda: pool.supervisor.restarts >= 4 and not pool.supervisor.children)
    monkeypatch.setattr(sys, "executable", python)
    await pool.stop()
    assert not pool.supervisor.children


async def test_a_process_that_no_longer_reads_is_ended_by_force() -> None:
    pool = EnginePool(EngineSpec(kind="decoder", model="echo"), PoolSettings())
    pool.start()
    await pool.settled()
    [child] = pool.supervisor.children
    os.kill(child.pid, signal.SIGSTOP)
    # More than the pipe holds: closing it in good order would wait for a reader.
    work = DecodeAudio(data=bytes(8 << 20), pcm_path="unused.pcm", max_duration_s=1000)
    waiting = asyncio.create_task(run_unit(pool, work, Ticket()))
    await until_busy(pool)
    await pool.stop(grace_s=0.05)
    assert child._process is not None
    assert child._process.returncode == -signal.SIGKILL
    with pytest.raises(EngineUnavailable):
        await waiting


@pytest.mark.parametrize(("well_s", "failures"), [(0.0, [1, 1, 1]), (1e9, [1, 2, 3])])
async def test_who_kills_a_process_that_was_idle_and_well_does_not_delay_the_next(
    monkeypatch: pytest.MonkeyPatch, well_s: float, failures: list[int]
) -> None:
    monkeypatch.setattr("dragoman_engines.pool.slot._WELL_S", well_s)
    counted = []
    async with running_pool() as pool:
        for restarts in range(1, 4):
            os.kill(pool.supervisor.children[0].pid, signal.SIGKILL)
            await until(lambda restarts=restarts: pool.supervisor.restarts == restarts and pool.state == "ready")  # type: ignore[misc]
            counted.append(pool.supervisor.slots[0].failures)
    assert counted == failures
