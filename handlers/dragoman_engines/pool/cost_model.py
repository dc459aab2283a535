"""How long units take here, beside what was guessed of them."""

from __future__ import annotations

from typing import Any

from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.work import Work

_WEIGHT = 0.2
"""Of the newest call: the factor follows a changed machine within some calls."""
_AT_ONCE = 2.0
"""A call counts as at most so many times the factor, and at least as that part of it: one outlier moves it little."""
_SLOWEST = 1000.0


class CostModel:
    """Learns how many times as long as guessed the model calls take, where the model decides that.

    `Work.cost_s` knows the units and not the model. Whisper large on a processor takes 50 times as long as the guess,
    tiny on a graphics card a tenth of it; what a call may hold, and how long a request lets shorter ones pass, is
    right only in seconds of this model on this machine.
    """

    def __init__(self) -> None:
        self.factor = 1.0
        self._known = False

    def learn(self, work: Work[Any], guessed_s: float, measured_s: float) -> None:
        """Take a call into account: one of its units, what all were guessed to cost together, and what they took."""
        if not work.cost_by_model or guessed_s <= 0 or measured_s <= 0:
            return
        ratio = measured_s / guessed_s
        if self._known:
            ratio = min(self.factor * _AT_ONCE, max(self.factor / _AT_ONCE, ratio))
            ratio = self.factor + _WEIGHT * (ratio - self.factor)
        self.factor = min(_SLOWEST, max(1 / _SLOWEST, ratio))
        self._known = True

    def corrected(self, ticket: Ticket) -> Ticket:
        """Return the ticket with the size of its request in seconds of this model.

        Its cost stays as it was guessed: shares are of units of one model, and the factor changes between them.
        """
        return Ticket(
            peer=ticket.peer, priority=ticket.priority, cost_s=ticket.cost_s, size_s=ticket.size_s * self.factor
        )

    def guessed_s(self, seconds: float) -> float:
        """Return so many seconds of this model in those of the guesses."""
        return seconds / self.factor
