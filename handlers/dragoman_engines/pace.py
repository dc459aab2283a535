"""How long units take here, beside what was guessed of them."""

from __future__ import annotations

from dragoman_engines.fairqueue import Ticket
from dragoman_engines.work import Work

_WEIGHT = 0.2
"""Of the newest call: the pace follows a changed machine within some calls, and one odd call moves it little."""
_SLOWEST = 1000.0


class Pace:
    """Learns how many times as long as guessed the model calls take, where the model decides that.

    `Work.cost_s` knows the units and not the model. Whisper large on a processor takes 50 times as long as the guess,
    tiny on a graphics card a tenth of it; what a call may hold, and how long a request lets shorter ones pass, is
    right only in seconds of this model on this machine.
    """

    def __init__(self) -> None:
        self.factor = 1.0
        self._known = False

    def learn(self, work: Work, guessed_s: float, measured_s: float) -> None:
        """Take a call into account: one of its units, what all were guessed to cost together, and what they took."""
        if not work.cost_by_model or guessed_s <= 0 or measured_s <= 0:
            return
        weight = _WEIGHT if self._known else 1.0
        self.factor += weight * (measured_s / guessed_s - self.factor)
        self.factor = min(_SLOWEST, max(1 / _SLOWEST, self.factor))
        self._known = True

    def corrected(self, ticket: Ticket) -> Ticket:
        """The ticket in seconds of this model."""
        return Ticket(
            peer=ticket.peer,
            priority=ticket.priority,
            cost_s=ticket.cost_s * self.factor,
            size_s=ticket.size_s * self.factor,
        )
