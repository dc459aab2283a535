"""One connection of a peer: the handshake, bytes in, frames out, and nothing kept that has no bound."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable
from enum import Enum

from dragoman_server.transport.zmtp import (
    COMMAND,
    GREETING,
    GREETING_BYTES,
    LONG,
    ZmtpError,
    check_greeting,
    error_command,
    parse_command,
    ready_command,
    socket_type_of,
)

READ_BYTES = 1 << 16
_LATE_S = 0.008
"""After a turn that left something, the next one is to begin within so long."""
_LARGE_S = 0.0015
"""The rest of large frames has so long of a turn: a small message waits for some turns."""
_VISITS_PER_TURN = 4
"""If each takes as long as it may."""
COMMAND_BYTES = 4096
"""The largest command."""
_scratch = memoryview(bytearray(READ_BYTES))
"""Where bytes arrive: all reading is done in the one thread of the loop."""


class Closed(Enum):
    """Why a connection is closed."""

    PEER = "peer"
    """Its peer has ended it, or went away."""
    PROTOCOL = "protocol"
    """What came is not the protocol, or past every limit."""
    HANDSHAKE = "handshake"
    """Its handshake took too long, or gave way to newer ones."""
    SLOW = "slow"
    """A large frame took too long."""


class Readable(Enum):
    """What a visit to a connection found."""

    MORE = "more"
    """There may be more to do."""
    NOTHING = "nothing"
    """What has come is dealt with."""


class Connection:
    """The handshake of a peer; kinds of sockets add what comes after it.

    Args:
        sock: the connection; it does not block.
        kind: the type of our socket.
        accepted: types of socket that may be at the other end.
        on_close: called once when it is closed, by either side.
    """

    def __init__(
        self, sock: socket.socket, kind: bytes, accepted: frozenset[bytes], on_close: Callable[[Connection], None]
    ) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.since_s = time.monotonic()
        self.shaken = False
        """Whether the handshake is done."""
        self.closed: Closed | None = None
        """Why it is closed; None while it is open."""
        self.address = ""
        """Its peer's, where connections are counted by it."""
        self.ended = False
        """The peer sends no more; what has come may still be read."""
        self.data = b""
        """What has come and is not dealt with."""
        self.place = 0
        """So much of it is."""
        self.queued = False
        """It waits for its visit."""
        self.in_large = False
        """What comes next is the rest of a large frame."""
        self._kind = kind
        self._accepted = accepted
        self._on_close = on_close
        self._greeted = False

    def greet(self) -> None:
        """Send our greeting; a new connection has room for it."""
        self.write_now(GREETING)

    def close(self, why: Closed = Closed.PEER) -> None:
        """Close it."""
        if self.closed is None:
            self.closed = why
            self._on_close(self)
            self.sock.close()

    def receive(self) -> int:
        """Take what has come, up to `READ_BYTES`; return how much. At an end, `ended` is set."""
        try:
            count = self.sock.recv_into(_scratch)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            count = 0
        if not count:
            self.ended = True
            return 0
        arrived = bytes(_scratch[:count])
        self.data = self.data[self.place :] + arrived if self.place < len(self.data) else arrived
        self.place = 0
        return count

    def write_now(self, data: bytes) -> None:
        """Write a few bytes; a peer that does not take them is closed."""
        try:
            if self.sock.send(data) == len(data):
                return
        except OSError:
            pass
        self.ended = True
        self.close()

    def shake_hands(self) -> None:
        """Go on with the handshake, as far as the bytes go.

        Raises:
            ZmtpError: it fails.
        """
        if not self._greeted:
            greeting = self.data[self.place : self.place + GREETING_BYTES]
            check_greeting(greeting)
            if len(greeting) < GREETING_BYTES:
                return
            self.place += GREETING_BYTES
            self._greeted = True
            self.write_now(ready_command(self._kind))
        body = self._ready_body()
        if body is None or self.closed:
            return
        name, data = parse_command(body)
        if name != b"READY":
            raise ZmtpError("no READY command after the greeting")
        if socket_type_of(data) not in self._accepted:
            self.write_now(error_command(b"Invalid socket type"))
            raise ZmtpError("a socket of another type")
        self.shaken = True

    def _ready_body(self) -> bytes | None:
        """Take the first frame after the greeting, which is a command; None where it is not whole yet.

        Raises:
            ZmtpError: it is something else.
        """
        head = self.data[self.place : self.place + 9]
        if not head:
            return None
        if head[0] & ~LONG != COMMAND:
            raise ZmtpError("no READY command after the greeting")
        start = 9 if head[0] & LONG else 2
        if len(head) < start:
            return None
        size = int.from_bytes(head[1:start], "big")
        if size > COMMAND_BYTES:
            raise ZmtpError("a READY command that is too large")
        start += self.place
        if len(self.data) < start + size:
            return None
        self.place = start + size
        return self.data[start : self.place]

    def drop_dealt_with(self) -> None:
        """Let go of the bytes that are dealt with."""
        if self.place >= len(self.data):
            self.data, self.place = b"", 0


