"""All connections of a socket: let in, greeted, and closed where they only cost."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple, Protocol

import structlog

from dragoman_server.transport.connection import Closed, Connection, FairReader
from dragoman_server.transport.listener import Listener, most_connections
from dragoman_server.transport.zmtp import ZmtpError

log = structlog.get_logger()

_SHAKEN_S = 5.0
"""A handshake takes so long at the most."""
_MOST_UNSHAKEN = 128
"""Handshakes at a time; one more, and the oldest is given up."""


class Refused(Enum):
    """Why a connection is not let in."""

    TOTAL = "total"
    """There are as many as may be."""
    ADDRESS = "address"
    """There are as many from its address as may be."""


class ConnectionLimits(NamedTuple):
    """The connections that a socket may have at a time."""

    total: int
    address: int
    """From one address."""


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
        limits: connections past these are closed as they come.
        reader: visits those that have something to read.
        on_close: called with each that is closed, after its handshake.
    """

    def __init__(
        self,
        make: MakeConnection,
        kind: bytes,
        accepted: frozenset[bytes],
        limits: ConnectionLimits,
        reader: FairReader,
        on_close: Callable[[Connection], None],
    ) -> None:
        self._make = make
        self._kind = kind
        self._accepted = accepted
        self.limits = limits._replace(total=most_connections(limits.total))
        self._reader = reader
        self._on_close = on_close
        self._listener = Listener(self._let_in)
        self._all: dict[int, Connection] = {}
        self._unshaken: dict[int, Connection] = {}
        self._addresses: Counter[str] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.accepted = 0
        self.refused = dict.fromkeys(Refused, 0)
        self.closed = dict.fromkeys(Closed, 0)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

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
                connection.close(Closed.HANDSHAKE)

    def _let_in(self, sock: socket.socket, address: str) -> bool:
        if self._loop is None:
            return False
        reason = self._reason_to_refuse(address)
        if reason is not None:
            self.refused[reason] += 1
            return False
        if len(self._unshaken) >= _MOST_UNSHAKEN:
            self._give_up_a_handshake()
        connection = self._make(sock, self._kind, self._accepted, self._gone)
        connection.address = address
        self._addresses[address] += 1
        self.accepted += 1
        self._all[connection.fd] = self._unshaken[connection.fd] = connection
        self._loop.add_reader(connection.fd, self._shake, connection)
        connection.greet()
        return True

    def _reason_to_refuse(self, address: str) -> Refused | None:
        if len(self._all) >= self.limits.total:
            return Refused.TOTAL
        if address and self._addresses[address] >= self.limits.address:
            return Refused.ADDRESS
        return None

    def _give_up_a_handshake(self) -> None:
        """Close the oldest one of the address that has the most of them: others have theirs all the same."""
        unshaken = self._unshaken.values()
        [(address, _)] = Counter(one.address for one in unshaken).most_common(1)
        next(one for one in unshaken if one.address == address).close(Closed.HANDSHAKE)

    def _shake(self, connection: Connection) -> None:
        """Go on with a handshake; from its end on the reader deals with what comes."""
        connection.receive()
        try:
            connection.shake_hands()
        except ZmtpError as error:
            log.debug("peer.refused", reason=str(error))
            connection.close(Closed.PROTOCOL)
        if connection.ended and not connection.shaken:
            connection.close()
        if connection.closed or not connection.shaken:
            return
        del self._unshaken[connection.fd]
        self.resume(connection)  # its first messages may have come with the handshake

    def _gone(self, connection: Connection) -> None:
        if self._loop is not None:
            self._loop.remove_reader(connection.fd)
        if self._all.pop(connection.fd, None) is not None:
            self.closed[connection.closed or Closed.PEER] += 1
            self._addresses[connection.address] -= 1
            if not self._addresses[connection.address]:
                del self._addresses[connection.address]
        self._unshaken.pop(connection.fd, None)
        if connection.shaken:
            self._on_close(connection)
