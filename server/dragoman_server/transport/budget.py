"""The bytes of all requests in flight, and what the intake may read because of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class Room(Enum):
    """How much more may be read."""

    FREE = "free"
    TIGHT = "tight"
    """Past the budget: messages are read one at a time and slowly, so that control requests are still answered."""
    FULL = "full"
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
        self.on_room: Callable[[], None] = lambda: None
        """Called when reading may go on."""

    @property
    def room(self) -> Room:
        """What may be read now."""
        if self.taken_bytes < self.limit_bytes:
            return Room.FREE
        return Room.TIGHT if self.taken_bytes < self.limit_bytes + self.reserve_bytes else Room.FULL

    def take(self, size_bytes: int) -> None:
        """Count a request that came in."""
        self.taken_bytes += size_bytes

    def give(self, size_bytes: int) -> None:
        """Give back what a finished request took."""
        before = self.room
        self.taken_bytes -= size_bytes
        if before is not Room.FREE and self.room is not before:
            self.on_room()
