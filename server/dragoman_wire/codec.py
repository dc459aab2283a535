"""Header bytes to a map and back: JSON or msgpack, told apart by the first byte."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

import msgpack
import msgspec

from dragoman_wire.errors import InvalidRequest
from dragoman_wire.numbers import holds_odd_number, json_may_hold_odd_number, msgpack_may_hold_odd_number

_WHITE_SPACE = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LEADING = _WHITE_SPACE + _BYTE_ORDER_MARK
_UNESCAPED = rb"(?:(?<!\\.{6})|(?<=[^\\]\\\\.{6})|(?<=[^\\]\\\\\\\\.{6}))"
"""Stands behind an escape of six bytes: the backslash that it begins with is not itself escaped."""
_LONE_SURROGATES = (
    re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])" + _UNESCAPED),
    re.compile(rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}(?<!\\u[dD][89abAB][0-9a-fA-F]{2}.{6})" + _UNESCAPED),
)
_REPLACEMENT = rb"\\ufffd"
_ENCODED_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
"""No bytes of valid UTF-8 look like this."""
_json_encoder = msgspec.json.Encoder()
_msgpack_encoder = msgspec.msgpack.Encoder()


class Codec(StrEnum):
    """The encoding of a header. Events are encoded as their request was."""

    JSON = "json"
    MSGPACK = "msgpack"


def codec_of(header: bytes) -> Codec:
    """Return JSON where the first byte after white space, or after a byte order mark, is `{`; msgpack otherwise."""
    first = header[:1]
    if first in _LEADING:  # as no bytes are
        first = header.removeprefix(_BYTE_ORDER_MARK).lstrip(_WHITE_SPACE)[:1]
    return Codec.JSON if first == b"{" else Codec.MSGPACK


def mended(header: bytes) -> bytes:
    """Return a JSON header without its byte order mark, and with U+FFFD for each surrogate that is alone.

    Half of a pair is what is left of an emoji that was cut in two. It has no place in UTF-8, and decoders refuse it.
    """
    header = header.removeprefix(_BYTE_ORDER_MARK)
    for lone in _LONE_SURROGATES:
        header = lone.sub(_REPLACEMENT, header)
    return _ENCODED_SURROGATE.sub("\N{REPLACEMENT CHARACTER}".encode(), header)


def may_hold_odd_number(header: bytes, codec: Codec) -> bool:
    """Return whether a header may hold a number that no program can go on with; `decode_header` finds out."""
    return json_may_hold_odd_number(header) if codec is Codec.JSON else msgpack_may_hold_odd_number(header)


def decode_header(header: bytes) -> tuple[Codec, dict[str, Any]]:
    """Return the map in a header.

    Raises:
        InvalidRequest: the bytes are neither a JSON object nor a msgpack map with text keys.
    """
    codec = codec_of(header)
    try:
        fields = msgspec.json.decode(header) if codec is Codec.JSON else msgpack.unpackb(header, max_ext_len=16)
    except (ValueError, TypeError, RecursionError, OverflowError, msgpack.UnpackException) as error:
        reason = str(error) or type(error).__name__
        raise InvalidRequest(f"the header is no readable {codec.value} map: {reason}") from error
    if not isinstance(fields, dict):
        raise InvalidRequest(f"the header is a {type(fields).__name__}, not a map")
    if not all(isinstance(name, str) for name in fields):
        raise InvalidRequest("the header is a map whose keys are not all text")
    if may_hold_odd_number(header, codec) and holds_odd_number(fields):
        raise InvalidRequest("the header is no readable map: it holds a number that is not finite or has no end")
    return codec, fields


def encode_header(message: object, codec: Codec) -> bytes:
    """Encode a typed message, or a plain map, as frame 0."""
    if codec is Codec.JSON:
        return _json_encoder.encode(message)
    return _msgpack_encoder.encode(message)
