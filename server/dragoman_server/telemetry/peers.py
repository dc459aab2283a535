"""The figures of each peer; bounded, for peers name themselves."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

from dragoman_server.bounded import BoundedMap

_KNOWN = 1000
_SHOWN = 50


class PeerFigures:
    """Requests of one peer since the server knows it."""

    __slots__ = ("accepted", "completed", "failed", "rejected", "repeated")

    def __init__(self) -> None:
        self.accepted = 0
        self.rejected = 0
        self.repeated = 0
        """Answered with what was known already."""
        self.completed = 0
        self.failed = 0

    @property
    def received(self) -> int:
        """Return the number of all requests received."""
        return self.accepted + self.rejected + self.repeated


class Peers:
    """The peers that were heard of last."""

    def __init__(self) -> None:
        self._figures: BoundedMap[str, PeerFigures] = BoundedMap(_KNOWN)

    def __getitem__(self, peer: str) -> PeerFigures:
        figures = self._figures.get(peer)
        if figures is None:
            figures = PeerFigures()
            self._figures.put(peer, figures)
        return figures

    def busiest(self, active: Mapping[str, int]) -> list[dict[str, Any]]:
        """Return at most 50 peers: those with the most in flight, then those that sent the most.

        Args:
            active: requests in flight, by peer.
        """
        known = heapq.nlargest(
            _SHOWN, self._figures.items(), key=lambda item: (active.get(item[0], 0), item[1].received)
        )
        return [
            {
                "peer": peer,
                "received": figures.received,
                "accepted": figures.accepted,
                "repeated": figures.repeated,
                "rejected": figures.rejected,
                "active": active.get(peer, 0),
                "completed": figures.completed,
                "failed": figures.failed,
            }
            for peer, figures in known
        ]
