"""Every message of the contract has exactly its fields, in both encodings; the golden files hold one of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest

from dragoman_wire.codec import Codec, decode_header, encode_header
from dragoman_wire.events import Event
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import decode_message
from dragoman_wire.limits import WireLimits
from dragoman_wire.outbound import frames_of
from tests.conformance import shapes
from tests.harness import ROOT
from tests.unit.wire import samples

GOLDEN = ROOT / "tests" / "golden"


def tag_of(event: Event) -> str:
    return str(event.__struct_config__.tag)


BY_TAG = {tag_of(event): event for event in samples.EVENTS}


def golden(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def leaves(kind: type[Event]) -> list[type[Event]]:
    below = kind.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [kind]


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def test_every_event_class_has_a_sample_a_shape_and_a_golden_file() -> None:
    ours = [leaf for leaf in leaves(Event) if leaf.__module__.startswith("dragoman_wire.")]  # and not those of a test
    tags = {str(leaf.__struct_config__.tag) for leaf in ours}
    assert tags == set(BY_TAG) == set(shapes.EVENTS)
    assert tags == {path.stem for path in (GOLDEN / "events").glob("*.json")}


@pytest.mark.parametrize("tag", sorted(BY_TAG))
def test_an_event_has_exactly_the_fields_of_the_contract_in_json(tag: str) -> None:
    assert shapes.event_problems(json.loads(encode_header(BY_TAG[tag], Codec.JSON))) == []


@pytest.mark.parametrize("tag", sorted(BY_TAG))
def test_an_event_has_exactly_the_fields_of_the_contract_in_msgpack(tag: str) -> None:
    assert shapes.event_problems(msgpack.unpackb(encode_header(BY_TAG[tag], Codec.MSGPACK))) == []


@pytest.mark.parametrize("tag", sorted(BY_TAG))
def test_an_event_is_what_its_golden_file_holds(tag: str) -> None:
    expected = golden(GOLDEN / "events" / f"{tag}.json")
    assert json.loads(encode_header(BY_TAG[tag], Codec.JSON)) == expected
    assert msgpack.unpackb(encode_header(BY_TAG[tag], Codec.MSGPACK)) == expected


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("tag", sorted(BY_TAG))
def test_an_event_read_back_is_the_same_event(tag: str, codec: Codec) -> None:
    event = BY_TAG[tag]
    _, fields = decode_header(encode_header(event, codec))
    assert msgspec.convert(fields, type(event)) == event


def test_every_request_type_has_a_golden_file() -> None:
    assert set(FAMILIES.requests) == set(samples.REQUESTS)
    assert set(FAMILIES.requests) == {path.stem for path in (GOLDEN / "requests").glob("*.json")}


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("kind", sorted(FAMILIES.requests))
def test_a_golden_request_loses_and_gains_nothing_when_it_is_read(kind: str, codec: Codec) -> None:
    fields = golden(GOLDEN / "requests" / f"{kind}.json")
    frames = [encode_header(fields, codec)]
    if "binaryFrames" in fields:
        frames.append(samples.SILENCE)
    inbound = decode_message(frames, WireLimits())
    assert inbound.codec is codec
    assert type(inbound.request) is FAMILIES.requests[kind]
    assert {"type": inbound.request_type} | without_nulls(msgspec.to_builtins(inbound.request)) == without_nulls(
        fields
    )


def test_a_frame_that_an_event_names_is_the_one_counted_from_one() -> None:
    event = BY_TAG["audio_translation_ready"]
    header, *binaries = frames_of(encode_header(event, Codec.JSON), None, [b"sound"])
    index = json.loads(bytes(header))["binaryFrames"]["audio"]["index"]
    assert binaries[index - 1] == b"sound"


def test_a_routed_event_has_its_peer_and_a_nul_in_front() -> None:
    event = BY_TAG["accepted"]
    header = encode_header(event, Codec.JSON)
    assert frames_of(header, None, [b"sound"]) == [header, b"sound"]
    assert frames_of(header, "peer-1", [b"sound"]) == [b"peer-1\0", header, b"sound"]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"type": "weather"}, "type: 'weather' is no event of the protocol"),
        ({"type": "result_unknown"}, "result_unknown.taskId: missing"),
        ({"type": "result_unknown", "taskId": 1}, "result_unknown.taskId: int is not the type of this field"),
        ({"type": "result_unknown", "taskId": "", "x": 1}, "result_unknown.x: not a field of the protocol"),
        (
            {"type": "server_stopping", "drainMs": True, "restartExpected": False},
            "server_stopping.drainMs: bool is not the type of this field",
        ),
    ],
)
def test_the_table_of_shapes_finds_what_is_wrong(event: dict[str, Any], problem: str) -> None:
    assert shapes.event_problems(event) == [problem]
