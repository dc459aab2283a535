from __future__ import annotations

import json

import msgspec
import pytest

from dragoman_wire import errors
from dragoman_wire.codec import Codec, decode_header, encode_header
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import ERRORS, DragomanError, InternalFault, error_from_code
from dragoman_wire.events import ErrorEvent, RequestRejected
from dragoman_wire.failures import failure_events
from dragoman_wire.families import FAMILIES

CONTRACT = {
    "invalid_request": False,
    "unknown_type": False,
    "too_large": False,
    "unsupported_language": False,
    "audio_undecodable": False,
    "audio_too_long": False,
    "overloaded": True,
    "deadline_exceeded": False,
    "cancelled": False,
    "engine_unavailable": True,
    "engine_failed": True,
    "shutting_down": True,
    "internal": True,
}
"""Every code of the contract, and whether the same request may succeed later."""
EVENT_OF = {
    "translation": "translation_error",
    "story_text_object_translation": "translation_error",
    "transcription_only": "transcription_error",
    "audio_process": "audio_process_error",
    "speak": "speech_error",
    "voice_profile_analyze": "voice_profile_error",
    "voice_profile_verify": "voice_profile_error",
    "voice_profile_compare": "voice_profile_error",
    "voice_translate": "voice_api_error",
    "correction": "correction_error",
    "extraction": "extraction_error",
    "batch": "batch_error",
    "ping": "request_rejected",
    "stats": "request_rejected",
    "voices": "request_rejected",
    "languages": "request_rejected",
    "detect": "request_rejected",
    "cancel": "request_rejected",
    "result": "request_rejected",
    "weather": "request_rejected",
}


def defined_errors() -> list[type[DragomanError]]:
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, DragomanError)]
    return [each for each in found if each is not DragomanError]


def test_the_set_is_closed_and_each_class_has_a_code_of_its_own() -> None:
    assert {each.code: each.retryable for each in defined_errors()} == CONTRACT
    assert len(defined_errors()) == len(CONTRACT) == len(ERRORS)


def test_every_error_is_a_direct_child_of_the_base_and_has_a_meaning() -> None:
    for each in defined_errors():
        assert each.__bases__ == (DragomanError,)
        assert each.__doc__


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("code", sorted(CONTRACT))
def test_an_error_survives_the_way_to_the_peer(code: str, codec: Codec) -> None:
    error = error_from_code(code, "a sentence", retry_after_ms=250)
    [event] = failure_events(Envelope(request_type="batch", codec=codec, task_id="t"), error, 1.5)
    _, fields = decode_header(encode_header(event, codec))
    assert fields["retryable"] is CONTRACT[code]
    again = error_from_code(fields["errorCode"], fields["error"], fields["retryAfterMs"])
    assert (type(again), again.message, again.retry_after_ms) == (type(error), "a sentence", 250)


def test_a_code_of_a_later_version_is_an_internal_fault() -> None:
    assert isinstance(error_from_code("out_of_paper", "a sentence"), InternalFault)


def test_an_error_without_a_time_to_retry_at_says_none() -> None:
    [event] = failure_events(Envelope(request_type=None, codec=Codec.JSON), InternalFault("a sentence"), 1.5)
    assert isinstance(event, RequestRejected)
    assert "retryAfterMs" not in json.loads(encode_header(event, Codec.JSON))


@pytest.mark.parametrize("kind", sorted(EVENT_OF))
def test_a_failure_is_told_in_the_words_of_its_family(kind: str) -> None:
    [event] = failure_events(Envelope(request_type=kind, codec=Codec.JSON), InternalFault("a sentence"), 1.5)
    assert event.__struct_config__.tag == EVENT_OF[kind]


def test_every_request_type_has_a_family() -> None:
    assert set(FAMILIES.requests) <= set(EVENT_OF)


def test_a_translation_fails_once_for_each_language() -> None:
    envelope = Envelope(request_type="translation", codec=Codec.JSON, task_id="t", languages=("fr", "es"))
    events = failure_events(envelope, InternalFault("a sentence"), 1.5)
    assert [msgspec.to_builtins(event)["targetLanguage"] for event in events] == ["fr", "es"]
    [one] = failure_events(envelope, InternalFault("a sentence"), 1.5, languages=["es"])
    assert msgspec.to_builtins(one)["targetLanguage"] == "es"


def test_a_translation_without_languages_fails_once_for_none() -> None:
    [event] = failure_events(Envelope(request_type="translation", codec=Codec.JSON), InternalFault("a sentence"), 1.5)
    assert msgspec.to_builtins(event)["targetLanguage"] is None


def test_only_the_failure_of_a_story_names_its_text_object() -> None:
    story = Envelope(request_type="story_text_object_translation", codec=Codec.JSON, post_id="p", text_object_index=0)
    [event] = failure_events(story, InternalFault("a sentence"), 1.5)
    fields = msgspec.to_builtins(event)
    assert (fields["postId"], fields["textObjectIndex"]) == ("p", 0)
    [event] = failure_events(Envelope(request_type="translation", codec=Codec.JSON), InternalFault("a sentence"), 1.5)
    assert {"postId", "textObjectIndex"}.isdisjoint(msgspec.to_builtins(event))


def test_every_error_event_carries_the_fields_of_all_errors() -> None:
    for kind in EVENT_OF:
        for event in failure_events(Envelope(request_type=kind, codec=Codec.JSON), InternalFault("a sentence"), 1.5):
            assert isinstance(event, ErrorEvent)
            assert {"error", "errorCode", "retryable"} <= set(msgspec.to_builtins(event))
