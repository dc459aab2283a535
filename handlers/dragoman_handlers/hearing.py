"""A recording to a transcription: decoded, cut into windows at silences, each window a unit of work."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import ClassVar, Literal

from dragoman_engines.base import Capabilities
from dragoman_engines.work import (
    SPOOL_RATE_HZ,
    DecodeAudio,
    DecodedAudio,
    FindSpeech,
    Kind,
    SpeechSpans,
    TranscribeWindow,
    WindowText,
)
from dragoman_handlers.base import Context, Question
from dragoman_handlers.concurrency import one_error
from dragoman_handlers.languages import AUTO, base_language
from dragoman_wire.errors import AudioTooLong, InternalFault, UnsupportedLanguage
from dragoman_wire.events import Transcription, TranscriptSegment
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import MobileTranscription

Span = tuple[int, int]
WINDOW_SAMPLES = 30 * SPOOL_RATE_HZ
"""Whisper hears 30 s at a time."""
SLICE_SAMPLES = 120 * SPOOL_RATE_HZ
"""Silence is looked for in slices of two minutes: under half a second of work."""
_DIGEST_INLINE_BYTES = 1 << 18
_TOUCHING_SAMPLES = SPOOL_RATE_HZ


class Recording(Question, frozen=True, kw_only=True):
    """A recording by its bytes. The answer is its transcription."""

    kind: ClassVar[Kind] = "transcription"
    cached_as: ClassVar[str] = "transcription"
    digest: bytes
    """BLAKE2b-256."""
    decoder: str
    """What decodes it and finds the speech in it."""
    language: str | None


async def transcribe(
    context: Context, audio: Buffer, *, language: str | None = None, hint: str | None = None
) -> Transcription:
    """What is said in a recording.

    Args:
        context: the task.
        audio: the recording, in any container that the decoder knows.
        language: what it is in, as the peer states it; "auto" and None let the model find out.
        hint: what it is probably in; taken only where the model knows that language.

    Raises:
        DragomanError: the bytes are no audio, it is too long, the model does not know the language, or failed.
    """
    engine = await context.capabilities("transcription")
    spoken = _language(engine, language, hint)
    decoder = (await context.capabilities("audio")).revision
    question = Recording(digest=await _digest(audio), decoder=decoder, language=spoken)
    transcription = await context.once(question, Transcription, lambda: _computed(context, audio, engine, spoken))
    limit_s = context.limits.audio_s
    if transcription.duration_ms > limit_s * 1000:
        raise AudioTooLong(f"the recording lasts more than the limit of {limit_s:g} s")
    return transcription


async def _digest(audio: Buffer) -> bytes:
    def digest() -> bytes:
        return hashlib.blake2b(audio, digest_size=32).digest()

    # A gigabyte a second, without the lock: a large recording must not hold the loop up.
    return digest() if len(audio) < _DIGEST_INLINE_BYTES else await asyncio.to_thread(digest)


async def _computed(context: Context, audio: Buffer, engine: Capabilities, spoken: str | None) -> Transcription:
    with context.spool_file() as path:
        limit_s = context.limits.audio_s
        decode = DecodeAudio(data=bytes(audio), pcm_path=str(path), max_duration_s=limit_s)
        answer = await context.run(decode, size_s=decode.cost_s())
        if not isinstance(answer.result, DecodedAudio):
            raise InternalFault("the decoder gave no samples")
        heard = await _hear_all(context, engine, str(path), answer.result.samples, spoken)
    return _transcription(engine, heard, spoken, answer.result.samples)


def mobile_transcription(mobile: MobileTranscription | None, hint: str | None) -> Transcription | None:
    """The phone's own transcription as ours, or None where it has no text."""
    if mobile is None or not mobile.text or not mobile.text.strip():
        return None
    language = base_language(mobile.language or hint or "und")
    confidence = float(mobile.confidence) if mobile.confidence is not None else 1.0
    segments = [
        TranscriptSegment(
            text=segment.text,
            start_ms=round(segment.start_ms),
            end_ms=round(segment.end_ms),
            confidence=confidence if segment.confidence is None else float(segment.confidence),
            speaker_id=segment.speaker_id,
            language=segment.language or language,
        )
        for segment in mobile.segments or ()
    ]
    return Transcription(
        text=mobile.text,
        language=language,
        confidence=confidence,
        duration_ms=max((segment.end_ms for segment in segments), default=0),
        source="mobile",
        model=mobile.source or "mobile",
        segments=segments,
    )


