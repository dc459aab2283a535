from __future__ import annotations

from dragoman_server.transport.budget import ByteBudget, Room


def test_reading_slows_down_past_the_budget_and_stops_past_the_reserve() -> None:
    budget = ByteBudget(100, 50)
    rooms = []
    for size in (0, 100, 50):
        budget.take(size)
        rooms.append(budget.room)
    assert rooms == [Room.FREE, Room.TIGHT, Room.FULL]


def test_reading_is_resumed_when_there_is_room_again() -> None:
    budget = ByteBudget(100, 50)
    calls: list[Room] = []
    budget.on_room = lambda: calls.append(budget.room)
    budget.take(60)
    budget.take(60)
    budget.take(60)
    budget.give(60)
    budget.give(60)
    budget.give(60)
    assert calls == [Room.TIGHT, Room.FREE]
    assert budget.taken_bytes == 0
