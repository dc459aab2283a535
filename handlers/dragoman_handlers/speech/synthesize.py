"""A text to sound: piece by piece through the speech engine, joined into one file."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from dragoman_engines.base import VoiceInfo
from dragoman_engines.work import CHARACTERS_PER_S, EncodeAudio, Speak, Speech
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.speech.normalize import Normalized, named, split_long, told_warnings
from dragoman_handlers.speech.utterances import utterances
from dragoman_handlers.speech.voices import Wishes, choose_voice
from dragoman_handlers.text.languages import base_language
from dragoman_wire.errors import EngineFailed, InvalidRequest
from dragoman_wire.events import TranscriptSegment
from dragoman_wire.requests import SoundFormat

MIME_TYPES: dict[SoundFormat, str] = {"wav": "audio/wav", "ogg": "audio/ogg; codecs=opus"}
SENTENCE_PAUSE_S = 0.25
PIECE_PAUSE_S = 0.1
"""Between two pieces of one sentence."""
UNIT_S = 6.0
"""A unit is at most so many seconds of one core, by the pace of its voice ..."""
UNIT_CHARS = 400
"""... and so many characters."""
_CHARS_A_TURN = 1000
_SAMPLE_BYTES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A spoken text."""

    sound: bytes
    mime_type: str
    voice: str
    duration_ms: int
    segments: list[TranscriptSegment]
    warnings: list[str] = field(default_factory=list)
    """What of the text is not said: a sentence each."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is written, and the pieces in which it is said."""

    text: str
    pieces: list[str]


async def speak_text(
    context: Context, text: str, language: str, wishes: Wishes | None = None, sound_format: SoundFormat = "wav"
) -> Spoken:
    """Say `text` aloud in `language` (any tag), as one mono file.

    Raises:
        DragomanError: no voice speaks the language, the voice that is wished for is none, nothing of the text can be
            said, or the engine's error.
    """
    wishes = wishes or Wishes()
    voice = choose_voice(await context.capabilities("speech"), language, wishes)
    spoken = base_language(language)
    sentences, warnings = await _sentences(text, spoken, voice, wishes.speed)
    if not sentences:
        told = "".join(f"; {warning}" for warning in warnings)
        raise InvalidRequest(
            f"nothing of the text can be said aloud in {spoken!r}: it holds no letters and no digits{told}"
        )
    units = [
        Speak(text=piece, language=spoken, speed=wishes.speed, voice=voice.name, pace=voice.pace)
        for sentence in sentences
        for piece in sentence.pieces
    ]
    speeches = await _speak(context, units)
    pcm, rate_hz, segments = join_speech(sentences, speeches, spoken, wishes.speed)
    return Spoken(
        sound=await _file(context, pcm, rate_hz, sound_format),
        mime_type=MIME_TYPES[sound_format],
        voice=voice.name,
        duration_ms=_ms(len(pcm), rate_hz),
        segments=segments,
        warnings=[*warnings, *_unheard(units, speeches)],
    )


async def _speak(context: Context, units: Sequence[Speak]) -> list[Speech]:
    """Synthesize every piece; each that is not known is synthesized once."""
    distinct = list(dict.fromkeys(units))
    answers = await context.recall(distinct, Speech)
    known = {unit: answer for unit, answer in zip(distinct, answers, strict=True) if answer is not None}
    missing = [unit for unit in distinct if unit not in known]
    size_s = sum(unit.cost_s() for unit in missing)
    done = await all_of([context.run(unit, size_s=size_s) for unit in missing])
    for unit, answer in zip(missing, done, strict=True):
        known[unit] = answer.result
    return [known[unit] for unit in units]


async def _sentences(text: str, language: str, voice: VoiceInfo, speed: float) -> tuple[list[Sentence], list[str]]:
    """Cut a text into the sentences to speak; return them, and the warnings about what is not said."""
    most = max(1, min(UNIT_CHARS, round(UNIT_S * voice.pace * speed * CHARACTERS_PER_S)))
    found: list[Sentence] = []
    normalized: list[Normalized] = []
    since = 0
    for utterance in utterances(text, language):
        normalized.append(utterance.said)
        pieces = split_long(utterance.said.text, most)
        if pieces:
            found.append(Sentence(utterance.text, pieces))
        since += len(utterance.text)
        if since >= _CHARS_A_TURN:
            since = 0
            await asyncio.sleep(0)  # a long text must not block the loop
    return found, told_warnings(normalized)


def _unheard(units: Sequence[Speak], speeches: Sequence[Speech]) -> list[str]:
    """Return a warning where the voice made no sound of a piece."""
    silent = [unit.text for unit, speech in zip(units, speeches, strict=True) if not speech.pcm]
    return [f"the voice has no sound for: {named(silent)}"] if silent else []


def join_speech(
    sentences: Sequence[Sentence], speeches: Sequence[Speech], language: str, speed: float
) -> tuple[bytes, int, list[TranscriptSegment]]:
    """Join the pieces' sounds with pauses between: return samples, their rate, and each sentence's times.

    Raises:
        EngineFailed: there is no sound at all.
    """
    if not any(speech.pcm for speech in speeches):
        raise EngineFailed("the speech engine gave no sound")
    rate_hz = speeches[0].sample_rate_hz
    sounds = iter(speeches)
    parts: list[bytes] = []
    size = 0
    segments = []
    for sentence in sentences:
        start = size
        for index, _ in enumerate(sentence.pieces):
            pcm = next(sounds).pcm
            if pcm and size:
                pause_s = (PIECE_PAUSE_S if index else SENTENCE_PAUSE_S) / speed
                parts.append(bytes(_SAMPLE_BYTES * round(pause_s * rate_hz)))
                size += len(parts[-1])
                start = size if not index else start
            parts.append(pcm)
            size += len(pcm)
        segments.append(_segment(sentence.text, language, _ms(start, rate_hz), _ms(size, rate_hz)))
    return b"".join(parts), rate_hz, segments


async def _file(context: Context, pcm: bytes, rate_hz: int, sound_format: SoundFormat) -> bytes:
    if sound_format == "wav":
        return wav(pcm, rate_hz)
    unit = EncodeAudio(pcm=pcm, sample_rate_hz=rate_hz)
    return (await context.run(unit, size_s=unit.cost_s())).result.data


def wav(pcm: bytes, rate_hz: int) -> bytes:
    """Return a WAV file of 16-bit mono samples."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, _SAMPLE_BYTES * rate_hz, _SAMPLE_BYTES, 16)
    data = struct.pack("<4sI", b"data", len(pcm))
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data) + len(pcm), b"WAVE")
    return b"".join((head, form, data, pcm))


def _ms(pcm_bytes: int, rate_hz: int) -> int:
    return round(pcm_bytes / _SAMPLE_BYTES / rate_hz * 1000)


def _segment(text: str, language: str, start_ms: int, end_ms: int) -> TranscriptSegment:
    return TranscriptSegment(
        text=text, start_ms=start_ms, end_ms=end_ms, confidence=None, speaker_id=None, language=language
    )
