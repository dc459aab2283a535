"""The bytes that requests hold: bounds for all together, for each lane and for each peer, in memory and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum

import msgspec

from dragoman_wire.errors import Overloaded

_RETRY_MS = 2000
"""A request that is in the way takes seconds as a rule."""


class PartDropped(Enum):
    """Why a part of a request is dropped as it comes."""

    LIMIT = "limit"
    """It is past `frames` or `request_bytes`, or its header is too large."""
    NO_ROOM = "no_room"
    """Requests hold as much as they may."""
    SPOOL = "spool"
    """It cannot be written to a file."""


class ByteLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The most that requests may hold."""

    total_bytes: int
    peer_bytes: int
    """Of all requests of one peer."""
    lane_bytes: Mapping[str, int] = {}
    """By lane; one that is not named has the total."""
    memory_bytes: int = 1 << 40
    """Of the total in memory; large frames past it lie in files."""


class ByteBudget:
    """Counts what requests hold, while they come in and while they are in flight.

    Args:
        limits: may be changed while it counts.
    """

    def __init__(self, limits: ByteLimits) -> None:
        self.limits = limits
        self.taken_bytes = 0
        """By requests in flight."""
        self.arriving_bytes = 0
        """By messages of which a part has come."""
        self.spooled_bytes = 0
        """Of both, in files."""
        self.refused = 0
        """Requests for which there was no room."""
        self.parts_dropped = dict.fromkeys(PartDropped, 0)
        self._peers: Counter[str] = Counter()
        self._lanes: Counter[str] = Counter()

    @property
    def full(self) -> bool:
        """Return whether requests of any peer are refused."""
        return self.taken_bytes >= self.limits.total_bytes

    @property
    def memory_bytes(self) -> int:
        """Return what is held in memory."""
        return self.taken_bytes + self.arriving_bytes - self.spooled_bytes

    def may_arrive(self, size_bytes: int) -> bool:
        """Return whether there is room for a large frame of this size, which is about to come."""
        return self.taken_bytes + self.arriving_bytes + size_bytes <= self.limits.total_bytes

    def check(self, size_bytes: int, peer: str, lane: str) -> None:
        """Check that there is room for a request. One that is alone is always let in.

        Raises:
            Overloaded: the sentence names the limit.
        """
        limits = self.limits
        for name, taken, limit in (
            ("in_flight_bytes", self.taken_bytes, limits.total_bytes),
            ("peer_in_flight_bytes", self._peers[peer], limits.peer_bytes),
            (
                f"in_flight_bytes of the {lane} lane",
                self._lanes[lane],
                limits.lane_bytes.get(lane, limits.total_bytes),
            ),
        ):
            if taken and taken + size_bytes > limit:
                self.refused += 1
                raise Overloaded(
                    f"requests in flight hold {taken} bytes, and this one {size_bytes}; the limit {name} is {limit}",
                    retry_after_ms=_RETRY_MS,
                )

    def take(self, size_bytes: int, peer: str, lane: str) -> None:
        """Count a request that is let in."""
        self.taken_bytes += size_bytes
        self._peers[peer] += size_bytes
        self._lanes[lane] += size_bytes

    def give(self, size_bytes: int, peer: str, lane: str) -> None:
        """Give back what a finished request took."""
        self.taken_bytes -= size_bytes
        self._lanes[lane] -= size_bytes
        left = self._peers[peer] - size_bytes
        if left > 0:
            self._peers[peer] = left
        else:
            del self._peers[peer]


def no_room(limit_bytes: int) -> Overloaded:
    """Return the refusal of a message whose frames were dropped as they came."""
    return Overloaded(
        f"other requests in flight leave no room for this one; the limit in_flight_bytes is {limit_bytes}",
        retry_after_ms=_RETRY_MS,
    )
