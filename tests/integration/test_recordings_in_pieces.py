"""Recordings whose results come bit by bit, through real sockets: on echo engines, and with real speech."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Message, ServerProcess, connected
from tests.processes import child_pid, held, wait_busy

FRAMED = {"binaryFrames": {"audio": 1}}
RATE_HZ = 16_000


def silence(seconds: float) -> bytes:
    """A recording; the echo engines find a window of speech in every half a minute of it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(bytes(2 * round(seconds * RATE_HZ)))
    return file.getvalue()


def of(events: list[Message], kind: str) -> list[Message]:
    return [event for event in events if event.type == kind]


def fields_of(events: list[Message], kind: str) -> list[dict[str, Any]]:
    return [event.fields for event in of(events, kind)]


def test_segments_and_progress_come_while_a_recording_is_heard(echo_server: ServerProcess) -> None:
    request = {"type": "transcription_only", "stream": True, "progress": True, **FRAMED}
    with connected(echo_server, "listener") as peer:
        events = peer.run(request, silence(100))
    segments = fields_of(events, "transcription_segment")
    assert [one["segment"]["text"] for one in segments] == ["Echo of 30.0 seconds."] * 3 + ["Echo of 10.0 seconds."]
    [whole] = fields_of(events, "transcription_completed")
    assert whole["transcription"]["segments"] == [one["segment"] for one in segments]
    progress = fields_of(events, "task_progress")
    assert [(one["done"], one["total"]) for one in progress][:: len(progress) - 1] == [(0, 100), (100, 100)]
    assert events[-1].fields["events"] == 5


def test_a_cancelled_recording_frees_the_engine_within_one_call(echo_server: ServerProcess) -> None:
    def units() -> int:
        return int(echo_server.stats()["engines"]["transcription"]["units"])

    before = units()
    with connected(echo_server, "changes-mind") as peer:
        with held(child_pid(echo_server, "transcription")):
            peer.send(
                {"type": "transcription_only", "taskId": "t", "language": "en", "stream": True, **FRAMED},
                silence(1800),
            )
            wait_busy(echo_server, "transcription")
            peer.send({"type": "cancel", "taskId": "t"})
            events = peer.collect(lambda message: message.type == "task_finished")
        assert events[-1].fields["status"] == "cancelled"
        again = peer.run({"type": "transcription_only", "language": "en", **FRAMED}, silence(1))
        assert again[-1].fields["status"] == "completed"
    assert units() - before <= 2, "of sixty windows the one in the call, and then the next request"


def test_a_voice_message_comes_in_pieces_of_every_language(echo_server: ServerProcess) -> None:
    request = {"type": "audio_process", "targetLanguages": ["fr", "pt"], "outputFormat": "pcm", **FRAMED}
    with connected(echo_server, "listener") as peer:
        plain = peer.run(request, silence(70))
        events = peer.run(request | {"stream": True}, silence(70))
        again = peer.run(request | {"stream": True, "taskId": events[0].fields["taskId"]}, silence(70))
    sounds = {}
    for event in [*of(events, "audio_translations_progressive"), *of(events, "audio_translations_completed")]:
        language = event.fields["language"]
        chunks = [one for one in of(events, "audio_chunk") if one.fields["language"] == language]
        assert [(one.fields["index"], one.fields["last"]) for one in chunks] == [(0, False), (1, False), (2, True)]
        assert b"".join(one.binaries[0] for one in chunks) == event.binaries[0]
        sounds[language] = event.binaries[0]
    assert sounds == {
        event.fields["language"]: event.binaries[0]
        for kind in ("audio_translations_progressive", "audio_translations_completed")
        for event in of(plain, kind)
    }
    assert sorted(event.type for event in again) == sorted(event.type for event in events), (
        "a repeat brings them again"
    )


@pytest.fixture(scope="module")
def minute(shared_data: Path) -> bytes:
    """Most of a minute of one reader, so that it is heard in two windows."""
    av = pytest.importorskip("av", reason="the [models] extra is not installed")
    rows = [json.loads(line) for line in (shared_data / "speech.jsonl").read_text(encoding="utf-8").splitlines()]
    clips = [row for row in rows if "librispeech/19-" in row["path"]]
    samples, seconds = b"", 0.0
    for row in clips:
        with av.open(str(shared_data / row["path"])) as container:
            samples += b"".join(frame.to_ndarray().astype("<i2").tobytes() for frame in container.decode(audio=0))
        seconds += row["seconds"]
        if seconds > 40:
            break
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples)
    return file.getvalue()


@pytest.mark.models
def test_what_is_said_in_two_windows_is_spoken_before_all_of_it_is_heard(
    model_server: ServerProcess, minute: bytes
) -> None:
    request = {"type": "audio_process", "targetLanguages": ["pt"], "outputFormat": "pcm", "stream": True, **FRAMED}
    with connected(model_server, "listener") as peer:
        events = peer.run(request, minute)
        [whole] = fields_of(
            peer.run({"type": "transcription_only", "stream": True, **FRAMED}, minute), "transcription_completed"
        )
    [ready] = of(events, "audio_translation_ready")
    chunks = of(events, "audio_chunk")
    assert events.index(chunks[0]) < events.index(of(events, "transcription_ready")[0])
    assert b"".join(one.binaries[0] for one in chunks) == ready.binaries[0]
    [told] = fields_of(events, "transcription_ready")
    assert told["transcription"] == whole["transcription"]
    assert len(ready.fields["translatedAudio"]["segments"]) > 3
