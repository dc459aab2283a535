"""Whatever a peer sends, the answer is a typed request or a public error, and it can be said in the peer's encoding.

The suite runs a few examples of each property. For a long run, set how many:

    DRAGOMAN_FUZZ_EXAMPLES=40000 pytest tests/unit/wire/test_properties.py --timeout 3000 --durations 0
"""

from __future__ import annotations

import json
import os
from typing import Any

import msgpack
import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dragoman_wire.codec import Codec, decode_header, encode_header
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import ERRORS, DragomanError, InternalFault
from dragoman_wire.events import Pong
from dragoman_wire.failures import failure_events
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import BadMessage, Inbound, decode_message
from dragoman_wire.limits import WireLimits
from dragoman_wire.outbound import frames_of
from dragoman_wire.requests import PingRequest
from tests.unit.wire import samples

many = settings(
    max_examples=int(os.environ.get("DRAGOMAN_FUZZ_EXAMPLES", "150")),
    deadline=None,
    derandomize="DRAGOMAN_FUZZ_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LIMITS = WireLimits(header_bytes=4096, frames=3, request_bytes=8192, languages=4)

# --- strategies ------------------------------------------------------------------------------------------------

integers = st.integers(-(2**63), 2**64 - 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text()  # without lone surrogates: those have no UTF-8
plain = st.none() | st.booleans() | integers | finite | text
trees = st.recursive(plain, lambda below: st.lists(below, max_size=4) | st.dictionaries(text, below, max_size=4))
messages = st.dictionaries(text, trees, max_size=6)

FIELDS = sorted(
    {field.encode_name for kind in FAMILIES.requests.values() for field in msgspec.structs.fields(kind)}
    | {"type", "request_id", "user_id", "unknown"}
)
KINDS = [*sorted(FAMILIES.served), "voice_translate", "voice_profile_verify", "batch", "weather"]
names = st.sampled_from([*FIELDS, "audio", "segments", "text", "startMs"])
wild_text = st.text(st.characters(), max_size=40) | st.just("A" * 130) | st.just("QUJD") | st.sampled_from(KINDS)
huge = st.integers(-(10**40), 10**40)
wild = st.none() | st.booleans() | integers | st.floats() | wild_text | st.lists(wild_text, max_size=5)
wild_trees = st.recursive(wild, lambda below: st.lists(below, max_size=3) | st.dictionaries(names, below, max_size=4))
binaries = st.lists(st.binary(max_size=64), max_size=4)


def near(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[Any, Any]]:
    """A map with the names of the contract, the values often wrong, the type mostly right."""
    fields = st.dictionaries(names, values, max_size=8)
    return st.builds(lambda kind, rest: rest | {"type": kind}, st.sampled_from(KINDS), fields) | fields


extension = st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20))
odd_values = wild_trees | st.binary(max_size=20) | extension | st.builds(msgpack.Timestamp, st.integers(0, 2**34 - 1))
odd_keys = st.dictionaries(wild_text | st.integers() | st.binary(max_size=5), st.none(), max_size=1)


def packed(fields: dict[Any, Any], odd: dict[Any, Any]) -> bytes:
    try:
        return bytes(msgpack.packb(fields | odd, unicode_errors="surrogatepass"))
    except OverflowError:
        return bytes(msgpack.packb(fields, unicode_errors="surrogatepass"))


msgpack_headers = st.builds(packed, near(odd_values), odd_keys)
json_headers = st.builds(
    lambda fields, ascii_only: json.dumps(fields, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"),
    near(wild_trees | huge),
    st.booleans(),
)
GOLDEN = [encode_header(fields, codec) for fields in samples.REQUESTS.values() for codec in Codec]


def damaged(header: bytes, at: int, cut: int, put: bytes) -> bytes:
    at %= len(header)
    return header[:at] + put + header[at + cut :]


damaged_headers = st.builds(
    damaged, st.sampled_from(GOLDEN), st.integers(0, 4096), st.integers(0, 8), st.binary(max_size=8)
)

# --- what holds ------------------------------------------------------------------------------------------------


def read(frames: list[bytes]) -> tuple[Inbound | DragomanError, Envelope]:
    """A request or a public error, with the return address; any other exception is a failure of the test."""
    try:
        inbound = decode_message(frames, LIMITS)
    except BadMessage as bad:
        return bad.error, bad.envelope
    assert isinstance(inbound.request, FAMILIES.requests[inbound.request_type])
    return inbound, inbound.envelope


def check_that_it_can_be_answered(frames: list[bytes]) -> None:
    found, envelope = read(frames)
    error = found if isinstance(found, DragomanError) else InternalFault("a sentence", retry_after_ms=1)
    assert ERRORS[error.code] is type(error)
    assert error.message
    events: list[object] = [*failure_events(envelope, error, 1.5)]
    assert events
    if isinstance(found, Inbound) and isinstance(found.request, PingRequest):
        echoed = found.request.timestamp
        pong = Pong(timestamp=echoed, translator_port_pub=1, translator_port_pull=1, audio_pipeline_available=False)
        events.append(pong)
    for event in events:
        *topic, header = frames_of(encode_header(event, envelope.codec), envelope.reply_to, ())
        codec, _ = decode_header(bytes(header))
        assert codec is envelope.codec
        assert topic == ([] if envelope.reply_to is None else [envelope.reply_to.encode() + b"\0"])


@many
@given(messages, st.sampled_from(Codec))
def test_any_message_round_trips(message: dict[str, Any], codec: Codec) -> None:
    assert decode_header(encode_header(message, codec)) == (codec, message)


@many
@given(st.lists(st.binary(max_size=300), max_size=6))
@example([])
@example([b"{" * 4096])
@example([b'{"a":' * 800])
@example([b"\x91" * 4096])
@example([b"\x81\xa1a" * 1300])
@example([b"\xdd\xff\xff\xff\xff"])
@example([bytes(5000)])
def test_any_bytes_in_any_frames_can_be_answered(frames: list[bytes]) -> None:
    check_that_it_can_be_answered(frames)


@many
@given(msgpack_headers, binaries)
@example(b"\x82\xa4type\xa4ping\xa9timestamp\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", [])
@example(msgpack.packb({"type": "story_text_object_translation", "textObjectIndex": 2**64 - 1}), [])
def test_any_msgpack_map_can_be_answered(header: bytes, frames: list[bytes]) -> None:
    check_that_it_can_be_answered([header, *frames])


@many
@given(json_headers, binaries)
@example(b'{"type": "ping", "timestamp": ' + b"9" * 400 + b"}", [])
@example(b'{"type": "ping", "timestamp": "\\ud800"}', [])
@example(b'{"messageId": "\\ud800", "targetLanguages": ["\\udfff"]}', [])
@example(b'{"type": "story_text_object_translation", "textObjectIndex": 123456789012345678901234567890}', [])
def test_any_json_map_can_be_answered(header: bytes, frames: list[bytes]) -> None:
    check_that_it_can_be_answered([header, *frames])


@many
@given(damaged_headers, binaries)
def test_any_damaged_request_can_be_answered(header: bytes, frames: list[bytes]) -> None:
    check_that_it_can_be_answered([header, *frames])
