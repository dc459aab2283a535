"""Counts by size: cheap to add to, and in the form that Prometheus reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

SECONDS = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
)  # fmt: skip
"""From a message that waits for nothing to the longest recording."""
UNITS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


class Histogram:
    """The number of values in each bucket.

    Args:
        bounds: the buckets' upper ends, ascending; a value on a bound belongs below it. One more bucket has no end.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def add_all(self, values: Sequence[float]) -> None:
        """Count several."""
        counts, bounds = self.counts, self.bounds
        for value in values:
            counts[bisect_left(bounds, value)] += 1
        self.sum += sum(values)


class PoolTimings:
    """Where the units of one pool spent their time, in seconds, and how many shared a call."""

    def __init__(self) -> None:
        self.queue = Histogram()
        """Of each unit, waiting for a process."""
        self.calls = Histogram()
        """Of each model call."""
        self.batches = Histogram(UNITS)
        """Units of each model call."""

    def called(self, waits_s: Sequence[float], took_s: float) -> None:
        """Count a model call that ended: how long each of its units had waited, and how long it took."""
        self.batches.add(len(waits_s))
        self.calls.add(took_s)
        for wait_s in waits_s:
            self.queue.add(wait_s)
