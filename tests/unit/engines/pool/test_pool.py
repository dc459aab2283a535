from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any

import pytest

from dragoman_engines.base import EngineSpec
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.pool.supervisor import PoolSettings
from dragoman_engines.pool.unit import Answer
from dragoman_engines.process.channel import Done
from dragoman_engines.work import ContinueDecoding, Kind, R, Speech, TranslateSentences, Translations, Work
from dragoman_wire.errors import EngineFailed, EngineUnavailable, InternalFault
from tests.harness import PATIENCE_S
from tests.processes import held


@asynccontextmanager
async def running_pool(
    settings: PoolSettings | None = None, *, model: str = "echo", delay_ms: float = 0.0, kind: Kind = "translation"
) -> AsyncIterator[EnginePool]:
    pool = EnginePool(EngineSpec(kind=kind, model=model, delay_ms=delay_ms), settings or PoolSettings())
    pool.start()
    await pool.settled()
    try:
        yield pool
    finally:
        await pool.stop()
        assert pool.queued == 0
        assert pool.queue.shareable == 0
        assert not pool.supervisor.children


def sentences(*texts: str, target: str = "pt") -> TranslateSentences:
    return TranslateSentences(source="en", target=target, sentences=list(texts))


async def run_unit(pool: EnginePool, work: Work[R], ticket: Ticket) -> Answer[R]:
    return await pool.answer(pool.join(work, ticket))


def said(answer: Answer[Translations]) -> list[str]:
    return answer.result.sentences


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the pool has no event for this
            await asyncio.sleep(0.001)


async def until_busy(pool: EnginePool) -> None:
    """For a child that is held or hangs: else its work may be over before it is seen."""
    await until(lambda: pool.supervisor.busy > 0)


def held_child(pool: EnginePool) -> AbstractContextManager[None]:
    """The pool's only process does nothing for the time of a block."""
    [child] = pool.supervisor.children
    return held(child.pid)


async def test_a_unit_is_answered_with_its_times_and_its_worker() -> None:
    async with running_pool() as pool:
        answer = await run_unit(pool, sentences("hello"), Ticket())
        assert said(answer) == ["[pt] hello"]
        assert answer.worker == "translation-0"
        assert answer.began_s <= answer.ended_s
        assert answer.queued_s >= 0
        assert pool.state == "ready"


async def test_units_that_wait_share_a_call_and_each_gets_its_own_answer() -> None:
    async with running_pool(PoolSettings(batch=100, batch_cost_s=100.0), delay_ms=1) as pool:
        answers = await asyncio.gather(*(run_unit(pool, sentences(f"text {n}"), Ticket()) for n in range(50)))
        assert [said(answer) for answer in answers] == [[f"[pt] text {n}"] for n in range(50)]
        assert pool.units_done == 50
        assert pool.calls == 1  # all of one turn of the loop


async def test_an_idle_process_waits_for_no_unit_beyond_the_turn_of_the_loop() -> None:
    async with running_pool(PoolSettings(batch=100, batch_cost_s=100.0)) as pool:
        with held_child(pool):
            first = asyncio.create_task(run_unit(pool, sentences("first"), Ticket()))
            await until_busy(pool)
            rest = [asyncio.create_task(run_unit(pool, sentences(f"text {n}"), Ticket())) for n in range(10)]
            await until(lambda: pool.queued == 10)
        await asyncio.gather(first, *rest)
        assert (pool.units_done, pool.calls) == (11, 2)


async def test_equal_units_in_flight_are_done_once() -> None:
    async with running_pool(delay_ms=5) as pool:
        answers = await asyncio.gather(*(run_unit(pool, sentences("same"), Ticket()) for _ in range(200)))
        assert {tuple(said(answer)) for answer in answers} == {("[pt] same",)}
        assert pool.units_done == 1
        assert pool.queue.joined == 199


async def test_a_shared_unit_survives_the_cancellation_of_one_waiter() -> None:
    async with running_pool() as pool:
        with held_child(pool):
            first = asyncio.create_task(run_unit(pool, sentences("same"), Ticket()))
            await until_busy(pool)
            second = asyncio.create_task(run_unit(pool, sentences("same"), Ticket()))
            await until(lambda: pool.queue.joined == 1)
            first.cancel()
        assert said(await second) == ["[pt] same"]
        assert pool.units_done == 1


