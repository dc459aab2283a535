"""A socket that publishes: what waits for a subscriber is bounded in bytes, and what it sends is read by turns."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from typing import cast

import structlog

from dragoman_server.transport.connection import COMMAND_BYTES, READ_BYTES, Closed, Connection, FairReader, Readable
from dragoman_server.transport.connections import ConnectionLimits, Connections
from dragoman_server.transport.subscribers import Subscriber, Subscribers
from dragoman_server.transport.zmtp import (
    CANCEL,
    COMMAND,
    MORE,
    SUBSCRIBE,
    Buffer,
    ZmtpError,
    parse_command,
    pong_command,
    read_head,
)

log = structlog.get_logger()

_TURN_S = 0.002
_SUBSCRIPTIONS_PER_TURN = 1000
_LOOK_S = 1.0
_CHUNK_BYTES = 1 << 17
_WRITE_BYTES = 1 << 20
"""To one subscriber before the loop has a turn again."""
_LARGE_BYTES = 1 << 16
_OVERHEAD_BYTES = 100
"""Of a buffer that waits."""


class Dropped(Enum):
    """Why an event does not reach a subscriber."""

    SUBSCRIBER = "subscriber"
    """As much waits for it as may wait for one."""
    TOTAL = "total"
    """As much waits for all as may, and for it more than its share."""
    NO_SUBSCRIBER = "no_subscriber"
    """There is none for it."""


class OutBudget:
    """The bytes that wait for all subscribers together.

    Args:
        most_bytes: past it, those that wait for more than their share get nothing more.
        most_each_bytes: for one subscriber.
        most_each: buffers for one subscriber.
    """

    def __init__(self, most_bytes: int, most_each_bytes: int, most_each: int) -> None:
        self.most_bytes = most_bytes
        self.most_each_bytes = most_each_bytes
        self.most_each = most_each
        self.waiting_bytes = 0
        self.behind = 0
        """Subscribers for which something waits that their connections do not take."""
        self.dropped = dict.fromkeys(Dropped, 0)
        """Events that a subscriber did not get, counted for each subscriber."""

    def reason_to_drop(self, subscriber: Subscriber, size_bytes: int) -> Dropped | None:
        """Return why a message may not wait for a subscriber. One that has nothing waiting always gets the next."""
        own_bytes = subscriber.waiting_bytes
        if not own_bytes:
            return None
        if own_bytes + size_bytes > self.most_each_bytes or len(subscriber.out) >= self.most_each:
            return Dropped.SUBSCRIBER
        if self.waiting_bytes + size_bytes > self.most_bytes and own_bytes + size_bytes > self.most_bytes // max(
            1, self.behind
        ):
            return Dropped.TOTAL
        return None


class PubSocket:
    """One of the sockets that publish.

    Args:
        subscribers: where subscriptions are kept.
        budget: what may wait.
        connections: most at a time.
    """

    def __init__(self, subscribers: Subscribers, budget: OutBudget, connections: ConnectionLimits) -> None:
        self.subscribers = subscribers
        self._budget = budget
        self._reader = FairReader(self._visit, _TURN_S, _SUBSCRIPTIONS_PER_TURN)
        accepted = frozenset({b"SUB", b"XSUB"})
        self.connections = Connections(self._make, b"PUB", accepted, connections, self._reader, self._gone)
        self._dirty: list[Subscriber] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look: asyncio.TimerHandle | None = None

    def bind(self, endpoint: str) -> str:
        """Bind the socket and let subscribers in; return its endpoint.

        Raises:
            OSError: it cannot be bound.
        """
        bound = self.connections.bind(endpoint)
        self._loop = asyncio.get_running_loop()
        self.connections.start()
        self._look_again()
        return bound

    def enqueue(self, subscribers: Sequence[Subscriber], wire: Sequence[Buffer]) -> None:
        """Have a message, as it is on the wire, wait for these subscribers until `write`."""
        size_bytes = sum(map(len, wire)) + _OVERHEAD_BYTES * len(wire)
        budget = self._budget
        for subscriber in subscribers:
            reason = budget.reason_to_drop(subscriber, size_bytes)
            if reason is not None:
                budget.dropped[reason] += 1
                continue
            subscriber.out.extend(wire)
            subscriber.waiting_bytes += size_bytes
            budget.waiting_bytes += size_bytes
            if not subscriber.dirty:
                subscriber.dirty = True
                self._dirty.append(subscriber)

    def write(self) -> None:
        """Hand what waits to the connections, as far as they take it."""
        dirty, self._dirty = self._dirty, []
        for subscriber in dirty:
            subscriber.dirty = False
            if not subscriber.blocked and not subscriber.closed:
                self._write(subscriber)

    async def close(self, linger_s: float) -> None:
        """Close all; what waits has so long to leave."""
        deadline_s = time.monotonic() + linger_s
        while time.monotonic() < deadline_s and any(cast("Subscriber", one).out for one in self.connections):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        if self._look is not None:
            self._look.cancel()
        for connection in self.connections:
            _end_writing(connection.sock)
        self.connections.stop()
        self._loop = None

    def _make(
        self, sock: socket.socket, kind: bytes, accepted: frozenset[bytes], on_close: Callable[[Connection], None]
    ) -> Subscriber:
        subscriber = Subscriber(sock, kind, accepted, on_close)
        subscriber.topics = set()
        subscriber.out = deque()
        return subscriber

    def _look_again(self) -> None:
        if self._loop is not None:
            self._look = self._loop.call_later(_LOOK_S, self._look_again)
            self.connections.close_unshaken(time.monotonic())

    def _gone(self, connection: Connection) -> None:
        subscriber = cast("Subscriber", connection)
        self.subscribers.leave(subscriber)
        self._budget.waiting_bytes -= subscriber.waiting_bytes
        subscriber.waiting_bytes = 0
        subscriber.out.clear()
        self._unblock(subscriber)

    # --- to subscribers ------------------------------------------------------------------------------------

    def _write(self, subscriber: Subscriber) -> None:
        left_bytes = _WRITE_BYTES
        while subscriber.out and left_bytes > 0:
            chunk = self._next_chunk(subscriber)
            try:
                sent = subscriber.sock.send(chunk)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                subscriber.close()
                return
            left_bytes -= sent
            if sent < len(chunk):
                self._put_back(subscriber, memoryview(chunk)[sent:])
                break
        if subscriber.out:
            self._block(subscriber)
        else:
            self._unblock(subscriber)

    def _next_chunk(self, subscriber: Subscriber) -> Buffer:
        """Take the next buffer, or small ones together, out of what waits."""
        out = subscriber.out
        chunk = out.popleft()
        size_bytes, count = len(chunk), 1
        if out and size_bytes < _LARGE_BYTES:
            small = [chunk]
            while out and size_bytes < _CHUNK_BYTES and len(out[0]) < _LARGE_BYTES:
                small.append(out.popleft())
                size_bytes += len(small[-1])
            chunk, count = b"".join(small), len(small)
        taken_bytes = size_bytes + count * _OVERHEAD_BYTES
        subscriber.waiting_bytes -= taken_bytes
        self._budget.waiting_bytes -= taken_bytes
        return chunk

    def _put_back(self, subscriber: Subscriber, rest: memoryview) -> None:
        subscriber.out.appendleft(rest)
        size_bytes = len(rest) + _OVERHEAD_BYTES
        subscriber.waiting_bytes += size_bytes
        self._budget.waiting_bytes += size_bytes

    def _block(self, subscriber: Subscriber) -> None:
        if not subscriber.blocked and self._loop is not None:
            subscriber.blocked = True
            self._budget.behind += 1
            self._loop.add_writer(subscriber.fd, self._write, subscriber)

    def _unblock(self, subscriber: Subscriber) -> None:
        if subscriber.blocked:
            subscriber.blocked = False
            self._budget.behind -= 1
            if self._loop is not None:
                self._loop.remove_writer(subscriber.fd)

    # --- from subscribers ----------------------------------------------------------------------------------

    def _visit(self, connection: Connection, share: int) -> Readable:
        subscriber = cast("Subscriber", connection)
        try:
            if self._parse(subscriber, share):
                return Readable.MORE
            count = subscriber.receive()
            more = bool(count) and (self._parse(subscriber, share) or count == READ_BYTES)
        except ZmtpError as error:
            log.debug("peer.closed", reason=str(error))
            subscriber.close(Closed.PROTOCOL)
            return Readable.NOTHING
        if subscriber.ended:
            subscriber.close()
        return Readable.MORE if more else Readable.NOTHING

    def _parse(self, subscriber: Subscriber, share: int) -> bool:
        """Deal with up to `share` frames of those that have come; return whether there may be more."""
        data, place, end = subscriber.data, subscriber.place, len(subscriber.data)
        for _ in range(share):
            head = read_head(data, place)
            if head is None:
                break
            flags, size, start = head
            if size > COMMAND_BYTES:
                raise ZmtpError(f"a frame of {size} bytes from a subscriber")
            if start + size > end:
                break
            subscriber.place = place = start + size
            self._obey(subscriber, flags, data[start:place])
            if subscriber.closed:
                return False
        else:
            return True
        subscriber.drop_dealt_with()
        return False

    def _obey(self, subscriber: Subscriber, flags: int, frame: bytes) -> None:
        """Take a subscription, in the form of ZMTP 3.0 or of 3.1; what is none is passed over."""
        if flags & COMMAND:
            name, data = parse_command(frame)
            if name == b"SUBSCRIBE":
                self.subscribers.subscribe(subscriber, data)
            elif name == b"CANCEL":
                self.subscribers.unsubscribe(subscriber, data)
            elif name == b"PING":
                subscriber.out.append(pong_command(data))
                subscriber.waiting_bytes += len(subscriber.out[-1]) + _OVERHEAD_BYTES
                self._budget.waiting_bytes += len(subscriber.out[-1]) + _OVERHEAD_BYTES
                if not subscriber.blocked:
                    self._write(subscriber)
            return
        alone = not subscriber.in_message and not flags & MORE
        subscriber.in_message = bool(flags & MORE)
        if not alone or not frame:
            return
        if frame[0] == SUBSCRIBE:
            self.subscribers.subscribe(subscriber, frame[1:])
        elif frame[0] == CANCEL:
            self.subscribers.unsubscribe(subscriber, frame[1:])


def _end_writing(sock: socket.socket) -> None:
    """End a connection so that what the kernel holds for the peer still arrives: unread bytes would reset it."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(READ_BYTES):
            pass
