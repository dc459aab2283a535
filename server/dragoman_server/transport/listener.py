"""Where peers connect: a listening TCP or Unix socket, and a bound on the connections that it lets in."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import resource
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import structlog

log = structlog.get_logger()

_BACKLOG = 512
_ACCEPTS_PER_TURN = 32
_SPARE_DESCRIPTORS = 128
"""For files, engines and the operations endpoint."""
_DESCRIPTORS = 65_536
_PAUSE_S = 0.1
"""Without a descriptor for another connection."""


class Listener:
    """Accepts connections on one endpoint.

    Args:
        on_connection: called with each new socket, which does not block, and its peer's address, as `peer_address`
            says it; returns False where there is no room for it.
    """

    def __init__(self, on_connection: Callable[[socket.socket, str], bool]) -> None:
        self._on_connection = on_connection
        self._socket: socket.socket | None = None
        self._path: Path | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, endpoint: str) -> str:
        """Bind and listen; return the endpoint, with the port where 0 or `*` was asked for.

        Raises:
            OSError: it cannot be bound.
        """
        scheme, _, address = endpoint.partition("://")
        if scheme == "ipc":
            self._socket = self._bind_unix(address)
            bound = endpoint
        elif scheme == "tcp":
            self._socket = _bind_tcp(address)
            host, port = self._socket.getsockname()[:2]
            bound = f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
        else:
            raise OSError(errno.EPROTONOSUPPORT, os.strerror(errno.EPROTONOSUPPORT))
        self._socket.setblocking(False)  # noqa: FBT003 - the name of the method says it
        self._socket.listen(_BACKLOG)
        return bound

    def start(self) -> None:
        """Accept connections from now on."""
        self._loop = asyncio.get_running_loop()
        if self._socket is not None:
            self._loop.add_reader(self._socket.fileno(), self._accept)

    def stop(self) -> None:
        """Accept no more, and close the socket."""
        if self._socket is None:
            return
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None
        self._socket.close()
        self._socket = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        for _ in range(_ACCEPTS_PER_TURN):
            if self._socket is None:
                return
            try:
                connection, address = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                self._pause(error)
                return
            connection.setblocking(False)  # noqa: FBT003
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self._on_connection(connection, peer_address(connection.family, address)):
                connection.close()

    def _pause(self, error: OSError) -> None:
        """Wait for a descriptor: the one that cannot be accepted would be reported in each turn."""
        log.warning("listener.cannot_accept", error=error.strerror)
        loop, listening = self._loop, self._socket
        if loop is None or listening is None:
            return
        loop.remove_reader(listening.fileno())

        def go_on() -> None:
            if self._loop is not None and self._socket is not None:
                self._loop.add_reader(self._socket.fileno(), self._accept)

        loop.call_later(_PAUSE_S, go_on)

    def _bind_unix(self, address: str) -> socket.socket:
        found = socket.socket(socket.AF_UNIX)
        try:
            if address.startswith("@"):
                found.bind("\0" + address[1:])
            else:
                path = Path(address)
                with suppress(OSError):  # one that an earlier server left
                    if stat.S_ISSOCK(path.lstat().st_mode):
                        path.unlink()
                found.bind(address)
                self._path = path
        except OSError:
            found.close()
            raise
        return found


def peer_address(family: int, address: Any) -> str:
    """Return the address under which the connections of a peer are counted; empty for one on this machine.

    A host of IPv6 has a whole /64 to itself, if it is not a neighbour without a router. On this machine nothing tells
    one peer from another: a gateway on it is the only peer as a rule, and the number of connections in all bounds it.
    """
    if family == socket.AF_UNIX:
        return ""
    host = ipaddress.ip_address(address[0].partition("%")[0])
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped is not None:
        host = host.ipv4_mapped
    if host.is_loopback:
        return ""
    if isinstance(host, ipaddress.IPv4Address) or host.is_link_local:
        return str(host)
    return str(ipaddress.ip_network((int(host) >> 64 << 64, 64)))


def raise_descriptor_limit() -> None:
    """Let the process have as many descriptors as it may: shells give 1,024 of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections(wanted: int) -> int:
    """Return so many connections, or as many as the process may have descriptors for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, soft - _SPARE_DESCRIPTORS))


def _bind_tcp(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    if not host or not (port == "*" or port.isdigit()):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    host = _address_of(host.removeprefix("[").removesuffix("]"))
    try:
        infos = socket.getaddrinfo(
            host, 0 if port == "*" else int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, OverflowError) as error:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV)) from error
    family, kind, protocol, _, found = infos[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(found)
    except (OSError, OverflowError):
        listening.close()
        raise
    return listening


def _address_of(host: str) -> str:
    """Return the address of a network interface where its name is given, as ZeroMQ takes it."""
    if host == "*":
        return "0.0.0.0"  # noqa: S104 - what the endpoint says
    for each in psutil.net_if_addrs().get(host, ()):
        if each.family == socket.AF_INET:
            return each.address
    return host
