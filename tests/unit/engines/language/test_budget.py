"""What may be used in a minute and in a day, on a clock that the test moves."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_engines.language.budget import DAY_S, MARGIN_S, MINUTE_S, Budget, Limits, Told
from dragoman_engines.language.windows import Window
from dragoman_wire.errors import TooLarge

SPAN_S = MINUTE_S + MARGIN_S


def test_a_window_without_a_limit_lets_everything_through() -> None:
    window = Window(0, 60)
    window.take(1e9, 0.0)

    assert window.wait_s(1e9, 0.0) == 0.0


def test_what_is_larger_than_the_limit_waits_for_ever() -> None:
    assert Window(10, 60).wait_s(11, 0.0) == math.inf


def test_a_full_window_has_room_again_when_enough_of_it_is_old() -> None:
    window = Window(10, 60)
    window.take(6, 0.0)
    window.take(4, 20.0)

    assert window.wait_s(1, 30.0) == 30.0
    assert window.wait_s(6, 30.0) == 30.0
    assert window.wait_s(7, 30.0) == 50.0
    assert window.wait_s(6, 60.0) == 0.0


def test_a_use_that_is_made_smaller_leaves_room_at_once() -> None:
    window = Window(10, 60)
    use = window.take(10, 0.0)
    window.change(use, -7)

    assert window.used(1.0) == 3
    assert window.wait_s(7, 1.0) == 0.0


def test_a_use_that_is_forgotten_cannot_be_changed() -> None:
    window = Window(10, 60)
    use = window.take(10, 0.0)
    assert window.used(61.0) == 0
    window.change(use, 5)

    assert window.used(61.0) == 0


def test_a_share_of_the_limit_holds_but_one_use_that_is_larger_may_be_alone() -> None:
    window = Window(10, 60)
    window.take(5, 0.0)

    assert window.wait_s(1, 1.0, share=0.5) == 59.0
    assert window.wait_s(8, 1.0, share=0.5) == 59.0
    assert window.wait_s(8, 61.0, share=0.5) == 0.0


def test_a_window_remembers_no_more_than_its_steps() -> None:
    window = Window(10**9, 60)
    for number in range(20_000):
        window.take(1, number * 0.01)

    assert len(window.ages(200.0)) <= 1001


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), max_size=60),
    st.integers(40, 100),
)
def test_no_span_ever_has_more_than_the_limit(calls: list[tuple[float, int]], limit: int) -> None:
    window, now_s, taken = Window(limit, 60.0), 0.0, []
    for pause_s, amount in calls:
        now_s += pause_s
        while (wait_s := window.wait_s(amount, now_s)) > 0:
            now_s += wait_s
        window.take(amount, now_s)
        taken.append((now_s, amount))

    for begin_s, _ in taken:
        assert sum(amount for at_s, amount in taken if begin_s <= at_s < begin_s + 60.0 - 1e-9) <= limit


def test_a_window_goes_on_in_a_later_server() -> None:
    earlier, later = Window(10, DAY_S), Window(10, DAY_S)
    earlier.take(6, 100.0)
    later.restore(earlier.ages(200.0), 5000.0)

    assert later.used(5000.0) == 6
    assert later.wait_s(5, 5000.0) == DAY_S - 100.0


# --- requests and tokens together ------------------------------------------------------------------------------


def test_requests_and_tokens_are_taken_together_or_not_at_all() -> None:
    budget = Budget(Limits(requests_per_minute=2, tokens_per_minute=100))
    budget.take(90, 0.0)

    assert budget.wait_s(20, 1.0) == pytest.approx(SPAN_S - 1)
    assert budget.used(1.0)["requests_per_minute"] == 1, "what waits holds nothing"
    assert budget.wait_s(10, 1.0) == 0.0


def test_what_a_call_did_not_need_is_given_back_and_what_it_needed_more_is_charged() -> None:
    budget = Budget(Limits(tokens_per_minute=100))
    less, more = budget.take(50, 0.0), budget.take(40, 0.0)
    budget.settle(less, 10)
    budget.settle(more, 80)

    assert budget.used(0.0)["tokens_per_minute"] == 90
    assert budget.wait_s(10, 0.0) == 0.0
    assert budget.wait_s(11, 0.0) > 0


def test_a_call_is_settled_once() -> None:
    budget = Budget(Limits(requests_per_minute=10, tokens_per_minute=100))
    one = budget.take(50, 0.0)
    budget.settle(one, 20)
    budget.settle(one, 90)
    budget.give_back(one)

    assert budget.used(0.0) == {
        "requests_per_minute": 1,
        "requests_per_day": 1,
        "tokens_per_minute": 20,
        "tokens_per_day": 20,
    }


def test_a_call_that_was_never_made_leaves_nothing() -> None:
    budget = Budget(Limits(requests_per_minute=1, tokens_per_minute=100))
    budget.give_back(budget.take(100, 0.0))

    assert budget.wait_s(100, 0.0) == 0.0


@pytest.mark.parametrize(
    ("limits", "name"),
    [(Limits(tokens_per_minute=100), "tokens_per_minute"), (Limits(tokens_per_day=100), "tokens_per_day")],
)
def test_a_request_that_is_larger_than_a_whole_budget_is_refused_by_its_name(limits: Limits, name: str) -> None:
    with pytest.raises(TooLarge, match=f"about 101 tokens; the limit {name} of its model is 100"):
        Budget(limits).check(101)
    Budget(limits).check(100)


def test_the_budget_of_a_day_holds_beside_that_of_a_minute() -> None:
    budget = Budget(Limits(requests_per_minute=10, requests_per_day=12))
    for number in range(12):
        now_s = number * 10.0
        assert budget.wait_s(1, now_s) == 0.0
        budget.take(1, now_s)

    assert budget.wait_s(1, 200.0) == pytest.approx(DAY_S - 200.0, abs=DAY_S / 1000)


def test_a_stop_holds_all_calls_and_a_shorter_one_does_not_end_it() -> None:
    budget = Budget(Limits())
    budget.stop(30, 0.0)
    budget.stop(5, 1.0)

    assert budget.wait_s(1, 1.0) == 29.0
    assert budget.wait_s(1, 30.0) == 0.0


def test_what_the_server_says_is_left_is_obeyed_until_it_is_reset() -> None:
    budget = Budget(Limits())
    budget.learn("requests", Told(left=1, reset_s=10), 0.0)
    budget.learn("tokens", Told(left=50, reset_s=20), 0.0)

    assert budget.wait_s(51, 0.0) == 20.0
    assert budget.wait_s(50, 0.0) == 0.0
    budget.take(10, 0.0)
    assert budget.wait_s(1, 1.0) == 9.0, "the one request that was left is taken"
    assert budget.wait_s(1, 10.0) == 0.0


def test_the_use_of_a_day_goes_on_in_a_later_server() -> None:
    earlier, later = Budget(Limits(requests_per_day=3)), Budget(Limits(requests_per_day=3))
    for at_s in (0.0, 100.0, 200.0):
        earlier.take(7, at_s)
    later.restore_day(*earlier.day(300.0), 0.0)

    assert later.wait_s(1, 0.0) == DAY_S - 300.0
    assert later.used(0.0)["tokens_per_day"] == 21


def test_a_steady_load_uses_nearly_all_of_a_minute() -> None:
    budget, now_s, starts = Budget(Limits(requests_per_minute=500, tokens_per_minute=200_000)), 0.0, []
    while now_s < 600:
        wait_s = budget.wait_s(400, now_s)
        if wait_s > 0:
            now_s += wait_s
            continue
        budget.take(400, now_s)
        starts.append(now_s)
        now_s += 0.05

    assert len(starts) >= 0.95 * 500 * 10
    assert all(later - earlier >= MINUTE_S for earlier, later in pairwise(starts[::500]))
