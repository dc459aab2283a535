"""All connections of a socket: let in, greeted, and closed where they only cost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Protocol

import structlog

from dragoman_server.transport.connection import Connection, FairReader
from dragoman_server.transport.listener import Listener, most_connections
from dragoman_server.transport.zmtp import ZmtpError

log = structlog.get_logger()

_SHAKEN_S = 5.0
"""A handshake takes so long at the most."""
_MOST_UNSHAKEN = 128
"""Handshakes at a time; one more, and the oldest is given up."""


class MakeConnection(Protocol):
    """A kind of connection."""

    def __call__(
        self, sock: socket.socket, kind: bytes, accepted: frozenset[bytes], on_close: Callable[[Connection], None]
    ) -> Connection:
        """Make one."""
        ...


class Connections:
    """The connections of one socket of the server.

    Args:
        make: makes a connection of the right kind.
        kind: the type of our socket.
        accepted: types of socket that may be at the other end.
        most: connections at a time; more are closed as they come.
        reader: visits those that have something to read.
        on_close: called with each that is closed, after its handshake.
    """

    def __init__(
        self,
        make: MakeConnection,
        kind: bytes,
        accepted: frozenset[bytes],
        most: int,
        reader: FairReader,
        on_close: Callable[[Connection], None],
    ) -> None:
        self._make = make
        self._kind = kind
        self._accepted = accepted
        self._most = most_connections(most)
        self._reader = reader
        self._on_close = on_close
        self._listener = Listener(self._let_in)
        self._all: dict[int, Connection] = {}
        self._unshaken: dict[int, Connection] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    @property
    def refused(self) -> int:
        """Return the number of connections for which there was no room."""
        return self._listener.refused

    def bind(self, endpoint: str) -> str:
        """Bind the socket; return its endpoint.

        Raises:
            OSError: it cannot be bound.
        """
        return self._listener.bind(endpoint)

    def start(self) -> None:
        """Let peers in from now on."""
        self._loop = asyncio.get_running_loop()
        self._reader.start()
        self._listener.start()

    def stop(self) -> None:
        """Close everything."""
        self._listener.stop()
        self._reader.stop()
        for connection in self:
            connection.close()
        self._loop = None

    def pause(self, connection: Connection) -> None:
        """Leave what a peer sends in the kernel, which makes the peer wait."""
        if self._loop is not None:
            self._loop.remove_reader(connection.fd)

    def resume(self, connection: Connection) -> None:
        """Read again what a peer sends."""
        if self._loop is not None and not connection.closed:
            self._loop.add_reader(connection.fd, self._reader.wants, connection)
            self._reader.wants(connection)

    def close_unshaken(self, now_s: float) -> None:
        """Close connections whose handshake takes too long."""
        for connection in list(self._unshaken.values()):
            if now_s - connection.since_s > _SHAKEN_S:
                connection.close()

    def _let_in(self, sock: socket.socket) -> bool:
        if self._loop is None or len(self._all) >= self._most:
            return False
        connection = self._make(sock, self._kind, self._accepted, self._gone)
        if len(self._unshaken) >= _MOST_UNSHAKEN:
            next(iter(self._unshaken.values())).close()
        self._all[connection.fd] = self._unshaken[connection.fd] = connection
        self._loop.add_reader(connection.fd, self._shake, connection)
        connection.greet()
        return True

    def _shake(self, connection: Connection) -> None:
        """Go on with a handshake; from its end on the reader deals with what comes."""
        connection.receive()
        try:
            connection.shake_hands()
        except ZmtpError as error:
            log.debug("peer.refused", reason=str(error))
            connection.close()
        if connection.ended and not connection.shaken:
            connection.close()
        if connection.closed or not connection.shaken:
            return
        del self._unshaken[connection.fd]
        self.resume(connection)  # its first messages may have come with the handshake

    def _gone(self, connection: Connection) -> None:
        if self._loop is not None:
            self._loop.remove_reader(connection.fd)
        self._all.pop(connection.fd, None)
        self._unshaken.pop(connection.fd, None)
        if connection.shaken:
            self._on_close(connection)
