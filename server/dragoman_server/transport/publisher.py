"""The one owner of the sockets that publish: order, encoding, topic."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence

import structlog

from dragoman_server.bounded import BoundedMap
from dragoman_server.transport.connections import ConnectionLimits
from dragoman_server.transport.pub_socket import Dropped, OutBudget, PubSocket
from dragoman_server.transport.subscribers import Subscribers
from dragoman_server.transport.zmtp import MORE, frame_head, wire_of
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.events import Event
from dragoman_wire.inbound import Buffer
from dragoman_wire.outbound import frames_of, topic_of

log = structlog.get_logger()

_TOPIC_BYTES = 65
"""The longest name of a peer, and its NUL."""
_PREFIX_BYTES = 64
"""Of an event, by which a subscriber of *events* may choose."""
_TOPICS_IN_ALL = 16
"""Times as many as one subscriber may have."""
_KNOWN_PEERS = 10_000
_CONNECTIONS = ConnectionLimits(total=1000, address=500)
_MOST_WAITING = 16
"""Events that leave together; the first of them is not to wait for long."""


class Publisher:
    """Sends events: on *events* to every subscriber, on *routed events* to one peer.

    It never blocks: a subscriber that does not take what is sent in time gets no more once `subscriber_bytes` or
    `high_water_mark` messages wait for it. What was dropped is had again by a repeat or a `result` request.

    Args:
        high_water_mark: messages that wait for one subscriber.
        subscriber_bytes: bytes that wait for one subscriber.
        subscribers_bytes: bytes that wait for all subscribers together.
        topics: topics of one subscriber.
        connections: subscribers of each socket.
    """

    def __init__(
        self,
        high_water_mark: int,
        *,
        subscriber_bytes: int = 64 << 20,
        subscribers_bytes: int = 256 << 20,
        topics: int = 4096,
        connections: ConnectionLimits = _CONNECTIONS,
    ) -> None:
        self.budget = OutBudget(subscribers_bytes, subscriber_bytes, high_water_mark)
        most = _TOPICS_IN_ALL * topics
        self._events = PubSocket(Subscribers(_PREFIX_BYTES, topics, most), self.budget, connections)
        self._routed = PubSocket(Subscribers(_TOPIC_BYTES, topics, most), self.budget, connections)
        self.subscribers = self._routed.subscribers
        self._waiting: list[tuple[str | None, bytes, Sequence[Buffer]]] = []
        self._peers: BoundedMap[str, Codec] = BoundedMap(_KNOWN_PEERS)
        self._holding = False
        self.published = 0

    def bind_events(self, endpoint: str) -> str:
        """Bind the socket for all subscribers; return its endpoint, with the port where 0 was asked for."""
        return self._events.bind(endpoint)

    def bind_routed(self, endpoint: str) -> str:
        """Bind the socket on which each peer gets its own events; return its endpoint."""
        return self._routed.bind(endpoint)

    @property
    def sockets(self) -> Mapping[str, PubSocket]:
        """Return the two sockets by their names in the configuration."""
        return {"events": self._events, "routed": self._routed}

    def is_heard_by(self, reply_to: str | None) -> bool:
        """Tell whether a subscription covers what is for this peer; None: whether any peer hears *events*."""
        if reply_to is None:
            return bool(self._events.subscribers.of(b"{"))
        return self.subscribers.hear(reply_to)

    def publish(self, event: Event | dict[str, object], codec: Codec, reply_to: str | None) -> None:
        """Send one event without binaries, in the order of the calls."""
        self.send(encode_header(event, codec), codec, reply_to)

    def send(self, header: bytes, codec: Codec, reply_to: str | None, binaries: Sequence[Buffer] = ()) -> None:
        """Send one event that is encoded already, in this `codec`; in the order of the calls.

        What comes up in one turn of the loop leaves together: each message by itself would be a call to the kernel,
        and would wake the peer.
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
            try:
                self._enqueue(reply_to, header, binaries)
            except Exception:  # the others are still to leave
                log.exception("event.not_sent", reply_to=reply_to, bytes=len(header))
        self._events.write()
        self._routed.write()

    def _enqueue(self, reply_to: str | None, header: bytes, binaries: Sequence[Buffer]) -> None:
        if reply_to is None:
            socket, topic = self._events, b""
            subscribers = socket.subscribers.of(header[:_PREFIX_BYTES])
        else:
            socket, topic = self._routed, _topic_frame(reply_to)
            subscribers = socket.subscribers.of_topic(topic_of(reply_to))
        if not subscribers:
            self.budget.dropped[Dropped.NO_SUBSCRIBER] += 1
            return
        if binaries:
            socket.enqueue(subscribers, wire_of(frames_of(header, reply_to, binaries)))
        else:
            socket.enqueue(subscribers, [topic + frame_head(len(header)) + header])

    def announce(self, event: Event) -> None:
        """Send an event to every peer that was answered on *routed events* lately, in its own encoding."""
        for reply_to, codec in list(self._peers.items()):
            self.publish(event, codec, reply_to)

    async def close(self, linger_s: float) -> None:
        """Close the sockets; what waits for subscribers has `linger_s` more to leave."""
        self.flush()
        await asyncio.gather(self._events.close(linger_s), self._routed.close(linger_s))


@functools.lru_cache(maxsize=_KNOWN_PEERS)
def _topic_frame(reply_to: str) -> bytes:
    topic = topic_of(reply_to)
    return frame_head(len(topic), MORE) + topic
