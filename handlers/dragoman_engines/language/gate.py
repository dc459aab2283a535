"""The decision which call may start now: pure, the time is handed in, so that a day of it takes a test no time."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

from dragoman_engines.language.adaptive_rate import AdaptiveRate
from dragoman_engines.language.breaker import CircuitBreaker
from dragoman_engines.language.budget import MINUTE_S, Budget, Limits
from dragoman_engines.language.line import Call, Line

_WEIGHT = 0.2
"""Of the newest call, in the mean duration and size of calls."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The bounds of the calls to one model."""

    concurrency: int = 4
    """At a time."""
    pause_s: float = 0.0
    """From the start of one to that of the next."""
    limits: Limits = field(default_factory=Limits)


class Gate:
    """Everything that a call waits for: its turn, a free place, the pause, the circuit, and the budgets.

    Args:
        bounds: of the calls.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.budget = Budget(bounds.limits)
        self.breaker = CircuitBreaker()
        self.rate = AdaptiveRate()
        self.active = 0
        """Calls on their way."""
        self._line = Line()
        self._later: list[tuple[float, int, Call]] = []
        """Repeats, by the time at which they come into the line again."""
        self._numbers = 0
        self._started_s = -math.inf
        self._call_s = 0.0
        self._call_tokens = 0.0

    @property
    def waiting(self) -> int:
        """Return how many calls wait, for their turn or for the time of their repeat."""
        return len(self._line) + len(self._later)

    def enter(self, call: Call, now_s: float) -> None:
        """Put a new call at the end of the line.

        Raises:
            TooLarge: a whole minute has not so many tokens.
        """
        self.budget.check(call.tokens)
        self._numbers += 1
        call.number, call.entered_s = self._numbers, now_s
        self._line.push(call)

    def again(self, call: Call, at_s: float, *, counts: bool = True) -> None:
        """Have a call made again, at this time at the earliest. It has ended; it keeps its place in the order.

        Args:
            call: which.
            at_s: the time.
            counts: whether it is a repeat of those that a call has only so many of.
        """
        call.repeats += counts
        heapq.heappush(self._later, (at_s, call.number, call))

    def withdraw(self, call: Call) -> None:
        """Take out a call that waits."""
        if call in self._line:
            self._line.remove(call)
        self._later = [each for each in self._later if each[2] is not call]
        heapq.heapify(self._later)

    def start(self, now_s: float) -> Call | None:
        """Take the next call where it may start now, with all that it needs reserved; to be followed by `end`."""
        self._bring_repeats(now_s)
        call = self._line.first()
        if call is None or self._is_full() or self._wait_s(call, now_s) > 0:
            return None
        self._line.take(call)
        call.began_s = self._started_s = now_s
        call.made += 1
        call.trial = self.breaker.begin(now_s)
        call.reservation = self.budget.take(call.tokens, now_s)
        self.active += 1
        return call

    def end(self, call: Call, now_s: float) -> None:
        """Note that a call is no longer on its way. Its reservation was settled; the circuit was told."""
        self.active -= 1
        call.reservation = None
        first = not self._call_s
        self._call_s += (1.0 if first else _WEIGHT) * (now_s - call.began_s - self._call_s)
        self._call_tokens += (1.0 if first else _WEIGHT) * (call.tokens - self._call_tokens)

    def undo(self, call: Call) -> None:
        """Undo the start of a call that is not made: nobody wants it any more, or it may not be made after all."""
        if call.reservation is not None:
            self.budget.give_back(call.reservation)
            self.breaker.withdraw(trial=call.trial)
            call.reservation = None
            call.made -= 1
            self.active -= 1

    def wait_s(self, now_s: float) -> float | None:
        """Return the seconds until it is worth to ask `start` again; None where something has to happen first."""
        later_s = self._later[0][0] - now_s if self._later else None
        call = self._line.first()
        if call is None:
            return later_s
        if self._is_full():
            return None
        wait_s = self._wait_s(call, now_s)
        return wait_s if later_s is None else min(wait_s, later_s)

    def position(self, call: Call) -> int:
        """Return the place of a call in the line, from 1."""
        return self._line.position(call)

    def expected_s(self, call: Call, now_s: float) -> float | None:
        """Return how long a call will probably wait; None while nothing tells."""
        position, first = self.position(call), self._line.first()
        head_s = self._wait_s(first, now_s) if first is not None else 0.0
        per_s = self.calls_per_s()
        if math.isinf(per_s):
            return head_s if head_s > 0 else None
        return head_s + (position - 1) / per_s

    def calls_per_s(self) -> float:
        """Return how many calls start in a second at most; infinity while nothing tells."""
        limits, share = self.bounds.limits, self.rate.share
        rates = [math.inf]
        if self._call_s:
            rates.append(self.rate.of(self.bounds.concurrency) / self._call_s)
        if self.bounds.pause_s:
            rates.append(1 / self.bounds.pause_s)
        if limits.requests_per_minute:
            rates.append(limits.requests_per_minute * share / MINUTE_S)
        if limits.tokens_per_minute and self._call_tokens:
            rates.append(limits.tokens_per_minute * share / MINUTE_S / self._call_tokens)
        return min(rates)

    def calls(self) -> list[Call]:
        """Return the calls that wait for their turn."""
        return self._line.calls()

    def _is_full(self) -> bool:
        return self.active >= self.rate.of(self.bounds.concurrency)

    def _wait_s(self, call: Call, now_s: float) -> float:
        """Return how long a call would wait that is the first in line."""
        return max(
            self._started_s + self.bounds.pause_s - now_s,
            self.breaker.wait_s(now_s),
            self.budget.wait_s(call.tokens, now_s, self.rate.share),
            0.0,
        )

    def _bring_repeats(self, now_s: float) -> None:
        while self._later and self._later[0][0] <= now_s:
            self._line.push(heapq.heappop(self._later)[2])
