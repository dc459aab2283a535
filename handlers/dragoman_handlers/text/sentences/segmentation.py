"""A text cut into sentences and put together again, with every blank and line break where it was."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec
import sentencex

from dragoman_handlers.text.marks.glossary import Terms, find_terms
from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.marks.signs import with_plain_stops
from dragoman_handlers.text.marks.writable import Letters
from dragoman_handlers.text.sentences.abbreviations import cut_sentences
from dragoman_handlers.text.sentences.line_breaks import Break, Unwrapped, lay_breaks, unwrap, with_breaks
from dragoman_handlers.text.sentences.long_sentences import cut_long, fits, fitted, unglued
from dragoman_handlers.text.sentences.sentence_edges import clauses, peeled
from dragoman_handlers.text.tokens import Role, Token, blanked, with_wider

UNIT_CHARS = 800
"""Sentences go to the engine in batches of about this size: a few hundred milliseconds of work."""

_LINE_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
"""What `str.splitlines` cuts at."""
_LABELLED = re.compile(r"\s*[^\W\d_]{2,20}:(?=[ \t]+[A-Z][^\W\d_]{1,20}(?: [A-Z][^\W\d_]{1,20})?\s*$)")
"""`City: Lisbon`: two texts to a reader; a model makes one of them, and finds another city."""
_LETTER = re.compile(r"[^\W\d_]")


class Piece(msgspec.Struct, frozen=True):
    """A sentence, or what stands between two."""

    text: str
    """A sentence has no line breaks inside: they are in `breaks`."""
    translatable: bool
    tokens: tuple[Token, ...] = ()
    """The tokens of the sentence, not translated; their places are counted from its beginning."""
    breaks: tuple[Break, ...] = ()
    """The line breaks that were inside; their places are counted likewise."""
    begins: bool = True
    """Whether it is a sentence's beginning: one that is longer than a model can do is several pieces."""
    ends: bool = True
    """Whether it is a sentence's end."""

    def replaced(self, translation: str) -> str:
        """Return the text that replaces the sentence in the translation of the text."""
        if not (self.begins and self.ends):
            translation = fitted(self.text, translation, begins=self.begins, ends=self.ends)
        translation = unglued(self.text, translation)
        if not self.breaks:
            return translation
        return lay_breaks(self.text, self.breaks, translation, [token.text for token in self.tokens])


def split_text(
    text: str,
    language: str,
    glossaries: Sequence[Terms] = (),
    letters: Letters | None = None,
    *,
    carried: bool = False,
    most_tokens: int = 0,
) -> list[Piece]:
    """Split a text into pieces: joined, they are the text, but for glossary replacements outside sentences.

    Linear in the text: 10,000 characters take some milliseconds.

    Args:
        text: any text.
        language: that it is in.
        glossaries: terms that are not translated.
        letters: what the model can read and write.
        carried: identifiers and signs with a value are tokens as well; for a model, and not for a voice.
        most_tokens: longer sentences are cut; 0: none is.
    """
    tokens = find_tokens(text, letters, carried=carried)
    if glossaries:
        tokens = with_wider(tokens, list(find_terms(text, glossaries)))
    if not tokens and _is_one_sentence(text, language) and fits(text, most_tokens):
        return _with_blanks(text)
    rest = blanked(text, tokens) if tokens else text
    cutter = _Cutter(unwrap(text, rest, tokens, language), language, most_tokens)
    return [piece for piece in cutter.pieces() if piece.text]


def join_text(pieces: Sequence[Piece], translations: Sequence[str]) -> str:
    """Return the text with its sentences replaced, in order."""
    replacements = iter(translations)
    return "".join([piece.replaced(next(replacements)) if piece.translatable else piece.text for piece in pieces])


def batches(sentences: Sequence[str]) -> list[list[str]]:
    """Return the sentences in order, in groups of about UNIT_CHARS; a longer sentence is a group of its own."""
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
    """Return whether there are letters: numbers, dates and punctuation are the same in every language."""
    return _LETTER.search(text) is not None


def _is_one_sentence(text: str, language: str) -> bool:
    """Return whether a text without tokens is one sentence, perhaps with blanks around it, as most in a chat are."""
    if ":" in text and _LABELLED.match(text):
        return False
    return has_letters(text) and text.splitlines() == [text] == sentencex.segment(language, text)


