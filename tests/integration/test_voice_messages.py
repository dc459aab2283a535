"""Voice messages through a server on the embedded models: voices, speed and formats, as a peer hears them."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest

from tests.harness import Message, ServerProcess, connected

av = pytest.importorskip("av", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models

TEXT = "Good morning. The train to Lisbon leaves at nine."


def voice_message(server: ServerProcess, **fields: Any) -> list[Message]:
    """What comes of a message that the phone has transcribed."""
    request = {
        "type": "audio_process",
        "targetLanguages": ["en"],
        "speakOriginal": True,
        "mobileTranscription": {"text": TEXT, "language": "en"},
        "cache": "off",
    }
    with connected(server, "listener") as peer:
        return peer.run(request | fields)


def ready(events: list[Message]) -> Message:
    [event] = [event for event in events if event.type == "audio_translation_ready"]
    return event


def refusal(events: list[Message]) -> dict[str, Any]:
    [event] = [event for event in events if event.type == "audio_process_error"]
    return event.fields


def seconds_of(sound: bytes) -> float:
    with av.open(io.BytesIO(sound)) as container:
        return float(sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0)))


def test_ogg_is_opus_that_lasts_as_long_as_it_says(model_server: ServerProcess) -> None:
    event = ready(voice_message(model_server, outputFormat="ogg"))
    said = event.fields["translatedAudio"]
    assert said["audioMimeType"] == event.fields["binaryFrames"]["audio"]["mimeType"] == "audio/ogg; codecs=opus"
    [sound] = event.binaries
    with av.open(io.BytesIO(sound)) as container:
        assert (container.format.name, container.streams.audio[0].codec_context.name) == ("ogg", "opus")
    assert seconds_of(sound) == pytest.approx(said["durationMs"] / 1000, abs=0.03)
    assert said["segments"][-1]["endMs"] == said["durationMs"]


def test_the_voice_and_the_speed_are_those_that_were_asked_for(model_server: ServerProcess) -> None:
    usual = ready(voice_message(model_server))
    other = ready(voice_message(model_server, voices={"en": "espeak-ng:en-gb"}))
    slow = ready(voice_message(model_server, speed=0.6))
    assert [event.fields["translatedAudio"]["voice"] for event in (usual, other, slow)] == [
        "hibari",
        "espeak-ng:en-gb",
        "hibari",
    ]
    with wave.open(io.BytesIO(other.binaries[0])) as sound:
        assert sound.getframerate() == 22_050
    assert seconds_of(slow.binaries[0]) > 1.4 * seconds_of(usual.binaries[0])


def test_a_voice_that_does_not_speak_the_language_is_refused_for_it_alone(model_server: ServerProcess) -> None:
    events = voice_message(model_server, targetLanguages=["pt", "en"], voice="hibari")
    whole = next(event.fields for event in events if event.type == "audio_process_completed")
    [failed] = whole["failedLanguages"]
    assert (failed["targetLanguage"], failed["errorCode"]) == ("pt", "invalid_request")
    assert "voice: 'pt' is not spoken by 'hibari'; the voices for 'pt' are" in failed["error"]
    assert "espeak-ng:pt-br" in failed["error"]
    assert [one["targetLanguage"] for one in whole["translatedAudios"]] == ["en"]
    assert events[-1].fields["status"] == "partial"


def test_emoji_alone_are_refused_with_a_reason(model_server: ServerProcess) -> None:
    error = refusal(voice_message(model_server, mobileTranscription={"text": "😀👍", "language": "en"}))
    assert (error["errorCode"], error["retryable"]) == ("invalid_request", False)
    assert "it holds no letters and no digits" in error["error"]


def test_what_is_not_spoken_is_in_the_warnings_of_its_language(model_server: ServerProcess) -> None:
    text = "Look 😀 at https://example.org/a/b now. $45.50."
    events = voice_message(model_server, mobileTranscription={"text": text, "language": "en"}, speakOriginal=True)
    warnings = ["not spoken: 😀", "of an address only the host is spoken: https://example.org/a/b"]
    assert ready(events).fields["translatedAudio"]["warnings"] == warnings
    [whole] = [event for event in events if event.type == "audio_process_completed"]
    assert [each["warnings"] for each in whole.fields["translatedAudios"]] == [warnings]


def test_the_server_lists_its_voices(model_server: ServerProcess) -> None:
    with connected(model_server, "curious") as peer:
        peer.send({"type": "voices", "taskId": "v"})
        answer = peer.receive().fields
    assert answer["taskId"] == "v"
    assert answer["defaultVoices"]["en"] == "hibari"
    assert answer["defaultVoices"]["de"] == answer["bestVoices"]["de"] == "espeak-ng"
    assert {"name": "hibari", "engine": "hibari", "languages": ["en"]} in answer["voices"]


def test_premium_is_spoken_by_the_best_voice_that_there_is(model_server: ServerProcess) -> None:
    with connected(model_server, "curious") as peer:
        peer.send({"type": "voices", "taskId": "best"})
        best = peer.receive().fields["bestVoices"]["pt"]
    mobile = {"text": "Good morning.", "language": "en"}
    event = ready(voice_message(model_server, mobileTranscription=mobile, targetLanguages=["pt"], modelType="premium"))
    assert event.fields["translatedAudio"]["voice"] == best
