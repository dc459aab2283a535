from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest

from dragoman_wire.codec import Codec, codec_of, decode_header, encode_header, mended
from dragoman_wire.errors import InvalidRequest

PING: dict[str, Any] = {"type": "ping", "timestamp": 1}


@pytest.mark.parametrize("space", [b"", b" ", b"\r\n\t ", b"\n" * 1000])
def test_white_space_before_json_is_allowed(space: bytes) -> None:
    assert decode_header(space + json.dumps(PING).encode()) == (Codec.JSON, PING)


def test_a_byte_order_mark_before_json_is_allowed() -> None:
    header = b"\xef\xbb\xbf \n" + json.dumps(PING).encode()
    assert codec_of(header) is Codec.JSON
    assert decode_header(mended(header)) == (Codec.JSON, PING)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\ude00 cut", "\ufffd cut"),
        (rb"\uD83D\uDE00", "\U0001f600"),
        (rb"\ud83d\ud83d\ude00\ude00", "\ufffd\U0001f600\ufffd"),
        (rb"\ud83d\n\udc00", "\ufffd\n\ufffd"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\\\ud83d", "\\\ufffd"),
        (b"\xed\xa0\xbd!", "\ufffd!"),
    ],
)
def test_half_of_a_surrogate_pair_becomes_the_replacement_character(written: bytes, read: str) -> None:
    assert decode_header(mended(b'{"text": "' + written + b'"}')) == (Codec.JSON, {"text": read})


def test_a_header_that_does_not_begin_with_a_brace_is_msgpack() -> None:
    assert decode_header(msgpack.packb(PING)) == (Codec.MSGPACK, PING)


@pytest.mark.parametrize("header", [b"", b" ", b"[]", b"null", b"\xff\xfe{", b"\xef\xbb\xbf\x80"])
def test_what_is_not_recognised_as_json_is_read_as_msgpack(header: bytes) -> None:
    assert codec_of(header) is Codec.MSGPACK


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b'{"type": "ping"',
        b'{"type": "ping"} and more',
        b"{'type': 'ping'}",
        b'{"type": "\xff"}',
        b'{"text": "\\ud800"}',
        b'{"timestamp": NaN}',
        b'{"timestamp": ' + b"1" * 5000 + b"}",
        b'{"a":' * 100_000,
    ],
)
def test_broken_json_is_an_invalid_request(header: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no readable json map"):
        decode_header(header)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xc1",
        b"\x82\xa1a\x01",
        b"\x81\x01\x01",
        b"\x81\x91\x01\x01",
        b"\x81\xa1a\xa1\xff",
        b"\x91" * 100_000,
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa1a\xc9\x00\xff\xff\xff\x01",
        msgpack.packb(PING) + b"\x00",
    ],
)
def test_broken_msgpack_is_an_invalid_request(header: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no readable msgpack map"):
        decode_header(header)


@pytest.mark.parametrize("value", [[], 1, None, "text", 1.5, b"bytes"])
def test_a_header_that_is_no_map_is_an_invalid_request(value: object) -> None:
    with pytest.raises(InvalidRequest, match="not a map"):
        decode_header(msgpack.packb(value))


def test_a_map_with_keys_of_bytes_is_an_invalid_request() -> None:
    with pytest.raises(InvalidRequest, match="keys are not all text"):
        decode_header(msgpack.packb({b"type": "ping"}))


@pytest.mark.parametrize("codec", list(Codec))
def test_text_in_any_script_survives(codec: Codec) -> None:
    fields = {"text": "Grüße, 世界 \U0001f30d \x00 \u2028"}
    assert decode_header(encode_header(fields, codec)) == (codec, fields)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("number", [0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 0.1, -1e308])
def test_numbers_stay_the_numbers_they_are(number: float, codec: Codec) -> None:
    _, fields = decode_header(encode_header({"n": number}, codec))
    assert fields == {"n": number}
    assert type(fields["n"]) is type(number)
