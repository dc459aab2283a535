"""A recording to a transcription: decoded, cut into windows at silences, each window a unit of work."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import msgspec

from dragoman_engines.base import Capabilities
from dragoman_engines.work import SPOOL_RATE_HZ, FindSpeech, Kind
from dragoman_handlers.base import Context, Question
from dragoman_handlers.speech.recognition.coverage import Span
from dragoman_handlers.speech.recognition.decode import decode_recording
from dragoman_handlers.speech.recognition.listening import Listener, Passage, hear_all
from dragoman_handlers.speech.recognition.segments import SegmentMaker
from dragoman_handlers.speech.recognition.spoken_language import SpokenLanguage, spoken_language
from dragoman_handlers.speech.recognition.transcripts import heard_transcription
from dragoman_wire.errors import AudioTooLong, TooLarge
from dragoman_wire.events import Transcription, TranscriptSegment
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import VOCABULARY_CHARS, AudioRequest

WINDOW_SAMPLES = 30 * SPOOL_RATE_HZ
"""Whisper hears 30 s at a time."""
SLICE_SAMPLES = 120 * SPOOL_RATE_HZ
"""Silence is looked for in slices of two minutes: under half a second of work."""
_DIGEST_INLINE_BYTES = 1 << 18
_TOUCHING_SAMPLES = SPOOL_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A request's statements about its recording, and its options for the transcription."""

    language: str | None = None
    """The spoken language as the peer states it; "auto" and None let the model find out."""
    hint: str | None = None
    """The language that is probably spoken."""
    words: bool = False
    """Whether segments are to say where their words are."""
    vocabulary: Sequence[str] = ()
    """Names and terms that are probably said."""
    track: int | None = None
    """The audio track, counted from 0; None: the default track, or the first with speech."""
    early: bool = False
    """A listener waits for the first words."""


class Follower(Protocol):
    """Told how far the hearing is. Of a recording that another request has heard there is nothing to follow."""

    def began(self, duration_s: float) -> None:
        """Note that a recording of so many seconds is being heard."""
        ...

    def heard(self, segments: Sequence[TranscriptSegment], until_s: float) -> None:
        """Take the segments that follow those before; the recording is heard up to this second."""
        ...


class Recording(Question, frozen=True, kw_only=True):
    """A recording by its bytes. The answer is its transcription."""

    kind: ClassVar[Kind] = "transcription"
    cached_as: ClassVar[str] = "transcription"
    digest: bytes
    """SHA-256: what processors have instructions for is twice as fast as BLAKE2b."""
    decoder: str
    """The model that decodes it and finds the speech in it."""
    language: str | None
    hint: str | None
    """Counts only where the language is not known."""
    words: bool
    vocabulary: list[str]
    track: int | None = None


async def transcribe(
    context: Context, audio: Buffer, wanted: Wanted, follower: Follower | None = None
) -> Transcription:
    """Transcribe a recording, in any container that the decoder knows.

    Args:
        context: the running task.
        audio: the recording.
        wanted: what is said about it.
        follower: told of segments as they are heard; the whole begins with those.

    Raises:
        DragomanError: the bytes are no audio, it is too long, the model does not know the language, or failed.
    """
    engine = await context.capabilities("transcription")
    language = spoken_language(engine, wanted.language, wanted.hint)
    question = Recording(
        digest=await _digest(audio),
        decoder=(await context.capabilities("decoder")).revision,
        language=language.decided,
        hint=None if language.decided else language.hint,
        words=wanted.words,
        vocabulary=list(wanted.vocabulary),
        track=wanted.track,
    )
    transcription = await context.once(
        question, Transcription, lambda: _computed(context, audio, engine, language, wanted, follower)
    )
    limit_s = context.limits.audio_s
    if transcription.duration_ms > limit_s * 1000:
        raise AudioTooLong(f"the recording lasts more than the limit of {limit_s:g} s")
    return transcription


def wanted_vocabulary(request: AudioRequest) -> list[str]:
    """Return the names and terms of a request, each once, with single blanks.

    Raises:
        TooLarge: they are longer together than a model has room for.
    """
    terms = list(dict.fromkeys(" ".join(term.split()) for term in request.vocabulary or ()))
    characters = sum(map(len, terms))
    if characters > VOCABULARY_CHARS:
        raise TooLarge(f"vocabulary has {characters} characters; the limit is {VOCABULARY_CHARS}")
    return [term for term in terms if term]


async def _digest(audio: Buffer) -> bytes:
    def digest() -> bytes:
        return hashlib.sha256(audio).digest()

    # One or two gigabytes a second, without the lock: a large recording must not hold the loop up.
    return digest() if len(audio) < _DIGEST_INLINE_BYTES else await asyncio.to_thread(digest)


async def _computed(
    context: Context,
    audio: Buffer,
    engine: Capabilities,
    language: SpokenLanguage,
    wanted: Wanted,
    follower: Follower | None,
) -> Transcription:
    stated = language.decided
    maker = SegmentMaker(words=wanted.words)
    segments: list[TranscriptSegment] = []

    def told(passage: Passage) -> None:
        made = maker.add(passage.heard)
        segments.extend(made)
        if follower is not None and passage.spans:
            follower.heard(made, passage.spans[-1][1] / SPOOL_RATE_HZ)

    with context.spool_file() as path:
        decoded = await decode_recording(context, audio, path, wanted.track)
        samples = decoded.samples
        if follower is not None:
            follower.began(samples / SPOOL_RATE_HZ)
        listener = Listener(
            context=context,
            path=str(path),
            size_s=samples / SPOOL_RATE_HZ / 20,
            is_stated=stated is not None,
            vocabulary=wanted.vocabulary,
            early=wanted.early,
        )
        heard = await hear_all(listener, _windows(context, str(path), samples), language, told)
    told_whole = heard_transcription(engine, heard, segments + maker.rest(), stated=stated, samples=samples)
    chosen = decoded.tracks > 1 or wanted.track is not None
    return msgspec.structs.replace(told_whole, audio_track=decoded.track) if chosen else told_whole


async def _windows(context: Context, path: str, samples: int) -> AsyncIterator[list[Span]]:
    """Yield spans of speech in groups that together last at most 30 s."""
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
    """Yield the spans of speech in the whole file, found slice by slice."""
    start = 0
    while start < samples:
        end = min(samples, start + SLICE_SAMPLES)
        unit = FindSpeech(pcm_path=path, start=start, end=end)
        answer = await context.run(unit, size_s=samples / SPOOL_RATE_HZ / 300)
        spans = list(answer.result.spans)
        following = end
        if end < samples and spans and spans[-1][1] > end - _TOUCHING_SAMPLES and spans[-1][0] > start:
            # The speech goes on across the slice's end: the next slice begins where this phrase does.
            following = spans.pop()[0]
        for span in spans:
            yield span
        start = following
