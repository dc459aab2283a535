"""Sentences through a model: their tokens hidden, judged when they come back, tried another way if need be."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from dragoman_handlers.concurrency import loop_turn
from dragoman_handlers.text.placeholders import WAYS, Masked, Way, masked
from dragoman_handlers.text.sentences.segmentation import Piece, has_letters, join_text
from dragoman_handlers.text.tokens import BLANK, blanked
from dragoman_handlers.text.wording.candidates import (
    BAD,
    DOUBTFUL,
    PLAIN,
    Form,
    Wording,
    without_loop,
    without_tail,
)
from dragoman_handlers.text.wording.numbers import NumberCheck
from dragoman_wire.errors import EngineFailed

Judge = Callable[[str, str], str | None]
"""The fault of a translation, to go after `the translation model ...`; None where there is none."""
_CLAUSE = re.compile(r"(?<=[;:,])\s+|\s+(?=[-–—]\s)")  # noqa: RUF001 - dashes of all lengths
_LONG_CHARS = 60
"""A clause is worth a call of its own from about here."""
_SENTENCES_A_TURN = 8
_LONG_SENTENCE_CHARS = 400
_SHOWN_CHARS = 60
"""Of a sentence in a warning."""


class Translate(Protocol):
    """A model, or two in a row."""

    def __call__(self, sentences: Sequence[str], *, careful: bool) -> Awaitable[Sequence[str]]:
        """Translate each sentence, in order; with `careful` more slowly, and in another way than before."""
        ...


class Rendered(msgspec.Struct, frozen=True):
    """The translations of some sentences."""

    texts: list[str]
    """One translation for each sentence, in order."""
    warnings: list[str]
    """The warnings about them."""


async def translate_pieces(
    pieces: Sequence[Piece],
    translate: Translate,
    judge: Judge,
    numbers: NumberCheck | None = None,
    wording: Wording = PLAIN,
) -> Rendered:
    """Translate each sentence, and keep the parts that are not language as they were.

    What the phrase book knows is taken from there. A sentence that loses a token or comes out doubtful is tried again
    in other forms, with other placeholders, and at last cut at its tokens, or at its clauses. The best candidate is
    taken; where even that one is bad, a warning says so. One that loses a number is tried again with its numbers as
    tokens.

    Raises:
        EngineFailed: the model gave nothing for a sentence.
        DragomanError: the engine's error.
    """
    attempts = [_Attempt(piece, wording, judge, numbers) for piece in pieces]
    for number, way in enumerate(WAYS):
        careful = number > 0
        open_ones = [one for one in attempts if one.worth_more(careful=careful)]
        if not open_ones:
            break
        await _ask([(one, wording.usual(one.piece)) for one in open_ones], way, translate, careful=careful)
        # A single word that stays as it is may be a name: worth one more call, and no more.
        if all(one.done for one in open_ones):
            break
        doubtful = [(one, form) for one in open_ones if not one.done for form in wording.others(one.piece)]
        await _ask(doubtful, way, translate, careful=careful)
    if rest := [one for one in attempts if one.bad]:
        parted = await _in_parts_with([one.piece for one in rest], translate, numbers)
        for one, translation in zip(rest, parted, strict=True):
            one.put_together(translation)
    return Rendered([one.best() for one in attempts], [one.warning for one in attempts if one.warning is not None])


class _Candidate(NamedTuple):
    doubt: int
    text: str
    fault: str | None = None


class _Attempt:
    """One sentence, and its candidates so far."""

    def __init__(self, piece: Piece, wording: Wording, judge: Judge, numbers: NumberCheck | None) -> None:
        self.piece = piece
        self._wording = wording
        self._judge = judge
        self._numbers = numbers
        known = wording.known(piece)
        self._best: _Candidate | None = None if known is None else _Candidate(0, known)
        self._fault: str | None = None
        """The last one that a check found."""

    @property
    def done(self) -> bool:
        """Return whether a candidate is beyond doubt."""
        return self._best is not None and self._best.doubt < DOUBTFUL

    def worth_more(self, *, careful: bool) -> bool:
        """Return whether another call may make it better."""
        return self._best is None or self._best.doubt > (DOUBTFUL if careful else DOUBTFUL - 1)

    @property
    def bad(self) -> bool:
        """Return whether no candidate passed the checks."""
        return self._best is None or self._best.doubt >= BAD

    @property
    def warning(self) -> str | None:
        """Return the warning about the best candidate, if there is one."""
        if self._best is None or self._best.fault is None:
            return None
        return f"the translation model {self._best.fault}: {_shortened(self.piece.text)!r}"

    def best(self) -> str:
        """Return the best candidate.

        Raises:
            EngineFailed: there is none.
        """
        if self._best is None:
            raise EngineFailed(f"the translation model {self._fault or 'gave nothing for a sentence'}")
        return self._best.text

    def answered(self, form: Form, mask: Masked, answer: str) -> None:
        """Take in the model's answer to a form."""
        restored = mask.restore(answer)
        translation = None if restored is None else form.finish(restored)
        if translation is None:
            return
        translation = self._wording.in_conventions(self.piece, translation)
        source, words = mask.words(mask.text), mask.words(answer)
        fault = self._judge(source, words)
        if fault is None and self._numbers is not None and self._numbers.lost(source, words):
            self._consider(_Candidate(BAD + 1, translation, "changed a number of a sentence"))
            self.piece = self._numbers.hidden(self.piece)
            return
        doubt = self._wording.doubt(source, words)
        self._add(translation, doubt, fault)
        if doubt >= DOUBTFUL and not self.piece.tokens:
            # Cut off what the model put behind the sentence; nothing of the sentence is in it.
            shorter = without_tail(translation)
            if shorter != translation and has_letters(shorter) and not self._loses_numbers(source, shorter):
                doubt = self._wording.doubt(self.piece.text, shorter)
                self._add(shorter, doubt + 1, self._judge(self.piece.text, shorter))
        if fault is not None and not self.piece.tokens:
            once = without_loop(translation)
            if once != translation and self._judge(self.piece.text, once) is None:
                self._consider(_Candidate(BAD, once, f"{fault}; what it repeated is left out"))

    def put_together(self, translation: str) -> None:
        """Take in a translation that was made from those of the sentence's parts."""
        if not has_letters(translation) and has_letters(self.piece.text):
            return
        # Where only tokens were lost until now, there is nothing to judge: each is in its place.
        fault = self._judge(self.piece.text, translation) if self._fault is not None else None
        self._add(translation, 0, fault)

    def _loses_numbers(self, source: str, translation: str) -> bool:
        return self._numbers is not None and bool(self._numbers.lost(source, translation))

    def _add(self, translation: str, doubt: int, fault: str | None) -> None:
        self._fault = fault or self._fault
        if fault is None:
            self._consider(_Candidate(doubt, translation))
        elif has_letters(translation):
            self._consider(_Candidate(doubt + BAD + 1, translation, fault))

    def _consider(self, candidate: _Candidate) -> None:
        if self._best is None or candidate.doubt < self._best.doubt:
            self._best = candidate


