from __future__ import annotations

import pytest

from dragoman_client.top.figures import Rate, count, duration, plain, rate


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (None, "-"),
        (0.0, "0.0ms"),
        (9.949, "9.9ms"),
        (9.96, "10ms"),
        (999.4, "999ms"),
        (999.6, "1.0s"),
        (99_900, "99.9s"),
        (99_960, "1m39"),
        (3_599_000, "59m59"),
        (3_600_000, "1h00"),
        (86_400_000 * 400, "400d00"),
    ],
)
def test_a_duration_has_at_most_six_characters(ms: float | None, shown: str) -> None:
    assert duration(ms) == shown
    assert len(shown) <= 6


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (9_999, "9999"), (10_000, "10.0k"), (123_456, "123k"), (12_345_678, "12.3M"), (5e12, "5T")],
)
def test_a_count_has_at_most_five_characters(number: float, shown: str) -> None:
    assert count(number) == shown
    assert len(shown) <= 5


@pytest.mark.parametrize(
    ("per_s", "shown"), [(None, "0/s"), (0.0, "0/s"), (0.5, "30/min"), (1.0, "1.0/s"), (250.0, "250/s")]
)
def test_what_is_rare_is_told_by_the_minute(per_s: float | None, shown: str) -> None:
    assert rate(per_s) == shown


def test_a_rate_is_that_of_the_last_seconds() -> None:
    counter = Rate()
    assert counter.add(0, 0.0) == 0.0
    assert [counter.add(10 * at, float(at)) for at in range(1, 20)] == [10.0] * 19
    for at in range(20, 25):
        latest = counter.add(190 + 100 * (at - 19), float(at))
    assert latest == 100.0


def test_the_rate_of_what_is_rare_looks_further_back() -> None:
    counter = Rate()
    rates = [counter.add(at // 12, float(at)) for at in range(241)]  # one every 12 s
    assert min(rates[60:]) == pytest.approx(1 / 12, rel=0.21)
    assert max(rates[60:]) == pytest.approx(1 / 12, rel=0.21)


def test_a_counter_that_stands_still_tends_to_nothing() -> None:
    counter = Rate()
    for at in range(10):
        counter.add(100 * at, float(at))
    rates = [counter.add(900, float(at)) for at in range(10, 100)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0.0


def test_a_server_that_was_started_anew_has_no_negative_rate() -> None:
    counter = Rate()
    counter.add(1000, 0.0)
    assert counter.add(3, 1.0) == 0.0
    assert counter.add(13, 6.0) == 2.0


def test_a_sparkline_is_as_high_as_its_highest_and_as_wide_as_asked() -> None:
    counter = Rate(least=0.0)
    for at, value in enumerate((0, 0, 8, 16)):
        counter.add(value, float(at))
    assert counter.sparkline(6) == "  ▁▁▆█"
    assert counter.sparkline(2) == "▆█"


@pytest.mark.parametrize("given", ["\x1b[31m", "\x07", "\u202e", "\u200b", "\n", "\x9b"])
def test_what_commands_a_terminal_is_shown_as_a_mark(given: str) -> None:
    assert plain(f"a{given}b").startswith("a�")
    assert plain(f"a{given}b").endswith("b")
    assert plain("Zürich 東京 ✓") == "Zürich 東京 ✓"
