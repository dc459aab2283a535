"""Error events: one class for each family of requests.

Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dragoman_client.events.base import BaseEvent
from dragoman_wire.events import FailedLanguage


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorEvent(BaseEvent):
    """The fields of every error event."""

    error: str
    error_code: str
    retryable: bool
    retry_after_ms: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestRejected(ErrorEvent):
    """A request of no known family, or one that could not be read at all."""

    type: Literal["request_rejected"] = "request_rejected"
    task_id: str | None = None
    request_type: str | None = None
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslationError(ErrorEvent):
    """A target language failed, or several; `targetLanguage` is null where a refused request names none."""

    type: Literal["translation_error"] = "translation_error"
    task_id: str | None
    message_id: str | None
    conversation_id: str | None
    target_language: str | None
    post_id: str | None = None
    """Of a story's text object; left out for plain translations."""
    text_object_index: int | None = None
    failed_languages: list[FailedLanguage] | None = None
    """On *events*, where one event tells of all languages that failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioErrorEvent(ErrorEvent):
    """The fields of the audio families' errors."""

    task_id: str | None
    message_id: str | None
    attachment_id: str | None
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscriptionError(AudioErrorEvent):
    """No transcription."""

    type: Literal["transcription_error"] = "transcription_error"


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioProcessError(AudioErrorEvent):
    """A voice message failed in whole."""

    type: Literal["audio_process_error"] = "audio_process_error"
    post_id: str | None = None
    post_media_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechError(ErrorEvent):
    """A `speak` failed."""

    type: Literal["speech_error"] = "speech_error"
    task_id: str | None
    message_id: str | None
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionError(ErrorEvent):
    """A `correction` failed."""

    type: Literal["correction_error"] = "correction_error"
    task_id: str | None
    message_id: str | None
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractionError(ErrorEvent):
    """An `extraction` failed."""

    type: Literal["extraction_error"] = "extraction_error"
    task_id: str | None
    message_id: str | None
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchError(ErrorEvent):
    """A `batch` failed."""

    type: Literal["batch_error"] = "batch_error"
    task_id: str | None
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceApiError(ErrorEvent):
    """A request of the voice API failed."""

    type: Literal["voice_api_error"] = "voice_api_error"
    task_id: str | None
    request_type: str
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceProfileError(ErrorEvent):
    """A request on a voice profile failed; this family speaks snake_case."""

    type: Literal["voice_profile_error"] = "voice_profile_error"
    request_id: str | None
    user_id: str | None
    success: Literal[False] = False
    timestamp: float
