"""The windows of a recording to passages: each in one language, and none of the speech in it left out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec

from dragoman_engines.work import SPOOL_RATE_HZ, SpokenWord, TranscribeWindow, WindowText
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import InOrder, all_of, loop_turn, one_error
from dragoman_handlers.speech.recognition.coverage import Span, cut, put_in, seconds, within
from dragoman_handlers.speech.recognition.spoken_language import (
    SURE,
    SURE_AFTER_S,
    UNSURE,
    Settling,
    SpokenLanguage,
    is_sure,
)
from dragoman_handlers.speech.recognition.vocabulary import spelled
from dragoman_handlers.speech.recognition.written_language import changes

ROUNDS = (4, 2)
"""So many stretches of a window are heard again, and so many of each of them that were left out once more."""
_PIECE = 3 * SPOOL_RATE_HZ
"""In less, a language cannot be told."""
_BEFORE_S = 0.1
"""A word begins a little sooner than it seems."""
_ALONE = 2
"""What is told first waits for so many windows: its end may be in the language of the next."""
_MOST_PIECES = 4
"""Where a language ends inside a window, so many pieces of it are heard to find the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Speech that is in one language, and the words of it."""

    spans: Sequence[Span]
    heard: WindowText

    @property
    def seconds(self) -> float:
        """Return how long the speech is."""
        return seconds(self.spans)

    @property
    def is_sure(self) -> bool:
        """Return whether its language is plain."""
        return is_sure(self.heard, self.seconds)


@dataclass(frozen=True, kw_only=True)
class Listener:
    """The model, asked for one recording."""

    context: Context
    path: str
    """The spool file."""
    size_s: float
    """A guess of what the whole recording costs. What is heard again is small, and goes before windows that wait."""
    is_stated: bool
    """Whether the language is known before anything is heard."""
    vocabulary: Sequence[str] = ()
    early: bool = False
    """A listener waits for the first words: the first windows share no call of the model with others."""

    async def hear(
        self, spans: Sequence[Span], language: str | None = None, hint: str | None = None, *, first: bool = False
    ) -> Passage:
        """Return the words of a window. Without a language, the model finds it out. `first`: none of it was heard."""
        unit = TranscribeWindow(
            pcm_path=self.path,
            spans=list(spans),
            language=language,
            hint=None if language else hint,
            vocabulary=list(self.vocabulary),
        )
        heard = (await self.context.run(unit, size_s=self.size_s if first else unit.cost_s())).result
        words = spelled(heard.words, self.vocabulary)
        return Passage(spans=spans, heard=msgspec.structs.replace(heard, words=words))

    async def hear_rest(self, passage: Passage, rounds: Sequence[int] = ROUNDS) -> list[Passage]:
        """Hear the stretches that no word covers, and put in what is found there. It ends, whatever is found.

        Where the language is not stated, a stretch may be in another one: that is why a model leaves it out. It is a
        passage of its own then.
        """
        if not rounds or not passage.heard.unheard:
            return [passage]
        language = passage.heard.language
        stretches = passage.heard.unheard[: rounds[0]]
        found = await all_of([self._stretch(each, language, rounds[1:]) for each in stretches])
        passages = [passage]
        for stretch, pieces in zip(stretches, found, strict=True):
            passages += _put_in(passages.pop(), stretch, pieces)
        return passages

    async def _stretch(self, spans: Sequence[Span], language: str, rounds: Sequence[int]) -> list[Passage]:
        if self.is_stated or seconds(spans) < SURE_AFTER_S:
            return await self.hear_rest(await self.hear(spans, language), rounds)
        passage = await self.hear(spans, hint=language)
        if passage.heard.language != language and not passage.is_sure:
            passage = await self.hear(spans, language)
        return await self.hear_rest(passage, rounds)


async def hear_all(
    listener: Listener,
    windows: AsyncIterator[list[Span]],
    language: SpokenLanguage,
    told: Callable[[Passage], None] = lambda _: None,
) -> list[WindowText]:
    """Return the text of everything, in order. A window is at work while the next one is still looked for.

    Where the language is not known, the first windows are heard one by one until one of them tells it, and those after
    them with that language as a hint: another language is believed where the model is sure of it.

    Args:
        listener: the model.
        windows: those of the recording, as they are found.
        language: of the recording, as far as it is known.
        told: called with each passage, in order, as soon as nothing can change it any more.
    """
    whole: list[WindowText] = []
    async with one_error(), asyncio.TaskGroup() as group:
        line = _Line(listener, group)
        group.create_task(line.open(windows, language))
        async for passages in line.final:
            for passage in passages:
                if whole:
                    await loop_turn()  # the words of a window take a millisecond, and there may be hundreds of windows
                told(passage)
                whole.append(passage.heard)
    return whole


class _Line:
    """The passages of a recording, on their way from windows that are heard to what is final.

    A window is heard, divided where it is in several languages, and heard in the right one. The place of a change is
    looked for between two passages that follow one another; then what was left out is heard again. Each step begins as
    soon as those before it allow.
    """

    def __init__(self, listener: Listener, group: asyncio.TaskGroup) -> None:
        self.final: InOrder[list[Passage]] = InOrder()
        self._listener = listener
        self._group = group
        self._divided: InOrder[list[Passage]] = InOrder()
        self._right: InOrder[Passage] = InOrder()

    async def open(self, windows: AsyncIterator[list[Span]], language: SpokenLanguage) -> None:
        """Have each window heard as it is found, and all further steps done."""
        stated = self._listener.is_stated
        for step in () if stated else (self._settle(), self._part()):
            self._group.create_task(step)
        last: asyncio.Task[Passage] | None = None
        opened = 0
        async for spans in windows:
            if last is not None and language.decided is None:
                language.heard((await last).heard)
            elif last is not None and self._listener.early and opened <= _ALONE:
                await last
            opened += 1
            known, hint = (language.decided, None) if stated else (None, language.decided or language.hint)
            last = self._group.create_task(self._listener.hear(spans, known, hint, first=True))
            (self.final if stated else self._divided).put(self._group.create_task(self._next(last)))
        (self.final if stated else self._divided).put(None)

    async def _next(self, window: asyncio.Task[Passage]) -> list[Passage]:
        """Return what a window is divided into; in a language that is stated, all of it with what was left out."""
        if self._listener.is_stated:
            return await self._listener.hear_rest(await window)
        return await _divided(self._listener, await window)

    async def _settle(self) -> None:
        """Have each passage heard in the language that it is in."""
        settling = Settling()
        waiting: list[Passage] = []
        async for passages in self._divided:
            for passage in passages:
                waiting.append(passage)
                waiting = self._hear_in(settling.add(passage.heard, is_sure=passage.is_sure), waiting)
        self._hear_in(settling.rest(), waiting)
        self._right.put(None)

    def _hear_in(self, languages: Sequence[str], waiting: list[Passage]) -> list[Passage]:
        """Have the first of those that wait heard in these languages; return the others."""
        for passage, language in zip(waiting, languages, strict=False):
            self._right.put(self._group.create_task(_in_language(self._listener, passage, language)))
        return waiting[len(languages) :]

    async def _part(self) -> None:
        """Find the places where the language changes, and hear what was left out of each passage."""
        last: Passage | None = None
        async for passage in self._right:
            *whole, last = [passage] if last is None else await _parted(self._listener, last, passage)
            for each in whole:
                self._finish(each)
        if last is not None:
            self._finish(last)
        self.final.put(None)

    def _finish(self, passage: Passage) -> None:
        self.final.put(self._group.create_task(self._listener.hear_rest(passage)))


async def _divided(listener: Listener, window: Passage) -> list[Passage]:
    """Return a window as several passages where it is in several languages.

    That is looked for where its words are in more than one language, and where the model has doubts.
    """
    await loop_turn()  # words are told apart in a few milliseconds
    parts = _parts_by_words(window)
    if len(parts) < 2 and window.heard.words and window.heard.language_probability < UNSURE:
        pieces = _pieces(window.spans)
        middle = len(pieces) // 2
        parts = [_joined(half) for half in (pieces[:middle], pieces[middle:]) if half]
    if len(parts) < 2:
        return [window]
    passages = await all_of([listener.hear(part) for part in parts])
    languages = {passage.heard.language for passage in passages}
    return passages if len(languages) > 1 and all(passage.is_sure for passage in passages) else [window]


def _parts_by_words(window: Passage) -> list[list[Span]]:
    """Cut a window where its words go on in another language."""
    times = changes(window.heard.words, window.heard.language)[:_MOST_PIECES]
    places = [0, *[round((time_s - _BEFORE_S) * SPOOL_RATE_HZ) for time_s in times], window.spans[-1][1]]
    parts = [within(window.spans, start, end) for start, end in pairwise(places)]
    return [part for part in parts if part]


async def _in_language(listener: Listener, passage: Passage, language: str) -> Passage:
    if passage.heard.language == language or not passage.heard.words:
        return passage
    return await listener.hear(passage.spans, language)


async def _parted(listener: Listener, first: Passage, second: Passage) -> list[Passage]:
    """Return two passages with the place between them where the language changes, if it does.

    The end of the first may be in the language of the second, or its beginning in that of the first.
    """
    if first.heard.language == second.heard.language or not (first.heard.words and second.heard.words):
        return [first, second]
    rest, moved = await _foreign(listener, _pieces(first.spans)[::-1], second.heard.language)
    if moved:
        kept = await listener.hear(_joined(rest[::-1]), first.heard.language)
        return [kept, *moved[::-1], second]
    rest, moved = await _foreign(listener, _pieces(second.spans), first.heard.language)
    if moved:
        return [first, *moved, await listener.hear(_joined(rest), second.heard.language)]
    return [first, second]


async def _foreign(
    listener: Listener, pieces: list[list[Span]], language: str
) -> tuple[list[list[Span]], list[Passage]]:
    """Return the pieces that are left, and those before them that are plainly in this language."""
    moved: list[Passage] = []
    while len(pieces) > 1 and len(moved) < _MOST_PIECES:
        piece = await listener.hear(pieces[0])
        # Short as it may be: it is in one of two languages, and the other one would be the surprise.
        if piece.heard.language != language or piece.heard.language_probability <= SURE or not piece.heard.words:
            break
        moved.append(piece)
        pieces = pieces[1:]
    return pieces, moved


def _put_in(passage: Passage, stretch: Sequence[Span], pieces: Sequence[Passage]) -> list[Passage]:
    """Return a passage with what was found in a stretch of it, in three where that is in another language."""
    found = [piece for piece in pieces if piece.heard.words]
    if all(piece.heard.language == passage.heard.language for piece in found):
        words = put_in(passage.heard.words, stretch, [word for piece in found for word in piece.heard.words])
        return [replace(passage, heard=msgspec.structs.replace(passage.heard, words=words, unheard=[]))]
    before, after = cut(passage.heard.words, stretch)
    return [
        _part(passage, before, 0, stretch[0][0]),
        *found,
        _part(passage, after, stretch[-1][1], passage.spans[-1][1]),
    ]


def _part(passage: Passage, words: Sequence[SpokenWord], start: int, end: int) -> Passage:
    heard = msgspec.structs.replace(passage.heard, words=list(words), unheard=[])
    return Passage(spans=within(passage.spans, start, end), heard=heard)


def _pieces(spans: Sequence[Span]) -> list[list[Span]]:
    """Group spans to pieces in which a language can be told."""
    pieces: list[list[Span]] = []
    length = _PIECE
    for span in spans:
        if length >= _PIECE:
            pieces.append([])
            length = 0
        pieces[-1].append(span)
        length += span[1] - span[0]
    return pieces


def _joined(pieces: Sequence[Sequence[Span]]) -> list[Span]:
    return [span for piece in pieces for span in piece]
