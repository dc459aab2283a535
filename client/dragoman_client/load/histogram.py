"""Durations in buckets whose width grows with them: percentiles to within half a percent, in little memory. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

_WIDTH = math.log(1.01)
"""Each bucket ends 1 % above its beginning."""
_LEAST_MS = 1e-3


class Histogram:
    """Counts of durations, all in milliseconds."""

    def __init__(self) -> None:
        self.count = 0
        self.total_ms = 0.0
        self.min_ms = math.inf
        self.max_ms = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, duration_ms: float) -> None:
        """Count one."""
        self.count += 1
        self.total_ms += duration_ms
        self.min_ms = min(self.min_ms, duration_ms)
        self.max_ms = max(self.max_ms, duration_ms)
        self._buckets[math.floor(math.log(max(duration_ms, _LEAST_MS)) / _WIDTH)] += 1

    def include(self, other: Histogram) -> None:
        """Count everything that the other one has."""
        self.count += other.count
        self.total_ms += other.total_ms
        self.min_ms = min(self.min_ms, other.min_ms)
        self.max_ms = max(self.max_ms, other.max_ms)
        self._buckets.update(other._buckets)

    @property
    def mean_ms(self) -> float | None:
        """Return the average; None where nothing was counted."""
        return self.total_ms / self.count if self.count else None

    def percentile(self, percent: float) -> float | None:
        """Return the duration that so many percent of all do not exceed (nearest rank); None of nothing."""
        if not self.count:
            return None
        rank = max(1, math.ceil(self.count * percent / 100))
        if rank == self.count:
            return self.max_ms
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return self._middle_ms(bucket)
        return self.max_ms

    def bars(self, most: int = 16) -> list[tuple[float, float, int]]:
        """Return the same in a few ranges, for a chart: from, to (ms), how many. The ends go 1, 2, 5, 10, ... ms.

        Where there are more than `most`, the last one takes the rest.
        """
        if not self.count:
            return []
        ends = _ends(self.min_ms, self.max_ms)
        bars = [0] * (len(ends) - 1)
        for bucket, count in self._buckets.items():
            bars[_place(ends, self._middle_ms(bucket))] += count
        ranges = list(zip(ends, ends[1:], bars, strict=False))
        if len(ranges) > most:
            rest = ranges[most - 1 :]
            ranges = [*ranges[: most - 1], (rest[0][0], rest[-1][1], sum(count for _, _, count in rest))]
        return ranges

    def _middle_ms(self, bucket: int) -> float:
        return min(max(math.exp((bucket + 0.5) * _WIDTH), self.min_ms), self.max_ms)


def _ends(low_ms: float, high_ms: float) -> list[float]:
    """Return 1, 2, 5, 10, ... from the last that is not above `low_ms` to the first that is above `high_ms`."""
    least_ms = max(low_ms, _LEAST_MS)
    decade = math.floor(math.log10(least_ms))
    if 10.0**decade > least_ms:  # the logarithm of a number just below a power of ten is rounded up
        decade -= 1
    ends = [0.0] if low_ms < _LEAST_MS else []
    while True:
        for step in (1, 2, 5):
            end = step * 10.0**decade
            if end <= low_ms:
                ends = [end]
            else:
                ends.append(end)
                if end > high_ms:
                    return ends
        decade += 1


def _place(ends: Sequence[float], duration_ms: float) -> int:
    """Return the range that a duration lies in."""
    return next(place for place, end in enumerate(ends[1:]) if duration_ms < end)
