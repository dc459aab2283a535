"""The sockets of a client: how they connect, and how one of them is read to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import zmq

from dragoman_client.errors import ServerUnreachable

_MOST_PER_TURN = 64
"""Messages before the loop has a turn again."""
_LOOK_AGAIN_S = 1.0
_HEARTBEAT_MS = 10_000
"""How often a silent connection is probed: a half-open one is dropped and made again."""
_RECONNECT_MAX_MS = 1000
_NOBLOCK = int(zmq.NOBLOCK)


def connect_sockets(
    push: zmq.Socket[Any],
    sub: zmq.Socket[Any],
    *,
    requests: str,
    routed: str,
    topics: Iterable[bytes],
    high_water_mark: int,
) -> None:
    """Connect the pair that every client has.

    Args:
        push: sends the requests. It takes one only while a server is connected: what would queue up for an absent one
            is late, or sent again anyway.
        sub: receives the events.
        requests: endpoint of the requests.
        routed: endpoint of the routed events.
        topics: what `sub` subscribes to.
        high_water_mark: events that may wait to be read; 0 is without limit.

    Raises:
        ServerUnreachable: an endpoint cannot be connected to at all, for example for a misspelt transport.
    """
    push.setsockopt(zmq.IMMEDIATE, 1)
    sub.setsockopt(zmq.RCVHWM, high_water_mark)
    for topic in topics:
        sub.setsockopt(zmq.SUBSCRIBE, topic)
    for socket, endpoint in ((push, requests), (sub, routed)):
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, _RECONNECT_MAX_MS)
        socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3 * _HEARTBEAT_MS)
        try:
            socket.connect(endpoint)
        except zmq.ZMQError as error:
            raise ServerUnreachable(f"cannot connect to {endpoint!r}: {error}") from error


class Receiver:
    """Reads a socket whenever something is there, a few messages at a time, and hands each to a function.

    The socket is not to be received from elsewhere. Made inside a running event loop; reads from the start.

    Args:
        socket: to read.
        on_message: called with the frames of each message; must not block.
        on_fault: called with what `on_message` or the socket raised; nothing is read after it.
    """

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        on_message: Callable[[list[bytes]], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._socket = socket
        self._on_message = on_message
        self._on_fault = on_fault
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.Handle | None = None
        self._descriptor = int(socket.fileno())
        self._loop.add_reader(self._descriptor, self._turn)
        # Messages that are there already announced themselves before the reader was registered.
        self._next = self._loop.call_soon(self._turn)

    def stop(self) -> None:
        """Read no more; safe to repeat. The socket may be closed after it."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
            self._loop.remove_reader(self._descriptor)

    def read_all(self) -> None:
        """Hand over what is there now, without a turn for the loop in between."""
        more = True
        while more and self._next is not None:
            more = self._turn()

    def _turn(self) -> bool:
        """Hand over a few messages; return whether there may be more."""
        if self._next is None:
            return False
        self._next.cancel()
        try:
            more = self._take()
        except Exception as error:  # noqa: BLE001 - whatever it is, the calls that wait are told
            self.stop()
            self._on_fault(error)
            return False
        if self._next is not None:  # a message may have stopped it
            # The descriptor is edge-triggered: should an edge ever be missed, the look finds what it announced.
            later = self._loop.call_later
            self._next = self._loop.call_soon(self._turn) if more else later(_LOOK_AGAIN_S, self._turn)
        return more

    def _take(self) -> bool:
        """Hand over what is there; return whether there may be more."""
        for _ in range(_MOST_PER_TURN):
            try:
                frames = self._socket.recv_multipart(_NOBLOCK)
            except zmq.Again:
                return False
            self._on_message(frames)
            if self._next is None:
                return False
        return True
