"""A header to a typed request in one reading, for headers in which nothing is wrong."""

from __future__ import annotations

import msgspec

from dragoman_wire.codec import Codec
from dragoman_wire.families import DEFAULT_TYPE, FAMILIES
from dragoman_wire.requests import Request


class _Kind(msgspec.Struct):
    """Only the type: the rest of a header is skipped, not decoded."""

    type: str | None = None


_KINDS = {Codec.JSON: msgspec.json.Decoder(_Kind).decode, Codec.MSGPACK: msgspec.msgpack.Decoder(_Kind).decode}


def typed_request(header: bytes, codec: Codec) -> tuple[str, Request] | None:
    """Return the canonical type and the request; None where something is wrong, which is for others to find out."""
    try:
        kind = _KINDS[codec](header).type
        family = FAMILIES.served[DEFAULT_TYPE if kind is None else kind]
        return family.name, family.decoders[codec](header)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):
        return None