class FairReader:
    """Visits connections by turns, a little at each, so that none keeps the loop or another waiting.

    How much a turn takes in goes by how long the loop needs for what earlier turns took in: a message may cause more
    work later than it does now.

    Args:
        visit: deals with some of what a connection has, at most as many messages as it is told.
        turn_s: how long a turn may take.
        messages: most in a turn.
        around: called before and after each turn.
    """

    def __init__(
        self,
        visit: Callable[[Connection, int], Readable],
        turn_s: float,
        messages: int,
        around: tuple[Callable[[], None], Callable[[], None]] | None = None,
    ) -> None:
        self._visit = visit
        self._turn_s = turn_s
        self._most = self._messages = messages
        self._least = max(1, messages // 16)
        self._per_visit = max(1, messages // 8)
        self._around = around
        self._ready: deque[Connection] = deque()
        self._large: deque[Connection] = deque()
        """Those in the middle of a large frame: they have what the others leave of a turn, and one visit at least."""
        self._again: asyncio.Handle | None = None
        self.until_s = 0.0
        """When the present visit is to end: a message may be dear."""
        self._busy_since_s = 0.0
        """When the last turn began, where it left something."""
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Visit connections from now on."""
        self._loop = asyncio.get_running_loop()
        if self._ready or self._large:
            self._schedule()

    def stop(self) -> None:
        """Visit none any more."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        self._loop = None

    def wants(self, connection: Connection) -> None:
        """Put a connection into the row of those that have something."""
        if not connection.queued:
            self._put(connection)
            if self._again is None and self._loop is not None:
                self._schedule()

    def turn(self) -> bool:
        """Visit connections until the time of a turn is over; return whether any has more."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        begin_s = time.monotonic()
        self._adapt(begin_s)
        if self._around is not None:
            self._around[0]()
        try:
            self._visit_all(begin_s + self._turn_s)
        finally:
            if self._around is not None:
                self._around[1]()
        left = bool(self._ready or self._large)
        self._busy_since_s = begin_s if left else 0.0
        if left and self._loop is not None and self._again is None:
            self._schedule()
        return left

    def _adapt(self, now_s: float) -> None:
        """Take in less where the loop came back late, and more again where it did not."""
        if self._busy_since_s and now_s - self._busy_since_s > _LATE_S:
            self._messages = max(self._least, self._messages // 2)
        elif self._messages < self._most:
            self._messages = min(self._most, self._messages + self._least)

    def _visit_all(self, until_s: float) -> None:
        """Visit by turns; a connection that has more goes to the end of its row."""
        left = self._messages
        now_s = time.monotonic()
        while self._ready and left > 0 and now_s < until_s:
            share = min(left, self._per_visit)
            self._visit_one(self._ready.popleft(), share, now_s)
            left -= share
            now_s = time.monotonic()
        until_s = min(until_s, now_s + _LARGE_S)
        for _ in range(len(self._large)):
            self._visit_one(self._large.popleft(), self._per_visit, now_s)
            now_s = time.monotonic()
            if now_s >= until_s:
                return

    def _visit_one(self, connection: Connection, share: int, now_s: float) -> None:
        self.until_s = now_s + self._turn_s / _VISITS_PER_TURN
        connection.queued = False
        if connection.closed:
            return
        if self._visit(connection, share) is Readable.MORE and not connection.queued:
            self._put(connection)

    def _put(self, connection: Connection) -> None:
        connection.queued = True
        (self._large if connection.in_large else self._ready).append(connection)

    def _schedule(self) -> None:
        assert self._loop is not None  # noqa: S101 - callers have looked
        self._again = self._loop.call_soon(self.turn)