async def _ask(forms: Sequence[tuple[_Attempt, Form]], way: Way, translate: Translate, *, careful: bool) -> None:
    """Put forms of sentences to the model in one call."""
    hidden: list[tuple[_Attempt, Form, Masked]] = []
    for number, (one, form) in enumerate(forms):
        if _is_heavy(form.piece, number):
            await loop_turn()
        mask = masked(form.piece, way)
        if mask is not None:
            hidden.append((one, form, mask))
    if not hidden:
        return
    answers = await translate([mask.text for _, _, mask in hidden], careful=careful)
    for number, ((one, form, mask), answer) in enumerate(zip(hidden, answers, strict=True)):
        if _is_heavy(form.piece, number):
            await loop_turn()
        one.answered(form, mask, answer)


def _is_heavy(piece: Piece, number: int) -> bool:
    """Return whether the loop is to have a turn before this one of several sentences."""
    return number % _SENTENCES_A_TURN == _SENTENCES_A_TURN - 1 or len(piece.text) > _LONG_SENTENCE_CHARS


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS].rstrip()}..."


async def _in_parts_with(pieces: Sequence[Piece], translate: Translate, numbers: NumberCheck | None) -> Sequence[str]:
    """Translate sentences part by part; cut at their numbers as well, where a part loses one."""
    translations = await _in_parts(pieces, translate)
    if numbers is None:
        return translations
    read = [blanked(piece.text, piece.tokens).replace(BLANK, " ") for piece in pieces]
    lost = [at for at, text in enumerate(read) if numbers.lost(text, translations[at])]
    mended = await _in_parts([numbers.hidden(pieces[at]) for at in lost], translate) if lost else []
    by_place = dict(zip(lost, mended, strict=True))
    return [by_place.get(at, translation) for at, translation in enumerate(translations)]


async def _in_parts(pieces: Sequence[Piece], translate: Translate) -> list[str]:
    """Translate sentences part by part, and join the translations."""
    cut = [list(_parts(piece)) for piece in pieces]
    plain = [mask for parts in cut for part in parts if part.translatable and (mask := masked(part, WAYS[0]))]
    answers = iter(await translate([mask.text for mask in plain], careful=True) if plain else [])
    restored = iter([mask.restore(answer) or "" for mask, answer in zip(plain, answers, strict=True)])
    return [join_text(parts, [next(restored) for part in parts if part.translatable]) for parts in cut]


def _parts(piece: Piece) -> Iterator[Piece]:
    """Yield the text between a sentence's tokens, cut at commas where it is long, and the tokens as they are."""
    reached = 0
    for token in piece.tokens:
        yield from _clauses(piece.text[reached : token.start])
        yield Piece(token.text, translatable=False)
        reached = token.end
    yield from _clauses(piece.text[reached:])


def _clauses(text: str) -> Iterator[Piece]:
    """Yield the clauses of a stretch without tokens; short ones stay together."""
    start = 0
    for found in _CLAUSE.finditer(text):
        if found.start() - start >= _LONG_CHARS and len(text) - found.end() >= _LONG_CHARS:
            yield from _clause(text[start : found.end()])
            start = found.end()
    yield from _clause(text[start:])


def _clause(text: str) -> Iterator[Piece]:
    core = text.strip()
    if not has_letters(core):
        yield Piece(text, translatable=False)
        return
    begin = text.index(core)
    yield Piece(text[:begin], translatable=False)
    yield Piece(core, translatable=True)
    yield Piece(text[begin + len(core) :], translatable=False)
