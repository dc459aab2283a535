"""What `models-large` brings, served by default: Whisper base hears many languages, Kokoro speaks some of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Message, Peer, ServerProcess, connected

av = pytest.importorskip("av", reason="the [models] extra is not installed")

from scripts.quality_runs.words import error_rate  # noqa: E402 -- it needs the [dev] extra

pytestmark = pytest.mark.models

CLIP, OTHER_CLIP = "fleurs-pt-006.ogg", "fleurs-pt-008.ogg"


@pytest.fixture
def peer(large_server: ServerProcess) -> Iterator[Peer]:
    with connected(large_server, "large") as one:
        yield one


def recorded(data: Path, name: str) -> dict[str, Any]:
    """A clip with its transcript."""
    lines = (data / "speech.jsonl").read_text(encoding="utf-8").splitlines()
    [clip] = [one for one in map(json.loads, lines) if one["path"].endswith(name)]
    return {**clip, "sound": (data / clip["path"]).read_bytes()}


def event(events: list[Message], event_type: str) -> Message:
    [found] = [one for one in events if one.type == event_type]
    return found


def test_they_are_the_defaults_where_they_are_installed(large_server: ServerProcess) -> None:
    engines = large_server.stats()["engines"]
    assert engines["transcription"]["model"] == "base"
    assert engines["speech"]["model"] == "hibari+kokoro+espeak-ng"


def test_a_portuguese_message_is_heard_whatever_the_hint_and_said_in_english_by_kokoro(
    peer: Peer, shared_data: Path
) -> None:
    clip = recorded(shared_data, CLIP)
    request = {
        "type": "audio_process",
        "targetLanguages": ["en"],
        "userLanguage": "es",
        "outputFormat": "ogg",
        "binaryFrames": {"audio": 1},
    }
    events = peer.run(request, clip["sound"])
    heard = event(events, "transcription_ready").fields["transcription"]
    assert (heard["model"], heard["language"]) == ("base", "pt")
    assert heard["languageConfidence"] > 0.9
    assert error_rate([clip["text"]], [heard["text"]], "pt") < 30, heard["text"]

    ready = event(events, "audio_translation_ready")
    said = ready.fields["translatedAudio"]
    assert (said["voice"], said["audioMimeType"]) == ("af_heart", "audio/ogg; codecs=opus")
    with av.open(io.BytesIO(ready.binaries[0])) as container:
        assert container.streams.audio[0].codec_context.name == "opus"

    # Its English is understood: base hears what Kokoro was given to say.
    again = peer.run({"type": "transcription_only", "language": "en", "binaryFrames": {"audio": 1}}, *ready.binaries)
    echo = event(again, "transcription_completed").fields["transcription"]["text"]
    assert error_rate([said["translatedText"]], [echo], "en") < 30, echo


def test_subtitles_and_words_are_there_in_other_languages_than_english(peer: Peer, shared_data: Path) -> None:
    request = {"type": "transcription_only", "formats": ["srt"], "wordTimestamps": True, "binaryFrames": {"audio": 1}}
    told = event(peer.run(request, recorded(shared_data, OTHER_CLIP)["sound"]), "transcription_completed").fields[
        "transcription"
    ]
    assert told["language"] == "pt"
    words = [word["text"] for segment in told["segments"] for word in segment["words"]]
    assert " ".join(words) == told["text"]
    assert told["srt"].count("-->") == len(told["segments"]) > 0
