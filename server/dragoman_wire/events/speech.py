"""Answers to `transcription_only`, `audio_process` and `speak`."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from dragoman_wire.events.base import BinaryFrame, Event
from dragoman_wire.events.failure import FailedLanguage


class TranscriptWord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A word with its place in time."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


class TranscriptSegment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A piece of a transcription or of a spoken translation, with its place in time. What is not known is left out."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None
    speaker_id: str | None = None
    language: str | None = None
    words: list[TranscriptWord] | UnsetType = UNSET
    """Left out unless the request asked for them."""


class Transcription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The text that was said."""

    text: str
    language: str
    confidence: float
    duration_ms: int
    source: Literal["whisper", "mobile"]
    model: str
    segments: list[TranscriptSegment]
    language_confidence: float | None = None
    """How probable the model finds the language, 0 to 1; None where it did not compare it with others."""
    srt: str | UnsetType = UNSET
    """The same as SubRip subtitles; left out unless the request asked for it."""
    vtt: str | UnsetType = UNSET
    """The same as WebVTT subtitles; left out unless the request asked for it."""
    audio_track: int | UnsetType = UNSET
    """Which audio track was heard, counted from 0; left out of a recording with one, unless the request named it."""


class TranscriptionEvent(Event, frozen=True, kw_only=True):
    """The fields of both transcription events."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    transcription: Transcription
    processing_time_ms: int
    timestamp: float


class TranscriptionCompleted(TranscriptionEvent, frozen=True, kw_only=True, tag="transcription_completed"):
    """Answers `transcription_only`."""


class TranscriptionSegment(Event, frozen=True, kw_only=True, tag="transcription_segment"):
    """A segment of a transcription that is still going on, in order: it stands in the whole as it is here."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    index: int
    """From 0."""
    segment: TranscriptSegment
    timestamp: float


class TranscriptionReady(TranscriptionEvent, frozen=True, kw_only=True, tag="transcription_ready"):
    """The first answer to `audio_process`."""

    post_id: str | UnsetType = UNSET
    post_media_id: str | UnsetType = UNSET


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
    voice: str = ""
    """The voice that speaks, by the name that a request may ask for."""
    warnings: list[str] | UnsetType = UNSET
    """What is doubtful about the translation, and what of it is not spoken; left out where there is nothing to say."""


class TranslatedAudioEvent(Event, frozen=True, kw_only=True):
    """One language of a voice message; the audio is binary frame 1."""

    task_id: str
    message_id: str | None
    attachment_id: str | None
    language: str
    translated_audio: TranslatedAudio
    binary_frames: dict[str, BinaryFrame]
    timestamp: float
    post_id: str | UnsetType = UNSET
    post_media_id: str | UnsetType = UNSET


class AudioTranslationReady(TranslatedAudioEvent, frozen=True, kw_only=True, tag="audio_translation_ready"):
    """The only language asked for."""


class AudioTranslationsProgressive(
    TranslatedAudioEvent, frozen=True, kw_only=True, tag="audio_translations_progressive"
):
    """One of several languages, more to come."""


class AudioTranslationsCompleted(TranslatedAudioEvent, frozen=True, kw_only=True, tag="audio_translations_completed"):
    """The last of several languages."""


class AudioChunk(Event, frozen=True, kw_only=True, tag="audio_chunk"):
    """A piece of a voice message in one language, in order; its bytes are binary frame 1, a whole file of its own."""

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
    post_id: str | UnsetType = UNSET
    post_media_id: str | UnsetType = UNSET


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
    no_speech: bool | UnsetType = UNSET
    """True where nobody speaks in the recording; else left out."""
    warnings: list[str] | UnsetType = UNSET
    """A sentence for each thing that was left out or guessed; left out where there is none."""
    post_id: str | UnsetType = UNSET
    post_media_id: str | UnsetType = UNSET


class SpeechChunk(Event, frozen=True, kw_only=True, tag="speech_chunk"):
    """A piece of a text that is spoken, in order; its bytes are binary frame 1, a whole file of its own."""

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


class SpeechCompleted(Event, frozen=True, kw_only=True, tag="speech_completed"):
    """Answers `speak`; the whole speech is binary frame 1."""

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
    warnings: list[str] | UnsetType = UNSET
    """What was left out or changed; left out where there is nothing to say."""
