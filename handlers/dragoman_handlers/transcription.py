"""`transcription_only`: speech to text."""

from __future__ import annotations

from typing import ClassVar

from dragoman_handlers.base import WHOLE, Context, Handler
from dragoman_handlers.speech.recognition.transcribe import Wanted, transcribe, wanted_vocabulary
from dragoman_handlers.speech.recognition.transcripts import in_formats, mobile_transcription
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.events import ProgressUnit, TranscriptionCompleted
from dragoman_wire.requests import TranscriptionRequest


class TranscriptionHandler(Handler[TranscriptionRequest]):
    """A transcription that the phone made stands in for the model."""

    request_type: ClassVar[str] = "transcription_only"
    lane: ClassVar[str] = "transcription"
    progress_unit: ClassVar[ProgressUnit] = "seconds"

    async def handle(self, request: TranscriptionRequest, context: Context) -> None:
        """Publish one `transcription_completed`."""
        transcription = mobile_transcription(request.mobile_transcription, request.language, context.limits)
        if transcription is None:
            if context.audio is None:
                raise InvalidRequest("audio: the field is missing")
            wanted = Wanted(
                language=request.language,
                words=bool(request.word_timestamps),
                vocabulary=wanted_vocabulary(request),
                track=request.audio_track,
            )
            transcription = await transcribe(context, context.audio, wanted)
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
