"""The pipe between the server and a model's process: length-prefixed msgpack messages on a socket pair.

    server -> child    Load, then Batch and Ping ...
    child  -> server   Ready or LoadFailed, then one Done for each Batch and one Pong for each Ping

A socket pair needs no name in the file system, no other process can connect to it, and its end is the end of the
process on the other side. Messages are typed structs; nothing is pickled.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import msgspec

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.work import AnyResult, AnyWork

_LENGTH = struct.Struct(">I")
_READ_BYTES = 1 << 18


class Load(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Make this engine."""

    spec: EngineSpec


class Batch(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Run these units in one model call."""

    number: int
    work: list[AnyWork]


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Show that you still read."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The model is loaded."""

    capabilities: Capabilities
    confined_by: list[str] = []
    """The parts of the confinement that are in force."""
    not_confined: list[str] = []
    """Why others are not."""


class LoadFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The model cannot be loaded; trying again does not help."""

    message: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A result for each unit of a batch, in order."""

    number: int
    results: list[AnyResult]
    compute_s: float


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to a ping. It comes from the thread that calls the model: no other one would show that it works."""


ToChild = Load | Batch | Ping
ToServer = Ready | LoadFailed | Done | Pong

_encoder = msgspec.msgpack.Encoder()
_to_child = msgspec.msgpack.Decoder(ToChild)
to_server = msgspec.msgpack.Decoder(ToServer)


def pack(message: ToChild | ToServer) -> bytearray:
    """Encode the message with its length in front. Large fields are copied once."""
    packed = bytearray(_LENGTH.size)
    _encoder.encode_into(message, packed, _LENGTH.size)
    _LENGTH.pack_into(packed, 0, len(packed) - _LENGTH.size)
    return packed


class Splitter:
    """Bytes as they come, cut into messages.

    A message that comes in one piece, as nearly all do, is handed on where it lies; the pieces of a large one are put
    together once.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes | memoryview] = []
        self._have = 0
        self._need = _LENGTH.size

    def feed(self, data: bytes) -> Iterator[bytes | memoryview]:
        """Yield every message that is now whole, without its length."""
        self._pieces.append(data)
        self._have += len(data)
        if self._have < self._need:
            return
        whole = memoryview(self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))
        start = 0
        self._need = _LENGTH.size
        while len(whole) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(whole, start)
            end = start + _LENGTH.size + length
            if len(whole) < end:
                self._need = end - start
                break
            yield whole[start + _LENGTH.size : end]
            start = end
        self._pieces = [whole[start:]] if start < len(whole) else []
        self._have = len(whole) - start


def messages_to_child(sock: socket.socket) -> Iterator[ToChild]:
    """Yield each message on the child's side, blocking for it; end when the server is gone."""
    with sock.makefile("rb", buffering=_READ_BYTES) as pipe:
        while len(head := pipe.read(_LENGTH.size)) == _LENGTH.size:
            (length,) = _LENGTH.unpack(head)
            body = pipe.read(length)  # of a large one, straight to its place
            if len(body) < length:
                return
            yield _to_child.decode(body)
