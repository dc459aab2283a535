"""Events that a fake server answers with, made of the request that they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman_wire.codec import Codec
from dragoman_wire.envelope import envelope_of_fields
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import (
    Accepted,
    AudioProcessCompleted,
    AudioTranslationsProgressive,
    BinaryFrame,
    CancelResult,
    CancelStatus,
    ErrorEvent,
    Event,
    FailedLanguage,
    Pong,
    SpeechChunk,
    SpeechCompleted,
    StoryTextCompleted,
    TaskFinished,
    TaskStatus,
    Transcription,
    TranscriptionCompleted,
    TranscriptionReady,
    TranscriptSegment,
    TranslatedAudio,
    TranslationCompleted,
    TranslationMetadata,
    TranslationResult,
)
from dragoman_wire.failures import failure_events

Fields = dict[str, Any]
"""A message as a map, with the wire's field names."""
Answer = tuple[Event | Fields, Sequence[bytes]]
"""An event and its binary frames."""
Answers = Sequence[Answer | Event | Fields]

WAV = b"RIFF....WAVEfmt "
"""What a fake server says: the beginning of a WAV file, which nobody decodes here."""
HEARD = "hello world"
"""What a fake server hears."""
_HEARD_MS = 1500
_SPOKEN_MS = 900
_RATE_HZ = 24_000


def pong(request: Fields) -> Pong:
    """Answer `ping`."""
    return Pong(
        timestamp=request.get("timestamp"),
        translator_port_pub=5558,
        translator_port_pull=5555,
        audio_pipeline_available=True,
        task_id=request["taskId"],
    )


def accepted(request: Fields, *, duplicate: bool = False) -> Accepted:
    """Accept a task."""
    return Accepted(task_id=request["taskId"], duplicate=duplicate)


def finished(request: Fields, events: int = 1, status: TaskStatus = "completed") -> TaskFinished:
    """End a task that had so many events, `accepted` not counted."""
    return TaskFinished(task_id=request["taskId"], status=status, events=events, queue_time_ms=0, compute_time_ms=1)


def cancel_result(request: Fields, status: CancelStatus = "cancelled") -> CancelResult:
    """Answer `cancel`."""
    return CancelResult(task_id=request["taskId"], status=status)


def translated(
    request: Fields, language: str, text: str | None = None, *, processing_time: float = 0.1
) -> TranslationCompleted:
    """Translate: by default into the text with the language around it."""
    result = TranslationResult(
        message_id=request.get("messageId"),
        translated_text=text or f"{language}({request['text']})",
        source_language=request.get("sourceLanguage", "en"),
        target_language=language,
        confidence_score=0.9,
        processing_time=processing_time,
        model_type="basic",
        translator_model="fake",
        worker_name="w",
        worker_id="1",
        pool_type="fast",
        queue_time=0,
        translation_time=0,
        from_cache=False,
    )
    metadata = TranslationMetadata(
        translator_version="1", model_version="1", processing_node="n", request_id="r", protocol="zmq", encoding="m"
    )
    return TranslationCompleted(
        task_id=request["taskId"], target_language=language, timestamp=1.0, result=result, metadata=metadata
    )


def story_translated(request: Fields) -> StoryTextCompleted:
    """Translate a story's text object."""
    return StoryTextCompleted(
        task_id=request["taskId"],
        post_id=request["postId"],
        text_object_index=request["textObjectIndex"],
        translations={language: f"{language}({request['text']})" for language in request["targetLanguages"]},
        timestamp=1000,
    )


def a_transcription(text: str = HEARD) -> Transcription:
    """Make a transcription of one segment."""
    segment = TranscriptSegment(
        text=text, start_ms=0, end_ms=_HEARD_MS, confidence=0.9, speaker_id=None, language="en"
    )
    return Transcription(
        text=text,
        language="en",
        confidence=0.9,
        duration_ms=_HEARD_MS,
        source="whisper",
        model="m",
        segments=[segment],
    )


