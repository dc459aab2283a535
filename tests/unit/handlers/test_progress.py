"""Progress is told at the start, at each tenth and after two seconds, and never more than five times a second."""

from __future__ import annotations

import pytest

from dragoman_handlers.progress import Progress
from dragoman_wire.events import Event, TaskProgress


class Recorder:
    """A context with a clock that a test sets."""

    task_id = "task-1"

    def __init__(self) -> None:
        self.time_s = 0.0
        self.told: list[TaskProgress] = []

    def elapsed_s(self) -> float:
        return self.time_s

    def now_s(self) -> float:
        return 1e9 + self.time_s

    def tell(self, event: Event) -> None:
        assert isinstance(event, TaskProgress)
        self.told.append(event)

    def done(self) -> list[int]:
        return [event.done for event in self.told]


@pytest.fixture
def context() -> Recorder:
    return Recorder()


def test_the_start_and_each_tenth_are_told(context: Recorder) -> None:
    progress = Progress(context, 100, "characters", wanted=True)
    for _ in range(100):
        context.time_s += 0.1
        progress.advance(1)
    assert context.done() == list(range(0, 101, 10))
    assert {(event.stage, event.total, event.unit) for event in context.told} == {("working", 100, "characters")}


def test_slow_work_is_told_every_two_seconds_in_which_something_was_done(context: Recorder) -> None:
    progress = Progress(context, 1000, "characters", wanted=True)
    for _ in range(5):
        context.time_s += 2.0
        progress.advance(1)
    context.time_s += 10.0
    progress.advance(0)
    assert context.done() == [0, 1, 2, 3, 4, 5]


def test_fast_work_is_told_five_times_a_second_at_most_with_its_end(context: Recorder) -> None:
    progress = Progress(context, 1000, "characters", wanted=True)
    for _ in range(1000):
        context.time_s += 0.0001
        progress.advance(1)
    assert context.done() == [0, 100, 200, 300, 1000]


def test_nothing_is_told_that_is_not_wanted(context: Recorder) -> None:
    progress = Progress(context, 10, "characters", wanted=False)
    progress.advance(10)
    assert context.told == []
