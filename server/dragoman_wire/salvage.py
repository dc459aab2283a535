"""The return address in a header that cannot be read: the ids that stand in its first 64 KiB."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgpack
import msgspec

from dragoman_wire.codec import Codec

_LOOKED_AT_BYTES = 64 << 10
_TEXTS = (
    "type",
    "taskId",
    "replyTo",
    "messageId",
    "conversationId",
    "attachmentId",
    "senderId",
    "postId",
    "postMediaId",
    "request_id",
    "user_id",
)
_LISTS = ("targetLanguages",)
_FIELDS = frozenset({*_TEXTS, *_LISTS})
_MOST_FIELDS = 100
_IN_JSON = re.compile(
    rb'(?<!\\)"(?P<name>' + "|".join(_TEXTS).encode() + rb')"\s{0,8}:\s{0,8}(?P<value>"(?:[^"\\]|\\.){0,1024}")'
    rb'|(?<!\\)"(?P<list>' + "|".join(_LISTS).encode() + rb')"\s{0,8}:\s{0,8}(?P<values>\[[^\[\]]{0,8192}\])'
)


def looks_like_msgpack(header: bytes) -> bool:
    """Tell whether these bytes begin as a msgpack map does."""
    first = header[:1]
    return bool(first) and (0x80 <= first[0] <= 0x8F or first[0] in (0xDE, 0xDF))


def salvaged_fields(header: bytes, codec: Codec) -> Mapping[str, Any]:
    """Return the fields of a return address that stand in the beginning of a header, however broken the rest is."""
    header = header[:_LOOKED_AT_BYTES]
    return _of_json(header) if codec is Codec.JSON else _of_msgpack(header)


def _of_json(header: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for match in _IN_JSON.finditer(header):
        name = (match["name"] or match["list"]).decode()
        try:
            found.setdefault(name, msgspec.json.decode(match["value"] or match["values"]))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return found


def _of_msgpack(header: bytes) -> dict[str, Any]:
    """Read key after key until something is broken or cut off."""
    found: dict[str, Any] = {}
    unpacker = msgpack.Unpacker(max_buffer_size=_LOOKED_AT_BYTES, max_ext_len=16)
    unpacker.feed(header)
    try:
        for _ in range(min(unpacker.read_map_header(), _MOST_FIELDS)):
            name = unpacker.unpack()
            if name in _FIELDS:
                found.setdefault(name, unpacker.unpack())
            else:
                unpacker.skip()
    except (msgpack.UnpackException, ValueError, TypeError, RecursionError, OverflowError):
        pass  # the fields before it count
    return found
