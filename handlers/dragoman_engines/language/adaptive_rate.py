"""The share of the budgets that is used: halved when the model's server refuses, and climbing back while it does not.

Additive increase, multiplicative decrease, as TCP does it: two servers that share one account come to terms so.
"""

from __future__ import annotations

LEAST = 1 / 16
CLIMB_PER_S = 1 / 120
"""From one half back to all of it in a minute of calls that go well."""
_LONGEST_STEP_S = 1.0
"""A pause in which nothing was asked earns no more than this."""


class AdaptiveRate:
    """A share of 1/16 to 1. The time of each question is handed in."""

    def __init__(self) -> None:
        self.share = 1.0
        self._fell_s = float("-inf")
        self._climbed_s = 0.0

    def fall(self, began_s: float, now_s: float) -> None:
        """Halve the share for a refusal.

        Args:
            began_s: when the refused call began. Several at a time are refused for one reason: those that began
                before the share fell say nothing of what it is now.
            now_s: the time.
        """
        if began_s < self._fell_s:
            return
        self.share = max(LEAST, self.share / 2)
        self._fell_s = self._climbed_s = now_s

    def climb(self, now_s: float) -> None:
        """Raise the share a little: a call went well."""
        step_s = min(_LONGEST_STEP_S, max(0.0, now_s - self._climbed_s))
        self.share = min(1.0, self.share + step_s * CLIMB_PER_S)
        self._climbed_s = now_s

    def of(self, count: int) -> int:
        """Return the share of a number of calls, one at least."""
        return max(1, int(count * self.share))
