"""The events of the server, a class for each, and their union.

Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman_client.events.base import BaseEvent, OtherEvent
from dragoman_client.events.control import (
    Accepted,
    CancelResult,
    Pong,
    ResultUnknown,
    ServerStopping,
    TaskFinished,
    TaskProgress,
    VoicesResult,
)
from dragoman_client.events.failure import (
    AudioProcessError,
    BatchError,
    CorrectionError,
    ExtractionError,
    RequestRejected,
    SpeechError,
    TranscriptionError,
    TranslationError,
    VoiceApiError,
    VoiceProfileError,
)
from dragoman_client.events.language import CorrectionChunk, CorrectionCompleted, ExtractionCompleted
from dragoman_client.events.languages import DetectResult, LanguagesResult
from dragoman_client.events.speech import (
    AudioChunk,
    AudioProcessCompleted,
    AudioTranslationReady,
    AudioTranslationsCompleted,
    AudioTranslationsProgressive,
    SpeechChunk,
    SpeechCompleted,
    TranscriptionCompleted,
    TranscriptionReady,
    TranscriptionSegment,
)
from dragoman_client.events.translation import StoryTextCompleted, TranslationCompleted, TranslationSkipped
from dragoman_wire import events as wire

TypedEvent = (
    Accepted
    | AudioChunk
    | AudioProcessCompleted
    | AudioProcessError
    | AudioTranslationReady
    | AudioTranslationsCompleted
    | AudioTranslationsProgressive
    | BatchError
    | CancelResult
    | CorrectionChunk
    | CorrectionCompleted
    | CorrectionError
    | DetectResult
    | ExtractionCompleted
    | ExtractionError
    | LanguagesResult
    | Pong
    | RequestRejected
    | ResultUnknown
    | ServerStopping
    | SpeechChunk
    | SpeechCompleted
    | SpeechError
    | StoryTextCompleted
    | TaskFinished
    | TaskProgress
    | TranscriptionCompleted
    | TranscriptionError
    | TranscriptionReady
    | TranscriptionSegment
    | TranslationCompleted
    | TranslationError
    | TranslationSkipped
    | VoiceApiError
    | VoiceProfileError
    | VoicesResult
    | OtherEvent
)
"""Any event of the server: `match event:` knows what each has."""
EVENTS: Mapping[str, tuple[type[wire.Event], type[BaseEvent]]] = {
    "accepted": (wire.Accepted, Accepted),
    "audio_chunk": (wire.AudioChunk, AudioChunk),
    "audio_process_completed": (wire.AudioProcessCompleted, AudioProcessCompleted),
    "audio_process_error": (wire.AudioProcessError, AudioProcessError),
    "audio_translation_ready": (wire.AudioTranslationReady, AudioTranslationReady),
    "audio_translations_completed": (wire.AudioTranslationsCompleted, AudioTranslationsCompleted),
    "audio_translations_progressive": (wire.AudioTranslationsProgressive, AudioTranslationsProgressive),
    "batch_error": (wire.BatchError, BatchError),
    "cancel_result": (wire.CancelResult, CancelResult),
    "correction_chunk": (wire.CorrectionChunk, CorrectionChunk),
    "correction_completed": (wire.CorrectionCompleted, CorrectionCompleted),
    "correction_error": (wire.CorrectionError, CorrectionError),
    "detect_result": (wire.DetectResult, DetectResult),
    "extraction_completed": (wire.ExtractionCompleted, ExtractionCompleted),
    "extraction_error": (wire.ExtractionError, ExtractionError),
    "languages_result": (wire.LanguagesResult, LanguagesResult),
    "pong": (wire.Pong, Pong),
    "request_rejected": (wire.RequestRejected, RequestRejected),
    "result_unknown": (wire.ResultUnknown, ResultUnknown),
    "server_stopping": (wire.ServerStopping, ServerStopping),
    "speech_chunk": (wire.SpeechChunk, SpeechChunk),
    "speech_completed": (wire.SpeechCompleted, SpeechCompleted),
    "speech_error": (wire.SpeechError, SpeechError),
    "story_text_object_translation_completed": (wire.StoryTextCompleted, StoryTextCompleted),
    "task_finished": (wire.TaskFinished, TaskFinished),
    "task_progress": (wire.TaskProgress, TaskProgress),
    "transcription_completed": (wire.TranscriptionCompleted, TranscriptionCompleted),
    "transcription_error": (wire.TranscriptionError, TranscriptionError),
    "transcription_ready": (wire.TranscriptionReady, TranscriptionReady),
    "transcription_segment": (wire.TranscriptionSegment, TranscriptionSegment),
    "translation_completed": (wire.TranslationCompleted, TranslationCompleted),
    "translation_error": (wire.TranslationError, TranslationError),
    "translation_skipped": (wire.TranslationSkipped, TranslationSkipped),
    "voice_api_error": (wire.VoiceApiError, VoiceApiError),
    "voice_profile_error": (wire.VoiceProfileError, VoiceProfileError),
    "voices_result": (wire.VoicesResult, VoicesResult),
}
"""By the `type` on the wire: the message as it is sent, and the typed event."""

__all__ = [
    "EVENTS",
    "Accepted",
    "AudioChunk",
    "AudioProcessCompleted",
    "AudioProcessError",
    "AudioTranslationReady",
    "AudioTranslationsCompleted",
    "AudioTranslationsProgressive",
    "BaseEvent",
    "BatchError",
    "CancelResult",
    "CorrectionChunk",
    "CorrectionCompleted",
    "CorrectionError",
    "DetectResult",
    "ExtractionCompleted",
    "ExtractionError",
    "LanguagesResult",
    "OtherEvent",
    "Pong",
    "RequestRejected",
    "ResultUnknown",
    "ServerStopping",
    "SpeechChunk",
    "SpeechCompleted",
    "SpeechError",
    "StoryTextCompleted",
    "TaskFinished",
    "TaskProgress",
    "TranscriptionCompleted",
    "TranscriptionError",
    "TranscriptionReady",
    "TranscriptionSegment",
    "TranslationCompleted",
    "TranslationError",
    "TranslationSkipped",
    "TypedEvent",
    "VoiceApiError",
    "VoiceProfileError",
    "VoicesResult",
]
