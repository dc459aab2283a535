"""Answers to `transcription_only`, `audio_process` and `speak`.

Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dragoman_client.events.base import BaseEvent
from dragoman_wire.events import BinaryFrame, FailedLanguage, Transcription, TranscriptSegment, TranslatedAudio


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscriptionEvent(BaseEvent):
    """The fields of both transcription events."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    transcription: Transcription
    processing_time_ms: int
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscriptionCompleted(TranscriptionEvent):
    """Answers `transcription_only`."""

    type: Literal["transcription_completed"] = "transcription_completed"


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscriptionSegment(BaseEvent):
    """A segment of a transcription that is still going on, in order: it stands in the whole as it is here."""

    type: Literal["transcription_segment"] = "transcription_segment"
    task_id: str
    message_id: str | None
    attachment_id: str | None
    index: int
    """From 0."""
    segment: TranscriptSegment
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscriptionReady(TranscriptionEvent):
    """The first answer to `audio_process`."""

    type: Literal["transcription_ready"] = "transcription_ready"
    post_id: str | None = None
    post_media_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslatedAudioEvent(BaseEvent):
    """One language of a voice message; the audio is binary frame 1."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    language: str
    translated_audio: TranslatedAudio
    binary_frames: dict[str, BinaryFrame]
    timestamp: float
    post_id: str | None = None
    post_media_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioTranslationReady(TranslatedAudioEvent):
    """The only language asked for."""

    type: Literal["audio_translation_ready"] = "audio_translation_ready"


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioTranslationsProgressive(TranslatedAudioEvent):
    """One of several languages, more to come."""

    type: Literal["audio_translations_progressive"] = "audio_translations_progressive"


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioTranslationsCompleted(TranslatedAudioEvent):
    """The last of several languages."""

    type: Literal["audio_translations_completed"] = "audio_translations_completed"


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioChunk(BaseEvent):
    """A piece of a voice message in one language, in order; its bytes are binary frame 1, a whole file of its own."""

    type: Literal["audio_chunk"] = "audio_chunk"
    task_id: str
    message_id: str | None
    attachment_id: str | None
    language: str
    index: int
    """Of the language, from 0."""
    last: bool
    start_ms: int
    """Where it begins in the whole speech. The pause before its words belongs to it."""
    duration_ms: int
    sample_rate_hz: int
    """Of the voice; `ogg` is always decoded at 48,000 Hz."""
    voice: str
    binary_frames: dict[str, BinaryFrame]
    timestamp: float
    post_id: str | None = None
    post_media_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioProcessCompleted(BaseEvent):
    """The whole voice message; the audio of language X is the binary frame `audio_X`."""

    type: Literal["audio_process_completed"] = "audio_process_completed"
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
    no_speech: bool | None = None
    """True where nobody speaks in the recording; else left out."""
    warnings: list[str] | None = None
    """A sentence for each thing that was left out or guessed; left out where there is none."""
    post_id: str | None = None
    post_media_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechChunk(BaseEvent):
    """A piece of a text that is spoken, in order; its bytes are binary frame 1, a whole file of its own."""

    type: Literal["speech_chunk"] = "speech_chunk"
    task_id: str
    message_id: str | None
    index: int
    """From 0."""
    last: bool
    start_ms: int
    """Where it begins in the whole speech. The pause before its words belongs to it."""
    duration_ms: int
    sample_rate_hz: int
    """Of the voice; `ogg` is always decoded at 48,000 Hz."""
    voice: str
    binary_frames: dict[str, BinaryFrame]
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechCompleted(BaseEvent):
    """Answers `speak`; the whole speech is binary frame 1."""

    type: Literal["speech_completed"] = "speech_completed"
    task_id: str
    message_id: str | None
    language: str
    voice: str
    duration_ms: int
    sample_rate_hz: int
    """Of the voice; `ogg` is always decoded at 48,000 Hz."""
    segments: list[TranscriptSegment]
    """Where each sentence of the text is in the speech."""
    processing_time_ms: int
    timestamp: float
    binary_frames: dict[str, BinaryFrame]
    warnings: list[str] | None = None
    """What was left out or changed; left out where there is nothing to say."""
