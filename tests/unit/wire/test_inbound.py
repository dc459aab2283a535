from __future__ import annotations

import base64
import json
from typing import Any

import msgpack
import pytest

from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.errors import InvalidRequest, TooLarge, UnknownType
from dragoman_wire.inbound import BadMessage, Inbound, decode_message
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import AudioRequest, PingRequest, TranslationRequest

LIMITS = WireLimits()
SOUND = bytes(range(256))
BASE64 = base64.b64encode(SOUND).decode()
TRANSLATION: dict[str, Any] = {"type": "translation", "text": "Hello", "targetLanguages": ["fr"]}
STORY: dict[str, Any] = TRANSLATION | {
    "type": "story_text_object_translation",
    "postId": "post-1",
    "textObjectIndex": 2,
}
AUDIO: dict[str, Any] = {"type": "audio_process", "targetLanguages": ["fr"]}


def read(fields: dict[str, Any], *binaries: bytes | memoryview, limits: WireLimits = LIMITS) -> Inbound:
    return decode_message([json.dumps(fields).encode(), *binaries], limits)


def refused(fields: dict[str, Any], *binaries: bytes, limits: WireLimits = LIMITS) -> BadMessage:
    with pytest.raises(BadMessage) as caught:
        read(fields, *binaries, limits=limits)
    return caught.value


def test_a_header_without_a_type_is_a_translation() -> None:
    for fields in ({"text": "a", "targetLanguages": ["fr"]}, TRANSLATION | {"type": None}):
        inbound = read(fields)
        assert inbound.request_type == "translation"
        assert isinstance(inbound.request, TranslationRequest)


@pytest.mark.parametrize(("alias", "name"), [("transcription", "transcription_only"), ("audio", "audio_process")])
def test_an_alias_is_its_type(alias: str, name: str) -> None:
    inbound = read({"type": alias, "targetLanguages": ["fr"], "audioData": BASE64})
    assert inbound.request_type == inbound.envelope.request_type == name


def test_a_glossary_is_read_with_its_nulls() -> None:
    glossary = {"Dragoman": None, "bank": "banque", "server": {"fr": "serveur", "es": None}}
    request = read(TRANSLATION | {"glossary": glossary}).request
    assert isinstance(request, TranslationRequest)
    assert request.glossary == glossary


@pytest.mark.parametrize("glossary", [["a"], {"a": 1}, {"a": ["b"]}, {"a": {"fr": 1}}, "a"])
def test_a_glossary_of_another_form_is_refused(glossary: object) -> None:
    bad = refused(TRANSLATION | {"glossary": glossary})
    assert isinstance(bad.error, InvalidRequest)
    assert bad.error.message.startswith("glossary")


