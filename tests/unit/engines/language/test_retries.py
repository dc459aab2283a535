from __future__ import annotations

import pytest

from dragoman_engines.language.adaptive_rate import CLIMB_PER_S, LEAST, AdaptiveRate
from dragoman_engines.language.retries import RetryBudget, RetryPolicy, may_pass


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529, 599])
def test_what_may_get_better_is_asked_again(status: int) -> None:
    assert may_pass(status)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 413, 422, 600])
def test_what_stays_as_it_is_is_not(status: int) -> None:
    assert not may_pass(status)


def test_the_wait_doubles_up_to_its_longest() -> None:
    policy = RetryPolicy(first_s=0.5, longest_s=3.0, chance=lambda: 1.0)

    assert [policy.delay_s(repeats, None) for repeats in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_calls_that_failed_together_are_not_repeated_together() -> None:
    chances = iter([0.0, 0.5, 1.0])
    policy = RetryPolicy(first_s=1.0, chance=lambda: next(chances))

    assert [policy.delay_s(0, None) for _ in range(3)] == [0.5, 0.75, 1.0]


def test_the_server_is_never_asked_before_the_time_that_it_names() -> None:
    assert RetryPolicy(chance=lambda: 0.0).delay_s(0, 20.0) == 20.0
    assert RetryPolicy(chance=lambda: 1.0).delay_s(3, 20.0) == 22.0


def test_repeats_are_at_most_a_tenth_of_the_calls_beside_the_first_ones() -> None:
    budget, repeats = RetryBudget(), 0
    for _ in range(1000):
        budget.earn()
        repeats += budget.spend()

    assert 100 <= repeats <= 100 + 10


def test_nothing_more_is_saved_up_than_the_reserve() -> None:
    budget = RetryBudget(reserve=3)
    for _ in range(1000):
        budget.earn()

    assert [budget.spend() for _ in range(4)] == [True, True, True, False]


# --- the share of the rate -------------------------------------------------------------------------------------


def test_a_refusal_halves_the_rate_and_calls_of_the_old_rate_do_not_halve_it_again() -> None:
    rate = AdaptiveRate()
    for began_s in (0.0, 0.1, 0.2):
        rate.fall(began_s, 1.0)
    assert rate.share == 0.5
    rate.fall(1.5, 2.0)

    assert rate.share == 0.25


def test_the_rate_never_falls_to_nothing() -> None:
    rate = AdaptiveRate()
    for second in range(100):
        rate.fall(float(second), second + 0.5)

    assert rate.share == LEAST
    assert rate.of(4) == 1


def test_calls_that_go_well_bring_it_back_in_a_minute() -> None:
    rate = AdaptiveRate()
    rate.fall(0.0, 0.0)
    for second in range(1, 60):
        rate.climb(float(second))
    assert rate.share < 1.0
    for second in range(60, 62):
        rate.climb(float(second))

    assert rate.share == 1.0


def test_a_time_without_calls_earns_nothing() -> None:
    rate = AdaptiveRate()
    rate.fall(0.0, 0.0)
    rate.climb(3600.0)

    assert rate.share == pytest.approx(0.5 + CLIMB_PER_S)
