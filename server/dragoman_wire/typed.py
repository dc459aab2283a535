"""A header to a typed request in one reading, for headers in which nothing is wrong."""

from __future__ import annotations

import msgspec

from dragoman_wire.codec import Codec, may_hold_odd_number
from dragoman_wire.families import DEFAULT_TYPE, FAMILIES
from dragoman_wire.requests import Request


class _Kind(msgspec.Struct):
    """Only the type: the rest of a header is skipped, not decoded."""

    type: str | None = None


_KINDS = {Codec.JSON: msgspec.json.Decoder(_Kind).decode, Codec.MSGPACK: msgspec.msgpack.Decoder(_Kind).decode}


class _Content(msgspec.Struct):
    """The type, and the fields that may be long, as they are encoded."""

    type: str | None = None
    text: msgspec.Raw = msgspec.Raw(b"")
    audio_data: msgspec.Raw = msgspec.Raw(b"")
    audio_data_camel: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="audioData")
    audio_base64: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="audioBase64")


_CONTENTS = {
    Codec.JSON: msgspec.json.Decoder(_Content).decode,
    Codec.MSGPACK: msgspec.msgpack.Decoder(_Content).decode,
}


def large_request(header: bytes, codec: Codec, rest_bytes: int) -> tuple[str, Request] | None:
    """Return what `typed_request` does of a header that is mostly text or base64: long to send, and quick to read.

    None also where all else in it has more than `rest_bytes`: such a header is not decoded.
    """
    try:
        content = _CONTENTS[codec](header)
        values = (content.text, content.audio_data, content.audio_data_camel, content.audio_base64)
        long_bytes = sum(len(memoryview(value)) for value in values if _is_text(bytes(memoryview(value)[:1]), codec))
        if len(header) - long_bytes > rest_bytes:
            return None
        family = FAMILIES.served[DEFAULT_TYPE if content.type is None else content.type]
        return family.name, family.decoders[codec](header)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):
        return None


def _is_text(first: bytes, codec: Codec) -> bool:
    """Return whether an encoded value begins as a string does: lists and maps are slow to read."""
    if codec is Codec.JSON:
        return first == b'"'
    return bool(first) and (0xA0 <= first[0] <= 0xBF or 0xD9 <= first[0] <= 0xDB)


def typed_request(header: bytes, codec: Codec) -> tuple[str, Request] | None:
    """Return the canonical type and the request; None where something is wrong, which is for others to find out."""
    if may_hold_odd_number(header, codec):
        return None
    try:
        kind = _KINDS[codec](header).type
        family = FAMILIES.served[DEFAULT_TYPE if kind is None else kind]
        return family.name, family.decoders[codec](header)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):
        return None
