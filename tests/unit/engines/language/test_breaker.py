from __future__ import annotations

from dragoman_engines.language.breaker import CircuitBreaker


def opened(now_s: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(5):
        breaker.fail(now_s, trial=breaker.begin(now_s))
    return breaker


def test_a_few_failures_open_nothing() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker.fail(0.0, trial=breaker.begin(0.0))

    assert breaker.state(0.0) == "closed"
    assert breaker.wait_s(0.0) == 0.0


def test_half_of_the_last_calls_failing_opens_it() -> None:
    breaker = CircuitBreaker()
    for _ in range(10):
        breaker.succeed(trial=breaker.begin(0.0))
    for _ in range(9):
        breaker.fail(0.0, trial=False)
    assert breaker.state(0.0) == "closed"
    breaker.fail(0.0, trial=False)

    assert breaker.state(0.0) == "open"
    assert breaker.opened == 1


def test_an_open_circuit_lets_one_call_through_when_its_time_is_over() -> None:
    breaker = opened()
    assert breaker.wait_s(4.0) == 6.0
    assert breaker.state(10.0) == "half-open"
    assert breaker.wait_s(10.0) == 0.0
    assert breaker.begin(10.0) is True

    assert breaker.wait_s(10.0) > 0, "a second call waits for the first"


def test_the_one_call_that_goes_well_closes_it() -> None:
    breaker = opened()
    breaker.succeed(trial=breaker.begin(10.0))

    assert breaker.state(10.0) == "closed"
    breaker.fail(11.0, trial=False)
    assert breaker.state(11.0) == "closed", "what was before is forgotten"


def test_the_one_call_that_fails_opens_it_for_twice_as_long_up_to_five_minutes() -> None:
    breaker, now_s, waits_s = opened(), 10.0, []
    for _ in range(7):
        breaker.fail(now_s, trial=breaker.begin(now_s))
        waits_s.append(breaker.wait_s(now_s))
        now_s += waits_s[-1]

    assert waits_s == [20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]


def test_a_call_from_before_says_nothing_about_a_circuit_that_is_tried() -> None:
    breaker = opened()
    assert breaker.begin(10.0)
    breaker.succeed(trial=False)
    breaker.fail(10.5, trial=False)

    assert breaker.state(10.5) == "half-open"


def test_a_trial_that_is_cancelled_lets_another_be_made() -> None:
    breaker = opened()
    breaker.withdraw(trial=breaker.begin(10.0))

    assert breaker.wait_s(10.0) == 0.0
    assert breaker.begin(10.0) is True
