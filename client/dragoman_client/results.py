"""The results of the convenience calls, and how they are read from a task's events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from dragoman_client.errors import BadAnswer, ClientError
from dragoman_client.frames import ReceivedEvent
from dragoman_wire import events as wire
from dragoman_wire.errors import (
    Cancelled,
    DeadlineExceeded,
    DragomanError,
    InternalFault,
    TooLarge,
    error_from_code,
)

_SPOKEN = frozenset({"audio_translation_ready", "audio_translations_progressive", "audio_translations_completed"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Translation:
    """A text in another language."""

    text: str
    source_language: str
    """As asked for, or as detected where `auto` was asked for."""
    target_language: str
    confidence: float
    model: str
    """The model that made it; `identity` where source and target are the same."""
    from_cache: bool
    processing_time_s: float
    warnings: Sequence[str] = ()
    """A sentence for each guess or doubt of the server."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenTranslation:
    """A voice message in another language."""

    text: str
    audio: bytes
    mime_type: str
    duration_ms: int
    segments: list[wire.TranscriptSegment]
    voice: str = ""
    """The voice that speaks; empty where the server does not say."""
    warnings: Sequence[str] = ()
    """A sentence for each doubt of the server about the translation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceResult:
    """A voice message in other languages."""

    transcription: wire.Transcription
    audios: dict[str, SpokenTranslation] = field(default_factory=dict)
    """The languages that worked."""
    failed: dict[str, DragomanError] = field(default_factory=dict)
    """The languages that did not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenText:
    """A text as speech."""

    audio: bytes
    """A whole file; of the format "pcm" samples alone."""
    mime_type: str
    language: str
    voice: str
    duration_ms: int
    sample_rate_hz: int
    """Of the voice; a file of Opus is always decoded at 48,000 Hz."""
    segments: list[wire.TranscriptSegment]
    """Where each sentence is in the speech."""
    warnings: Sequence[str] = ()
    """What was left out or changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenChunk:
    """A piece of a text as speech; the pause before its words belongs to it."""

    audio: bytes
    """A whole file; of the format "pcm" samples alone."""
    mime_type: str
    index: int
    last: bool
    start_ms: int
    """Where it begins in the whole speech."""
    duration_ms: int
    sample_rate_hz: int


class TranslationFailed(ClientError):
    """Some target languages, or all, failed.

    Attributes:
        results: the languages that worked.
        errors: the languages that failed, each with the server's error.
    """

    code = "translation_failed"

    def __init__(self, results: Mapping[str, Translation], errors: Mapping[str, DragomanError]) -> None:
        said = "; ".join(f"{language}: {error.code}: {error}" for language, error in errors.items())
        super().__init__(f"no translation for {said}")
        self.results = dict(results)
        self.errors = dict(errors)


def read_translations(
    events: Sequence[ReceivedEvent], languages: Sequence[str]
) -> tuple[dict[str, Translation], dict[str, DragomanError]]:
    """Read the translations and the errors of a `translation`, by target language.

    Raises:
        DragomanError: the request was refused as a whole.
        BadAnswer: an event is not readable.
    """
    results: dict[str, Translation] = {}
    errors: dict[str, DragomanError] = {}
    for event in events:
        if event.type == "translation_completed":
            done = event.read_as(wire.TranslationCompleted)
            results[done.target_language] = _translation(done.result)
        elif event.type == "translation_skipped":
            skipped = event.read_as(wire.TranslationSkipped)
            raise TooLarge(f"the text has {skipped.length} characters; the limit is {skipped.max_length}")
        elif (error := event.error) is not None:
            if event.language is None:
                raise error
            errors[event.language] = error
    errors = {language: error for language, error in errors.items() if language not in results}
    if len(results) + len(errors) < len(languages):
        missing = [language for language in languages if language not in results and language not in errors]
        errors.update(dict.fromkeys(missing, _unanswered(events)))
    return results, errors


def read_transcription(events: Sequence[ReceivedEvent]) -> wire.Transcription:
    """Read the transcription of a `transcription_only`.

    Raises:
        DragomanError: the server reported an error, or no transcription.
        BadAnswer: an event is not readable.
    """
    final = next((event for event in events if event.type == "transcription_completed"), None)
    if final is None:
        raise _failure(events)
    return final.read_as(wire.TranscriptionCompleted).transcription


def read_voice(events: Sequence[ReceivedEvent]) -> VoiceResult:
    """Read the outcome of an `audio_process`.

    Raises:
        DragomanError: the server reported an error before there was a transcription with an outcome per language.
        BadAnswer: an event is not readable.
    """
    final = next((event for event in events if event.type == "audio_process_completed"), None)
    if final is None:
        raise _failure(events)
    completed = final.read_as(wire.AudioProcessCompleted)
    audios = dict(_spoken_early(events))
    for each in completed.translated_audios:
        audio = final.binaries.get(f"audio_{each.target_language}")
        if audio is not None:
            audios[each.target_language] = _spoken(each, audio)
        elif each.target_language not in audios:
            raise BadAnswer(f"the audio of language {each.target_language!r} is missing from its message")
    failed = {
        each.target_language: error_from_code(each.error_code, each.error) for each in completed.failed_languages
    }
    return VoiceResult(transcription=completed.transcription, audios=audios, failed=failed)


def read_speech(events: Sequence[ReceivedEvent]) -> SpokenText:
    """Read the speech of a `speak`.

    Raises:
        DragomanError: the server reported an error, or no speech.
        BadAnswer: an event is not readable.
    """
    final = next((event for event in events if event.type == "speech_completed"), None)
    if final is None:
        raise _failure(events)
    done = final.read_as(wire.SpeechCompleted)
    return SpokenText(
        audio=_audio_of(final),
        mime_type=done.binary_frames["audio"].mime_type,
        language=done.language,
        voice=done.voice,
        duration_ms=done.duration_ms,
        sample_rate_hz=done.sample_rate_hz,
        segments=done.segments,
        warnings=_warnings(done.warnings),
    )


def read_chunk(event: ReceivedEvent) -> SpokenChunk:
    """Read a piece of the speech of a `speak`.

    Raises:
        BadAnswer: the event is not readable.
    """
    chunk = event.read_as(wire.SpeechChunk)
    return SpokenChunk(
        audio=_audio_of(event),
        mime_type=chunk.binary_frames["audio"].mime_type,
        index=chunk.index,
        last=chunk.last,
        start_ms=chunk.start_ms,
        duration_ms=chunk.duration_ms,
        sample_rate_hz=chunk.sample_rate_hz,
    )


def _audio_of(event: ReceivedEvent) -> bytes:
    audio = event.binaries.get("audio")
    if audio is None:
        raise BadAnswer(f"the audio of the event {event.type} is missing from its message")
    return audio


def _spoken_early(events: Iterable[ReceivedEvent]) -> Iterable[tuple[str, SpokenTranslation]]:
    for event in events:
        if event.type in _SPOKEN and event.binaries:
            body = event.fields.get("translatedAudio")
            if isinstance(body, Mapping):
                each = _converted(event, body)
                yield each.target_language, _spoken(each, next(iter(event.binaries.values())))


def _converted(event: ReceivedEvent, body: object) -> wire.TranslatedAudio:
    try:
        return msgspec.convert(body, wire.TranslatedAudio)
    except msgspec.ValidationError as error:
        raise BadAnswer(f"the event {event.type} of the server is not readable: {error}") from error


def _translation(result: wire.TranslationResult) -> Translation:
    return Translation(
        text=result.translated_text,
        source_language=result.source_language,
        target_language=result.target_language,
        confidence=result.confidence_score,
        model=result.translator_model,
        from_cache=result.from_cache,
        processing_time_s=result.processing_time,
        warnings=_warnings(result.warnings),
    )


def _spoken(translated: wire.TranslatedAudio, audio: bytes) -> SpokenTranslation:
    return SpokenTranslation(
        text=translated.translated_text,
        audio=audio,
        mime_type=translated.audio_mime_type,
        duration_ms=translated.duration_ms,
        segments=translated.segments,
        voice=translated.voice,
        warnings=_warnings(translated.warnings),
    )


def _warnings(given: list[str] | msgspec.UnsetType) -> tuple[str, ...]:
    return () if given is msgspec.UNSET else tuple(given)


def _failure(events: Sequence[ReceivedEvent]) -> DragomanError:
    return next((error for event in events if (error := event.error) is not None), None) or _unanswered(events)


def _unanswered(events: Sequence[ReceivedEvent]) -> DragomanError:
    """Return the error of a task that ended without the event that was waited for."""
    finished = next((event for event in events if event.type == "task_finished"), None)
    status = finished.fields.get("status") if finished else None
    if status == "cancelled":
        return Cancelled("the task was cancelled")
    if status == "expired":
        return DeadlineExceeded("the task passed its deadline")
    return InternalFault(f"the task ended without this answer; its status is {status!r}")
