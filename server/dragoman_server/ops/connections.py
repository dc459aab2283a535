"""The connections of the HTTP server: so many, and none that keeps its place without sending a request.

aiohttp has no limit on them, and waits without end for the rest of a request. Each connection has a timer whenever no
request of its is at work: from the connection, or from the first byte of a request, to that request being whole; and
from an answer to the next request. It covers the time that a slow reader takes for an answer as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from typing_extensions import override

from dragoman_handlers.concurrency import LoopTurns

MOST = 256
REQUEST_S = 10.0
"""From the first byte of a request to its last header; also from the connection to there."""
IDLE_S = 60.0
"""From an answer to the next request, with the answer's way to a slow reader."""


class Connections:
    """Makes the protocols of connections, and bounds them.

    Args:
        make: makes aiohttp's protocol of a connection.
        most: connections at a time; past it the one that has waited longest for its request is closed.
        request_s: for a request to come whole.
        idle_s: between an answer and the next request.
    """

    def __init__(
        self,
        make: Callable[[], asyncio.BaseProtocol],
        *,
        most: int = MOST,
        request_s: float = REQUEST_S,
        idle_s: float = IDLE_S,
    ) -> None:
        self._make = make
        self._most = most
        self.request_s = request_s
        self.idle_s = idle_s
        self._turns = LoopTurns()
        """One answer in each turn of the loop: requests behind each other on many connections must not hold it."""
        self._open: dict[asyncio.BaseTransport, Connection] = {}
        self.closed_early = 0
        """Connections that were closed for want of a request or of room."""

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        return Connection(cast("asyncio.Protocol", self._make()), self)

    def middleware(self) -> Middleware:
        """Build the middleware that tells when a request is at work."""

        @web.middleware
        async def at_work(request: web.Request, handler: Handler) -> web.StreamResponse:
            connection = self._open.get(request.transport) if request.transport is not None else None
            if connection is None:
                return await handler(request)
            with connection.at_work():
                await self._turns.wait()
                return await handler(request)

        return at_work

    def opened(self, transport: asyncio.BaseTransport, connection: Connection) -> None:
        """Count a new connection; make room for it."""
        if len(self._open) >= self._most:
            waiting = (one for one in self._open.values() if not one.busy)
            oldest = next(waiting, None)  # they are in the order of their last request
            if oldest is None:
                connection.close_early()
                return
            oldest.close_early()
        self._open[transport] = connection

    def all(self) -> list[Connection]:
        """Return those that are open, the one that has waited longest for a request first."""
        return list(self._open.values())

    def used(self, transport: asyncio.BaseTransport) -> None:
        """Put a connection at the end of those that have to give way."""
        connection = self._open.pop(transport, None)
        if connection is not None:
            self._open[transport] = connection

    def gone(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection."""
        self._open.pop(transport, None)


class Connection(asyncio.Protocol):
    """One connection: aiohttp's protocol with a timer around it."""

    def __init__(self, inner: asyncio.Protocol, connections: Connections) -> None:
        self.busy = False
        self._inner = inner
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waits_for_rest = False
        """A part of a request has come."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._waits_for_rest = True
        self._within(self._connections.request_s)
        self._inner.connection_made(transport)
        self._connections.opened(transport, self)

    @override
    def data_received(self, data: bytes) -> None:
        if not self.busy and not self._waits_for_rest:
            self._waits_for_rest = True
            self._within(self._connections.request_s)
        self._inner.data_received(data)

    @override
    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    @override
    def pause_writing(self) -> None:
        self._inner.pause_writing()

    @override
    def resume_writing(self) -> None:
        self._inner.resume_writing()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._connections.gone(self._transport)
        self._inner.connection_lost(exc)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Note that a request is whole, until the end of the block."""
        self.busy, self._waits_for_rest = True, False
        if self._timer is not None:
            self._timer.cancel()
        try:
            yield
        finally:
            self.busy = False
            if self._transport is not None and not self._transport.is_closing():
                self._connections.used(self._transport)
                self._within(self._connections.idle_s)

    def close_early(self) -> None:
        """Close it at once, with what was to be sent."""
        self._connections.closed_early += 1
        if self._transport is not None:
            self._connections.gone(self._transport)
            self._transport.abort()

    def _within(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.close_early)
