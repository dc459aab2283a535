"""Back-pressure: the bytes of all requests in flight, and how much the intake is slowed because of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class Backpressure(Enum):
    """The degree to which the server holds its peers back."""

    NONE = "none"
    SLOW = "slow"
    """Past the budget: messages are read one at a time and slowly, so that control requests are still answered."""
    STOP = "stop"
    """Past the reserve as well: nothing is read, and ZeroMQ pushes back on the peers."""


class ByteBudget:
    """Counts what requests in flight hold.

    Args:
        limit_bytes: from here on reading is slow.
        reserve_bytes: so much more, and it stops.
    """

    def __init__(self, limit_bytes: int, reserve_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.reserve_bytes = reserve_bytes
        self.taken_bytes = 0
        self.on_relief: Callable[[], None] = lambda: None
        """Called when more may be read than before."""

    @property
    def pressure(self) -> Backpressure:
        """Return what holds now."""
        if self.taken_bytes < self.limit_bytes:
            return Backpressure.NONE
        return Backpressure.SLOW if self.taken_bytes < self.limit_bytes + self.reserve_bytes else Backpressure.STOP

    def take(self, size_bytes: int) -> None:
        """Count a request that came in."""
        self.taken_bytes += size_bytes

    def give(self, size_bytes: int) -> None:
        """Give back what a finished request took."""
        before = self.pressure
        self.taken_bytes -= size_bytes
        if before is not Backpressure.NONE and self.pressure is not before:
            self.on_relief()