def test_unknown_fields_and_nulls_are_ignored() -> None:
    inbound = read(TRANSLATION | {"mood": {"deep": [1]}, "taskId": None, "priority": None, "modelType": None})
    assert inbound.request == read(TRANSLATION).request


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": 1}, "text: Expected `str`, got `int`"),
        ({"targetLanguages": "fr"}, "targetLanguages: Expected `array`, got `str`"),
        ({"targetLanguages": ["fr", 1]}, "targetLanguages[1]: Expected `str | null`, got `int`"),
        ({"targetLanguages": []}, "targetLanguages: no language is named"),
        ({"targetLanguages": ["", None]}, "targetLanguages: no language is named"),
        ({"taskId": ""}, "taskId: Expected `str` of length >= 1"),
        ({"taskId": "x" * 129}, "taskId: Expected `str` of length <= 128"),
        ({"taskId": 7}, "taskId: Expected `str | null`, got `int`"),
        ({"replyTo": "a b"}, "replyTo: Expected `str` matching regex"),
        ({"replyTo": "a\n"}, "replyTo: Expected `str` matching regex"),
        ({"replyTo": "x" * 65}, "replyTo: Expected `str` matching regex"),
        ({"priority": "urgent"}, "priority: Invalid enum value 'urgent'"),
        ({"timeoutMs": 0}, "timeoutMs: Expected `int` >= 1"),
        ({"timeoutMs": "5"}, "timeoutMs: Expected `int | null`, got `str`"),
        ({"messageId": 5}, "messageId: Expected `str | null`, got `int`"),
        ({"type": 5}, "type: expected `str`, got `int`"),
        ({"type": ["translation"]}, "type: expected `str`, got `list`"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(fields: dict[str, Any], said: str) -> None:
    bad = refused(TRANSLATION | fields)
    assert isinstance(bad.error, InvalidRequest)
    assert bad.error.message.startswith(said)


@pytest.mark.parametrize("field", ["text", "targetLanguages"])
def test_a_missing_field_is_named(field: str) -> None:
    bad = refused({key: value for key, value in TRANSLATION.items() if key != field})
    assert isinstance(bad.error, InvalidRequest)
    assert bad.error.message == f"{field}: the field is missing"


@pytest.mark.parametrize("kind", ["cancel", "result"])
def test_a_request_about_a_task_must_name_it(kind: str) -> None:
    assert refused({"type": kind}).error.message == "taskId: the field is missing"


def test_a_nested_field_is_named_with_its_path() -> None:
    mobile = {"text": "Hi", "segments": [{"startMs": "soon"}]}
    bad = refused(AUDIO | {"mobileTranscription": mobile})
    assert bad.error.message.startswith("mobileTranscription.segments[0].startMs: Expected")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"formats": ["srt", "docx"]}, "formats[1]: Invalid enum value 'docx'"),
        ({"formats": "srt"}, "formats: Expected `array | null`, got `str`"),
        ({"formats": ["srt"] * 9}, "formats: Expected `array` of length <= 8"),
        ({"vocabulary": "Dragoman"}, "vocabulary: Expected `array | null`, got `str`"),
        ({"vocabulary": ["a", 5]}, "vocabulary[1]: Expected `str`, got `int`"),
        ({"vocabulary": [""]}, "vocabulary[0]: Expected `str` of length >= 1"),
        ({"vocabulary": ["x" * 101]}, "vocabulary[0]: Expected `str` of length <= 100"),
        ({"vocabulary": ["x"] * 101}, "vocabulary: Expected `array` of length <= 100"),
        ({"wordTimestamps": "yes"}, "wordTimestamps: Expected `bool | null`, got `str`"),
    ],
)
def test_a_wrong_wish_for_a_transcription_is_named(fields: dict[str, Any], said: str) -> None:
    assert refused(AUDIO | fields).error.message.startswith(said)


def test_an_unknown_type_is_told_apart_from_a_broken_request() -> None:
    bad = refused({"type": "weather", "taskId": "t", "replyTo": "peer-1"})
    assert isinstance(bad.error, UnknownType)
    assert "'weather'" in bad.error.message
    assert (bad.envelope.request_type, bad.envelope.task_id, bad.envelope.reply_to) == ("weather", "t", "peer-1")


@pytest.mark.parametrize("timestamp", [1785150000, 1785150000.5, "2026-07-27T11:00:00Z", -1, 10**30])
def test_any_timestamp_is_taken_as_it_is(timestamp: float | str) -> None:
    request = read({"type": "ping", "timestamp": timestamp}).request
    assert isinstance(request, PingRequest)
    assert request.timestamp == timestamp


# --- limits ----------------------------------------------------------------------------------------------------


def test_a_header_over_the_limit_is_refused_before_it_is_read() -> None:
    limits = WireLimits(header_bytes=100)
    with pytest.raises(BadMessage) as caught:
        decode_message([b'{"type": "translation", "x": "' + b"\xff" * 100], limits)
    assert isinstance(caught.value.error, TooLarge)
    assert caught.value.error.message == "the header has 130 bytes; the limit header_bytes is 100"
    assert len(caught.value.first_bytes) == 64


def test_a_header_at_the_limit_is_read() -> None:
    header = json.dumps(TRANSLATION).encode()
    assert decode_message([header], WireLimits(header_bytes=len(header))).request_type == "translation"


@pytest.mark.parametrize(
    ("limits", "binaries", "said"),
    [
        (WireLimits(frames=1), [b"", b""], "the request has 2 binary frames; the limit frames is 1"),
        (WireLimits(request_bytes=200), [bytes(200)], "the limit request_bytes is 200"),
    ],
)
def test_frames_over_a_limit_are_refused_before_the_fields_are_looked_at(
    limits: WireLimits, binaries: list[bytes], said: str
) -> None:
    bad = refused({"text": 5, "taskId": "t"}, *binaries, limits=limits)
    assert isinstance(bad.error, TooLarge)
    assert said in bad.error.message
    assert bad.envelope.task_id == "t"


