"""The subscribers of the routed events, as an XPUB socket reports them."""

from __future__ import annotations

import asyncio

import zmq

from dragoman_wire.outbound import topic_of

_EVERY_S = 1.0
"""Subscriptions wait in the socket until they are read."""
_MOST = 100_000
"""Topics that are remembered; libzmq remembers them all, to filter by."""
_SUBSCRIBE, _UNSUBSCRIBE = 1, 0


class Subscribers:
    """Reads subscriptions from a socket that another part sends on, in the same loop.

    Args:
        socket: of type XPUB.
    """

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._socket = socket
        self._topics: set[bytes] = set()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Read now and then, so that nothing piles up."""
        self.read()
        self._timer = asyncio.get_running_loop().call_later(_EVERY_S, self.start)

    def stop(self) -> None:
        """Read no more."""
        if self._timer is not None:
            self._timer.cancel()

    def read(self) -> None:
        """Take note of new subscriptions and of those that ended."""
        while True:
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if len(frames) == 1 and frames[0]:
                self._note(frames[0][0], frames[0][1:])

    def hear(self, peer: str) -> bool:
        """Return whether a subscription covers what is for this peer."""
        topic = topic_of(peer)
        return any(topic[:length] in self._topics for length in range(len(topic), -1, -1))

    def _note(self, what: int, topic: bytes) -> None:
        if what == _SUBSCRIBE and len(self._topics) < _MOST:
            self._topics.add(topic)
        elif what == _UNSUBSCRIBE:
            self._topics.discard(topic)
