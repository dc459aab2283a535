"""A text to sound: piece by piece through the speech engine, joined into one file."""

from __future__ import annotations

import asyncio
import functools
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman_engines.base import VoiceInfo
from dragoman_engines.work import CHARACTERS_PER_S, EncodeAudio, Speak, Speech
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import all_of, off_loop
from dragoman_handlers.speech.counting import CountedSpeech
from dragoman_handlers.speech.normalize import speakable, split_long
from dragoman_handlers.speech.voices import Wishes, choose_voice
from dragoman_handlers.text.languages import base_language
from dragoman_handlers.text.sentences.segmentation import split_text
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
_SENTENCES_A_TURN = 20
_RECALLED_AT_ONCE = 16
_SHORT_CHARS = 1000
"""So short a text is cut in the loop."""
_JOINED_IN_LOOP_BYTES = 1 << 20
_SAMPLE_BYTES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A spoken text."""

    sound: bytes
    mime_type: str
    voice: str
    duration_ms: int
    segments: list[TranscriptSegment]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is written, and the pieces in which it is said."""

    text: str
    pieces: list[str]


@dataclass(frozen=True, slots=True)
class JoinedSpeech:
    """All pieces and pauses of a spoken text, in order."""

    parts: list[bytes]
    size_bytes: int
    """All parts together."""
    rate_hz: int
    segments: list[TranscriptSegment]
    """Each sentence with its times."""


async def speak_text(
    context: Context, text: str, language: str, wishes: Wishes | None = None, sound_format: SoundFormat = "wav"
) -> Spoken:
    """Say `text` aloud in `language` (any tag), as one mono file.

    Raises:
        DragomanError: no voice speaks the language, the voice that is wished for is none, nothing of the text can be
            said, the request makes more speech than it may, or the engine's error.
    """
    wishes = wishes or Wishes()
    voice = choose_voice(await context.capabilities("speech"), language, wishes)
    spoken = base_language(language)
    sentences = await _sentences(text, spoken, voice, wishes.speed)
    if not sentences:
        raise InvalidRequest(f"nothing of the text can be said aloud in {spoken!r}: it holds no letters and no digits")
    units = [
        Speak(text=piece, language=spoken, speed=wishes.speed, voice=voice.name, pace=voice.pace)
        for sentence in sentences
        for piece in sentence.pieces
    ]
    counted = CountedSpeech(context, units, SENTENCE_PAUSE_S / wishes.speed)
    try:
        joined = join_speech(sentences, await _speak(context, units, counted), spoken, wishes.speed)
        sound = await _file(context, joined, sound_format)
        counted.instead(len(sound))
    except BaseException:
        counted.take_back()
        raise
    return Spoken(
        sound=sound,
        mime_type=MIME_TYPES[sound_format],
        voice=voice.name,
        duration_ms=_ms(joined.size_bytes, joined.rate_hz),
        segments=joined.segments,
    )


async def _speak(context: Context, units: Sequence[Speak], counted: CountedSpeech) -> list[Speech]:
    """Synthesize every piece; each that is not known is synthesized once.

    Raises:
        TooLarge: it is more than the request may make.
        DragomanError: the engine's error.
    """
    known: dict[Speak, Speech] = {}
    missing: list[Speak] = []
    distinct = list(dict.fromkeys(units))
    for start in range(0, len(distinct), _RECALLED_AT_ONCE):
        some = distinct[start : start + _RECALLED_AT_ONCE]
        for unit, answer in zip(some, await context.recall(some, Speech), strict=True):
            if answer is None:
                missing.append(unit)
            else:
                counted.add(unit, answer)
                known[unit] = answer
        await asyncio.sleep(0)  # sounds are large: reading many must not block the loop
    size_s = sum(unit.cost_s() for unit in missing)

    async def synthesized(unit: Speak) -> None:
        answer = await context.run(unit, size_s=size_s)
        counted.add(unit, answer.result)
        known[unit] = answer.result

    await all_of([synthesized(unit) for unit in missing])
    return [known[unit] for unit in units]


async def _sentences(text: str, language: str, voice: VoiceInfo, speed: float) -> list[Sentence]:
    """Cut a text into the sentences to speak; sentences of nothing but pictures are left out."""
    most = max(1, min(UNIT_CHARS, round(UNIT_S * voice.pace * speed * CHARACTERS_PER_S)))
    found = []
    split = functools.partial(split_text, text, language)
    all_pieces = split() if len(text) <= _SHORT_CHARS else await off_loop(split)
    for index, sentence in enumerate(piece.text for piece in all_pieces if piece.translatable):
        pieces = split_long(speakable(sentence, language), most)
        if pieces:
            found.append(Sentence(sentence, pieces))
        if index % _SENTENCES_A_TURN == _SENTENCES_A_TURN - 1:
            await asyncio.sleep(0)  # a long text must not block the loop
    return found


def join_speech(
    sentences: Sequence[Sentence], speeches: Sequence[Speech], language: str, speed: float
) -> JoinedSpeech:
    """Join the pieces' sounds with pauses between, and tell each sentence's times.

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
    return JoinedSpeech(parts, size, rate_hz, segments)


async def _file(context: Context, joined: JoinedSpeech, sound_format: SoundFormat) -> bytes:
    wanted_wav = sound_format == "wav"
    parts = [wav_head(joined.size_bytes, joined.rate_hz), *joined.parts] if wanted_wav else joined.parts
    # Large ones are joined without the interpreter's lock.
    join = functools.partial(b"".join, parts)
    data = join() if joined.size_bytes < _JOINED_IN_LOOP_BYTES else await asyncio.to_thread(join)
    if wanted_wav:
        return data
    unit = EncodeAudio(pcm=data, sample_rate_hz=joined.rate_hz)
    return (await context.run(unit, size_s=unit.cost_s())).result.data


def wav_head(pcm_bytes: int, rate_hz: int) -> bytes:
    """Return the beginning of a WAV file of 16-bit mono samples, which follow it."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, _SAMPLE_BYTES * rate_hz, _SAMPLE_BYTES, 16)
    data = struct.pack("<4sI", b"data", pcm_bytes)
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data) + pcm_bytes, b"WAVE")
    return b"".join((head, form, data))


def _ms(pcm_bytes: int, rate_hz: int) -> int:
    return round(pcm_bytes / _SAMPLE_BYTES / rate_hz * 1000)


def _segment(text: str, language: str, start_ms: int, end_ms: int) -> TranscriptSegment:
    return TranscriptSegment(
        text=text, start_ms=start_ms, end_ms=end_ms, confidence=None, speaker_id=None, language=language
    )
