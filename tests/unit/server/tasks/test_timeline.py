"""The sums of a run's times."""

from __future__ import annotations

import pytest

from dragoman_server.tasks.run import MOST_STEPS, RunTimeline, UnitCall, busy_s, milliseconds
from dragoman_wire.events import ResultUnknown
from tests.unit.server.core import a_run


def call(began_s: float, ended_s: float, worker: str | None = "w") -> UnitCall:
    return UnitCall(kind="translation", asked_s=0.0, worker=worker, began_s=began_s, ended_s=ended_s)


def timeline(*calls: UnitCall, arrived_s: float = 0.0) -> RunTimeline:
    one = a_run("pt", arrived_s=arrived_s).timeline
    one.calls.extend(calls)
    return one


@pytest.mark.parametrize(
    ("calls", "total_s"),
    [
        ([], 0.0),
        ([(1.0, 3.0)], 2.0),
        ([(1.0, 3.0), (2.0, 4.0)], 3.0),
        ([(5.0, 6.0), (1.0, 3.0)], 3.0),
        ([(1.0, 9.0), (2.0, 3.0), (4.0, 5.0)], 8.0),
        ([(2.0, 2.0), (2.0, 2.0)], 0.0),
    ],
)
def test_time_in_calls_is_counted_once_however_many_overlap(calls: list[tuple[float, float]], total_s: float) -> None:
    assert busy_s(calls) == total_s


def test_what_no_model_worked_for_is_queue_time() -> None:
    one = timeline(call(12.0, 13.0), call(12.5, 14.0), call(0.0, 99.0, worker=None), arrived_s=10.0)
    one.end(16.0, "completed", {})
    assert (one.compute_s, one.queue_s) == (2.0, 4.0)


def test_a_failed_call_took_no_compute_time() -> None:
    assert timeline(call(1.0, 5.0, worker=None)).worked_s == 0.0
    assert timeline(call(1.0, 5.0)).worked_s == 4.0


def test_many_steps_are_cut_and_counted() -> None:
    one = timeline(*[call(1.0, 2.0)] * (MOST_STEPS + 5))
    for _ in range(MOST_STEPS + 2):
        one.note_sent(ResultUnknown(task_id="t"), 1.0, 2.0)
    one.shorten()
    assert (len(one.calls), len(one.sent), one.steps_dropped) == (MOST_STEPS, MOST_STEPS, 7)


def test_milliseconds_have_three_places() -> None:
    assert milliseconds(0.0123456789) == 12.346