def _language(engine: Capabilities, stated: str | None, hint: str | None) -> str | None:
    known = engine.languages
    if stated and stated.lower() != AUTO:
        language = base_language(stated)
        if known and language not in known:
            raise UnsupportedLanguage(f"the model {engine.model} hears {', '.join(known)}, not {language!r}")
        return language
    guess = base_language(hint) if hint and hint.lower() != AUTO else None
    if guess is not None and (not known or guess in known):
        return guess
    return None if engine.multilingual else (known[0] if known else None)


def _unit(path: str, spans: list[Span], language: str | None) -> TranscribeWindow:
    return TranscribeWindow(pcm_path=path, spans=spans, language=language)


async def _hear_all(
    context: Context, engine: Capabilities, path: str, samples: int, language: str | None
) -> list[WindowText]:
    """The text of every window, in order. A window is at work while the next one is still looked for.

    Where the language is not known, the first window decides for the whole recording.
    """
    size_s = samples / SPOOL_RATE_HZ / 20
    tasks: list[asyncio.Task[WindowText]] = []
    async with one_error(), asyncio.TaskGroup() as group:
        async for spans in _windows(context, path, samples):
            if language is None and engine.multilingual and len(tasks) == 1:
                language = (await tasks[0]).language
            tasks.append(group.create_task(_hear(context, _unit(path, spans, language), size_s)))
    return [task.result() for task in tasks]


async def _hear(context: Context, unit: TranscribeWindow, size_s: float) -> WindowText:
    answer = await context.run(unit, size_s=size_s)
    if not isinstance(answer.result, WindowText):
        raise InternalFault("the transcription engine gave no text")
    return answer.result


async def _windows(context: Context, path: str, samples: int) -> AsyncIterator[list[Span]]:
    """Spans of speech in groups that together last at most 30 s."""
    window: list[Span] = []
    length = 0
    async for span in _speech(context, path, samples):
        span_length = span[1] - span[0]
        if window and length + span_length > WINDOW_SAMPLES:
            yield window
            window, length = [], 0
        window.append(span)
        length += span_length
    if window:
        yield window


async def _speech(context: Context, path: str, samples: int) -> AsyncIterator[Span]:
    """Spans of speech in the whole file, looked for slice by slice."""
    start = 0
    while start < samples:
        end = min(samples, start + SLICE_SAMPLES)
        unit = FindSpeech(pcm_path=path, start=start, end=end)
        answer = await context.run(unit, size_s=samples / SPOOL_RATE_HZ / 300)
        if not isinstance(answer.result, SpeechSpans):
            raise InternalFault("the audio engine gave no spans")
        spans = list(answer.result.spans)
        following = end
        if end < samples and spans and spans[-1][1] > end - _TOUCHING_SAMPLES and spans[-1][0] > start:
            # Somebody speaks across the slice's end: the next slice begins where this phrase does.
            following = spans.pop()[0]
        for span in spans:
            yield span
        start = following


def _transcription(engine: Capabilities, heard: list[WindowText], spoken: str | None, samples: int) -> Transcription:
    language = spoken or (heard[0].language if heard else "und")
    segments = [
        TranscriptSegment(
            text=segment.text,
            start_ms=round(segment.start_s * 1000),
            end_ms=round(segment.end_s * 1000),
            confidence=round(segment.confidence, 4),
            speaker_id=None,
            language=window.language,
        )
        for window in heard
        for segment in window.segments
    ]
    total = sum(len(segment.text) for segment in segments)
    confidence = sum(len(segment.text) * (segment.confidence or 0.0) for segment in segments) / total if total else 0.0
    source: Literal["whisper"] = "whisper"
    return Transcription(
        text=" ".join(segment.text for segment in segments),
        language=language,
        confidence=round(confidence, 4),
        duration_ms=round(samples * 1000 / SPOOL_RATE_HZ),
        source=source,
        model=engine.model,
        segments=segments,
    )
