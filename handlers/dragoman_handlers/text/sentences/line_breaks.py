"""Line breaks inside sentences, taken out for the model and laid again into the translation.

Mail, subtitles and e-books break lines where a line is full, also inside a sentence. To a model such a break is a
blank. A break between sentences, items of a list, verses, headings, lines of an address stays what it is;
`prose_lines` tells the two apart.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from dragoman_handlers.text.sentences.line_words import HYPHENATED_ENDS, HYPHENATED_STARTS
from dragoman_handlers.text.sentences.prose_lines import (
    UNSPACED,
    Line,
    find_lines,
    hyphenated,
    inside_sentences,
    word_of,
)
from dragoman_handlers.text.tokens import Token

_SOFT_HYPHENS = "\u00ad\u2010"
_GAP = re.compile(r"(?<=\S)[ \u00a0]+(?=\S)")
_UNSPACED_GAP = re.compile(rf"(?<={UNSPACED.pattern})(?=\w)")
_NEAR = 12
"""A comma this many characters away is as near as a blank at the very place."""


class Break(msgspec.Struct, frozen=True):
    """A line break inside a sentence, as it was taken out."""

    start: int
    """Where it was, in the text without it."""
    width: int
    """Characters that stand for it there: a blank or, inside a word, nothing."""
    source: str
    """The original text: blanks, the break, the next line's indentation or `> `."""
    laid: str
    """The text for the translation: the same, without a hyphen."""

    def moved(self, by: int) -> Break:
        """Return the same break with its place moved by `by` characters."""
        return Break(self.start + by, self.width, self.source, self.laid)


class Unwrapped(msgspec.Struct, frozen=True):
    """A text in which no sentence is broken by a line's end."""

    text: str
    tokens: list[Token]
    breaks: list[Break]


def unwrap(text: str, rest: str, tokens: list[Token], language: str) -> Unwrapped:
    """Take the line breaks inside sentences out. Linear in the text.

    Args:
        text: the text.
        rest: the same with its tokens blanked.
        tokens: what in it is not language; their places are moved.
        language: the text's, a base language.
    """
    lines = find_lines(text, rest, tokens)
    if len(lines) < 2:
        return Unwrapped(text, tokens, [])
    stretches = [_stretch(before, after) for before, after in inside_sentences(lines, language)]
    return _without(text, tokens, stretches) if stretches else Unwrapped(text, tokens, [])


def with_breaks(text: str, breaks: Sequence[Break], start: int, end: int) -> str:
    """Return a stretch of an unwrapped text as it was written, with its breaks."""
    parts = []
    for each in breaks:
        parts += [text[start : each.start], each.source]
        start = each.start + each.width
    return "".join([*parts, text[start:end]])


def lay_breaks(source: str, breaks: Sequence[Break], translation: str, fixed: Sequence[str] = ()) -> str:
    """Put the breaks of a sentence at about the same places of its translation, between words. Linear.

    Args:
        source: the sentence without its breaks.
        breaks: what was taken out of it, in order.
        translation: of the sentence.
        fixed: stretches of the translation that are not broken, such as a tag with blanks inside.
    """
    if not breaks:
        return translation
    if translation == source:
        return with_breaks(source, breaks, 0, len(source))
    places = _places(translation, fixed)
    chosen: list[tuple[int, int]] = []
    first = 0
    for number, each in enumerate(breaks):
        last = len(places) - (len(breaks) - number - 1)
        if first >= last:
            break
        wanted = each.start / len(source) * len(translation)
        after_comma = source[: each.start].rstrip()[-1:] in ",;:"
        at = _nearest(places, first, last, wanted, translation if after_comma else "")
        chosen.append(places[at])
        first = at + 1
    parts, reached = [], 0
    for (start, end), each in zip(chosen, breaks, strict=False):
        parts += [translation[reached:start], each.laid]
        reached = end
    # More breaks than words: those that are left stand at the end.
    left = "".join([each.laid for each in breaks[len(chosen) :]])
    return "".join([*parts, translation[reached:], left])


def _nearest(places: Sequence[tuple[int, int]], first: int, last: int, wanted: float, commas: str) -> int:
    """Return the index of the place from `first` up to `last` that is nearest.

    `commas` is the translation where a place behind a comma is liked, else empty.
    """
    at = bisect_left(places, (round(wanted), 0), first, last)
    around = range(max(first, at - 4), min(last, at + 4))

    def distance(index: int) -> float:
        start = places[index][0]
        liked = bool(commas) and commas[start - 1 : start] in ",;:"
        return abs(start - wanted) - _NEAR * liked

    return min(around, key=distance)


def _places(text: str, fixed: Sequence[str]) -> list[tuple[int, int]]:
    """Return where a text may be broken: at blanks outside of `fixed`; in scripts without blanks, between letters."""
    for one in fixed:
        # The order of a translation may be another: each is looked for anew, and there are few.
        text = text.replace(one, "x" * len(one), 1) if " " in one else text
    found = [match.span() for match in _GAP.finditer(text)]
    if len(found) < max(1, len(text) // 8) and UNSPACED.search(text):
        found += [(match.start(), match.start()) for match in _UNSPACED_GAP.finditer(text)]
        found.sort()
    return found


class _Stretch(msgspec.Struct, frozen=True):
    """The stretch that is taken out between two lines."""

    start: int
    end: int
    blank: str
    hyphen: int
    """The number of its first characters that are a hyphen which no longer divides."""


def _stretch(before: Line, after: Line) -> _Stretch:
    start, end = before.content_end, after.content_start
    if not hyphenated(before, after):
        unspaced = UNSPACED.match(before.content[-1:]) and UNSPACED.match(after.content[:1])
        return _Stretch(start, end, "" if unspaced else " ", 0)
    first = word_of(before, -1).rstrip("-")
    kept = before.content[-1:] not in _SOFT_HYPHENS and (
        "-" in first or first in HYPHENATED_STARTS or word_of(after, 0) in HYPHENATED_ENDS
    )
    return _Stretch(start, end, "", 0) if kept else _Stretch(start - 1, end, "", 1)


def _without(text: str, tokens: Sequence[Token], stretches: Sequence[_Stretch]) -> Unwrapped:
    """Return the text without the stretches, in order; tokens inside of a stretch are dropped."""
    parts: list[str] = []
    breaks: list[Break] = []
    moved: list[Token] = []
    waiting = iter([*tokens, None])
    token = next(waiting)
    reached = shift = 0
    for each in [*stretches, None]:
        start = each.start if each else len(text)
        while token is not None and (token.start < start or each is None):
            moved.append(token.moved(-shift))
            token = next(waiting)
        parts.append(text[reached:start])
        if each is None:
            break
        while token is not None and token.start < each.end:
            token = next(waiting)
        source = text[start : each.end]
        breaks.append(Break(start - shift, len(each.blank), source, source[each.hyphen :]))
        parts.append(each.blank)
        shift += len(source) - len(each.blank)
        reached = each.end
    return Unwrapped("".join(parts), moved, breaks)
