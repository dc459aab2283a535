"""A circuit breaker: a model's server that fails again and again is left alone for a while, then tried once.

closed --half of the last calls failed--> open --its time is over--> half-open --a call goes well--> closed
                                            ^                            |
                                            +---------it fails-----------+   each time for twice as long
"""

from __future__ import annotations

from collections import deque
from typing import Literal

State = Literal["closed", "open", "half-open"]

_LOOK_BACK = 20
_FEWEST = 5
"""Fewer calls decide nothing."""
_SHARE = 0.5
_FIRST_S, _LONGEST_S = 10.0, 300.0


class CircuitBreaker:
    """One for each model. The time of each question is handed in."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=_LOOK_BACK)
        """Whether each of the last calls went well."""
        self._open_until_s: float | None = None
        """None while closed."""
        self._open_s = _FIRST_S
        self._trying = False
        """The one call of the half-open state is on its way."""
        self.opened = 0
        """How often it has opened."""

    def state(self, now_s: float) -> State:
        """Return how it stands."""
        if self._open_until_s is None:
            return "closed"
        return "half-open" if self._trying or now_s >= self._open_until_s else "open"

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until a call may be made; 0 now; while one is tried, about as long as that may take."""
        if self._open_until_s is None:
            return 0.0
        return _FIRST_S if self._trying else max(0.0, self._open_until_s - now_s)

    def begin(self, now_s: float) -> bool:
        """Note that a call is made, to be followed by one of the three below; return whether it is the one trial."""
        if self.state(now_s) != "half-open":
            return False
        self._trying = True
        return True

    def succeed(self, *, trial: bool) -> None:
        """Note that a call was answered, if only by a refusal of what it asked."""
        self._last.append(True)
        if trial:
            self._trying, self._open_until_s, self._open_s = False, None, _FIRST_S
            self._last.clear()

    def fail(self, now_s: float, *, trial: bool) -> None:
        """Note that a call found the server broken, silent or not there."""
        self._last.append(False)
        if trial:
            self._trying = False
            self._open_s = min(_LONGEST_S, self._open_s * 2)
            self._open(now_s)
        elif self._open_until_s is None and self._is_bad():
            self._open_s = _FIRST_S
            self._open(now_s)

    def withdraw(self, *, trial: bool) -> None:
        """Note that a call was cancelled, and says nothing."""
        if trial:
            self._trying = False

    def _is_bad(self) -> bool:
        return len(self._last) >= _FEWEST and self._last.count(False) >= _SHARE * len(self._last)

    def _open(self, now_s: float) -> None:
        self._open_until_s = now_s + self._open_s
        self.opened += 1
