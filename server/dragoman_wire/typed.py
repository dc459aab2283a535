"""A header to a typed request in one reading, for headers in which nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec

from dragoman_wire.codec import Codec
from dragoman_wire.requests import DEFAULT_TYPE, REQUEST_TYPES, TYPE_ALIASES, Request


class _Kind(msgspec.Struct):
    """Only the type: the rest of a header is skipped, not decoded."""

    type: str | None = None


_DECODERS: dict[Codec, Callable[[Any], Any]] = {
    Codec.JSON: msgspec.json.Decoder,
    Codec.MSGPACK: msgspec.msgpack.Decoder,
}
_KINDS = {codec: decoder(_Kind).decode for codec, decoder in _DECODERS.items()}
_REQUESTS = {
    codec: {
        name: (TYPE_ALIASES.get(name, name), decoder(REQUEST_TYPES[TYPE_ALIASES.get(name, name)]).decode)
        for name in (*REQUEST_TYPES, *TYPE_ALIASES)
    }
    for codec, decoder in _DECODERS.items()
}


def typed_request(header: bytes, codec: Codec) -> tuple[str, Request] | None:
    """The canonical type and the request; None where something is wrong, which is for others to find out."""
    try:
        kind = _KINDS[codec](header).type
        request_type, decode = _REQUESTS[codec][DEFAULT_TYPE if kind is None else kind]
        return request_type, cast("Request", decode(header))
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):
        return None
