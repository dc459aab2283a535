"""A text to sound: piece by piece through the speech engine, joined into one file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import KW_ONLY, dataclass, field, replace

from dragoman_engines.base import VoiceInfo
from dragoman_engines.work import Speak, Speech
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import loop_turn, one_error
from dragoman_handlers.speech.normalization.normalize import named
from dragoman_handlers.speech.synthesis.counting import CountedSpeech
from dragoman_handlers.speech.synthesis.joining import (
    NOWHERE,
    SENTENCE_PAUSE_S,
    Joiner,
    Place,
    Sentence,
    Sound,
    places_in,
)
from dragoman_handlers.speech.synthesis.reading import Text, TextReader, ToSay, piece_lengths
from dragoman_handlers.speech.synthesis.sound_files import LARGE_BYTES, mime_type, sound_file
from dragoman_handlers.speech.synthesis.voices import Wishes, choose_voice
from dragoman_handlers.text.languages import base_language
from dragoman_wire.events import TranscriptSegment
from dragoman_wire.requests import SoundFormat


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How a text is said."""

    language: str
    """Two letters."""
    voice: VoiceInfo
    speed: float

    def unit(self, piece: str) -> Speak:
        """Return a piece as a unit of work."""
        voice = self.voice
        return Speak(text=piece, language=self.language, speed=self.speed, voice=voice.name, pace=voice.pace)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A text that is ready to be said."""

    sentences: Sequence[Sentence]
    manner: Manner
    warnings: Sequence[str] = ()
    """What of the text is not said: a sentence each."""

    @property
    def characters(self) -> int:
        """Return the characters of all pieces."""
        return sum(len(piece) for sentence in self.sentences for piece in sentence.pieces)


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


async def manner_of(context: Context, language: str, wishes: Wishes) -> Manner:
    """Choose the voice for a language (any tag).

    Raises:
        DragomanError: no voice speaks it, or the voice that is wished for is none.
    """
    voice = choose_voice(await context.capabilities("speech"), language, wishes)
    return Manner(language=base_language(language), voice=voice, speed=wishes.speed)


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
    manner = await manner_of(context, language, wishes)
    reader = TextReader(manner.language, piece_lengths(manner.voice, manner.speed, early=early))
    sentences = await reader.rest(text)
    return Reading(sentences=sentences, manner=manner, warnings=reader.warnings)


async def speak_reading(
    context: Context, reading: Reading, sound_format: SoundFormat, heard: Heard | None = None
) -> Spoken:
    """Say what is ready to be said, as one mono file.

    Raises:
        DragomanError: the engine's error, or what `heard` raised.
    """
    spoken = await _say(context, reading.manner, _each(reading.sentences), sound_format, heard)
    return replace(spoken, warnings=[*reading.warnings, *spoken.warnings])


async def speak_texts(
    context: Context,
    texts: AsyncIterator[Text],
    manner: Manner,
    sound_format: SoundFormat,
    heard: Heard,
    *,
    early: bool,
) -> Spoken:
    """Say texts that follow one another, as they come, as one mono file; `early` as in `read_text`.

    Raises:
        DragomanError: nothing of the texts can be said, the engine's error, or what `texts` or `heard` raised.
    """
    reader = TextReader(manner.language, piece_lengths(manner.voice, manner.speed, early=early))
    spoken = await _say(context, manner, reader.sentences(texts), sound_format, heard)
    return replace(spoken, warnings=[*reader.warnings, *spoken.warnings])


async def _say(
    context: Context,
    manner: Manner,
    sentences: AsyncIterator[ToSay],
    sound_format: SoundFormat,
    heard: Heard | None,
) -> Spoken:
    joiner = Joiner(manner.language, manner.speed)
    counted = CountedSpeech(context, SENTENCE_PAUSE_S / manner.speed)
    silent: list[str] = []
    try:
        async with one_error(), AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            pieces = _Pieces(context, manner, counted, group)
            stack.callback(pieces.forget)
            group.create_task(pieces.take(sentences))
            async for piece, speech, last in pieces.spoken():
                if not speech.pcm and piece.unit.text:
                    silent.append(piece.unit.text)
                sound = joiner.add(piece.place, speech, last=last)
                if heard is not None:
                    await heard(piece.unit, sound)
        is_small = joiner.size_bytes < LARGE_BYTES
        await loop_turn()
        whole = joiner.whole() if is_small else await asyncio.to_thread(joiner.whole)
        file = await sound_file(context, whole, sound_format)
        counted.instead(len(file))
    except BaseException:
        counted.take_back()
        raise
    return Spoken(
        sound=file,
        mime_type=mime_type(sound_format, whole.rate_hz),
        voice=manner.voice.name,
        duration_ms=whole.duration_ms,
        sample_rate_hz=whole.rate_hz,
        segments=joiner.segments,
        warnings=[f"the voice has no sound for: {named(silent)}"] if silent else [],
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece at work."""

    place: Place
    unit: Speak
    speech: asyncio.Task[Speech]
    _: KW_ONLY
    again: bool
    """The same one was there before."""
    more: bool
    """Another one follows for certain."""