def test_too_many_languages_are_refused_with_their_number() -> None:
    bad = refused(TRANSLATION | {"targetLanguages": ["fr", "es", "de"]}, limits=WireLimits(languages=2))
    assert isinstance(bad.error, TooLarge)
    assert bad.error.message == "targetLanguages has 3 entries; the limit languages is 2"


# --- audio -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["audioData", "audioBase64", "audio_data"])
@pytest.mark.parametrize("prefix", ["", "data:audio/wav;base64,"])
def test_base64_gives_the_bytes_that_a_frame_gives(field: str, prefix: str) -> None:
    framed = read(AUDIO | {"binaryFrames": {"audio": 1}}, SOUND)
    assert read(AUDIO | {field: prefix + BASE64}).audio == framed.audio == SOUND


@pytest.mark.parametrize("field", ["audioData", "audioBase64", "audio_data"])
@pytest.mark.parametrize("text", ["not base64!", "QUJDR", "ÄÖ==", "data:audio/wav;base64,", "data:nothing", "===="])
def test_what_is_no_base64_is_named(field: str, text: str) -> None:
    bad = refused(AUDIO | {field: text})
    assert isinstance(bad.error, InvalidRequest)
    assert bad.error.message.startswith(f"{field}: ")


def test_frames_are_counted_from_one_and_hints_beside_them_are_ignored() -> None:
    hints = {"audioMimeType": "audio/wav", "audioSize": 256, "embeddingSize": 3, "voiceProfileSize": 1}
    inbound = read(AUDIO | {"binaryFrames": {"embedding": 1, "audio": 2, **hints}}, b"vector", SOUND)
    assert inbound.audio == SOUND
    assert isinstance(inbound.request, AudioRequest)


@pytest.mark.parametrize("index", [0, -1, 2, 2**40])
def test_a_frame_that_is_not_there_is_named(index: int) -> None:
    bad = refused(AUDIO | {"binaryFrames": {"audio": index}}, SOUND)
    assert bad.error.message == f"binaryFrames.audio: {index} is no frame; there are 1 binary frames"


def test_an_empty_frame_is_no_recording() -> None:
    assert (
        refused(AUDIO | {"binaryFrames": {"audio": 1}}, b"").error.message == "binaryFrames.audio: the frame is empty"
    )


@pytest.mark.parametrize("field", ["audioPath", "audioUrl"])
@pytest.mark.parametrize("value", ["/etc/passwd", "https://example.org/a.wav", "file:///etc/passwd"])
def test_a_path_or_url_alone_is_refused_with_what_to_send(field: str, value: str) -> None:
    bad = refused(AUDIO | {field: value})
    assert isinstance(bad.error, InvalidRequest)
    assert bad.error.message.startswith(f"{field}: ")
    assert "send the bytes" in bad.error.message


@pytest.mark.parametrize("value", ["", "https://example.org/a.wav"])
def test_a_path_or_url_beside_bytes_is_ignored(value: str) -> None:
    assert read(AUDIO | {"audioData": BASE64, "audioUrl": value, "audioPath": value}).audio == SOUND


@pytest.mark.parametrize("fields", [{}, {"audioUrl": "", "audioPath": ""}, {"audioData": ""}, {"binaryFrames": {}}])
def test_a_request_without_a_recording_is_refused(fields: dict[str, Any]) -> None:
    assert refused(AUDIO | fields).error.message.startswith("audio: the field is missing")


def test_the_transcription_of_a_phone_stands_in_for_a_recording() -> None:
    assert read(AUDIO | {"mobileTranscription": {"text": "Hi"}}).audio is None
    assert refused(AUDIO | {"mobileTranscription": {"text": "  "}}).error.message.startswith("audio: ")


# --- where the answer goes -------------------------------------------------------------------------------------


