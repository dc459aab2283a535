"""A pool learns how long its model takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dragoman_engines.base import EngineSpec
from dragoman_engines.pool.cost_model import CostModel
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.pool.supervisor import PoolSettings
from dragoman_engines.work import SPOOL_RATE_HZ, AnyWork, FindSpeech, TranscribeWindow
from tests.unit.engines.pool.test_pool import run_unit

WINDOW = TranscribeWindow(pcm_path="", spans=[(0, 10 * SPOOL_RATE_HZ)])


def test_the_first_call_sets_the_pace_and_later_ones_move_it() -> None:
    model = CostModel()
    assert model.factor == 1.0
    model.learn(WINDOW, 2.0, 10.0)
    assert model.factor == 5.0
    model.learn(WINDOW, 1.0, 10.0)
    assert model.factor == pytest.approx(6.0)
    for _ in range(60):
        model.learn(WINDOW, 1.0, 0.5)
    assert model.factor == pytest.approx(0.5, rel=0.01)


def test_calls_that_say_nothing_teach_nothing() -> None:
    model = CostModel()
    model.learn(WINDOW, 0.0, 3.0)
    model.learn(WINDOW, 3.0, 0.0)
    model.learn(FindSpeech(pcm_path="spool", start=0, end=SPOOL_RATE_HZ), 1.0, 3.0)
    assert model.factor == 1.0


def test_one_absurd_call_cannot_set_an_absurd_pace() -> None:
    model = CostModel()
    model.learn(WINDOW, 1e-9, 100.0)
    assert model.factor == 1000.0


def test_one_odd_call_moves_the_pace_little() -> None:
    model = CostModel()
    model.learn(WINDOW, 1.0, 1.0)
    model.learn(WINDOW, 0.01, 10.0)
    assert model.factor == pytest.approx(1.2)
    model.learn(WINDOW, 10.0, 0.01)
    assert model.factor == pytest.approx(1.08)


def test_a_ticket_is_corrected_in_size_and_a_call_s_bound_in_cost() -> None:
    model = CostModel()
    model.learn(WINDOW, 1.0, 3.0)
    ticket = Ticket(peer="p", priority="high", cost_s=2.0, size_s=10.0)
    assert model.corrected(ticket) == Ticket(peer="p", priority="high", cost_s=2.0, size_s=30.0)
    assert model.guessed_s(6.0) == 2.0


async def calls_of(kind_of_work: AnyWork, learned: tuple[float, float], batch_cost_s: float) -> int:
    """How many calls eight equal units take after such a first call, behind one that keeps the process busy."""
    spec = EngineSpec(kind=kind_of_work.kind, model="echo", delay_ms=1)
    pool = EnginePool(spec, PoolSettings(batch=8, batch_cost_s=batch_cost_s))
    pool.start()
    await pool.settled()
    try:
        pool.queue.cost_model.learn(kind_of_work, *learned)
        ticket = Ticket(cost_s=kind_of_work.cost_s())
        await asyncio.gather(*(run_unit(pool, kind_of_work, ticket) for _ in range(9)))
        return pool.calls
    finally:
        await pool.stop()


def window(path: Path) -> TranscribeWindow:
    return TranscribeWindow(pcm_path=str(path), spans=[(0, 10 * SPOOL_RATE_HZ)], language="en")


async def test_fewer_windows_share_a_call_of_a_slow_model(tmp_path: Path) -> None:
    # A window is guessed at 0.8 s: seven fit in 6 s, or one of a model that is ten times as slow.
    assert await calls_of(window(tmp_path), (1.0, 1.0), 6.0) <= 3
    assert await calls_of(window(tmp_path), (1.0, 10.0), 6.0) >= 8


async def test_the_pool_measures_its_own_calls(tmp_path: Path) -> None:
    pool = EnginePool(EngineSpec(kind="transcription", model="echo", delay_ms=20), PoolSettings())
    pool.start()
    await pool.settled()
    try:
        work = window(tmp_path)
        await run_unit(pool, work, Ticket(cost_s=work.cost_s()))
        assert pool.queue.cost_model.factor == pytest.approx(pool.computed_s / work.cost_s())
        assert pool.computed_s >= 0.02
    finally:
        await pool.stop()