def transcribed(request: Fields, text: str = HEARD) -> TranscriptionCompleted:
    """Transcribe."""
    return TranscriptionCompleted(
        task_id=request["taskId"],
        message_id=None,
        attachment_id=None,
        transcription=a_transcription(text),
        processing_time_ms=3,
        timestamp=1.0,
    )


def voiced(request: Fields, failed: Sequence[str] = (), *, early: bool = True) -> list[Answer]:
    """Answer a voice message in whole, from `accepted` to `task_finished`.

    Args:
        request: an `audio_process`.
        failed: target languages that fail.
        early: whether each language is published as it is ready.
    """
    ids: Fields = {"task_id": request["taskId"], "message_id": None, "attachment_id": None, "timestamp": 1.0}
    languages = [language for language in request["targetLanguages"] if language not in failed]
    ready = TranscriptionReady(**ids, transcription=a_transcription(), processing_time_ms=1)
    each = [
        AudioTranslationsProgressive(
            **ids,
            language=lang,
            translated_audio=_translated_audio(lang),
            binary_frames={"translatedAudio": _frame(1)},
        )
        for lang in languages
    ]
    completed = AudioProcessCompleted(
        **ids,
        transcription=a_transcription(),
        translated_audios=[_translated_audio(lang) for lang in languages],
        failed_languages=[
            FailedLanguage(target_language=lang, error="no voice", error_code="engine_failed") for lang in failed
        ],
        voice_model_user_id=None,
        voice_model_quality=0.0,
        processing_time_ms=5,
        binary_frames={f"audio_{lang}": _frame(index) for index, lang in enumerate(languages, start=1)},
    )
    before: list[Answer] = [(event, [WAV + lang.encode()]) for event, lang in zip(each, languages, strict=True)]
    return [
        (accepted(request), ()),
        (ready, ()),
        *(before if early else []),
        (completed, [WAV + lang.encode() for lang in languages]),
        (finished(request, 2 + len(before) if early else 2), ()),
    ]


def spoken(request: Fields) -> list[Answer]:
    """Speak a text in whole, from `accepted` to `task_finished`; one piece where the request asks for a stream."""
    common: Fields = {
        "task_id": request["taskId"],
        "message_id": request.get("messageId"),
        "voice": request.get("voice") or "fake",
        "duration_ms": _SPOKEN_MS,
        "sample_rate_hz": _RATE_HZ,
        "binary_frames": {"audio": _frame(1)},
        "timestamp": 1.0,
    }
    language = request.get("language") or "en"
    said = TranscriptSegment(text=request["text"], start_ms=0, end_ms=_SPOKEN_MS, language=language)
    whole = SpeechCompleted(**common, language=language, segments=[said], processing_time_ms=1)
    pieces = [SpeechChunk(**common, index=0, last=True, start_ms=0)] if request.get("stream") else []
    sounds: list[Answer] = [(event, [WAV]) for event in (*pieces, whole)]
    return [(accepted(request), ()), *sounds, (finished(request, len(sounds)), ())]


def failures(request: Fields, error: DragomanError, languages: Sequence[str] | None = None) -> list[ErrorEvent]:
    """Fail a request in the words of its family: once for each target language where it answers by language.

    Args:
        request: of any type.
        error: for example `dragoman_wire.errors.EngineFailed("it raised")`.
        languages: those that fail; by default all of the request.
    """
    return failure_events(envelope_of_fields(request, Codec.MSGPACK), error, 1.0, languages)


def refused(request: Fields, error: DragomanError) -> list[Event]:
    """Refuse a request: its failure, and the end of the task that it did not become."""
    failed = failures(request, error)
    end = TaskFinished(
        task_id=request["taskId"],
        status="refused",
        events=len(failed),
        queue_time_ms=0,
        compute_time_ms=0,
        error_code=error.code,
    )
    return [*failed, end]


def _translated_audio(language: str) -> TranslatedAudio:
    return TranslatedAudio(
        target_language=language,
        translated_text=f"{language}({HEARD})",
        duration_ms=_SPOKEN_MS,
        audio_mime_type="audio/wav",
        segments=[],
    )


def _frame(index: int) -> BinaryFrame:
    return BinaryFrame(index=index, size=len(WAV), mime_type="audio/wav")
