"""What the server says: one frozen class for each event type.

`None` is sent as null: the field is always there. `UNSET` is left out. Times whose name says nothing are seconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

TaskStatus = Literal["completed", "partial", "failed", "cancelled", "expired"]
CancelStatus = Literal["cancelled", "finished", "unknown"]


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    """Base of all events; the class's tag is the `type` on the wire."""


class BinaryFrame(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where an event's binary frame is, and what."""

    index: int
    """1-based."""
    size: int
    mime_type: str


# --- control ---------------------------------------------------------------------------------------------------


class Pong(Event, frozen=True, kw_only=True, tag="pong", rename=None):
    """Answers `ping`."""

    timestamp: float | int | str | None
    translator_status: Literal["alive"] = "alive"
    translator_port_pub: int
    translator_port_pull: int
    audio_pipeline_available: bool
    task_id: str | UnsetType = msgspec.field(default=UNSET, name="taskId")


class CancelResult(Event, frozen=True, kw_only=True, tag="cancel_result"):
    """Answers `cancel`."""

    task_id: str
    status: CancelStatus


class ResultUnknown(Event, frozen=True, kw_only=True, tag="result_unknown"):
    """Answers `result` for a task that is not, or no longer, in the store."""

    task_id: str


# --- the life of a task, on routed events only -----------------------------------------------------------------


class Accepted(Event, frozen=True, kw_only=True, tag="accepted"):
    """The request is safe with the server."""

    task_id: str
    duplicate: bool


class TaskFinished(Event, frozen=True, kw_only=True, tag="task_finished"):
    """The last event of an accepted task."""

    task_id: str
    status: TaskStatus
    events: int
    """How many events of the task came before this one, `accepted` not counted."""
    queue_time_ms: float
    compute_time_ms: float


class ServerStopping(Event, frozen=True, kw_only=True, tag="server_stopping"):
    """A shutdown began; what is in flight has this long."""

    drain_ms: int


# --- errors ----------------------------------------------------------------------------------------------------


class ErrorEvent(Event, frozen=True, kw_only=True):
    """What every error event carries."""

    error: str
    error_code: str
    retryable: bool
    retry_after_ms: int | UnsetType = UNSET


class RequestRejected(ErrorEvent, frozen=True, kw_only=True, tag="request_rejected"):
    """A request of no known family, or one that could not be read at all."""

    task_id: str | None = None
    request_type: str | None = None
    timestamp: float


class TranslationError(ErrorEvent, frozen=True, kw_only=True, tag="translation_error"):
    """One target language failed; `targetLanguage` is null where the request itself was refused."""

    task_id: str | None
    message_id: str | None
    conversation_id: str | None
    target_language: str | None
    post_id: str | UnsetType = UNSET
    """Of a story's text object; left out for plain translations."""
    text_object_index: int | UnsetType = UNSET


class AudioErrorEvent(ErrorEvent, frozen=True, kw_only=True):
    """What the errors of the audio families carry."""

    task_id: str | None
    message_id: str | None
    attachment_id: str | None
    timestamp: float


class TranscriptionError(AudioErrorEvent, frozen=True, kw_only=True, tag="transcription_error"):
    """No transcription."""


class AudioProcessError(AudioErrorEvent, frozen=True, kw_only=True, tag="audio_process_error"):
    """A voice message failed in whole."""


class CorrectionError(ErrorEvent, frozen=True, kw_only=True, tag="correction_error"):
    """A `correction` failed."""

    task_id: str | None
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


# --- translation -----------------------------------------------------------------------------------------------


class TranslationResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of `translation_completed`."""

    message_id: str | None
    translated_text: str
    source_language: str
    target_language: str
    confidence_score: float
    processing_time: float
    model_type: str
    translator_model: str
    worker_name: str
    worker_id: str
    pool_type: str
    queue_time: float
    translation_time: float
    from_cache: bool


class TranslationMetadata(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who made a translation, and how it was sent."""

    translator_version: str
    model_version: str
    processing_node: str
    request_id: str
    protocol: str
    encoding: str


class TranslationCompleted(Event, frozen=True, kw_only=True, tag="translation_completed"):
    """One target language is ready."""

    task_id: str
    target_language: str
    timestamp: float
    result: TranslationResult
    metadata: TranslationMetadata


class TranslationSkipped(Event, frozen=True, kw_only=True, tag="translation_skipped"):
    """The text is over the limit."""

    task_id: str
    message_id: str | None
    reason: Literal["message_too_long"] = "message_too_long"
    length: int
    max_length: int = msgspec.field(name="max_length")
    conversation_id: str | None


class StoryTextCompleted(Event, frozen=True, kw_only=True, tag="story_text_object_translation_completed"):
    """All languages of a story's text object."""

    task_id: str
    post_id: str
    text_object_index: int
    translations: dict[str, str]
    timestamp: int
    """Milliseconds, unlike elsewhere."""


# --- speech ----------------------------------------------------------------------------------------------------


class TranscriptSegment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A piece of a transcription or of a spoken translation, with its place in time."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None
    speaker_id: str | None
    language: str | None


class Transcription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was said."""

    text: str
    language: str
    confidence: float
    duration_ms: int
    source: Literal["whisper", "mobile"]
    model: str
    segments: list[TranscriptSegment]


class TranscriptionEvent(Event, frozen=True, kw_only=True):
    """What both transcription events carry."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    transcription: Transcription
    processing_time_ms: int
    timestamp: float


class TranscriptionCompleted(TranscriptionEvent, frozen=True, kw_only=True, tag="transcription_completed"):
    """Answers `transcription_only`."""


class TranscriptionReady(TranscriptionEvent, frozen=True, kw_only=True, tag="transcription_ready"):
    """The first answer to `audio_process`."""


class TranslatedAudio(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A spoken translation; its bytes are in a binary frame."""

    target_language: str
    translated_text: str
    audio_url: str = ""
    audio_path: str = ""
    duration_ms: int
    voice_cloned: bool = False
    voice_quality: float = 0.0
    audio_mime_type: str
    segments: list[TranscriptSegment]


class TranslatedAudioEvent(Event, frozen=True, kw_only=True):
    """One language of a voice message; the audio is binary frame 1."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    language: str
    translated_audio: TranslatedAudio
    binary_frames: dict[str, BinaryFrame]
    timestamp: float


class AudioTranslationReady(TranslatedAudioEvent, frozen=True, kw_only=True, tag="audio_translation_ready"):
    """The only language asked for."""


class AudioTranslationsProgressive(
    TranslatedAudioEvent, frozen=True, kw_only=True, tag="audio_translations_progressive"
):
    """One of several languages, more to come."""


class AudioTranslationsCompleted(TranslatedAudioEvent, frozen=True, kw_only=True, tag="audio_translations_completed"):
    """The last of several languages."""


class FailedLanguage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A language that was left out, and why."""

    target_language: str
    error: str
    error_code: str


class AudioProcessCompleted(Event, frozen=True, kw_only=True, tag="audio_process_completed"):
    """The whole voice message; the audio of language X is the binary frame `audio_X`."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    transcription: Transcription
    translated_audios: list[TranslatedAudio]
    failed_languages: list[FailedLanguage]
    voice_model_user_id: str | None
    voice_model_quality: float
    processing_time_ms: int
    timestamp: float
    binary_frames: dict[str, BinaryFrame]
