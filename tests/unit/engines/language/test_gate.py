"""The line, the budgets, the pause and the circuit together: hours of calls in no time."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import pytest

from dragoman_engines.language.budget import Limits
from dragoman_engines.language.gate import Bounds, Gate
from dragoman_engines.language.line import Call
from dragoman_wire.errors import TooLarge


def simulated(gate: Gate, calls: Sequence[Call], took_s: float, used: float | None = None) -> list[tuple[float, Call]]:
    """Let calls that all come at once run; return when each started."""
    now_s, starts = 0.0, []
    going: list[tuple[float, int, Call]] = []
    for call in calls:
        gate.enter(call, now_s)
    while gate.waiting or going:
        while (started := gate.start(now_s)) is not None:
            starts.append((now_s, started))
            heapq.heappush(going, (now_s + took_s, started.number, started))
        waits_s = [wait_s] if (wait_s := gate.wait_s(now_s)) is not None else []
        if going:
            waits_s.append(going[0][0] - now_s)
        now_s += min(waits_s)
        while going and going[0][0] <= now_s:
            call = heapq.heappop(going)[2]
            assert call.reservation is not None
            gate.budget.settle(call.reservation, call.tokens if used is None else used)
            gate.breaker.succeed(trial=call.trial)
            gate.end(call, now_s)
    return starts


def test_a_hundred_sessions_at_one_request_a_second_are_done_in_a_hundred_seconds_in_order() -> None:
    calls = [Call(tokens=10) for _ in range(100)]
    starts = simulated(Gate(Bounds(concurrency=10, pause_s=1.0)), calls, took_s=0.5)

    assert [call for _, call in starts] == calls
    assert [at_s for at_s, _ in starts] == pytest.approx(list(range(100)))


@pytest.mark.parametrize(("concurrency", "ends_s"), [(1, 750.0), (4, 189.0), (10, 75.0)])
def test_a_novel_of_250_chunks_takes_as_long_as_its_concurrency_allows(concurrency: int, ends_s: float) -> None:
    starts = simulated(Gate(Bounds(concurrency=concurrency)), [Call(tokens=1) for _ in range(250)], took_s=3.0)

    assert starts[-1][0] + 3.0 == pytest.approx(ends_s)


def test_no_minute_has_more_requests_and_tokens_than_it_may_and_nearly_all_of_them_are_used() -> None:
    gate = Gate(Bounds(concurrency=200, limits=Limits(requests_per_minute=500, tokens_per_minute=200_000)))
    starts = simulated(gate, [Call(tokens=500) for _ in range(5000)], took_s=3.0, used=420.0)

    times_s = [at_s for at_s, _ in starts]
    for begin in range(len(times_s)):
        inside = sum(times_s[begin] <= at_s < times_s[begin] + 60.0 for at_s in times_s[begin : begin + 501])
        assert inside <= 500
        assert inside * 420 <= 200_000
    whole = 5000 / min(500, 200_000 / 420) * 60
    assert times_s[-1] <= whole / 0.95


def test_calls_of_one_priority_keep_their_order_and_a_higher_one_comes_before_them() -> None:
    calls = [Call(tokens=1, priority="low") for _ in range(3)]
    calls += [Call(tokens=1, priority="normal") for _ in range(3)]
    calls += [Call(tokens=1, priority="high") for _ in range(3)]
    order = [call for _, call in simulated(Gate(Bounds(concurrency=1)), calls, took_s=1.0)]

    for priority in ("low", "normal", "high"):
        assert [call for call in order if call.priority == priority] == [
            call for call in calls if call.priority == priority
        ]
    assert order[:3] == calls[6:]


def test_a_low_priority_has_its_turns_however_many_others_wait() -> None:
    calls = [Call(tokens=1, priority="low"), *(Call(tokens=1, priority="high") for _ in range(100))]
    order = [call for _, call in simulated(Gate(Bounds(concurrency=1)), calls, took_s=1.0)]

    assert order.index(calls[0]) <= 20


def test_the_place_and_the_wait_in_line_are_known() -> None:
    gate = Gate(Bounds(concurrency=10, pause_s=1.0))
    calls = [Call(tokens=1) for _ in range(40)]
    for call in calls:
        gate.enter(call, 0.0)
    assert gate.start(0.0) is calls[0]

    assert gate.position(calls[37]) == 37
    assert gate.expected_s(calls[37], 0.0) == pytest.approx(37.0)


def test_a_call_that_is_withdrawn_frees_its_place() -> None:
    gate = Gate(Bounds(concurrency=1))
    first, second = Call(tokens=1), Call(tokens=1)
    gate.enter(first, 0.0)
    gate.enter(second, 0.0)
    gate.withdraw(first)

    assert gate.start(0.0) is second
    assert gate.waiting == 0


def test_a_repeat_waits_for_its_time_and_keeps_its_place_in_the_order() -> None:
    gate = Gate(Bounds(concurrency=1))
    calls = [Call(tokens=1) for _ in range(3)]
    for call in calls:
        gate.enter(call, 0.0)
    first = gate.start(0.0)
    assert first is calls[0]
    gate.end(first, 1.0)
    gate.again(first, 5.0)
    second = gate.start(1.0)
    assert second is calls[1], "others go on meanwhile"
    gate.end(second, 6.0)

    assert gate.start(6.0) is calls[0]
    assert (calls[0].repeats, calls[0].made) == (1, 2)


def test_a_repeat_may_be_withdrawn_while_it_waits() -> None:
    gate = Gate(Bounds(concurrency=1))
    call = Call(tokens=1)
    gate.enter(call, 0.0)
    assert gate.start(0.0) is call
    gate.end(call, 1.0)
    gate.again(call, 5.0)
    assert gate.wait_s(1.0) == 4.0
    gate.withdraw(call)

    assert gate.waiting == 0
    assert gate.wait_s(9.0) is None


def test_a_fallen_rate_lowers_the_number_of_calls_at_a_time() -> None:
    gate = Gate(Bounds(concurrency=4))
    gate.rate.fall(0.0, 0.0)
    for _ in range(4):
        gate.enter(Call(tokens=1), 0.0)

    assert [gate.start(0.0) is not None for _ in range(3)] == [True, True, False]


def test_nothing_starts_while_the_circuit_is_open_and_one_call_when_it_is_tried() -> None:
    gate = Gate(Bounds(concurrency=4))
    for _ in range(5):
        gate.breaker.fail(0.0, trial=False)
    calls = [Call(tokens=1) for _ in range(2)]
    for call in calls:
        gate.enter(call, 0.0)
    assert gate.start(0.0) is None
    assert gate.wait_s(0.0) == 10.0

    assert gate.start(10.0) is calls[0]
    assert gate.start(10.0) is None
    gate.breaker.succeed(trial=calls[0].trial)
    assert gate.start(11.0) is calls[1]


def test_a_call_that_can_never_be_made_is_refused_before_it_waits() -> None:
    gate = Gate(Bounds(limits=Limits(tokens_per_minute=100)))
    with pytest.raises(TooLarge):
        gate.enter(Call(tokens=200), 0.0)

    assert gate.waiting == 0
