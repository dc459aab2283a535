"""When a call that failed is made again. There is one owner of retries: no other part makes one, not even the SDK."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

_BETTER_LATER = frozenset({408, 409, 429})
_FROM, _TO = 500, 600


def may_pass(status: int) -> bool:
    """Tell whether the same request may get another answer than this HTTP status later."""
    return status in _BETTER_LATER or _FROM <= status < _TO


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often, and after how long."""

    most: int = 3
    """Repeats of one call."""
    first_s: float = 0.5
    longest_s: float = 30.0
    chance: Callable[[], float] = field(default=random.random)
    """A number from 0 to 1: calls that failed together are not repeated together."""

    def delay_s(self, repeats: int, told_s: float | None) -> float:
        """Return the seconds to wait.

        Args:
            repeats: that there were already.
            told_s: what the server asks for, if it does; never less than that, and a tenth more at most.
        """
        if told_s is not None:
            return told_s * (1.0 + 0.1 * self.chance())
        full_s = min(self.longest_s, self.first_s * 2.0**repeats)
        return full_s * (0.5 + 0.5 * self.chance())


class RetryBudget:
    """At most a tenth of the calls are repeats, and some to begin with: a server that is down gets no storm of them.

    Args:
        share: repeats that each call earns.
        reserve: how many there are before the first call, and how many can be saved up.
    """

    def __init__(self, share: float = 0.1, reserve: float = 10.0) -> None:
        self._share = share
        self._reserve = reserve
        self.left = reserve

    def earn(self) -> None:
        """Note a call that is no repeat."""
        self.left = min(self._reserve, self.left + self._share)

    def spend(self) -> bool:
        """Take one repeat; return False where there is none left."""
        if self.left < 1.0 - 1e-9:
            return False
        self.left -= 1.0
        return True
