"""Percentiles from buckets: near the exact ones, whatever the durations are."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman_client.load.histogram import Histogram

DURATIONS = st.lists(st.floats(0, 1e7, allow_nan=False), min_size=1, max_size=60)


def of(durations: list[float]) -> Histogram:
    histogram = Histogram()
    for duration in durations:
        histogram.add(duration)
    return histogram


def test_nothing_has_no_percentiles() -> None:
    assert (Histogram().percentile(50), Histogram().mean_ms, Histogram().bars()) == (None, None, [])


@given(DURATIONS, st.sampled_from([1, 50, 90, 95, 99, 100]))
def test_a_percentile_is_within_half_a_percent_of_the_exact_one(durations: list[float], percent: float) -> None:
    exact = sorted(durations)[max(1, math.ceil(len(durations) * percent / 100)) - 1]
    assert of(durations).percentile(percent) == pytest.approx(exact, rel=0.00505, abs=1.01e-3)


@given(DURATIONS)
@example([9_999_999.999999998])
@example([0.09999999999999999])
@example([1000.0, 0.001])
def test_every_duration_is_in_one_bar_and_the_bars_join(durations: list[float]) -> None:
    bars = of(durations).bars()
    assert sum(count for _, _, count in bars) == len(durations)
    assert bars[0][0] <= min(durations)
    assert bars[-1][1] >= max(durations)
    assert [low for low, _, _ in bars[1:]] == [high for _, high, _ in bars[:-1]]
    assert len(bars) <= 16


def test_two_histograms_together_are_as_one_of_all() -> None:
    rng = random.Random(1)
    one, other = ([rng.expovariate(0.1) for _ in range(500)] for _ in range(2))
    both = of(one)
    both.include(of(other))
    together = of(one + other)
    assert [both.percentile(p) for p in (50, 99, 100)] == [together.percentile(p) for p in (50, 99, 100)]
    assert both.mean_ms == pytest.approx(together.mean_ms)


def test_a_hundred_thousand_durations_take_a_few_thousand_buckets() -> None:
    rng = random.Random(1)
    assert len(of([rng.lognormvariate(3, 3) for _ in range(100_000)])._buckets) < 4000