def _with_blanks(text: str) -> list[Piece]:
    """Return a sentence, with the blanks before and after it as pieces of their own."""
    core = text.strip()
    if core == text:
        return [Piece(text, translatable=True)]
    begin = text.index(core)
    end = begin + len(core)
    parts = ((text[:begin], False), (core, True), (text[end:], False))
    return [Piece(part, translatable=translatable) for part, translatable in parts if part]


class _Cutter:
    """One text on its way into pieces. All places are counted from the beginning of the text without its breaks."""

    def __init__(self, unwrapped: Unwrapped, language: str, most_tokens: int) -> None:
        self._text, self._tokens, self._breaks = unwrapped.text, unwrapped.tokens, unwrapped.breaks
        self._starts = [token.start for token in self._tokens]
        self._break_starts = [each.start for each in self._breaks]
        self._rest = blanked(self._text, self._tokens) if self._tokens else self._text
        self._language = language
        self._most_tokens = most_tokens

    def pieces(self) -> Iterator[Piece]:
        """Yield every piece, in order; some are empty."""
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
        label = _LABELLED.match(self._text[start:end])
        if label and not self._within(start, end):
            yield from self._sentence(start, start + label.end())
            start += label.end()
        for sentence in cut_sentences(self._shadow(start, end), self._language):
            until = start + len(sentence)
            for begin, finish in clauses(self._text, start, until, self._within(start, until)):
                yield from self._sentence(begin, finish)
            start = until

    def _sentence(self, start: int, end: int) -> Iterator[Piece]:
        core_start, core_end = peeled(self._text, start, end, self._within(start, end))
        if not has_letters(self._rest[core_start:core_end]):
            yield self._fixed(start, end)
            return
        core = self._text[core_start:core_end]
        tokens = [token.moved(-core_start) for token in self._within(core_start, core_end)]
        parts = cut_long(core, self._language, self._most_tokens, tokens)
        reached = start
        for begin, finish in parts:
            yield self._fixed(reached, core_start + begin)
            reached = core_start + finish
            yield from self._part(core_start + begin, reached, begins=begin == 0, ends=finish == len(core))
        yield self._fixed(core_end, end)

    def _part(self, start: int, end: int, *, begins: bool, ends: bool) -> Iterator[Piece]:
        """Yield a sentence, or a part of a long one. A break of no width before it does not belong to it."""
        breaks = self._breaks_within(start, end)
        while breaks and breaks[0].start == start:
            yield Piece(breaks.pop(0).source, translatable=False)
        yield Piece(
            self._text[start:end],
            translatable=True,
            tokens=tuple([token.moved(-start) for token in self._within(start, end)]),
            breaks=tuple([each.moved(-start) for each in breaks]),
            begins=begins,
            ends=ends,
        )

    def _fixed(self, start: int, end: int) -> Piece:
        parts = []
        for token in self._within(start, end):
            parts += [self._restored(start, token.start), token.text]
            start = token.end
        return Piece("".join([*parts, self._restored(start, end)]), translatable=False)

    def _restored(self, start: int, end: int) -> str:
        """Return a stretch as it was written, with its breaks."""
        return with_breaks(self._text, self._breaks_within(start, end), start, end)

    def _breaks_within(self, start: int, end: int) -> list[Break]:
        if not self._breaks:
            return []
        return self._breaks[bisect_left(self._break_starts, start) : bisect_left(self._break_starts, end)]

    def _within(self, start: int, end: int) -> list[Token]:
        """Return the tokens that begin there."""
        return self._tokens[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _shadow(self, start: int, end: int) -> str:
        """Return the stretch with words or blanks in place of tokens, so that sentences end where a reader sees it.

        An emoji belongs to the sentence before it, an opening tag to the word after it.
        """
        parts = []
        for token in self._within(start, end):
            word = token.role in (Role.NAME, Role.NUMBER, Role.OPEN)
            parts += [self._text[start : token.start], ("X" if word else " ") * (token.end - token.start)]
            start = token.end
        return with_plain_stops("".join([*parts, self._text[start:end]]))