async def test_an_answer_of_a_moment_ago_is_forgotten_with_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman_engines.pool.unit_queue._LINGER_S", PATIENCE_S)
    async with running_pool() as pool:
        pool._keep = lambda *_: True
        for _ in range(2):
            await run_unit(pool, sentences("a"), Ticket(peer="x"))
        assert pool.units_done == 1
        pool.queue.forget_answered()
        await run_unit(pool, sentences("a"), Ticket(peer="x"))
        assert pool.units_done == 2


async def test_a_unit_that_no_request_waits_for_leaves_the_queue() -> None:
    async with running_pool() as pool:
        with held_child(pool):
            blocker = asyncio.create_task(run_unit(pool, sentences("blocker"), Ticket()))
            await until_busy(pool)
            waiting = asyncio.create_task(run_unit(pool, sentences("withdrawn"), Ticket()))
            await until(lambda: pool.queued == 1)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert pool.queued == 0
        await blocker
        assert pool.units_done == 1


async def test_a_hurried_waiter_takes_a_shared_unit_along() -> None:
    async with running_pool(delay_ms=5) as pool:
        order: list[str] = []

        async def run(text: str, ticket: Ticket) -> None:
            await run_unit(pool, sentences(text), ticket)
            order.append(text)

        with held_child(pool):
            tasks = [asyncio.create_task(run("blocker", Ticket()))]
            await until_busy(pool)
            tasks += [asyncio.create_task(run(text, Ticket())) for text in ("first", "shared")]
            await until(lambda: pool.queued == 2)
            tasks.append(asyncio.create_task(run("shared", Ticket(priority="high"))))
            await until(lambda: pool.queue.joined == 1)
        await asyncio.gather(*tasks)
        assert order.index("shared") < order.index("first")


async def test_a_killed_process_is_replaced_and_its_unit_run_again() -> None:
    async with running_pool() as pool:
        with held_child(pool):
            task = asyncio.create_task(run_unit(pool, sentences("survivor"), Ticket()))
            await until_busy(pool)
            os.kill(pool.supervisor.children[0].pid, signal.SIGKILL)
        assert said(await task) == ["[pt] survivor"]
        assert pool.supervisor.restarts == 1


async def test_a_poisoned_unit_fails_after_three_runs_and_spares_its_neighbours() -> None:
    async with running_pool(PoolSettings(batch=10, batch_cost_s=100.0), delay_ms=1) as pool:
        work = [run_unit(pool, sentences(text), Ticket()) for text in ("a", "b", "__exit__", "c")]
        answers = await asyncio.gather(*work, return_exceptions=True)
        assert isinstance(answers[2], EngineFailed)
        good = [said(answer) for answer in answers if isinstance(answer, Answer)]
        assert good == [["[pt] a"], ["[pt] b"], ["[pt] c"]]
        assert pool.supervisor.restarts == 3


async def test_a_call_over_its_limit_is_killed_and_its_neighbours_are_answered() -> None:
    settings = PoolSettings(batch=10, batch_cost_s=100.0, unit_timeout_s=2)
    async with running_pool(settings) as pool:
        work = [run_unit(pool, sentences(text), Ticket()) for text in ("a", "__hang__", "c")]
        answers = await asyncio.gather(*work, return_exceptions=True)
        assert isinstance(answers[1], EngineFailed)
        assert "2 s" in str(answers[1])
        assert [said(answers[0]), said(answers[2])] == [["[pt] a"], ["[pt] c"]]  # type: ignore[arg-type]


async def test_an_engine_that_raises_fails_its_call_and_lives_on() -> None:
    async with running_pool() as pool:
        pid = pool.supervisor.children[0].pid
        with pytest.raises(EngineFailed):
            await run_unit(pool, sentences("__raise__"), Ticket())
        assert said(await run_unit(pool, sentences("next"), Ticket())) == ["[pt] next"]
        assert pool.supervisor.children[0].pid == pid


async def test_a_result_that_is_not_of_the_unit_s_type_is_a_fault_and_is_not_kept() -> None:
    kept: list[object] = []

    def keep(_pool: EnginePool, work: Work[Any], _result: object, _compute_s: float) -> bool:
        kept.append(work)
        return True

    pool = EnginePool(EngineSpec(kind="translation", model="echo"), PoolSettings(), keep=keep)
    pool.start()
    await pool.settled()
    [slot], [child] = pool.supervisor.slots, pool.supervisor.children
    try:
        os.kill(child.pid, signal.SIGSTOP)  # the answer is ours
        waiting = asyncio.create_task(run_unit(pool, sentences("hello"), Ticket()))
        await until_busy(pool)
        slot.on_message(child, Done(number=1, results=[Speech(pcm=b"", sample_rate_hz=1)], compute_s=0.1))
        with pytest.raises(InternalFault, match="translation engine answered TranslateSentences with Speech"):
            await waiting
        assert (kept, pool.queue.shareable) == ([], 0)
    finally:
        await pool.stop(grace_s=0.05)


