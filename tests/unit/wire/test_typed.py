"""Reading a header once gives what reading it by way of a map gives, and leaves what is wrong to that way."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_wire.codec import Codec, codec_of, decode_header, encode_header
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.families import FAMILIES
from dragoman_wire.requests import Request
from dragoman_wire.typed import typed_request
from tests.unit.wire import samples
from tests.unit.wire.test_properties import damaged_headers, json_headers, many, msgpack_headers


def by_way_of_a_map(header: bytes) -> tuple[str, Request] | None:
    try:
        _, fields = decode_header(header)
        name = FAMILIES.canonical_type(fields)
        return name, msgspec.convert(fields, FAMILIES.requests[name])
    except (InvalidRequest, KeyError, TypeError, msgspec.ValidationError):
        return None


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("name", sorted(samples.REQUESTS))
def test_every_request_of_the_contract_is_read_at_once(name: str, codec: Codec) -> None:
    header = encode_header(samples.REQUESTS[name], codec)
    found = typed_request(header, codec)
    assert found is not None
    assert found == by_way_of_a_map(header)


@many
@given(st.one_of(damaged_headers, json_headers, msgpack_headers))
def test_what_is_read_at_once_is_what_the_map_says(header: bytes) -> None:
    found = typed_request(header, codec_of(header))
    expected = by_way_of_a_map(header)
    if found is not None and expected is not None:
        # By their text: a number that is none is unequal to itself.
        assert (found[0], repr(found[1])) == (expected[0], repr(expected[1]))
    if found is not None and expected is None:
        assert is_odd_where_it_is_not_looked_at(header)


def is_odd_where_it_is_not_looked_at(header: bytes) -> bool:
    """Whether a header is only unreadable because of fields that are skipped: they may hold anything."""
    try:
        decode_header(header)
    except InvalidRequest:
        return True
    return False


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "", "text": "hi", "targetLanguages": ["pt"]},
        {"type": "weather"},
        {"type": 5},
        {"text": "hi"},
        {"text": 1, "targetLanguages": ["pt"]},
        {"text": "hi", "targetLanguages": ["pt"], "timeoutMs": 1.5},
        {"text": "hi", "targetLanguages": ["pt"], "replyTo": "no blanks"},
        [],
        None,
    ],
)
def test_what_is_wrong_is_left_to_who_can_name_it(fields: Any) -> None:
    for header in (json.dumps(fields).encode(), msgpack.packb(fields)):
        assert typed_request(header, codec_of(header)) is None


def test_a_missing_type_and_a_null_are_a_translation() -> None:
    for kind in ({}, {"type": None}, {"type": "translation"}):
        found = typed_request(msgpack.packb({**kind, "text": "hi", "targetLanguages": ["pt"]}), Codec.MSGPACK)
        assert found is not None
        assert found[0] == "translation"