class _Pieces:
    """The pieces of a text: each that is not known is synthesized once, and they are told of in order.

    Args:
        context: runs the units.
        manner: how they are said.
        counted: counts their sound.
        group: has the tasks.
    """

    def __init__(self, context: Context, manner: Manner, counted: CountedSpeech, group: asyncio.TaskGroup) -> None:
        self._context = context
        self._manner = manner
        self._counted = counted
        self._group = group
        self._at_work: dict[Speak, asyncio.Task[Speech]] = {}
        self._queue: asyncio.Queue[_Piece | None] = asyncio.Queue()
        self._cost_s = 0.0
        """Of all so far."""

    async def take(self, sentences: AsyncIterator[ToSay]) -> None:
        """Put the pieces of sentences to work as these come."""
        async for sentence, more in sentences:
            for place in places_in(sentence):
                unit = self._manner.unit(place.text)
                again = unit in self._at_work
                if not again:
                    self._cost_s += unit.cost_s()
                    self._at_work[unit] = self._group.create_task(self._speech(unit, self._cost_s))
                more_pieces = more or place.ends is None
                self._queue.put_nowait(_Piece(place, unit, self._at_work[unit], again=again, more=more_pieces))
        self._queue.put_nowait(None)

    def forget(self) -> None:
        """Let go of the tasks: a cancelled one keeps its error, by which it keeps all of this in a circle."""
        self._at_work.clear()
        self._queue = asyncio.Queue()

    async def spoken(self) -> AsyncIterator[tuple[_Piece, Speech, bool]]:
        """Yield the pieces in order, each with its sound and whether it is the last.

        One that others follow does not wait for them. Where all these turn out to be nothing that can be said, an
        empty piece is the last.
        """
        piece = await self._queue.get()
        while piece is not None:
            speech = await piece.speech
            if piece.again:
                self._counted.add(speech)
            if not (piece.more and self._queue.empty()):
                following = await self._queue.get()
                yield piece, speech, following is None
            else:
                yield piece, speech, False
                following = await self._queue.get()
                if following is None:
                    nothing = Speech(pcm=b"", sample_rate_hz=speech.sample_rate_hz)
                    yield replace(piece, place=NOWHERE, unit=self._manner.unit("")), nothing, True
            piece = following

    async def _speech(self, unit: Speak, size_s: float) -> Speech:
        """Return the sound of a unit. The first pieces of several languages go before the second ones: by `size_s`."""
        await loop_turn()  # sounds are large, and many that are known would block the loop
        [speech] = await self._context.recall([unit], Speech)
        if speech is None:
            speech = (await self._context.run(unit, size_s=size_s)).result
        self._counted.add(speech)
        return speech


async def _each(sentences: Sequence[Sentence]) -> AsyncIterator[ToSay]:
    for number, sentence in enumerate(sentences, start=1):
        yield sentence, number < len(sentences)
