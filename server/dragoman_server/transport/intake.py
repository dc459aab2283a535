"""The reader of requests. It takes a little of what every peer sends, by turns, and never waits for work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, cast

import structlog

from dragoman_engines.process.allocator import give_memory_back
from dragoman_server.transport.arrival import LARGE_BYTES, Arrival, LargeFrame, OpenFile, SpooledFrame, forget_pages
from dragoman_server.transport.backpressure import ByteBudget
from dragoman_server.transport.connection import COMMAND_BYTES, READ_BYTES, Closed, Connection, FairReader, Readable
from dragoman_server.transport.connections import ConnectionLimits, Connections
from dragoman_server.transport.header_reader import HeaderReader
from dragoman_server.transport.zmtp import COMMAND, LONG, MORE, ZmtpError, parse_command, pong_command, read_head
from dragoman_wire.inbound import BadMessage, Buffer, Inbound, Seen, decode_quickly
from dragoman_wire.limits import WireLimits

log = structlog.get_logger()

_TURN_S = 0.004
_MESSAGES_PER_TURN = 64
_LOOK_S = 1.0
_PARTS_PER_VISIT = 1000
_LARGE_READS = 2
_LARGE_READ_BYTES = 1 << 18
"""Of a large frame, on a visit."""
_QUICK_BYTES = 1 << 17
"""Headers up to this size are decoded in a moment."""
_EXPLAINED_BYTES = 1 << 13
"""Up to this size it also takes a moment to find out what is wrong with one."""
_SLOW_S = 10.0
_SLOWEST_BYTES_PER_S = 1 << 16
"""A large frame may take so long, and then so long as this many bytes a second take."""
_ROUNDS_TO_EMPTY = 500
_FORGOTTEN_FILES = 64


class Outbox(Protocol):
    """Where answers go; `Outgoing` is one."""

    def hold(self) -> None:
        """Let answers gather."""
        ...

    def release(self) -> None:
        """Send the gathered answers."""
        ...


class _Pusher(Connection):
    """A peer that pushes requests."""

    arrival: Arrival | None = None
    """The message that is arriving."""
    large: LargeFrame | None = None
    """The frame that is being read to its place, and its flags and beginning."""
    large_flags = 0
    large_since_s = 0.0
    waits = False
    """Its last header is being read, or a part of a frame written, elsewhere; what comes later waits."""

    @property
    def idle(self) -> bool:
        """Return whether the next bytes are those of a small frame, and may come."""
        return self.closed is None and not self.waits and self.large is None


class Intake:
    """Receives, decodes and hands over.

    Args:
        limits: sizes past which a request is refused before it is decoded.
        connections: most at a time.
        budget: what requests may hold.
        open_file: makes files without names for large frames.
        outbox: what is answered in the turn in which it is read goes out at its end.
        on_request: called with each well-formed request; must not block.
        on_bad: called with each that is not.
    """

    def __init__(
        self,
        limits: WireLimits,
        connections: ConnectionLimits,
        budget: ByteBudget,
        open_file: OpenFile,
        outbox: Outbox,
        on_request: Callable[[Inbound], None],
        on_bad: Callable[[BadMessage], None],
    ) -> None:
        self.limits = limits
        self._budget = budget
        self._open_file = open_file
        self._on_request = on_request
        self._on_bad = on_bad
        self._reader = FairReader(self._visit, _TURN_S, _MESSAGES_PER_TURN, (outbox.hold, outbox.release))
        self.connections = Connections(_Pusher, b"PULL", frozenset({b"PUSH"}), connections, self._reader, self._gone)
        self._headers = HeaderReader()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Future[None]] = set()
        self._large_messages = self._large_before = 0
        self._untidy = False
        self.received = 0
        self.rejected = 0
        self.last_turn_s = time.monotonic()
        """When the loop last looked at the sockets; the health check goes by it."""

    def bind(self, endpoint: str) -> str:
        """Bind the socket; return its endpoint.

        Raises:
            OSError: it cannot be bound.
        """
        return self.connections.bind(endpoint)

    def start(self) -> None:
        """Read from now on, whenever something is there."""
        self._loop = asyncio.get_running_loop()
        self.connections.start()
        self._look_again()

    def stop(self) -> None:
        """Take the messages that still wait, if it was started, then close the sockets."""
        if self._loop is not None:
            if self._look is not None:
                self._look.cancel()
            self.empty()
            self._loop = None
        self.connections.stop()
        self._headers.close()

    def leave(self) -> None:
        """Take the messages that have come, then let go of all peers.

        What they send from now on waits in their own sockets for a successor.
        """
        self.empty()
        self.connections.stop()

    def empty(self) -> None:
        """Take the messages that have come; no endless row of later ones, for a peer may never stop."""
        for connection in self.connections:
            if connection.shaken:
                self._reader.wants(connection)
        for _ in range(_ROUNDS_TO_EMPTY):
            if not self._reader.turn():
                return

    def _look_again(self) -> None:
        """Note that the loop has its turns, and close connections that only cost."""
        if self._loop is None:
            return
        self._look = self._loop.call_later(_LOOK_S, self._look_again)
        self.last_turn_s = now_s = time.monotonic()
        self.connections.close_unshaken(now_s)
        self._tidy_memory()
        for connection in list(self.connections):
            pusher = cast("_Pusher", connection)
            large = pusher.large
            if large is not None:
                come_bytes = large.size_bytes - large.missing_bytes
                if now_s > pusher.large_since_s + _SLOW_S + come_bytes / _SLOWEST_BYTES_PER_S:
                    pusher.close(Closed.SLOW)

    def _tidy_memory(self) -> None:
        """Give back what large messages took, a while after the last of them."""
        if self._budget.spooled_bytes:
            forget_pages(_FORGOTTEN_FILES)
        if self._large_messages != self._large_before:
            self._large_before, self._untidy = self._large_messages, True
        elif self._untidy:
            self._untidy = False
            give_memory_back()

    def _gone(self, connection: Connection) -> None:
        pusher = cast("_Pusher", connection)
        if pusher.arrival is not None:
            pusher.arrival.drop()
            pusher.arrival = pusher.large = None

    # --- reading -------------------------------------------------------------------------------------------

    def _visit(self, connection: Connection, share: int) -> Readable:
        """Take up to `share` messages of a peer."""
        pusher = cast("_Pusher", connection)
        self.last_turn_s = time.monotonic()
        try:
            return self._take(pusher, share)
        except ZmtpError as error:
            log.debug("peer.closed", reason=str(error))
            pusher.close(Closed.PROTOCOL)
            return Readable.NOTHING
        finally:
            pusher.in_large = pusher.large is not None

    def _take(self, pusher: _Pusher, share: int) -> Readable:
        if pusher.waits:
            return Readable.NOTHING  # it is wanted again when that is done
        if pusher.large is not None:
            return self._read_large(pusher, pusher.large)
        more = self._parse(pusher, share)
        if not more and pusher.idle:
            count = pusher.receive()
            more = bool(count) and (self._parse(pusher, share) or count == READ_BYTES)
            if pusher.ended:
                pusher.close()
        return Readable.MORE if more or pusher.large is not None else Readable.NOTHING

    def _parse(self, pusher: _Pusher, share: int) -> bool:
        """Take up to `share` messages from the bytes that have come; return whether there may be more in them."""
        data, place, end = pusher.data, pusher.place, len(pusher.data)
        for _ in range(_PARTS_PER_VISIT):
            head = read_head(data, place)
            if head is None:
                break
            flags, size, start = head
            stop = start + size
            if stop > end:
                self._wait_for(pusher, flags, size, start)
                break
            pusher.place = place = stop
            share -= self._frame(pusher, flags, data[start:stop])
            if pusher.closed or pusher.waits:
                return False
            if not share or time.monotonic() > self._reader.until_s:
                return True
        else:
            return True
        pusher.drop_dealt_with()
        return False

    def _frame(self, pusher: _Pusher, flags: int, frame: bytes) -> int:
        """Deal with a whole frame; return the number of messages that end with it."""
        if flags & ~LONG == 0 and pusher.arrival is None:
            self._decode(pusher, [frame], None)
            return 1
        if flags & COMMAND:
            self._obey(pusher, flags, frame)
            return 0
        arrival = self._arrival_of(pusher)
        arrival.add(frame)
        return 0 if flags & MORE else self._complete(pusher, arrival)

    def _wait_for(self, pusher: _Pusher, flags: int, size: int, start: int) -> None:
        """Wait for the rest of a frame; that of a large one is read straight to its place.

        Raises:
            ZmtpError: it is past every limit. A little room is left, so that one that is only just too large is
                answered.
        """
        most = COMMAND_BYTES if flags & COMMAND else self.limits.request_bytes + self.limits.header_bytes
        if size > most:
            raise ZmtpError(f"a frame of {size} bytes")
        if size < LARGE_BYTES:
            return
        arrival = self._arrival_of(pusher)
        pusher.large, pusher.large_flags, pusher.large_since_s = arrival.begin(size), flags, time.monotonic()
        self._large_messages += 1
        rest = memoryview(pusher.data)[start:]
        pusher.data, pusher.place = b"", 0
        while rest:  # it fits: less than a chunk has come
            space = pusher.large.space()
            count = min(len(space), len(rest))
            space[:count] = rest[:count]
            pusher.large.came(count)
            rest = rest[count:]

    def _read_large(self, pusher: _Pusher, large: LargeFrame) -> Readable:
        for _ in range(_LARGE_READS):
            try:
                count = pusher.sock.recv_into(large.space()[:_LARGE_READ_BYTES])
            except (BlockingIOError, InterruptedError):
                return Readable.NOTHING
            except OSError:
                count = 0
            if not count:
                pusher.ended = True
                pusher.close()  # what is not whole never will be
                return Readable.NOTHING
            large.came(count)
            if isinstance(large, SpooledFrame) and large.must_write:
                self._write_large(pusher, large)
                return Readable.NOTHING
            if not large.missing_bytes:
                self._end_large(pusher, large)
                return Readable.NOTHING if pusher.waits else Readable.MORE
        return Readable.MORE

    def _end_large(self, pusher: _Pusher, large: LargeFrame) -> None:
        arrival = self._arrival_of(pusher)
        arrival.end(large)
        pusher.large = None
        if not pusher.large_flags & MORE:
            self._complete(pusher, arrival)

    def _write_large(self, pusher: _Pusher, large: SpooledFrame) -> None:
        """Have a chunk written; the peer waits for it."""
        pusher.waits = True
        self.connections.pause(pusher)
        writing = asyncio.ensure_future(large.write())
        self._writing.add(writing)
        writing.add_done_callback(lambda done: self._written(pusher, large, done))

    def _written(self, pusher: _Pusher, large: SpooledFrame, writing: asyncio.Future[None]) -> None:
        self._writing.discard(writing)
        failed = writing.cancelled() or writing.exception() is not None
        if pusher.closed:
            return
        pusher.waits = False
        if failed:
            log.warning("spool.cannot_write")
            pusher.large = self._arrival_of(pusher).refuse_rest(large)
        if not large.missing_bytes:
            self._end_large(pusher, large if not failed else pusher.large or large)
        if not pusher.waits:
            self.connections.resume(pusher)

    def _arrival_of(self, pusher: _Pusher) -> Arrival:
        if pusher.arrival is None:
            pusher.arrival = Arrival(self.limits, self._budget, self._open_file)
        return pusher.arrival

    def _obey(self, pusher: _Pusher, flags: int, frame: bytes) -> None:
        name, data = parse_command(frame)
        if flags & MORE or pusher.arrival is not None or name == b"ERROR":
            raise ZmtpError("a command where none may be")
        if name == b"PING":
            pusher.write_now(pong_command(data))

    # --- handing over --------------------------------------------------------------------------------------

    def _complete(self, pusher: _Pusher, arrival: Arrival) -> int:
        pusher.arrival = None
        arrival.release()
        self._decode(pusher, arrival.frames, arrival.seen)
        return 1

    def _decode(self, pusher: _Pusher, frames: list[Buffer], seen: Seen | None) -> None:
        self.received += 1
        try:
            inbound = decode_quickly(
                frames, self.limits, seen, quick_bytes=_QUICK_BYTES, explained_bytes=_EXPLAINED_BYTES
            )
        except BadMessage as bad:
            self._reject(bad)
            return
        if inbound is not None:
            self._guard(self._on_request, inbound)
            return
        pusher.waits = True
        self.connections.pause(pusher)
        self._headers.read(frames, self.limits, seen, lambda found: self._read(pusher, found))

    def _read(self, pusher: _Pusher, found: Inbound | BadMessage) -> None:
        """Hand over what the reader of large headers has found, and go on with its peer."""
        pusher.waits = False
        if isinstance(found, BadMessage):
            self._reject(found)
        else:
            self._guard(self._on_request, found)
        self.connections.resume(pusher)

    def _reject(self, bad: BadMessage) -> None:
        self.rejected += 1
        self._guard(self._on_bad, bad)

    @staticmethod
    def _guard(call: Callable[..., None], message: Inbound | BadMessage) -> None:
        """Hand a message over; one that makes the server fail must not stop the others."""
        try:
            call(message)
        except Exception:
            log.exception("intake.failed", type=message.envelope.request_type, **message.envelope.ids)
