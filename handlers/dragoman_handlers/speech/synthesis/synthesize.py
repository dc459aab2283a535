"""A text to sound: piece by piece through the speech engine, joined into one file."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from dragoman_engines.base import VoiceInfo
from dragoman_engines.work import CHARACTERS_PER_S, Speak, Speech
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import loop_turn, off_loop, one_error
from dragoman_handlers.speech.normalization.normalize import Normalized, named, told_warnings
from dragoman_handlers.speech.normalization.utterances import Utterance, utterances
from dragoman_handlers.speech.synthesis.counting import CountedSpeech
from dragoman_handlers.speech.synthesis.joining import SENTENCE_PAUSE_S, Joiner, Sentence, Sound
from dragoman_handlers.speech.synthesis.phrases import Lengths, cut_opening, cut_sentence
from dragoman_handlers.speech.synthesis.sound_files import LARGE_BYTES, mime_type, sound_file
from dragoman_handlers.speech.synthesis.voices import Wishes, choose_voice
from dragoman_handlers.text.languages import base_language
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.events import TranscriptSegment
from dragoman_wire.requests import SoundFormat

UNIT_S = 3.0
"""A sentence that takes longer of one core, by the pace of its voice, is said clause by clause ..."""
MOST_UNIT_S = 6.0
"""... and a clause that takes longer than this is cut between words ..."""
UNIT_CHARS = 400
"""... as is one that is longer than this."""
FIRST_UNIT_S = 0.75
"""What the first piece takes where a listener waits for it; a word or two take longer than their letters say."""
_CHARS_A_TURN = 1000
_RECALLED_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A text that is ready to be said, and the voice that says it."""

    sentences: Sequence[Sentence]
    language: str
    voice: VoiceInfo
    speed: float
    warnings: Sequence[str] = ()
    """What of the text is not said: a sentence each."""

    def units(self) -> list[Speak]:
        """Return the pieces as units of work, in order."""
        voice = self.voice
        return [
            Speak(text=piece, language=self.language, speed=self.speed, voice=voice.name, pace=voice.pace)
            for sentence in self.sentences
            for piece in sentence.pieces
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A spoken text."""

    sound: bytes
    mime_type: str
    voice: str
    duration_ms: int
    sample_rate_hz: int
    segments: list[TranscriptSegment]
    warnings: list[str] = field(default_factory=list)
    """What of the text is not said: a sentence each."""


Heard = Callable[[Speak, Sound | None], Awaitable[None]]
"""Told of each piece as soon as it and all before it are spoken, with its sound if it has one."""


async def speak_text(
    context: Context, text: str, language: str, wishes: Wishes | None = None, sound_format: SoundFormat = "wav"
) -> Spoken:
    """Say `text` aloud in `language` (any tag), as one mono file.

    Raises:
        DragomanError: no voice speaks the language, the voice that is wished for is none, nothing of the text can be
            said, or the engine's error.
    """
    reading = await read_text(context, text, language, wishes or Wishes())
    return await speak_reading(context, reading, sound_format)


async def read_text(context: Context, text: str, language: str, wishes: Wishes, *, early: bool = False) -> Reading:
    """Choose the voice for a text and cut it into pieces; `early`: for a listener who waits for the first of them.

    Raises:
        DragomanError: no voice speaks the language, the voice that is wished for is none, or nothing of the text can
            be said.
    """
    voice = choose_voice(await context.capabilities("speech"), language, wishes)
    spoken = base_language(language)
    sentences, warnings = await _sentences(text, spoken, _lengths(voice, wishes.speed, early=early))
    if not sentences:
        told = "".join(f"; {warning}" for warning in warnings)
        raise InvalidRequest(
            f"nothing of the text can be said aloud in {spoken!r}: it holds no letters and no digits{told}"
        )
    return Reading(sentences=sentences, language=spoken, voice=voice, speed=wishes.speed, warnings=warnings)


async def speak_reading(
    context: Context, reading: Reading, sound_format: SoundFormat, heard: Heard | None = None
) -> Spoken:
    """Say what is ready to be said, as one mono file.

    Raises:
        DragomanError: the engine's error, or what `heard` raised.
    """
    joiner = Joiner(reading.sentences, reading.language, reading.speed)
    silent: list[str] = []

    async def said(unit: Speak, speech: Speech) -> None:
        if not speech.pcm:
            silent.append(unit.text)
        sound = joiner.add(speech)
        if heard is not None:
            await heard(unit, sound)

    units = reading.units()
    counted = CountedSpeech(context, units, SENTENCE_PAUSE_S / reading.speed)
    try:
        await _speak(context, units, said, counted)
        is_small = joiner.size_bytes < LARGE_BYTES
        await loop_turn()
        whole = joiner.whole() if is_small else await asyncio.to_thread(joiner.whole)
        sound = await sound_file(context, whole, sound_format)
        counted.instead(len(sound))
    except BaseException:
        counted.take_back()
        raise
    return Spoken(
        sound=sound,
        mime_type=mime_type(sound_format, whole.rate_hz),
        voice=reading.voice.name,
        duration_ms=whole.duration_ms,
        sample_rate_hz=whole.rate_hz,
        segments=joiner.segments,
        warnings=[*reading.warnings, *([f"the voice has no sound for: {named(silent)}"] if silent else [])],
    )


async def _speak(
    context: Context,
    units: Sequence[Speak],
    said: Callable[[Speak, Speech], Awaitable[None]],
    counted: CountedSpeech,
) -> None:
    """Synthesize every piece, each that is not known once, and tell of them in order."""
    known = await _known(context, list(dict.fromkeys(units)), counted)
    missing = [unit for unit in dict.fromkeys(units) if unit not in known]
    size_s = sum(unit.cost_s() for unit in missing)

    async def spoken(unit: Speak) -> Speech:
        speech = (await context.run(unit, size_s=size_s)).result
        counted.add(unit, speech)
        return speech

    async with one_error(), asyncio.TaskGroup() as group:
        at_work = {unit: group.create_task(spoken(unit)) for unit in missing}
        for unit in units:
            speech = known.get(unit)
            await said(unit, await at_work[unit] if speech is None else speech)


async def _known(context: Context, units: Sequence[Speak], counted: CountedSpeech) -> dict[Speak, Speech]:
    """Return the pieces that are known, read some at a time: sounds are large, and many would block the loop."""
    known: dict[Speak, Speech] = {}
    for start in range(0, len(units), _RECALLED_AT_ONCE):
        some = units[start : start + _RECALLED_AT_ONCE]
        await loop_turn()
        for unit, speech in zip(some, await context.recall(some, Speech), strict=True):
            if speech is not None:
                counted.add(unit, speech)
                known[unit] = speech
    return known


def _lengths(voice: VoiceInfo, speed: float, *, early: bool) -> Lengths:
    characters_a_s = voice.pace * speed * CHARACTERS_PER_S
    return Lengths(
        usual=max(1, min(UNIT_CHARS, round(UNIT_S * characters_a_s))),
        most=max(1, min(UNIT_CHARS, round(MOST_UNIT_S * characters_a_s))),
        first=max(1, round(FIRST_UNIT_S * characters_a_s)) if early else 0,
    )


async def _sentences(text: str, language: str, lengths: Lengths) -> tuple[list[Sentence], list[str]]:
    """Cut a text into the sentences to speak; return them, and the warnings about what is not said."""
    found: list[Sentence] = []
    normalized: list[Normalized] = []
    since = 0
    # A long text is cut off the loop, which it would hold.
    cut_text = functools.partial(_listed, text, language)
    for utterance in cut_text() if len(text) <= _CHARS_A_TURN else await off_loop(cut_text):
        normalized.append(utterance.said)
        cut = cut_sentence if found else cut_opening
        pieces = cut(utterance.said.text, lengths)
        if pieces:
            found.append(Sentence(utterance.text, pieces))
        since += len(utterance.text)
        if since >= _CHARS_A_TURN:
            since = 0
            await asyncio.sleep(0)  # a long text must not block the loop
    return found, told_warnings(normalized)


def _listed(text: str, language: str) -> list[Utterance]:
    return list(utterances(text, language))
