from __future__ import annotations

from dragoman_engines.pool.histogram import SECONDS, Histogram, PoolTimings


def test_a_value_falls_into_the_bucket_that_it_does_not_pass() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.add(value)
    assert histogram.counts == [2, 2, 1]
    assert histogram.sum == 7.5


def test_the_bounds_of_times_ascend_from_half_a_millisecond_to_half_an_hour() -> None:
    assert list(SECONDS) == sorted(set(SECONDS))
    assert (SECONDS[0], SECONDS[-1]) == (0.0005, 1800.0)


def test_a_call_is_counted_once_and_each_of_its_units() -> None:
    timings = PoolTimings()
    timings.called([0.1, 0.2, 0.3], 2.0)
    assert (sum(timings.queue.counts), sum(timings.calls.counts), sum(timings.batches.counts)) == (3, 1, 1)
    assert (timings.batches.sum, timings.calls.sum) == (3, 2.0)
