from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dragoman_client import (
    Event,
    TranslationFailed,
)
from dragoman_wire.errors import (
    AudioUndecodable,
    Cancelled,
    EngineFailed,
    InvalidRequest,
    Overloaded,
    TooLarge,
    UnknownType,
    UnsupportedLanguage,
)
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.events import RequestRejected, TranslationSkipped
from tests.unit.client.conftest import Serve, client_of
from tests.unit.client.fake_server import (
    WAV,
    Answer,
    FakeServer,
    Fields,
    accepted,
    cancel_result,
    finished,
    not_spoken,
    not_transcribed,
    not_translated,
    spoken,
    transcribed,
    translated,
    translating,
)

TRANSLATION = {"type": "translation", "text": "hi", "targetLanguages": ["pt", "fr"]}
pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


async def test_several_languages_come_by_language(serve: Serve) -> None:
    async with client_of(serve(translating)) as client:
        answers = await client.translate("hi", "en", to=["pt", "fr", "pt"], priority="high", timeout_ms=5000)
    assert {language: each.text for language, each in answers.items()} == {"pt": "pt(hi)", "fr": "fr(hi)"}


async def test_words_and_subtitles_are_asked_for_only_where_they_are_wanted(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server) as client:
        await client.transcribe(WAV, "en", word_timestamps=True, formats=["srt", "vtt"])
        await client.transcribe(WAV)
    wanted, plain = server.asked("transcription_only")
    assert (wanted["wordTimestamps"], wanted["formats"]) == (True, ["srt", "vtt"])
    assert not {"wordTimestamps", "formats", "language"} & plain.keys()


async def test_a_vocabulary_is_sent_with_a_transcription_and_with_a_voice_message(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server) as client:
        await client.transcribe(WAV, vocabulary=("Dragoman", "St. Andrews"))
        await client.voice(WAV, to="pt", vocabulary=["Dragoman"])
    assert [request["vocabulary"] for request in server.asked("transcription_only")] == [["Dragoman", "St. Andrews"]]
    assert [request["vocabulary"] for request in server.asked("audio_process")] == [["Dragoman"]]


async def test_what_is_asked_is_what_is_sent(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server) as client:
        await client.translate("hi", "en", to="pt", priority="high", timeout_ms=5000, model_type="premium")
    [sent] = server.asked("translation")
    assert sent.pop("taskId")
    assert sent == {
        "type": "translation",
        "replyTo": client.peer,
        "text": "hi",
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
        "modelType": "premium",
        "priority": "high",
        "timeoutMs": 5000,
    }


