"""Attacks on the operations endpoint: connections that keep their places, and requests that nobody meant."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

from scripts.attacks.arena import Arena
from scripts.attacks.registry import attack

_HEAD = b"GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_CONNECTIONS = 400
_ODD = (
    b"POST /cache/clear HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://[\r\n\r\n",
    b"POST /tasks/x/cancel HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: ]//:[\r\n\r\n",
    b"GET /tasks?limit=99999999999999999999 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /tasks?limit=%ff&sort=%00&state=\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /tasks/%ED%A0%80?reply_to=%ED%A0%80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /stats HTTP/1.1\r\nHost: [\r\n\r\n",
    b"GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    b"GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\0" * 1000,
    b"GET " + b"/" * 7000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
)


def _connect(arena: Arena) -> socket.socket:
    url = urlsplit(arena.endpoints["ops"])
    connection = socket.create_connection((url.hostname or "127.0.0.1", url.port or 0), timeout=2.0)
    connection.settimeout(2.0)
    return connection


def _connections(arena: Arena, first: bytes) -> list[socket.socket]:
    """Open many connections that each send this and stay."""
    found = []
    for _ in range(_CONNECTIONS):
        with suppress(OSError):
            found.append(_connect(arena))
            found[-1].sendall(first)
    return found


def _close(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()


@attack(short=True)
def http_headers_drop_by_drop(arena: Arena) -> str:
    """400 connections that send a header now and then, and never the last one."""
    connections, sent = _connections(arena, _HEAD), 0
    while arena.going():
        for connection in connections:
            with suppress(OSError):
                sent += connection.send(b"X: y\r\n")
        time.sleep(0.2)
    _close(connections)
    return f"{len(connections)} connections, {sent:,} bytes of headers without an end"


@attack()
def http_connections_that_say_nothing(arena: Arena) -> str:
    """400 connections that stay and send nothing."""
    connections = _connections(arena, b"")
    arena.wait()
    _close(connections)
    return f"{len(connections)} silent connections"


@attack()
def http_bodies_that_do_not_come(arena: Arena) -> str:
    """400 requests whose bodies stop in the middle."""
    head = b"POST /cache/clear HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000\r\n\r\n" + bytes(1000)
    connections = _connections(arena, head)
    arena.wait()
    _close(connections)
    return f"{len(connections)} half bodies"


@attack()
def http_answers_that_are_not_read(arena: Arena) -> str:
    """Requests for the page, one behind the other, whose answers nobody reads."""
    connections, sent = _connections(arena, b""), 0
    block = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20
    for connection in connections:
        connection.settimeout(0.01)
    while arena.going():
        for connection in connections:
            with suppress(OSError):
                connection.sendall(block)
                sent += 20
        time.sleep(0.01)
    _close(connections)
    return f"{sent:,} requests without a reader"


@attack()
def http_header_without_end(arena: Arena) -> str:
    """One header line of megabytes."""
    sent = 0
    while arena.going():
        with suppress(OSError), _connect(arena) as connection:
            connection.sendall(_HEAD + b"X: ")
            while arena.going():
                connection.sendall(bytes(b"a" * 65536))
                sent += 65536
    return f"{sent >> 20} MiB of header"


@attack(short=True)
def http_odd_requests(arena: Arena) -> str:
    """Requests with odd hosts, origins, numbers, encodings and bytes."""
    count, faults = 0, 0
    while arena.going():
        for request in _ODD:
            with suppress(OSError), _connect(arena) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                faults += b" 500 " in connection.recv(64)
                count += 1
    return f"{count:,} odd requests, {faults} answered with 500"


@attack()
def http_connections_come_and_go(arena: Arena) -> str:
    """Connections that are opened and closed as fast as it goes, half of them with a reset."""
    count = 0
    while arena.going():
        with suppress(OSError):
            connection = _connect(arena)
            if count % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(_HEAD)
            connection.close()
            count += 1
    return f"{count:,} connections"


@attack()
def http_figures_again_and_again(arena: Arena) -> str:
    """The figures and lists of the server, asked for without a pause on one connection."""
    count, block = 0, b""
    for path in (b"/stats", b"/metrics", b"/tasks?limit=500", b"/tasks?sort=slowest"):
        block += b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with suppress(OSError), _connect(arena) as connection:
        while arena.going():
            connection.sendall(block)
            if not connection.recv(1 << 20):
                break
            count += 4
    return f"{count:,} requests for figures"
