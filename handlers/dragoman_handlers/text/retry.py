"""Sentences through a model: their tokens hidden, judged when they come back, tried another way if need be."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from dragoman_handlers.text.numbers import NumberCheck
from dragoman_handlers.text.placeholders import WAYS, masked
from dragoman_handlers.text.segmentation import Piece, has_letters, join_text
from dragoman_handlers.text.tokens import BLANK, blanked
from dragoman_wire.errors import EngineFailed

Judge = Callable[[str, str], str | None]
"""What a model did wrong with a sentence, to go after `the translation model ...`; None where it did nothing wrong."""
_CLAUSE = re.compile(r"(?<=[;:,])\s+|\s+(?=[-–—]\s)")  # noqa: RUF001 - dashes of all lengths
_LONG_CHARS = 60
"""A clause is worth a call of its own from about here."""


class Translate(Protocol):
    """A model, or two in a row."""

    def __call__(self, sentences: Sequence[str], *, careful: bool) -> Awaitable[Sequence[str]]:
        """One translation for each sentence, in order; `careful` is slower, and another way than before."""
        ...


async def translate_pieces(
    pieces: Sequence[Piece], translate: Translate, judge: Judge, numbers: NumberCheck | None = None
) -> list[str]:
    """A translation for each sentence, with what is not language as it was.

    A sentence that loses a token or is judged bad is tried again with other placeholders, and at last cut at its
    tokens, or at its clauses. One that loses a number is tried again with its numbers as tokens.

    Raises:
        EngineFailed: a sentence is bad even so.
        DragomanError: the engine's error.
    """
    pieces = list(pieces)
    found: list[str | None] = [None] * len(pieces)
    problems: dict[int, str] = {}
    for number, way in enumerate(WAYS):
        hidden = [
            (index, mask)
            for index, piece in enumerate(pieces)
            if found[index] is None and (mask := masked(piece, way)) is not None
        ]
        if not hidden:
            continue
        answers = await translate([mask.text for _, mask in hidden], careful=number > 0)
        for (index, mask), answer in zip(hidden, answers, strict=True):
            translation = mask.restore(answer)
            if translation is None:
                continue
            read, written = mask.words(mask.text), mask.words(answer)
            problem = judge(read, written)
            if problem is not None:
                problems[index] = problem
            elif numbers is not None and numbers.lost(read, written):
                pieces[index] = numbers.hidden(pieces[index])
            else:
                found[index] = translation
        done = [translation for translation in found if translation is not None]
        if len(done) == len(pieces):
            return done
    rest = [index for index, translation in enumerate(found) if translation is None]
    parted = await _in_parts_with([pieces[at] for at in rest], translate, numbers)
    for index, translation in zip(rest, parted, strict=True):
        problem = judge(pieces[index].text, translation) if index in problems else None
        if problem is not None:
            raise EngineFailed(f"the translation model {problem}")
        found[index] = translation
    return [translation or "" for translation in found]


async def _in_parts_with(pieces: Sequence[Piece], translate: Translate, numbers: NumberCheck | None) -> Sequence[str]:
    """Translations from those of the sentences' parts; cut at their numbers as well, where a part loses one."""
    translations = await _in_parts(pieces, translate)
    if numbers is None:
        return translations
    read = [blanked(piece.text, piece.tokens).replace(BLANK, " ") for piece in pieces]
    lost = [at for at, text in enumerate(read) if numbers.lost(text, translations[at])]
    mended = await _in_parts([numbers.hidden(pieces[at]) for at in lost], translate) if lost else []
    by_place = dict(zip(lost, mended, strict=True))
    return [by_place.get(at, translation) for at, translation in enumerate(translations)]


async def _in_parts(pieces: Sequence[Piece], translate: Translate) -> list[str]:
    """Translations put together from those of the sentences' parts."""
    cut = [list(_parts(piece)) for piece in pieces]
    plain = [mask for parts in cut for part in parts if part.translatable and (mask := masked(part, WAYS[0]))]
    answers = iter(await translate([mask.text for mask in plain], careful=True) if plain else [])
    restored = iter([mask.restore(answer) or "" for mask, answer in zip(plain, answers, strict=True)])
    return [join_text(parts, [next(restored) for part in parts if part.translatable]) for parts in cut]


def _parts(piece: Piece) -> Iterator[Piece]:
    """What stands between a sentence's tokens, cut at commas where it is long, and the tokens as they are."""
    reached = 0
    for token in piece.tokens:
        yield from _clauses(piece.text[reached : token.start])
        yield Piece(token.text, translatable=False)
        reached = token.end
    yield from _clauses(piece.text[reached:])


def _clauses(text: str) -> Iterator[Piece]:
    """The clauses of a stretch without tokens; short ones stay together."""
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
