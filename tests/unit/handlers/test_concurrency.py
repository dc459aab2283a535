"""What is heavy is spread over the turns of the loop, and what is shared is done once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from dragoman_handlers.concurrency import LoopTurns, SharedWork, account, all_of, loop_turn, off_loop


async def test_each_turn_of_the_loop_has_one_heavy_step() -> None:
    turn, steps = 0, list[int]()

    def count() -> None:
        nonlocal turn
        turn += 1
        if len(steps) < 20:
            asyncio.get_running_loop().call_soon(count)

    async def step() -> None:
        await loop_turn()
        steps.append(turn)

    count()
    await asyncio.gather(*(step() for _ in range(20)))
    assert len(set(steps)) == 20
    assert steps == sorted(steps)


async def test_a_step_that_is_cancelled_keeps_no_other_waiting() -> None:
    turns = LoopTurns()
    waiting = [asyncio.create_task(turns.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await waiting[2]
    await turns.wait()


async def test_shared_work_is_done_once_and_off_the_loop() -> None:
    done: list[str] = []
    shared: SharedWork[int] = SharedWork()

    def compute() -> int:
        done.append(threading.current_thread().name)
        return 7

    assert await asyncio.gather(*(shared.result("key", compute) for _ in range(5))) == [7] * 5
    assert len(done) == 1
    assert done[0].startswith("texts")


async def test_one_that_is_cancelled_does_not_take_the_work_from_the_others() -> None:
    shared: SharedWork[int] = SharedWork()
    going = threading.Event()

    def compute() -> int:
        going.wait()
        return 7

    first, second = (asyncio.create_task(shared.result("key", compute)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    going.set()
    assert await second == 7


async def test_errors_of_shared_work_reach_all() -> None:
    shared: SharedWork[int] = SharedWork()

    def compute() -> int:
        raise ValueError("no")

    found = await asyncio.gather(*(shared.result("key", compute) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [ValueError] * 3


def as_peer(peer: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Do work on the account of a peer."""

    async def accounted() -> Any:
        account.set(peer)
        return await work

    return asyncio.create_task(accounted())


async def test_one_peer_s_texts_do_not_keep_another_s_waiting() -> None:
    going, order = threading.Event(), list[str]()

    def compute(name: str) -> None:
        going.wait()
        order.append(name)

    work = [as_peer("greedy", off_loop(lambda: compute("greedy"))) for _ in range(50)]
    await asyncio.sleep(0)
    work += [as_peer("modest", off_loop(lambda: compute("modest"))) for _ in range(2)]
    await asyncio.sleep(0)
    going.set()
    await asyncio.gather(*work)
    assert order[:6].count("modest") == 2
    assert len(order) == 52


async def test_one_peer_s_steps_in_the_loop_do_not_keep_another_s_waiting() -> None:
    turns, order = LoopTurns(), list[str]()

    async def step(name: str) -> None:
        await turns.wait()
        order.append(name)

    steps = [as_peer("greedy", step("greedy")) for _ in range(50)]
    steps += [as_peer("modest", step("modest")) for _ in range(2)]
    await asyncio.gather(*steps)
    assert order[:6].count("modest") == 2
    assert len(order) == 52


async def test_what_is_cancelled_before_its_turn_is_not_done() -> None:
    going, done = threading.Event(), list[str]()

    def compute(name: str) -> None:
        going.wait()
        done.append(name)

    shared: SharedWork[None] = SharedWork()
    first = [asyncio.create_task(off_loop(lambda: compute("first"))) for _ in range(2)]
    await asyncio.sleep(0)
    late = [asyncio.create_task(off_loop(lambda: compute("late"))) for _ in range(3)]
    late += [asyncio.create_task(shared.result("key", lambda: compute("late"))) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for one in late:
        one.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    going.set()
    await asyncio.gather(*first)
    await off_loop(lambda: compute("last"))
    assert done == ["first", "first", "last"]


async def test_a_hundred_parts_do_not_begin_in_one_turn_of_the_loop() -> None:
    turn, began = 0, list[int]()

    def count() -> None:
        nonlocal turn
        turn += 1
        if len(began) < 100:
            asyncio.get_running_loop().call_soon(count)

    async def part(number: int) -> int:
        began.append(turn)
        return number

    count()
    assert await all_of([part(number) for number in range(100)]) == list(range(100))
    assert max(began.count(one) for one in set(began)) <= 16


async def test_parts_that_have_not_begun_are_dropped_where_one_fails() -> None:
    began = list[int]()

    async def part(number: int) -> None:
        began.append(number)
        if number == 3:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await all_of([part(number) for number in range(100)])
    assert len(began) <= 48
