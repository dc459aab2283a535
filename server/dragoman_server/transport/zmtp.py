"""ZMTP 3.0, the protocol below ZeroMQ's sockets, as bytes: greetings, commands and frames; nothing does I/O.

The server speaks it itself: libzmq gathers all parts of a message before it hands on the first, keeps every topic that
a subscriber names, and bounds what waits for a subscriber in messages, not in bytes. Peers notice nothing of it: they
use any ZeroMQ library of this protocol, such as libzmq from 4.0 on.
"""

from __future__ import annotations

from collections.abc import Sequence

Buffer = bytes | memoryview

MORE, LONG, COMMAND = 0x01, 0x02, 0x04
"""Flags of a frame."""
SUBSCRIBE, CANCEL = 1, 0
"""The first byte of a subscriber's message."""
GREETING_BYTES = 64
_SIGNATURE = b"\xff" + bytes(8) + b"\x7f"
_MECHANISM = b"NULL".ljust(20, b"\0")
GREETING = _SIGNATURE + b"\x03\x00" + _MECHANISM + bytes(32)
_LARGE_BYTES = 1 << 16
"""Buffers from this size on are sent from where they lie."""


class ZmtpError(Exception):
    """The peer does not speak the protocol; its connection is to be closed."""


def check_greeting(greeting: bytes) -> None:
    """Check as much of a greeting as has come.

    Raises:
        ZmtpError: this is no ZMTP 3, or a mechanism other than NULL.
    """
    # The bytes between are a length in older versions of the protocol, and padding since.
    if (greeting and greeting[0] != 0xFF) or (len(greeting) > 9 and not greeting[9] & 1):
        raise ZmtpError("no ZMTP greeting")
    if len(greeting) > 10 and greeting[10] < 3:
        raise ZmtpError("a version of ZMTP before 3.0")
    if len(greeting) >= 32 and greeting[12:32] != _MECHANISM:
        raise ZmtpError("a security mechanism other than NULL")


def ready_command(kind: bytes) -> bytes:
    """Return the command that ends a handshake, as the socket of this type sends it."""
    return command(b"READY", _property(b"Socket-Type", kind))


def error_command(reason: bytes) -> bytes:
    """Return the command that says why a handshake fails."""
    return command(b"ERROR", bytes([len(reason)]) + reason)


def pong_command(ping: bytes) -> bytes:
    """Return the answer to the data of a PING command: its context, after two bytes of time."""
    return command(b"PONG", ping[2:18])


def command(name: bytes, data: bytes) -> bytes:
    """Return a command as it is on the wire."""
    body = bytes([len(name)]) + name + data
    return frame_head(len(body), COMMAND) + body


def parse_command(body: bytes) -> tuple[bytes, bytes]:
    """Return a command's name and data.

    Raises:
        ZmtpError: it has no name.
    """
    length = body[0] if body else 0
    if not 0 < length < len(body) + 1 or len(body) < 1 + length:
        raise ZmtpError("a command without a name")
    return body[1 : 1 + length], body[1 + length :]


def socket_type_of(data: bytes) -> bytes:
    """Return the type of socket in the data of a READY command; nothing where there is none.

    Raises:
        ZmtpError: it is cut off.
    """
    place = 0
    while place < len(data):
        name_end = place + 1 + data[place]
        value_at = name_end + 4
        value_end = value_at + int.from_bytes(data[name_end:value_at], "big")
        if value_end > len(data):
            raise ZmtpError("metadata that is cut off")
        if data[place + 1 : name_end].lower() == b"socket-type":
            return data[value_at:value_end]
        place = value_end
    return b""


def frame_head(size: int, flags: int = 0) -> bytes:
    """Return what stands before the body of a frame."""
    if size > 255:
        return bytes((flags | LONG,)) + size.to_bytes(8, "big")
    return bytes((flags, size))


def read_head(data: bytes, place: int) -> tuple[int, int, int] | None:
    """Return the flags of the frame that begins at `place`, its size, and where its body starts.

    None where the head has not come whole.
    """
    left = len(data) - place
    if left < 2:
        return None
    flags = data[place]
    if not flags & LONG:
        return flags, data[place + 1], place + 2
    if left < 9:
        return None
    return flags, int.from_bytes(data[place + 1 : place + 9], "big"), place + 9


def wire_of(frames: Sequence[Buffer]) -> list[Buffer]:
    """Return a message as it is on the wire: small frames together, each large one by itself."""
    wire: list[Buffer] = []
    small: list[Buffer] = []
    last = len(frames) - 1
    for index, frame in enumerate(frames):
        size = len(frame)
        small.append(frame_head(size, MORE if index < last else 0))
        if size < _LARGE_BYTES:
            small.append(frame)
        else:
            wire += (b"".join(small), frame)
            small = []
    if small:
        wire.append(b"".join(small))
    return wire


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + len(value).to_bytes(4, "big") + value