def test_a_broken_request_is_answered_under_the_ids_that_are_in_good_form() -> None:
    ids = {"taskId": "t", "messageId": "m", "conversationId": 7, "replyTo": "peer-1"}
    envelope = refused(STORY | ids | {"text": None}).envelope
    assert (envelope.task_id, envelope.message_id, envelope.conversation_id) == ("t", "m", None)
    assert (envelope.reply_to, envelope.post_id, envelope.text_object_index) == ("peer-1", "post-1", 2)
    assert envelope.languages == ("fr",)


@pytest.mark.parametrize("reply_to", [7, "a b", "", "x" * 65, None])
def test_a_reply_to_in_bad_form_is_answered_to_all(reply_to: object) -> None:
    assert refused({"type": "weather", "replyTo": reply_to}).envelope.reply_to is None


@pytest.mark.parametrize("languages", [None, "fr", {"fr": 1}, [1, "", "x" * 36], ["fr"] * 129])
def test_languages_in_bad_form_are_left_out_of_the_answer(languages: object) -> None:
    assert refused(TRANSLATION | {"text": 1, "targetLanguages": languages}).envelope.languages == ()


def test_a_language_asked_for_twice_is_answered_once() -> None:
    assert read(TRANSLATION | {"targetLanguages": ["fr", "es", "fr"]}).envelope.languages == ("fr", "es")


@pytest.mark.parametrize(
    ("header", "codec"), [(b"{", Codec.JSON), (b"\x82\xc1", Codec.MSGPACK), (b"\xc1", Codec.JSON), (b"", Codec.JSON)]
)
def test_an_unreadable_header_is_answered_in_the_encoding_it_seemed_to_have(header: bytes, codec: Codec) -> None:
    with pytest.raises(BadMessage) as caught:
        decode_message([header, b"frame"], LIMITS)
    assert caught.value.envelope.codec is codec
    assert caught.value.envelope.reply_to is None
    assert caught.value.first_bytes == header


def test_a_message_without_any_frame_is_refused() -> None:
    with pytest.raises(BadMessage):
        decode_message([], LIMITS)


def test_frames_may_be_views_of_a_buffer() -> None:
    header = msgpack.packb(AUDIO | {"binaryFrames": {"audio": 1}})
    inbound = decode_message([memoryview(header), memoryview(SOUND)], LIMITS)
    assert inbound.codec is Codec.MSGPACK
    assert inbound.audio == SOUND
    assert inbound.size_bytes == len(header) + len(SOUND)


LONG = "Good morning. " * 20
SMALL = WireLimits(header_bytes=200, base64_header_bytes=1000)


@pytest.mark.parametrize("codec", list(Codec))
def test_a_document_and_a_recording_in_base64_may_have_a_large_header(codec: Codec) -> None:
    document = {"type": "translation", "text": LONG, "targetLanguages": ["pt"], "format": "text"}
    recording = {"type": "audio_process", "audioData": "QUJD" * 100, "targetLanguages": ["pt"]}
    for fields in (document, recording):
        assert decode_message([encode_header(fields, codec)], SMALL).request_type == fields["type"]


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize(
    "more",
    [
        {"format": None},
        {"format": "text", "text": LONG * 4},
        {"format": "text", "text": "a", "targetLanguages": ["pt"] * 60},
        {"format": "text", "text": ["a"] * 100},
        {"format": "text", "glossary": {f"term {number}": None for number in range(40)}},
        {"type": "ping", "format": "text"},
        {"type": "no such type", "format": "text"},
    ],
    ids=["no format", "too long", "languages", "no text", "glossary", "ping", "unknown"],
)
def test_no_other_request_may(codec: Codec, more: dict[str, Any]) -> None:
    fields = {"type": "translation", "text": LONG, "targetLanguages": ["pt"]} | more
    with pytest.raises(BadMessage) as caught:
        decode_message([encode_header(fields, codec)], SMALL)
    assert isinstance(caught.value.error, TooLarge)


def test_who_sent_a_document_without_its_format_is_told_so() -> None:
    header = encode_header({"taskId": "t-1", "text": LONG, "targetLanguages": ["pt"]}, Codec.JSON)
    with pytest.raises(BadMessage, match="states its format") as caught:
        decode_message([header], SMALL)
    assert caught.value.envelope.task_id == "t-1"
