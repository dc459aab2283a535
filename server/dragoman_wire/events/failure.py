"""Error events: one class for each family of requests."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from dragoman_wire.events.base import Event


class ErrorEvent(Event, frozen=True, kw_only=True):
    """The fields of every error event."""

    error: str
    error_code: str
    retryable: bool
    retry_after_ms: int | UnsetType = UNSET


class FailedLanguage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A language that has no result, and why."""

    target_language: str
    error: str
    error_code: str


class RequestRejected(ErrorEvent, frozen=True, kw_only=True, tag="request_rejected"):
    """A request of no known family, or one that could not be read at all."""

    task_id: str | None = None
    request_type: str | None = None
    timestamp: float


class TranslationError(ErrorEvent, frozen=True, kw_only=True, tag="translation_error"):
    """A target language failed, or several; `targetLanguage` is null where a refused request names none."""

    task_id: str | None
    message_id: str | None
    conversation_id: str | None
    target_language: str | None
    post_id: str | UnsetType = UNSET
    """Of a story's text object; left out for plain translations."""
    text_object_index: int | UnsetType = UNSET
    failed_languages: list[FailedLanguage] | UnsetType = UNSET
    """On *events*, where one event tells of all languages that failed."""


class AudioErrorEvent(ErrorEvent, frozen=True, kw_only=True):
    """The fields of the audio families' errors."""

    task_id: str | None
    message_id: str | None
    attachment_id: str | None
    timestamp: float


class TranscriptionError(AudioErrorEvent, frozen=True, kw_only=True, tag="transcription_error"):
    """No transcription."""


class AudioProcessError(AudioErrorEvent, frozen=True, kw_only=True, tag="audio_process_error"):
    """A voice message failed in whole."""

    post_id: str | UnsetType = UNSET
    post_media_id: str | UnsetType = UNSET


class SpeechError(ErrorEvent, frozen=True, kw_only=True, tag="speech_error"):
    """A `speak` failed."""

    task_id: str | None
    message_id: str | None
    timestamp: float


class CorrectionError(ErrorEvent, frozen=True, kw_only=True, tag="correction_error"):
    """A `correction` failed."""

    task_id: str | None
    message_id: str | None
    timestamp: float


class ExtractionError(ErrorEvent, frozen=True, kw_only=True, tag="extraction_error"):
    """An `extraction` failed."""

    task_id: str | None
    message_id: str | None
    timestamp: float


class BatchError(ErrorEvent, frozen=True, kw_only=True, tag="batch_error"):
    """A `batch` failed."""

    task_id: str | None
    timestamp: float


class VoiceApiError(ErrorEvent, frozen=True, kw_only=True, tag="voice_api_error"):
    """A request of the voice API failed."""

    task_id: str | None
    request_type: str
    timestamp: float


class VoiceProfileError(ErrorEvent, frozen=True, kw_only=True, tag="voice_profile_error"):
    """A request on a voice profile failed; this family speaks snake_case."""

    request_id: str | None = msgspec.field(name="request_id")
    user_id: str | None = msgspec.field(name="user_id")
    success: Literal[False] = False
    timestamp: float
