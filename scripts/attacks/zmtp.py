"""A peer below ZeroMQ: it speaks ZMTP 3.0 on a bare TCP connection, so that it can send what libzmq never would."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MORE = 0x01
_LONG = 0x02
_GREETING_BYTES = 64
_PATIENCE_S = 5.0


def frame(body: bytes, flags: int = 0) -> bytes:
    """Return one frame as it is on the wire."""
    if len(body) > 255:
        return bytes([flags | _LONG]) + len(body).to_bytes(8, "big") + body
    return bytes([flags, len(body)]) + body


def message(*parts: bytes) -> bytes:
    """Return a whole message as it is on the wire."""
    *first, last = parts
    return b"".join(frame(part, MORE) for part in first) + frame(last)


def ready(kind: bytes) -> bytes:
    """Return the command that ends the handshake of a socket of this type."""
    body = b"\x05READY" + b"\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind
    return b"\x04" + bytes([len(body)]) + body


class RawPeer:
    """One TCP connection.

    Args:
        endpoint: like `tcp://127.0.0.1:5555`.

    Raises:
        OSError: it is refused.
    """

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=_PATIENCE_S)

    def shake_hands(self, kind: bytes) -> None:
        """Make the handshake of a socket of this type.

        Raises:
            OSError: the server ended it.
        """
        self.socket.sendall(GREETING)
        self._receive_exactly(_GREETING_BYTES)
        self.socket.sendall(ready(kind))
        header = self._receive_exactly(2)
        self._receive_exactly(header[1])

    def send(self, data: bytes) -> bool:
        """Send bytes; return whether the server still takes them."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def reset(self) -> None:
        """Close the connection with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self.socket.close()

    def _receive_exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise ConnectionResetError("the server closed the connection")
            got += more
        return got
