"""When requests are due. Pure: no clock."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from dragoman_client.load.plan import Arrivals


def due_times(arrivals: Arrivals, rate: float, rng: random.Random) -> Iterator[float]:
    """Generate, without end, the seconds since the beginning at which each request is due."""
    if arrivals is Arrivals.CONSTANT:
        for number in itertools.count():
            yield number / rate
    at_s = 0.0
    while True:
        at_s += rng.expovariate(rate)
        yield at_s
