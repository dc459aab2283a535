from __future__ import annotations

from dragoman_server.transport.backpressure import Backpressure, ByteBudget


def test_reading_slows_down_past_the_budget_and_stops_past_the_reserve() -> None:
    budget = ByteBudget(100, 50)
    seen = []
    for size in (0, 100, 50):
        budget.take(size)
        seen.append(budget.pressure)
    assert seen == [Backpressure.NONE, Backpressure.SLOW, Backpressure.STOP]


def test_reading_is_resumed_when_there_is_room_again() -> None:
    budget = ByteBudget(100, 50)
    calls: list[Backpressure] = []
    budget.on_relief = lambda: calls.append(budget.pressure)
    budget.take(60)
    budget.take(60)
    budget.take(60)
    budget.give(60)
    budget.give(60)
    budget.give(60)
    assert calls == [Backpressure.SLOW, Backpressure.NONE]
    assert budget.taken_bytes == 0
