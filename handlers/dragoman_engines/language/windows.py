"""How much of something was used in the last stretch of time, so that no stretch of that length has more than a limit.

A bucket that fills at a steady rate lets twice its size through in one minute: all that it holds, and all that flows
in meanwhile. A server that counts minutes refuses that. So what was used is remembered until it is older than the
span.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

_STEPS = 1000
"""Uses that are nearer to one another than this part of the span are remembered as one, at the time of the last."""


class Use:
    """What was used within one step of a window."""

    __slots__ = ("amount", "first_s", "kept", "last_s")

    def __init__(self, amount: float, first_s: float, last_s: float) -> None:
        self.amount = amount
        self.first_s = first_s
        self.last_s = last_s
        self.kept = True
        """Whether it still counts."""


class Window:
    """Uses of the last `span_s`. It has no clock: the time of each question is handed in, and never goes back.

    Args:
        limit: of any span; 0: none.
        span_s: the length in seconds.
    """

    def __init__(self, limit: float, span_s: float) -> None:
        self.limit = limit
        self.span_s = span_s
        self._uses: deque[Use] = deque()
        self._used = 0.0

    def used(self, now_s: float) -> float:
        """Return what was used in the span that ends now."""
        while self._uses and self._uses[0].last_s <= now_s - self.span_s:
            old = self._uses.popleft()
            old.kept = False
            self._used -= old.amount
        return self._used if self._uses else 0.0

    def wait_s(self, amount: float, now_s: float, share: float = 1.0) -> float:
        """Return the seconds until so much more may be used: 0 now, infinity never.

        Args:
            amount: what is wanted.
            now_s: the time.
            share: of the limit that may be used at present; one amount that is larger than that has to be alone.
        """
        if not self.limit:
            return 0.0
        if amount > self.limit:
            return math.inf
        over = self.used(now_s) + amount - max(amount, self.limit * share)
        wait_s = 0.0
        for use in self._uses:
            if over <= 0:
                break
            over -= use.amount
            wait_s = use.last_s + self.span_s - now_s
        return max(0.0, wait_s)

    def take(self, amount: float, now_s: float) -> Use:
        """Note a use, whether there is room for it or not; return it, so that it can be changed."""
        self.used(now_s)
        last = self._uses[-1] if self._uses else None
        if last is None or now_s - last.first_s >= self.span_s / _STEPS:
            last = Use(0.0, now_s, now_s)
            self._uses.append(last)
        last.amount += amount
        last.last_s = now_s
        self._used += amount
        return last

    def change(self, use: Use, by: float) -> None:
        """Make an earlier use larger or smaller, as long as it counts."""
        if use.kept:
            use.amount += by
            self._used += by

    def ages(self, now_s: float) -> list[tuple[float, float]]:
        """Return each use that counts, as its age in seconds and its amount, for a window of a later server."""
        self.used(now_s)
        return [(now_s - use.last_s, use.amount) for use in self._uses]

    def restore(self, ages: Iterable[tuple[float, float]], now_s: float) -> None:
        """Take over the uses of an earlier server, the oldest first."""
        for age_s, amount in ages:
            if 0 <= age_s < self.span_s:
                self._uses.append(Use(amount, now_s - age_s, now_s - age_s))
                self._used += amount
