"""What the server and its reader of large headers say to one another: length-prefixed msgpack on a socket pair."""

from __future__ import annotations

import struct

import msgspec

from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import error_from_code
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import BadMessage, Buffer, Inbound, Seen, decode_message
from dragoman_wire.limits import WireLimits

LENGTH = struct.Struct(">I")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Decode this message."""

    header: bytes
    sizes: list[int]
    """Of the binary frames, which stay where they are."""
    limits: WireLimits
    seen_frames: int
    seen_bytes: int
    seen_header_bytes: int


class Good(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It is a request."""

    request_type: str
    codec: Codec
    request: bytes
    """In msgpack, without a recording in base64."""
    audio: bytes | None = None
    """The recording that came in base64."""
    audio_frame: int | None = None
    """Its frame, where it came in one."""


class Bad(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It is none."""

    code: str
    message: str
    envelope: Envelope
    first_bytes: bytes
    readable: bool


_encoder = msgspec.msgpack.Encoder()
read_ask = msgspec.msgpack.Decoder(Ask).decode
read_answer = msgspec.msgpack.Decoder(Good | Bad).decode


def pack(message: Ask | Good | Bad) -> bytearray:
    """Encode a message with its length in front."""
    packed = bytearray(LENGTH.size)
    _encoder.encode_into(message, packed, LENGTH.size)
    LENGTH.pack_into(packed, 0, len(packed) - LENGTH.size)
    return packed


def answer(ask: Ask) -> Good | Bad:
    """Decode a message, in the reader's process."""
    seen = Seen(frames=ask.seen_frames, size_bytes=ask.seen_bytes, header_bytes=ask.seen_header_bytes)
    places = [memoryview(b""), *map(_Place, range(1, len(ask.sizes) + 1), ask.sizes)]
    frames: list[Buffer] = [ask.header, *places[1:]]  # type: ignore[list-item]  # only their lengths are looked at
    try:
        inbound = decode_message(frames, ask.limits, seen)
    except BadMessage as bad:
        return Bad(
            code=bad.error.code,
            message=bad.error.message,
            envelope=bad.envelope,
            first_bytes=bad.first_bytes,
            readable=bad.readable,
        )
    audio = inbound.audio
    request = inbound.request
    if isinstance(audio, bytes):
        texts = {"audio_data", "audio_base64", "audio_data_snake"} & set(request.__struct_fields__)
        request = msgspec.structs.replace(request, **dict.fromkeys(texts))
    return Good(
        request_type=inbound.request_type,
        codec=inbound.codec,
        request=_encoder.encode(request),
        audio=audio if isinstance(audio, bytes) else None,
        audio_frame=audio.number if isinstance(audio, _Place) else None,
    )


def found(answer: Good | Bad, frames: list[Buffer], seen: Seen) -> Inbound | BadMessage:
    """Return what the reader has found, with the frames that stayed here."""
    if isinstance(answer, Bad):
        error = error_from_code(answer.code, answer.message)
        return BadMessage(error, answer.envelope, answer.first_bytes, readable=answer.readable)
    family = FAMILIES.served[answer.request_type]
    request = family.decoders[Codec.MSGPACK](answer.request)
    if seen.refusal is not None:
        bare = Inbound(request_type=answer.request_type, request=request, codec=answer.codec, size_bytes=0)
        return BadMessage(seen.refusal, bare.envelope, bytes(frames[0][:64]), readable=True)
    audio: Buffer | None = answer.audio
    if answer.audio_frame is not None:
        audio = frames[answer.audio_frame]
    return Inbound(
        request_type=answer.request_type,
        request=request,
        codec=answer.codec,
        size_bytes=seen.size_bytes,
        audio=audio,
        frames=frames,
    )


class _Place:
    """Stands for a binary frame in the reader's process."""

    def __init__(self, number: int, size: int) -> None:
        self.number = number
        self._size = size

    def __len__(self) -> int:
        return self._size
