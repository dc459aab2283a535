"""Recordings whose results come bit by bit: what is sent, in which order pieces come, and what stops the task."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dragoman_client import SyncClient, TimedOut
from dragoman_wire.errors import AudioUndecodable, InvalidRequest
from dragoman_wire.events import (
    AudioChunk,
    AudioProcessCompleted,
    BinaryFrame,
    Transcription,
    TranscriptionCompleted,
    TranscriptionError,
    TranscriptionReady,
    TranscriptionSegment,
    TranscriptSegment,
    TranslatedAudio,
)
from tests.unit.client.conftest import Serve, client_of, has
from tests.unit.client.fake_server import WAIT_S, Answer, FakeServer, Fields, accepted, cancel_result, finished

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")

SEGMENTS = [TranscriptSegment(text=text, start_ms=0, end_ms=1, language="en") for text in ("Hi.", "You.")]
HEARD = Transcription(
    text="Hi. You.",
    language="en",
    confidence=1.0,
    duration_ms=2,
    source="whisper",
    model="x",
    segments=SEGMENTS,
)
PIECES = [b"\1\0" * 10, b"\2\0" * 20]
WHOLE = b"".join(PIECES)


def ids(request: Fields) -> Fields:
    return {"task_id": request["taskId"], "message_id": None, "attachment_id": None, "timestamp": 1.0}


def frame(sound: bytes) -> BinaryFrame:
    return BinaryFrame(index=1, size=len(sound), mime_type="audio/pcm")


def segment(request: Fields, index: int) -> TranscriptionSegment:
    return TranscriptionSegment(**ids(request), index=index, segment=SEGMENTS[index])


def transcribed(request: Fields) -> TranscriptionCompleted:
    return TranscriptionCompleted(**ids(request), transcription=HEARD, processing_time_ms=1)


def chunk(request: Fields, language: str, index: int) -> Answer:
    sound = PIECES[index]
    event = AudioChunk(
        **ids(request),
        language=language,
        index=index,
        last=index == 1,
        start_ms=10 * index,
        duration_ms=10 + 10 * index,
        sample_rate_hz=24000,
        voice="ana",
        binary_frames={"audio": frame(sound)},
    )
    return event, [sound]


def interpreted(request: Fields) -> Answer:
    audio = TranslatedAudio(
        target_language="pt", translated_text="Oi. Tu.", duration_ms=30, audio_mime_type="audio/pcm", segments=[]
    )
    event = AudioProcessCompleted(
        **ids(request),
        transcription=HEARD,
        translated_audios=[audio],
        failed_languages=[],
        voice_model_user_id=None,
        voice_model_quality=0.0,
        processing_time_ms=1,
        binary_frames={"audio_pt": frame(WHOLE)},
    )
    return event, [WHOLE]


def streaming(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
    if request["type"] == "cancel":
        return [cancel_result(request)]
    if binaries == [b"noise"]:
        error = AudioUndecodable("no audio")
        said: Fields = {"error": error.message, "error_code": error.code, "retryable": False}
        return [accepted(request), TranscriptionError(**ids(request), **said), finished(request, 1, "failed")]
    if request["type"] == "transcription_only":
        told = [segment(request, 0), segment(request, 1), segment(request, 0)]
        return [accepted(request), *told, transcribed(request), finished(request, 3)]
    ready = TranscriptionReady(**ids(request), transcription=HEARD, processing_time_ms=1)
    told_pieces = [chunk(request, "pt", 0), ready, chunk(request, "pt", 1), chunk(request, "pt", 0)]
    return [accepted(request), *told_pieces, interpreted(request), finished(request, 4)]


def stalling(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
    return [accepted(request), segment(request, 0)] if request["type"] == "transcription_only" else []


async def test_segments_come_each_once_and_then_the_whole(serve: Serve, tmp_path: Path) -> None:
    server, file = serve(streaming), tmp_path / "said.wav"
    file.write_bytes(b"sound")
    async with client_of(server) as client:
        stream = client.transcribe_stream(file, "en", word_timestamps=True, vocabulary=["Alva"], task_id="t")
        assert [one.text async for one in stream] == ["Hi.", "You."]
        assert await stream.result() == HEARD
    [asked] = server.asked("transcription_only")
    assert {name: asked[name] for name in ("taskId", "language", "stream", "progress", "wordTimestamps")} == {
        "taskId": "t",
        "language": "en",
        "stream": True,
        "progress": True,
        "wordTimestamps": True,
    }
    assert asked["vocabulary"] == ["Alva"]
    assert server.asked("cancel") == []


async def test_pieces_of_a_voice_message_come_in_order_and_then_the_whole(serve: Serve) -> None:
    server = serve(streaming)
    seen: list[str] = []
    async with client_of(server) as client:
        stream = client.voice_stream(
            b"sound", to="pt", voice={"pt": "ana"}, audio_format="pcm", on_event=lambda event: seen.append(event.type)
        )
        chunks = [one async for one in stream]
        result = await stream.result()
    assert [(one.language, one.audio, one.index, one.last) for one in chunks] == [
        ("pt", PIECES[0], 0, False),
        ("pt", PIECES[1], 1, True),
    ]
    assert result.audios["pt"].audio == WHOLE
    assert seen == [
        "accepted",
        "audio_chunk",
        "transcription_ready",
        "audio_chunk",
        "audio_process_completed",
        "task_finished",
    ]
    [asked] = server.asked("audio_process")
    assert (asked["voices"], asked["targetLanguages"], asked["outputFormat"]) == ({"pt": "ana"}, ["pt"], "pcm")


async def test_the_whole_can_be_had_without_looking_at_the_pieces(serve: Serve) -> None:
    async with client_of(serve(streaming)) as client, client.transcribe_stream(b"sound") as stream:
        assert (await stream.result()).text == "Hi. You."


async def test_a_failure_is_raised_from_both(serve: Serve) -> None:
    async with client_of(serve(streaming)) as client:
        with pytest.raises(AudioUndecodable):
            [one async for one in client.transcribe_stream(b"noise")]
        with pytest.raises(AudioUndecodable):
            await client.transcribe_stream(b"noise").result()
        with pytest.raises(InvalidRequest, match="the recording is empty"):
            await client.transcribe_stream(b"").result()


def test_the_plain_client_does_the_same(serve: Serve) -> None:
    server = serve(streaming)
    with SyncClient(*server.endpoints, connect_timeout_s=WAIT_S) as client:
        with client.transcribe_stream(b"sound") as stream:
            assert [one.text for one in stream] == ["Hi.", "You."]
            assert stream.result() == HEARD
        turned = client.voice_stream(b"sound", to=["pt"])
        assert [one.audio for one in turned] == PIECES
        assert turned.result().audios["pt"].audio == WHOLE
        turned.close()
        with pytest.raises(AudioUndecodable):
            next(client.transcribe_stream(b"noise"))
    assert server.asked("cancel") == []


async def first_of(stream: Any) -> None:
    assert (await anext(stream)).text == "Hi."


async def test_a_cancelled_wait_cancels_the_task(serve: Serve) -> None:
    server = serve(stalling)
    async with client_of(server) as client:
        stream = client.transcribe_stream(b"sound", task_id="t")
        await first_of(stream)
        waiting = asyncio.create_task(stream.result())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await has(server, "cancel")
    assert [request["taskId"] for request in server.asked("cancel")] == ["t"]


async def test_a_stream_that_is_left_cancels_its_task_and_a_detached_one_does_not(serve: Serve) -> None:
    server = serve(stalling)
    async with client_of(server) as client:
        async with client.transcribe_stream(b"sound", detach=True) as stream:
            await first_of(stream)
        async with client.transcribe_stream(b"sound", task_id="left") as stream:
            await first_of(stream)
        await has(server, "cancel")
    assert [request["taskId"] for request in server.asked("cancel")] == ["left"]


async def test_a_wait_that_times_out_cancels_the_task(serve: Serve) -> None:
    server = serve(stalling)
    async with client_of(server) as client:
        stream = client.transcribe_stream(b"sound", timeout_s=0.2)
        await first_of(stream)
        with pytest.raises(TimedOut):
            await anext(stream)
        await has(server, "cancel")
