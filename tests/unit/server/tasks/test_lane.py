from __future__ import annotations

import asyncio
import random

import pytest

from dragoman_engines.pool.fair_queue import Ticket
from dragoman_server.config import LaneConfig
from dragoman_server.quantiles import Samples
from dragoman_server.tasks.lane import Lane
from dragoman_wire.errors import Overloaded

TICKET = Ticket(peer="p")


def make_lane(concurrency: int, queue: int, clock: list[float] | None = None) -> Lane:
    times = clock if clock is not None else [0.0]
    return Lane("translation", LaneConfig(concurrency=concurrency, queue=queue), lambda: times[0])


async def test_the_turn_comes_at_once_while_there_is_room() -> None:
    lane = make_lane(2, 1)
    assert lane.enter(TICKET) is None
    assert lane.enter(TICKET) is None
    assert lane.active == 2
    assert lane.queued == 0


async def test_a_waiting_request_is_let_in_when_another_leaves() -> None:
    lane = make_lane(1, 1)
    lane.enter(TICKET)
    turn = lane.enter(TICKET)
    assert turn is not None
    assert not turn.done()
    lane.leave(None)
    assert turn.done()
    assert (lane.active, lane.queued) == (1, 0)
    lane.leave(turn)
    assert (lane.active, lane.queued) == (0, 0)


async def test_a_full_lane_refuses_at_once_and_says_when_to_come_back() -> None:
    lane = make_lane(1, 1)
    lane.enter(TICKET)
    lane.enter(TICKET)
    with pytest.raises(Overloaded) as caught:
        lane.enter(TICKET)
    assert caught.value.retry_after_ms is not None
    assert caught.value.retry_after_ms >= 100
    assert lane.rejected == 1


async def test_who_gives_up_in_the_queue_frees_the_place() -> None:
    lane = make_lane(1, 1)
    lane.enter(TICKET)
    turn = lane.enter(TICKET)
    lane.leave(turn)
    await asyncio.sleep(0)
    assert lane.queued == 0
    assert lane.active == 1
    assert lane.enter(TICKET) is not None


async def test_who_is_cancelled_as_the_turn_comes_passes_it_on() -> None:
    lane = make_lane(1, 2)
    lane.enter(TICKET)
    first, second = lane.enter(TICKET), lane.enter(TICKET)
    assert first is not None
    assert second is not None
    lane.leave(None)
    assert first.done()
    lane.leave(first)  # its task was cancelled before it ran
    assert second.done()
    assert lane.active == 1


async def test_a_larger_concurrency_lets_the_waiting_in() -> None:
    lane = make_lane(1, 5)
    lane.enter(TICKET)
    turns = [lane.enter(TICKET) for _ in range(3)]
    lane.reconfigure(LaneConfig(concurrency=3, queue=5))
    assert [turn.done() for turn in turns if turn is not None] == [True, True, False]


async def test_retry_after_follows_the_rate_at_which_requests_end() -> None:
    clock = [0.0]
    lane = make_lane(1, 100, clock)
    for _ in range(10):
        lane.enter(TICKET)
        clock[0] += 2.0
        lane.leave(None)
    lane.enter(TICKET)
    for _ in range(50):
        lane.enter(TICKET)
    assert 8_000 <= lane.retry_after_ms() <= 12_000


async def test_counters_are_zero_after_any_story() -> None:
    rng = random.Random(7)
    lane = make_lane(3, 5)
    held: list[asyncio.Future[None] | None] = []
    for _ in range(2000):
        if held and rng.random() < 0.5:
            lane.leave(held.pop(rng.randrange(len(held))))
        else:
            try:
                held.append(lane.enter(Ticket(peer=rng.choice("abc"), size_s=rng.random())))
            except Overloaded:
                assert lane.queued == 5
        await asyncio.sleep(0)
        assert 0 <= lane.active <= 3
        assert lane.active + lane.queued == len(held)
    while held:
        lane.leave(held.pop())
        await asyncio.sleep(0)
    assert (lane.active, lane.queued) == (0, 0)


def test_percentiles_are_nearest_rank_in_milliseconds() -> None:
    samples = Samples()
    assert samples.percentiles().p99 == 0.0
    samples.add(0.001)
    samples.add(0.002)
    assert samples.percentiles().p50 == 1.0
    samples = Samples()
    for number in range(1, 101):
        samples.add(number / 1000)
    assert (samples.percentiles().p50, samples.percentiles().p95, samples.percentiles().p99) == (50.0, 95.0, 99.0)


def test_what_needed_no_place_is_among_the_figures_however_it_is_counted() -> None:
    lane = make_lane(1, 1)
    for number in range(3000):
        lane.ended([(0.001 * (number % 2), 0.0)], good=1)
        lane.published([0.002])
    assert (lane.completed, lane.active) == (3000, 0)
    assert sum(lane.queue_times.histogram.counts) == 3000
    assert lane.queue_times.histogram.sum == pytest.approx(1.5)
    assert lane.compute_times.percentiles().p99 == 0.0
    assert lane.publish_times.percentiles().p50 == 2.0
