"""What the server says: one frozen class for each event type, one file for each family.

`None` is sent as null: the field is always there. `UNSET` is left out. Times whose name says nothing are seconds.
"""

from dragoman_wire.events.base import (
    BinaryFrame,
    Event,
)
from dragoman_wire.events.control import (
    Accepted,
    CancelResult,
    CancelStatus,
    Pong,
    ResultUnknown,
    ServerStopping,
    TaskFinished,
    TaskStatus,
)
from dragoman_wire.events.failure import (
    AudioErrorEvent,
    AudioProcessError,
    BatchError,
    CorrectionError,
    ErrorEvent,
    RequestRejected,
    TranscriptionError,
    TranslationError,
    VoiceApiError,
    VoiceProfileError,
)
from dragoman_wire.events.speech import (
    AudioProcessCompleted,
    AudioTranslationReady,
    AudioTranslationsCompleted,
    AudioTranslationsProgressive,
    FailedLanguage,
    Transcription,
    TranscriptionCompleted,
    TranscriptionEvent,
    TranscriptionReady,
    TranscriptSegment,
    TranscriptWord,
    TranslatedAudio,
    TranslatedAudioEvent,
)
from dragoman_wire.events.translation import (
    StoryTextCompleted,
    TranslationCompleted,
    TranslationMetadata,
    TranslationResult,
    TranslationSkipped,
)

__all__ = [
    "Accepted",
    "AudioErrorEvent",
    "AudioProcessCompleted",
    "AudioProcessError",
    "AudioTranslationReady",
    "AudioTranslationsCompleted",
    "AudioTranslationsProgressive",
    "BatchError",
    "BinaryFrame",
    "CancelResult",
    "CancelStatus",
    "CorrectionError",
    "ErrorEvent",
    "Event",
    "FailedLanguage",
    "Pong",
    "RequestRejected",
    "ResultUnknown",
    "ServerStopping",
    "StoryTextCompleted",
    "TaskFinished",
    "TaskStatus",
    "TranscriptSegment",
    "TranscriptWord",
    "Transcription",
    "TranscriptionCompleted",
    "TranscriptionError",
    "TranscriptionEvent",
    "TranscriptionReady",
    "TranslatedAudio",
    "TranslatedAudioEvent",
    "TranslationCompleted",
    "TranslationError",
    "TranslationMetadata",
    "TranslationResult",
    "TranslationSkipped",
    "VoiceApiError",
    "VoiceProfileError",
]
