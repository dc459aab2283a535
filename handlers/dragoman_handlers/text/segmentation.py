"""A text cut into sentences and put together again, with every blank and line break where it was."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec
import sentencex

from dragoman_handlers.text.glossary import Terms, find_terms
from dragoman_handlers.text.markup import find_tokens
from dragoman_handlers.text.sentence_edges import clauses, peeled
from dragoman_handlers.text.signs import with_plain_stops
from dragoman_handlers.text.tokens import Role, Token, blanked, with_wider
from dragoman_handlers.text.writable import Letters

UNIT_CHARS = 800
"""Sentences go to the engine in batches of about this size: a few hundred milliseconds of work."""

_LINE_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
"""What `str.splitlines` cuts at."""
_LETTER = re.compile(r"[^\W\d_]")


class Piece(msgspec.Struct, frozen=True):
    """A sentence, or what stands between two."""

    text: str
    translatable: bool
    tokens: tuple[Token, ...] = ()
    """What in the sentence is not translated; their places are counted from its beginning."""


def split_text(
    text: str, language: str, glossaries: Sequence[Terms] = (), letters: Letters | None = None, *, carried: bool = False
) -> list[Piece]:
    """The pieces of a text: joined, they are the text, but for what a glossary replaces outside sentences.

    Args:
        text: any text.
        language: that it is in.
        glossaries: terms that are not translated.
        letters: what the model can read and write.
        carried: identifiers and signs with a value are tokens as well; for a model, and not for a voice.
    """
    tokens = find_tokens(text, letters, carried=carried)
    if glossaries:
        tokens = with_wider(tokens, list(find_terms(text, glossaries)))
    if not tokens and _is_one_sentence(text, language):
        return _with_blanks(text)
    cutter = _Cutter(text, tokens, language)
    return [piece for piece in cutter.pieces() if piece.text]


def join_text(pieces: Sequence[Piece], translations: Sequence[str]) -> str:
    """The text with its sentences replaced, in order."""
    replacements = iter(translations)
    return "".join([next(replacements) if piece.translatable else piece.text for piece in pieces])


def batches(sentences: Sequence[str]) -> list[list[str]]:
    """The sentences in order, in groups of about UNIT_CHARS; a longer sentence is a group of its own."""
    groups: list[list[str]] = []
    room = 0
    for sentence in sentences:
        if not groups or len(sentence) > room:
            groups.append([])
            room = UNIT_CHARS
        groups[-1].append(sentence)
        room -= len(sentence)
    return groups


def has_letters(text: str) -> bool:
    """Whether there is anything to translate: numbers, dates and punctuation are the same in every language."""
    return _LETTER.search(text) is not None


def _is_one_sentence(text: str, language: str) -> bool:
    """Whether a text without tokens is a single sentence with perhaps blanks around it, as most in a chat are."""
    return has_letters(text) and text.splitlines() == [text] == sentencex.segment(language, text)


def _with_blanks(text: str) -> list[Piece]:
    """A sentence, with the blanks before and after it as pieces of their own."""
    core = text.strip()
    if core == text:
        return [Piece(text, translatable=True)]
    begin = text.index(core)
    end = begin + len(core)
    parts = ((text[:begin], False), (core, True), (text[end:], False))
    return [Piece(part, translatable=translatable) for part, translatable in parts if part]


class _Cutter:
    """One text on its way into pieces. All places are counted from the text's beginning."""

    def __init__(self, text: str, tokens: list[Token], language: str) -> None:
        self._text = text
        self._tokens = tokens
        self._starts = [token.start for token in tokens]
        self._rest = blanked(text, tokens) if tokens else text
        self._language = language

    def pieces(self) -> Iterator[Piece]:
        """Every piece, in order; some are empty."""
        breaks = [(token.start, token.end) for token in self._tokens if token.role is Role.BREAK]
        breaks += [found.span() for found in _LINE_BREAK.finditer(self._rest)]
        reached = 0
        for start, end in sorted(breaks):
            yield from self._line(reached, start)
            yield Piece(self._text[start:end], translatable=False)
            reached = end
        yield from self._line(reached, len(self._text))

    def _line(self, start: int, end: int) -> Iterator[Piece]:
        if not has_letters(self._rest[start:end]):
            yield self._fixed(start, end)
            return
        sentences = sentencex.segment(self._language, self._shadow(start, end))
        if sum(map(len, sentences)) != end - start:
            sentences = [self._text[start:end]]
        for sentence in sentences:
            until = start + len(sentence)
            for begin, finish in clauses(self._text, start, until, self._within(start, until)):
                yield from self._sentence(begin, finish)
            start = until

    def _sentence(self, start: int, end: int) -> Iterator[Piece]:
        core_start, core_end = peeled(self._text, start, end, self._within(start, end))
        if not has_letters(self._rest[core_start:core_end]):
            yield self._fixed(start, end)
            return
        placed = tuple(token.moved(-core_start) for token in self._within(core_start, core_end))
        yield self._fixed(start, core_start)
        yield Piece(self._text[core_start:core_end], translatable=True, tokens=placed)
        yield self._fixed(core_end, end)

    def _fixed(self, start: int, end: int) -> Piece:
        parts = []
        for token in self._within(start, end):
            parts += [self._text[start : token.start], token.text]
            start = token.end
        return Piece("".join([*parts, self._text[start:end]]), translatable=False)

    def _within(self, start: int, end: int) -> list[Token]:
        """The tokens that begin there."""
        return self._tokens[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _shadow(self, start: int, end: int) -> str:
        """The stretch with words or blanks in the places of tokens: so sentences end where a reader sees them end.

        An emoji belongs to the sentence before it, an opening tag to the word after it.
        """
        parts = []
        for token in self._within(start, end):
            word = token.role in (Role.NAME, Role.NUMBER, Role.OPEN)
            parts += [self._text[start : token.start], ("X" if word else " ") * (token.end - token.start)]
            start = token.end
        return with_plain_stops("".join([*parts, self._text[start:end]]))
