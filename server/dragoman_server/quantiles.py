"""The figures of one kind: the last ones for percentiles, and all of them by size."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman_engines.pool.histogram import Histogram

_SAMPLES = 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class Percentiles:
    """Of the last 2048 tasks, in milliseconds."""

    p50: float
    p95: float
    p99: float


class Samples:
    """Figures of one kind, in seconds."""

    def __init__(self) -> None:
        self.histogram = Histogram()
        """Of all since the start."""
        self._values: deque[float] = deque(maxlen=_SAMPLES)

    def add(self, value_s: float) -> None:
        """Remember one figure, in seconds."""
        self._values.append(value_s)
        self.histogram.add(value_s)

    def add_all(self, values_s: Sequence[float]) -> None:
        """Remember several, in order."""
        self._values.extend(values_s)
        self.histogram.add_all(values_s)

    def percentiles(self) -> Percentiles:
        """Return the percentiles by the nearest-rank method; 0 where there is nothing yet."""
        ordered = sorted(self._values)

        def at(share: float) -> float:
            return round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 3) if ordered else 0.0

        return Percentiles(p50=at(0.50), p95=at(0.95), p99=at(0.99))
