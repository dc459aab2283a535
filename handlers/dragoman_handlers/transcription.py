"""`transcription_only`: speech to text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from dragoman_handlers.base import WHOLE, Context, Handler
from dragoman_handlers.progress import Progress
from dragoman_handlers.speech.recognition.transcribe import Wanted, transcribe, wanted_vocabulary
from dragoman_handlers.speech.recognition.transcripts import in_formats, mobile_transcription
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.events import (
    ProgressUnit,
    Transcription,
    TranscriptionCompleted,
    TranscriptionSegment,
    TranscriptSegment,
)
from dragoman_wire.requests import TranscriptionRequest


class TranscriptionHandler(Handler[TranscriptionRequest]):
    """A transcription that the phone made stands in for the model."""

    request_type: ClassVar[str] = "transcription_only"
    lane: ClassVar[str] = "transcription"
    progress_unit: ClassVar[ProgressUnit] = "seconds"

    async def handle(self, request: TranscriptionRequest, context: Context) -> None:
        """Publish its segments, if they are wanted one by one, and one `transcription_completed`."""
        listener = _Listener(request, context)
        transcription = mobile_transcription(request.mobile_transcription, request.language, context.limits)
        if transcription is None:
            if context.audio is None:
                raise InvalidRequest("audio: the field is missing")
            wanted = Wanted(
                language=request.language,
                words=bool(request.word_timestamps),
                vocabulary=wanted_vocabulary(request),
                track=request.audio_track,
                early=bool(request.stream),
            )
            transcription = await transcribe(context, context.audio, wanted, listener)
        listener.ended(transcription)
        context.publish(
            TranscriptionCompleted(
                task_id=context.task_id,
                message_id=request.message_id,
                attachment_id=request.attachment_id,
                transcription=in_formats(transcription, request.formats),
                processing_time_ms=round(context.elapsed_s() * 1000),
                timestamp=context.now_s(),
            ),
            settles=WHOLE,
        )


class _Listener:
    """Tells the peer what is heard, as a `Follower`: its segments, and how many seconds of the recording are done."""

    def __init__(self, request: TranscriptionRequest, context: Context) -> None:
        self._request = request
        self._context = context
        self._progress: Progress | None = None
        self._sent = 0

    def began(self, duration_s: float) -> None:
        """Tell how much there is."""
        wanted = bool(self._request.progress)
        self._progress = Progress(self._context, math.ceil(duration_s), "seconds", wanted=wanted)

    def heard(self, segments: Sequence[TranscriptSegment], until_s: float) -> None:
        """Send segments, and tell how far it is."""
        for segment in segments:
            self._send(segment)
        if self._progress is not None:
            self._progress.reach(math.floor(until_s))

    def ended(self, transcription: Transcription) -> None:
        """Send what is left of the segments: all where the transcription was known."""
        for segment in transcription.segments[self._sent :]:
            self._send(segment)
        if self._progress is None:
            self.began(transcription.duration_ms / 1000)
        if self._progress is not None:
            self._progress.reach(math.ceil(transcription.duration_ms / 1000))

    def _send(self, segment: TranscriptSegment) -> None:
        index = self._sent
        self._sent += 1
        if self._request.stream:
            self._context.publish(
                TranscriptionSegment(
                    task_id=self._context.task_id,
                    message_id=self._request.message_id,
                    attachment_id=self._request.attachment_id,
                    index=index,
                    segment=segment,
                    timestamp=self._context.now_s(),
                )
            )
