"""Recordings whose results come bit by bit, for code without an event loop."""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar, Unpack

from dragoman_client.errors import ConnectionClosed
from dragoman_client.recording_streams import (
    PieceStream,
    RecordingCalls,
    TranscribeOptions,
    VoiceChunk,
    VoiceOptions,
)
from dragoman_client.results import VoiceResult
from dragoman_wire.events import Transcription, TranscriptSegment

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")
_T = TypeVar("_T")


class _Caller(Protocol):
    """Runs a coroutine in the client's thread."""

    def __call__(self, coroutine: Coroutine[Any, Any, _T], /) -> _T:
        """Return its result."""
        ...


class SyncPieceStream(Iterator[_Piece], Generic[_Piece, _Result]):
    """What comes bit by bit, one at a time; see `PieceStream`."""

    def __init__(self, call: _Caller, stream: PieceStream[_Piece, _Result]) -> None:
        self.task_id = stream.task_id
        """The id of the task, for `SyncClient.cancel`."""
        self._call = call
        self._stream = stream

    def __next__(self) -> _Piece:
        found = self._call(self._next())
        if found is None:
            raise StopIteration
        return found[0]

    async def _next(self) -> tuple[_Piece] | None:
        async for piece in self._stream:
            return (piece,)
        return None

    def result(self) -> _Result:
        """Return the whole; wait for its end."""
        return self._call(self._stream.result())

    def close(self) -> None:
        """Forget the request; safe to repeat. The task is cancelled where it has not ended, unless it is detached."""
        with contextlib.suppress(ConnectionClosed):
            self._call(self._stream.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


SyncTranscriptionStream = SyncPieceStream[TranscriptSegment, Transcription]
"""The segments of a transcription, then the whole; made by `SyncClient.transcribe_stream`."""
SyncVoiceStream = SyncPieceStream[VoiceChunk, VoiceResult]
"""The pieces of a voice message in its languages, then the whole; made by `SyncClient.voice_stream`."""


class SyncRecordingCalls:
    """The calls of a client whose results come bit by bit."""

    _client: RecordingCalls

    def _call(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        raise NotImplementedError

    def transcribe_stream(
        self, audio: bytes | Path, language: str | None = None, **options: Unpack[TranscribeOptions]
    ) -> SyncTranscriptionStream:
        """Transcribe a recording; its segments come as soon as they are certain. See `Client.transcribe_stream`."""
        return SyncPieceStream(self._call, self._client.transcribe_stream(audio, language, **options))

    def voice_stream(
        self, audio: bytes | Path, *, to: str | list[str] | tuple[str, ...], **options: Unpack[VoiceOptions]
    ) -> SyncVoiceStream:
        """Turn a voice message into other languages; pieces come as they are spoken. See `Client.voice_stream`."""
        return SyncPieceStream(self._call, self._client.voice_stream(audio, to=to, **options))