async def test_a_missing_model_refuses_at_once_and_says_why() -> None:
    async with running_pool(model="path:/nowhere/at/all") as pool:
        assert pool.state == "missing"
        with pytest.raises(EngineUnavailable, match="nowhere"):
            await run_unit(pool, sentences("a"), Ticket())


async def test_units_that_wait_when_the_pool_stops_are_refused() -> None:
    pool = EnginePool(EngineSpec(kind="translation", model="echo"), PoolSettings())
    pool.start()
    await pool.settled()
    running = asyncio.create_task(run_unit(pool, sentences("__hang__"), Ticket()))
    await until_busy(pool)
    waiting = asyncio.create_task(run_unit(pool, sentences("waiting"), Ticket()))
    await until(lambda: pool.queued == 1)
    await pool.stop(grace_s=0.05)
    results = await asyncio.gather(running, waiting, return_exceptions=True)
    assert all(isinstance(result, EngineUnavailable) for result in results)


async def test_two_processes_work_at_the_same_time() -> None:
    async with running_pool(PoolSettings(processes=2), delay_ms=50) as pool:
        await until(lambda: [child.ready for child in pool.supervisor.children] == [True, True])
        answers = await asyncio.gather(*(run_unit(pool, sentences(f"t{n}"), Ticket()) for n in range(4)))
        assert {answer.worker for answer in answers} == {"translation-0", "translation-1"}


async def test_a_pool_knows_a_place_whose_supervisor_has_ended_for_no_reason() -> None:
    async with running_pool() as pool:
        assert pool.supervisor.unwatched == []
        (slot,) = pool.supervisor.slots
        (child,) = pool.supervisor.children
        assert slot._task is not None
        slot._task.cancel()
        await asyncio.gather(slot._task, return_exceptions=True)
        assert pool.supervisor.unwatched == ["translation-0"]
        child.kill()
        await child.gone()


async def test_a_place_whose_model_is_missing_is_not_one_that_is_unwatched() -> None:
    async with running_pool(model="path:nowhere") as pool:
        assert pool.state == "missing"
        assert pool.supervisor.unwatched == []


async def test_the_waits_the_calls_and_the_batches_of_a_pool_are_counted() -> None:
    async with running_pool(PoolSettings(batch=100, batch_cost_s=100.0), delay_ms=1) as pool:
        await asyncio.gather(*(run_unit(pool, sentences(f"text {n}"), Ticket()) for n in range(50)))
        timings = pool.timings
        assert (sum(timings.queue.counts), sum(timings.calls.counts), timings.batches.sum) == (50, 1, 50)
        assert timings.calls.sum == pytest.approx(pool.computed_s)


# --- units that only one process can do ------------------------------------------------------------------------


def pinned(worker: str) -> ContinueDecoding:
    return ContinueDecoding(pcm_path="nowhere.pcm", worker=worker)


async def test_a_pinned_unit_waits_for_its_process_while_others_are_idle() -> None:
    async with running_pool(PoolSettings(processes=2), kind="decoder") as pool:
        await until(lambda: sum(slot.idle for slot in pool.supervisor.slots) == 2)
        answers = await asyncio.gather(
            *(run_unit(pool, pinned(f"decoder-{number % 2}"), Ticket(peer=str(number))) for number in range(10))
        )
        assert [answer.worker for answer in answers] == [f"decoder-{number % 2}" for number in range(10)]
        assert {answer.result.state for answer in answers} == {"lost"}


async def test_a_unit_pinned_to_a_process_that_is_gone_is_done_by_another() -> None:
    async with running_pool(PoolSettings(processes=1), kind="decoder") as pool:
        assert (await run_unit(pool, pinned("decoder-7"), Ticket())).result.state == "lost"
    async with running_pool(PoolSettings(processes=2), kind="decoder") as pool:
        assert (await run_unit(pool, pinned("decoder-7"), Ticket())).result.state == "lost"
