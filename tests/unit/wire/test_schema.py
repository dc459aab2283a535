"""The schemas describe the messages as they are: the golden ones, and those that the decoder takes or refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.errors import ERRORS
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import BadMessage, decode_message
from dragoman_wire.limits import WireLimits
from dragoman_wire.schema import asyncapi, bundle, event_schemas, request_schemas
from tests.conformance.shapes import EVENTS
from tests.harness import ROOT
from tests.unit.wire import samples

GOLDEN = ROOT / "tests" / "golden"
ABOUT_RECORDINGS = ("audio", "binaryFrames.audio")
"""How refusals begin that are about the bytes of a recording, of which a schema of headers says nothing."""
VALUES: tuple[Any, ...] = (
    None, "", " ", "x", "fr", "x" * 40, "x" * 2000, "high", "use", 0, 1, -1, 1.5, 1 << 40, True, [], ["fr"], [""],
    ["fr", None], [1], {}, {"a": None}, {"a": "b"}, {"a": {"fr": "c"}}, {"a": 1}, [{}],
)  # fmt: skip
"""1.0 is not among them: to JSON Schema it is an integer, to the decoder it is none."""
REQUESTS, EVENT_SCHEMAS, BUNDLE = request_schemas(), event_schemas(), bundle()


def golden(folder: str, kind: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((GOLDEN / folder / f"{kind}.json").read_text(encoding="utf-8"))
    return document


def problems(schema: Mapping[str, Any], message: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(message)]


def refusal(fields: Mapping[str, Any]) -> str | None:
    """The sentence with which the decoder refuses a request; None where it takes it."""
    try:
        decode_message([encode_header(fields, Codec.JSON), samples.SILENCE], WireLimits())
    except BadMessage as bad:
        return bad.error.message
    return None


def variants(kind: str) -> Iterator[dict[str, Any]]:
    """The golden request with one field left out, or of another value."""
    fields = golden("requests", kind)
    for name in REQUESTS[kind]["properties"]:
        if name != "type":
            yield {each: value for each, value in fields.items() if each != name}
            yield from (fields | {name: value} for value in VALUES)


def test_there_is_a_schema_of_every_request_and_event() -> None:
    assert set(REQUESTS) == set(FAMILIES.requests)
    assert set(EVENT_SCHEMAS) == set(EVENTS) | {"stats_result"}


def test_no_request_has_the_name_of_an_event() -> None:
    assert set(REQUESTS) & set(EVENT_SCHEMAS) == set()


@pytest.mark.parametrize("schema", [*REQUESTS.values(), *EVENT_SCHEMAS.values(), BUNDLE])
def test_a_schema_is_one(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", sorted(REQUESTS))
def test_a_golden_request_is_as_its_schema_says(kind: str) -> None:
    message = golden("requests", kind)
    assert problems(REQUESTS[kind], message) == []
    assert problems(BUNDLE, message) == []
    assert message.keys() <= REQUESTS[kind]["properties"].keys()


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_a_golden_event_is_as_its_schema_says(kind: str) -> None:
    message = golden("events", kind)
    assert problems(EVENT_SCHEMAS[kind], message) == []
    assert problems(BUNDLE, message) == []
    assert message.keys() <= EVENT_SCHEMAS[kind]["properties"].keys()


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_a_schema_asks_for_the_fields_that_an_event_always_has(kind: str) -> None:
    always = {"type", *(name for name in EVENTS[kind] if not name.endswith("?"))}
    allowed = {"type", *(name.removesuffix("?") for name in EVENTS[kind])}
    assert set(EVENT_SCHEMAS[kind]["required"]) == always
    assert EVENT_SCHEMAS[kind]["properties"].keys() == allowed


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_without_one_of_its_fields_is_found_out(kind: str) -> None:
    message = golden("events", kind)
    for name in EVENT_SCHEMAS[kind]["required"]:
        assert problems(EVENT_SCHEMAS[kind], {each: value for each, value in message.items() if each != name})


@pytest.mark.parametrize("kind", sorted(REQUESTS))
def test_a_schema_takes_and_refuses_what_the_decoder_does(kind: str) -> None:
    validator, differences = Draft202012Validator(REQUESTS[kind]), []
    for fields in variants(kind):
        refused, taken = refusal(fields), validator.is_valid(fields)
        about_recording = taken and refused is not None and refused.startswith(ABOUT_RECORDINGS)
        if taken == (refused is not None) and not about_recording:
            differences.append((refused, problems(REQUESTS[kind], fields)))
    assert differences == []


def test_a_request_without_a_type_is_a_translation() -> None:
    message = golden("requests", "translation")
    del message["type"]
    assert problems(REQUESTS["translation"], message) == []
    assert problems(REQUESTS["ping"], {"timestamp": 1})


@pytest.mark.parametrize("alias", ["transcription", "audio"])
def test_a_request_may_have_the_other_name_of_its_type(alias: str) -> None:
    [kind] = [family.name for family in FAMILIES if alias in family.aliases]
    assert problems(REQUESTS[kind], golden("requests", kind) | {"type": alias}) == []
    assert problems(REQUESTS[kind], golden("requests", kind) | {"type": "weather"})


def test_hints_beside_the_binary_frames_and_unknown_fields_are_allowed() -> None:
    message = golden("requests", "transcription_only") | {"weather": "fine"}
    message["binaryFrames"] |= {"audioMimeType": "audio/wav", "audioSize": 3}
    assert problems(REQUESTS["transcription_only"], message) == []


def test_an_error_event_has_a_code_of_the_closed_set() -> None:
    codes = EVENT_SCHEMAS["translation_error"]["$defs"]["ErrorCode"]["enum"]
    assert codes == list(ERRORS)
    assert problems(EVENT_SCHEMAS["translation_error"], golden("events", "translation_error") | {"errorCode": "x"})


def test_a_schema_says_what_the_source_says_of_a_field() -> None:
    assert EVENT_SCHEMAS["pong"]["description"] == "Answers `ping`."
    assert REQUESTS["translation"]["properties"]["timeoutMs"]["description"].startswith("The answer is worth")


def test_every_family_is_an_operation_whose_answers_are_messages_of_its_channel() -> None:
    document = asyncapi()
    channels = document["channels"]
    for kind in FAMILIES.requests:
        operation = document["operations"][kind]
        answers = {each["$ref"].rpartition("/")[2] for each in operation["reply"]["messages"]}
        assert kind in channels["requests"]["messages"]
        assert answers <= channels["routedEvents"]["messages"].keys()
        assert set(FAMILIES.find(kind).events) <= answers
    assert channels["routedEvents"]["messages"].keys() - channels["events"]["messages"].keys() == {
        "accepted", "task_finished", "server_stopping",
    }  # fmt: skip


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()
    broken = []
    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place.get(part, {})
        if not place:
            broken.append(reference)
    assert broken == []


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
