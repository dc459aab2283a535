"""Recordings whose results come while they are still being heard: segments of a transcription, pieces of speech."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack

from dragoman_client.errors import BadAnswer, TimedOut
from dragoman_client.frames import ReceivedEvent
from dragoman_client.options import CallOptions, request_fields
from dragoman_client.recording import recording_bytes
from dragoman_client.results import VoiceResult, read_transcription, read_voice
from dragoman_client.stream import EventStream
from dragoman_wire.events import AudioChunk, TaskProgress, Transcription, TranscriptionSegment, TranscriptSegment
from dragoman_wire.requests import (
    AudioProcessRequest,
    AudioRequest,
    Replacement,
    SoundFormat,
    SubtitleFormat,
    TranscriptionRequest,
)

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")


class TranscribeOptions(CallOptions, total=False):
    """The keyword arguments of `Client.transcribe_stream`; see `Client.transcribe`."""

    word_timestamps: bool
    formats: Sequence[SubtitleFormat]
    vocabulary: Sequence[str]
    audio_track: int | None


class VoiceOptions(CallOptions, total=False):
    """The keyword arguments of `Client.voice_stream`; see `Client.voice`."""

    language: str | None
    model_type: str | None
    voice: str | Mapping[str, str] | None
    speed: float | None
    audio_format: SoundFormat | None
    glossary: Mapping[str, Replacement] | None
    vocabulary: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceChunk:
    """A piece of a voice message in one language; the pause before its words belongs to it."""

    language: str
    audio: bytes
    """A whole file; of the format "pcm" samples alone."""
    mime_type: str
    index: int
    """Of the language, from 0."""
    last: bool
    start_ms: int
    """Where it begins in the whole speech."""
    duration_ms: int
    sample_rate_hz: int


@dataclass(frozen=True, kw_only=True)
class _Reading(Generic[_Piece, _Result]):
    """How events become pieces and a result."""

    kind: str
    """The type of the events that are pieces."""
    piece: Callable[[ReceivedEvent], _Piece]
    result: Callable[[Sequence[ReceivedEvent]], _Result]


Open = Callable[[AudioRequest, bytes, float | None], EventStream]
"""Sends a request with its recording."""


class PieceStream(Generic[_Piece, _Result]):
    """An asynchronous iterator over what comes bit by bit; the request is sent when it is first waited for.

    A wait that is cancelled or times out cancels the task at the server, as does leaving the stream before its end;
    with `detach=True` the server goes on.
    """

    def __init__(
        self,
        request: AudioRequest,
        audio: bytes | Path,
        options: CallOptions,
        reading: _Reading[_Piece, _Result],
        open_: Open,
        call_off: Callable[[str], None],
    ) -> None:
        self.task_id = request.task_id or ""
        """The id of the task, for `Client.cancel`."""
        self._request = request
        self._audio = audio
        self._options = options
        self._reading = reading
        self._open = open_
        self._call_off = call_off
        self._events: EventStream | None = None
        self._kept: list[ReceivedEvent] = []
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _Piece:
        """Wait for the next piece.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
            OSError: the file is not readable.
        """
        try:
            if self._events is None:
                recording = await recording_bytes(self._audio)
                self._events = self._open(self._request, recording, self._options.get("timeout_s"))
            async for event in self._events:
                self._look_at(event)
                if event.type == self._reading.kind:
                    return self._reading.piece(event)
        except (asyncio.CancelledError, TimedOut):
            self._give_up()
            raise
        if not self._ended:
            self._ended = True
            self._reading.result(self._kept)  # a task without it has failed
        raise StopAsyncIteration

    async def result(self) -> _Result:
        """Return the whole; wait for its end.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
            OSError: the file is not readable.
        """
        async for _ in self:
            pass
        return self._reading.result(self._kept)

    async def aclose(self) -> None:
        """Forget the request; safe to repeat. The task is cancelled where it has not ended, unless it is detached."""
        self._give_up()
        if self._events is not None:
            await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _look_at(self, event: ReceivedEvent) -> None:
        on_event, on_progress = self._options.get("on_event"), self._options.get("on_progress")
        if on_event is not None:
            on_event(event)
        if event.type == "task_progress":
            if on_progress is not None:
                on_progress(event.read_as(TaskProgress))
        elif event.type != self._reading.kind:
            self._kept.append(event)

    def _give_up(self) -> None:
        if self._events is not None and not self._ended and not self._options.get("detach"):
            self._call_off(self.task_id)
        self._ended = True


TranscriptionStream = PieceStream[TranscriptSegment, Transcription]
"""The segments of a transcription, then the whole; made by `Client.transcribe_stream`."""
VoiceStream = PieceStream[VoiceChunk, VoiceResult]
"""The pieces of a voice message in its languages, then the whole; made by `Client.voice_stream`."""


def _read_segment(event: ReceivedEvent) -> TranscriptSegment:
    return event.read_as(TranscriptionSegment).segment


def _read_voice_chunk(event: ReceivedEvent) -> VoiceChunk:
    chunk = event.read_as(AudioChunk)
    audio = event.binaries.get("audio")
    if audio is None:
        raise BadAnswer(f"the audio of the event {event.type} is missing from its message")
    return VoiceChunk(
        language=chunk.language,
        audio=audio,
        mime_type=chunk.binary_frames["audio"].mime_type,
        index=chunk.index,
        last=chunk.last,
        start_ms=chunk.start_ms,
        duration_ms=chunk.duration_ms,
        sample_rate_hz=chunk.sample_rate_hz,
    )


_SEGMENTS = _Reading(kind="transcription_segment", piece=_read_segment, result=read_transcription)
_CHUNKS = _Reading(kind="audio_chunk", piece=_read_voice_chunk, result=read_voice)


class RecordingCalls:
    """The calls of a client whose results come bit by bit."""

    def events(
        self, request: AudioRequest, *, binaries: Mapping[str, bytes] | None = None, timeout_s: float | None = None
    ) -> EventStream:
        """Send a request; see `Client.events`."""
        raise NotImplementedError

    def _call_off(self, task_id: str) -> None:
        raise NotImplementedError

    def transcribe_stream(
        self, audio: bytes | Path, language: str | None = None, **options: Unpack[TranscribeOptions]
    ) -> TranscriptionStream:
        """Transcribe a recording; its segments come as soon as they are certain. Nothing is retried.

        `async for segment in client.transcribe_stream(path): print(segment.text)`; then `await stream.result()` is
        what `transcribe` returns. Arguments as there.
        """
        request = TranscriptionRequest(
            language=language,
            word_timestamps=options.get("word_timestamps") or None,
            formats=list(options.get("formats", ())) or None,
            vocabulary=list(options.get("vocabulary", ())) or None,
            audio_track=options.get("audio_track"),
            **_fields(options),
        )
        return PieceStream(request, audio, options, _SEGMENTS, self._open, self._call_off)

    def voice_stream(
        self, audio: bytes | Path, *, to: str | list[str] | tuple[str, ...], **options: Unpack[VoiceOptions]
    ) -> VoiceStream:
        """Turn a voice message into other languages; their pieces come as they are spoken. Nothing is retried.

        `async for chunk in client.voice_stream(path, to="pt", audio_format="pcm"): play(chunk.audio)`; then
        `await stream.result()` is what `voice` returns. Arguments as there.
        """
        voice, glossary = options.get("voice"), options.get("glossary")
        request = AudioProcessRequest(
            target_languages=[to] if isinstance(to, str) else list(dict.fromkeys(to)),
            user_language=options.get("language"),
            model_type=options.get("model_type"),
            voice=voice if isinstance(voice, str) else None,
            voices=dict(voice) if isinstance(voice, Mapping) else None,
            speed=options.get("speed"),
            output_format=options.get("audio_format"),
            glossary=dict(glossary) if glossary else None,
            vocabulary=list(options.get("vocabulary", ())) or None,
            **_fields(options),
        )
        return PieceStream(request, audio, options, _CHUNKS, self._open, self._call_off)

    def _open(self, request: AudioRequest, recording: bytes, timeout_s: float | None) -> EventStream:
        return self.events(request, binaries={"audio": recording}, timeout_s=timeout_s)


def _fields(options: CallOptions) -> dict[str, Any]:
    """Return the fields of a request that streams; it asks for progress, lest it run out of `timeout_s`."""
    task_id = options.get("task_id") or f"task-{uuid.uuid4().hex}"
    return request_fields(options) | {"task_id": task_id, "stream": True, "progress": True}