async def test_a_failed_language_is_raised_with_the_others_in_hand(serve: Serve) -> None:
    def partly(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        wrong = not_translated(request, "xx", UnsupportedLanguage("no route to xx"))
        return [accepted(request), wrong, translated(request, "pt"), finished(request, 2, "partial")]

    async with client_of(serve(partly)) as client:
        with pytest.raises(TranslationFailed, match="xx: unsupported_language: no route to xx") as caught:
            await client.translate("hi", to=["pt", "xx"])
    assert caught.value.results["pt"].text == "pt(hi)"
    assert isinstance(caught.value.errors["xx"], UnsupportedLanguage)


async def test_the_error_of_a_single_language_is_raised_as_it_is(serve: Serve) -> None:
    def wrong(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        return [accepted(request), not_translated(request, "pt", EngineFailed("it raised")), finished(request)]

    async with client_of(serve(wrong)) as client:
        with pytest.raises(EngineFailed, match="it raised"):
            await client.translate("hi", to="pt")


async def test_a_refused_request_raises_without_waiting(serve: Serve) -> None:
    def refusing(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        full = Overloaded("the lane is full", retry_after_ms=700)
        return [not_translated(request, language, full) for language in request["targetLanguages"]]

    async with client_of(serve(refusing)) as client:
        assert [event.language async for event in client.events(TRANSLATION)] == ["pt", "fr"]
        with pytest.raises(Overloaded) as caught:
            await client.translate("hi", to="pt")
        assert caught.value.retry_after_ms == 700
        with pytest.raises(TranslationFailed):
            await client.translate("hi", to=["pt", "fr"])


async def test_a_request_refused_as_a_whole_raises_its_error(serve: Serve) -> None:
    def refusing(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        return [not_translated(request, None, InvalidRequest("targetLanguages: too short"))]

    async with client_of(serve(refusing)) as client:
        with pytest.raises(InvalidRequest, match="targetLanguages"):
            await client.translate("hi", to=[])


async def test_a_skipped_text_is_too_large(serve: Serve) -> None:
    def skipping(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        skip = TranslationSkipped(
            task_id=request["taskId"], message_id=None, length=20, max_length=10, conversation_id=None
        )
        return [accepted(request), skip, finished(request)]

    async with client_of(serve(skipping)) as client:
        with pytest.raises(TooLarge, match="20 characters; the limit is 10"):
            await client.translate("hi", to="pt")


async def test_an_unknown_type_is_rejected(serve: Serve) -> None:
    def rejecting(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        return [
            RequestRejected(
                task_id=request["taskId"],
                request_type="x",
                timestamp=1.0,
                error="no",
                error_code="unknown_type",
                retryable=False,
            )
        ]

    async with client_of(serve(rejecting)) as client:
        errors = [event.error async for event in client.events({"type": "x"})]
    assert [type(error) for error in errors] == [UnknownType]


async def test_a_recording_is_transcribed_from_bytes_or_from_a_file(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(WAV)
    async with client_of(serve(translating)) as client:
        assert (await client.transcribe(WAV, "en")).text == "hello world"
        assert (await client.transcribe(file)).segments[0].end_ms == 1500
        with pytest.raises(InvalidRequest, match="empty"):
            await client.transcribe(b"")


async def test_a_recording_that_cannot_be_decoded_raises(serve: Serve) -> None:
    def deaf(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        return [accepted(request), not_transcribed(request, AudioUndecodable("no audio")), finished(request)]

    async with client_of(serve(deaf)) as client:
        with pytest.raises(AudioUndecodable):
            await client.transcribe(WAV)


async def test_a_voice_message_comes_with_its_recordings_and_its_failures(serve: Serve) -> None:
    def partly(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[Answer]:
        return spoken(request, failed=["xx"])

    seen: list[Event] = []
    async with client_of(serve(partly)) as client:
        result = await client.voice(WAV, to=["pt", "fr", "xx"], on_event=seen.append)
    assert result.transcription.text == "hello world"
    assert {language: each.audio for language, each in result.audios.items()} == {"pt": WAV + b"pt", "fr": WAV + b"fr"}
    assert result.audios["pt"].mime_type == "audio/wav"
    assert isinstance(result.failed["xx"], EngineFailed)
    assert [event.type for event in seen][:2] == ["accepted", "transcription_ready"]
    assert seen[2].binaries == {"translatedAudio": WAV + b"pt"}


async def test_a_voice_message_that_failed_as_a_whole_raises(serve: Serve) -> None:
    def refusing(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        return [not_spoken(request, Overloaded("full"))]

    async with client_of(serve(refusing)) as client:
        with pytest.raises(Overloaded):
            await client.voice(WAV, to="pt")


async def test_a_task_is_cancelled_by_its_id(serve: Serve) -> None:
    def cancelling(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        if request["type"] != "cancel":
            return [accepted(request)]
        gone = not_translated(request, "pt", Cancelled("on request"))
        return [cancel_result(request), gone, finished(request, 1, "cancelled")]

    async with client_of(serve(cancelling)) as client:
        stream = client.events({**TRANSLATION, "targetLanguages": ["pt"]})
        assert (await anext(stream)).type == "accepted"
        assert await client.cancel(stream.task_id) == "cancelled"
        assert [event.type async for event in stream] == ["translation_error", "task_finished"]


async def test_statistics_and_pings_are_answered(serve: Serve) -> None:
    async with client_of(serve(translating)) as client:
        assert await client.stats() == {"lanes": {"translation": {"queued": 3}}, "version": "1"}
        assert (await client.ping()).translator_status == "alive"


async def test_a_passing_error_is_tried_again_where_the_caller_asks(serve: Serve) -> None:
    def at_last(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        if server.count("transcription_only") < 3:
            return [not_transcribed(request, Overloaded("full", retry_after_ms=1))]
        return [accepted(request), transcribed(request), finished(request)]

    server = serve(at_last)
    async with client_of(server, retries=2) as client:
        assert (await client.transcribe(WAV)).text == "hello world"
    assert server.count("transcription_only") == 3


async def test_a_lasting_error_is_not_tried_again(serve: Serve) -> None:
    def wrong(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        return [not_transcribed(request, AudioUndecodable("no audio"))]

    server = serve(wrong)
    async with client_of(server, retries=5) as client:
        with pytest.raises(AudioUndecodable):
            await client.transcribe(WAV)
    assert server.count("transcription_only") == 1
