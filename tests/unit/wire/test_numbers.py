"""Numbers that no program can go on with are refused wherever they stand, and texts that look like them are not."""

from __future__ import annotations

import json
import struct
from typing import Any

import msgpack
import pytest

from dragoman_wire.inbound import BadMessage, decode_message
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import PingRequest, TranslationRequest

LIMITS = WireLimits()
PLACES: list[Any] = [
    lambda value: {"timestamp": value},
    lambda value: {"x": value},
    lambda value: {"x": [{"y": [1, value]}]},
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_msgpack_with_a_number_that_is_not_finite_is_refused(place: Any, value: float) -> None:
    header = msgpack.packb({"type": "ping"} | place(value))
    with pytest.raises(BadMessage, match="not finite") as raised:
        decode_message([header], LIMITS)
    assert raised.value.error.code == "invalid_request"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_msgpack_with_a_short_number_that_is_not_finite_is_refused(value: float) -> None:
    header = b"\x82\xa4type\xa4ping\xa1x\xca" + struct.pack(">f", value)
    with pytest.raises(BadMessage, match="not finite"):
        decode_message([header], LIMITS)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("digits", [309, 401, 4300, 5000])
def test_json_with_a_number_of_more_digits_than_numbers_have_is_refused(place: Any, digits: int) -> None:
    header = json.dumps({"type": "ping"} | place("N")).replace('"N"', "9" * digits).encode()
    with pytest.raises(BadMessage) as raised:
        decode_message([header], LIMITS)
    assert raised.value.error.code == "invalid_request"


@pytest.mark.parametrize("text", ["9" * 401, "\u00cb\u007f and more", "x" * 100_000 + "1" * 309])
def test_a_text_that_looks_like_one_is_a_text(text: str) -> None:
    fields = {"text": text, "targetLanguages": ["pt"], "sourceLanguage": "en"}
    for header in (json.dumps(fields).encode(), msgpack.packb(fields)):
        request = decode_message([header], LIMITS).request
        assert isinstance(request, TranslationRequest)
        assert request.text == text


def test_large_numbers_that_are_numbers_are_taken() -> None:
    for value in (1.7976931348623157e308, 10**308, -(2**63), 2**64 - 1, 0.1):
        request = decode_message([json.dumps({"type": "ping", "timestamp": value}).encode()], LIMITS).request
        assert isinstance(request, PingRequest)
        assert request.timestamp == value
