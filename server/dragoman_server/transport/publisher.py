"""The one owner of the PUB sockets: order, encoding, topic."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
import zmq
import zmq.backend

from dragoman_server.bounded import BoundedMap
from dragoman_server.transport.subscribers import Subscribers
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.events import Event
from dragoman_wire.inbound import Buffer
from dragoman_wire.outbound import frames_of

log = structlog.get_logger()

_LARGE_BYTES = 1 << 16
"""Frames from this size on are handed to libzmq without a copy."""
_SUBSCRIPTION_BYTES = 4096
"""The largest thing that a subscriber may send."""
_LAST, _MORE = int(zmq.NOBLOCK), int(zmq.NOBLOCK | zmq.SNDMORE)
_KNOWN_PEERS = 10_000
_MOST_WAITING = 16
"""Events that leave together; the first of them is not to wait for long."""


class _Socket(zmq.Socket[bytes]):
    """A socket without what only other kinds of sockets need, which is half of the time that a message takes."""

    send = zmq.backend.Socket.send  # type: ignore[assignment]  # but for two arguments that are never given, the same


class Publisher:
    """Sends events: on *events* to every subscriber, on *routed events* to one peer.

    A PUB socket never blocks: it drops what a slow subscriber does not take in time, once `high_water_mark` messages
    wait for it. What was dropped is had again by a repeat or a `result` request.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], high_water_mark: int) -> None:
        self._events = context.socket(zmq.PUB, socket_class=_Socket)
        self._routed = context.socket(zmq.XPUB, socket_class=_Socket)
        self.subscribers = Subscribers(self._routed)
        for socket in (self._events, self._routed):
            socket.set(zmq.SNDHWM, high_water_mark)
            socket.set(zmq.MAXMSGSIZE, _SUBSCRIPTION_BYTES)
        self._waiting: list[tuple[str | None, bytes, Sequence[Buffer]]] = []
        self._peers: BoundedMap[str, Codec] = BoundedMap(_KNOWN_PEERS)
        self._holding = False
        self.published = 0

    def bind_events(self, endpoint: str) -> str:
        """Bind the socket for all subscribers; return its endpoint, with the port where 0 was asked for."""
        return _bind(self._events, endpoint)

    def bind_routed(self, endpoint: str) -> str:
        """Bind the socket on which each peer gets its own events; return its endpoint."""
        bound = _bind(self._routed, endpoint)
        self.subscribers.start()
        return bound

    def publish(self, event: Event | dict[str, object], codec: Codec, reply_to: str | None) -> None:
        """Send one event without binaries, in the order of the calls."""
        self.send(encode_header(event, codec), codec, reply_to)

    def send(self, header: bytes, codec: Codec, reply_to: str | None, binaries: Sequence[Buffer] = ()) -> None:
        """Send one event that is encoded already, in this `codec`; in the order of the calls.

        What comes up in one turn of the loop leaves together: each message by itself would wake the thread of libzmq
        that writes it, and the peer.
        """
        if reply_to is not None:
            self._peers.put(reply_to, codec)
        if not self._waiting and not self._holding:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append((reply_to, header, binaries))
        self.published += 1
        if len(self._waiting) >= _MOST_WAITING:
            self.flush()

    def hold(self) -> None:
        """Let events gather until `release`, which must come in this turn of the loop."""
        self._holding = True

    def release(self) -> None:
        """Hand over the gathered events."""
        self._holding = False
        self.flush()

    def flush(self) -> None:
        """Hand over the waiting events."""
        waiting, self._waiting = self._waiting, []
        for reply_to, header, binaries in waiting:
            socket = self._events if reply_to is None else self._routed
            *first, last = frames_of(header, reply_to, binaries)
            try:
                for frame in first:
                    socket.send(frame, _MORE, copy=len(frame) < _LARGE_BYTES)
                socket.send(last, _LAST, copy=len(last) < _LARGE_BYTES)
            except zmq.ZMQError:  # the others are still to leave
                log.exception("event.not_sent", reply_to=reply_to, bytes=len(header))

    def announce(self, event: Event) -> None:
        """Send an event to every peer that was answered on *routed events* lately, in its own encoding."""
        for reply_to, codec in list(self._peers.items()):
            self.publish(event, codec, reply_to)

    def close(self, linger_ms: int) -> None:
        """Close the sockets; what waits for subscribers has `linger_ms` more once the context ends."""
        self.flush()
        self.subscribers.stop()
        for socket in (self._events, self._routed):
            socket.close(linger=linger_ms)


def _bind(socket: zmq.Socket[bytes], endpoint: str) -> str:
    socket.bind(endpoint)
    return socket.get_string(zmq.LAST_ENDPOINT)
