"""A file as its format sees it: a skeleton that stays to the letter, and units of language in it.

    "<p>Read <a href='x'>our guide</a> first.</p>"
    skeleton: "<p>", Unit, "</p>"            the unit's text: "Read <g1>our guide</g1> first."

What is not language inside a unit (a tag, a placeholder, code) is an `Inline`; the text path gets a short marker for
it, of a kind that it keeps as it keeps all markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Protocol

import msgspec

from dragoman_wire.errors import InvalidRequest, TooLarge

MOST_PARTS = 200_000
"""Units and inline parts of a document: each takes some hundred bytes of memory, whatever stands in it."""
NO_BREAK = "\0"
"""Stands for a blank of an inline part while a unit's lines are wrapped."""
MOST_DEPTH = 100
"""Of what is nested in each other."""
_FILE_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_MARKER = re.compile(r"</?g(\d{1,7})>|<x(\d{1,7})/>|\{x(\d{1,7})\}|%(\d{1,7})\$d")


class Broken(InvalidRequest):
    """A file is not what its format says, or cannot be read; the sentence says where.

    Args:
        name: of the format.
        problem: a sentence's end.
        text: the file.
        at: the place in it.
    """

    def __init__(self, name: str, problem: str, text: str, at: int) -> None:
        line, column = place_of(text, at)
        super().__init__(f"text: this is no valid {name}: {problem} (line {line}, column {column})")


def place_of(text: str, at: int) -> tuple[int, int]:
    """Return line and column of a place, both from 1."""
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


class Kind(Enum):
    """The role of an inline part in its sentence."""

    NAME = "name"
    """A word of it: a placeholder, code, an image."""
    NUMBER = "number"
    OPEN = "open"
    """The beginning of a span, such as `<b>` or the bracket of a link; the next CLOSE of its depth ends it."""
    CLOSE = "close"
    MARK = "mark"
    """No word."""


class Words(msgspec.Struct, frozen=True, eq=False):
    """Language inside a unit."""

    text: str
    """The words to translate."""
    raw: str
    """The same as the file has it, with its escapes."""


class Inline(msgspec.Struct, frozen=True, eq=False):
    """A part of a unit that is not language. It may hold units of its own, such as the description of an image."""

    kind: Kind
    skeleton: Sequence[str | Unit]


class Unit(msgspec.Struct, frozen=True, eq=False):
    """A stretch of language that is translated as a whole."""

    parts: Sequence[Words | Inline]
    encode: Callable[[str], str] = str
    """Writes translated words as the format wants them."""
    before: str | None = None
    """The present text of the translation's place, if not the unit's own: an empty `msgstr`, no `<target>`."""
    laid: Callable[[str], str] = str
    """Lays the whole unit out, once it is translated: wraps its lines."""
    around: tuple[str, str] = ("", "")
    """The texts that are written before and after a translation."""

    @property
    def plain(self) -> bool:
        """Return whether there are only words."""
        return all(isinstance(part, Words) for part in self.parts)


class Document(Protocol):
    """A parsed file."""

    @property
    def texts(self) -> Sequence[str]:
        """Return the texts to translate, in order; equal ones once."""
        ...

    def runs(self, text: str) -> Sequence[str]:
        """Return the words of one of `texts` between its markers, to translate if a translation lost a marker."""
        ...

    def fits(self, text: str, translation: str) -> bool:
        """Return whether a translation has all that is not language in its text."""
        ...

    def joined(self, text: str, runs: Mapping[str, str]) -> str:
        """Return a text with its words, run by run, in another language."""
        ...

    def render(self, translations: Mapping[str, str]) -> str:
        """Return the file with translations, by text, in their places; what has none stays as it was. Linear."""
        ...


class Marked(msgspec.Struct, frozen=True, eq=False):
    """A unit's text with markers, and the parts that they stand for."""

    text: str
    inlines: Mapping[str, Inline]
    """By marker."""


def marked(unit: Unit) -> Marked:
    """Return the text that the text path gets for a unit."""
    if unit.plain:
        return Marked("".join([part.text for part in unit.parts if isinstance(part, Words)]), {})
    taken = {
        int(next(filter(None, match.groups())))
        for part in unit.parts
        if isinstance(part, Words)
        for match in _MARKER.finditer(part.text)
    }
    number = max(taken, default=0)
    pieces: list[str] = []
    inlines: dict[str, Inline] = {}
    opened: list[int] = []
    for part in unit.parts:
        if isinstance(part, Words):
            pieces.append(part.text)
            continue
        paired = part.kind is Kind.CLOSE and bool(opened)
        if not paired:
            number += 1
        marker = _marker(part.kind, opened.pop() if paired else number, paired=paired)
        if part.kind is Kind.OPEN:
            opened.append(number)
        inlines[marker] = part
        pieces.append(marker)
    return Marked("".join(pieces), inlines)


def _marker(kind: Kind, number: int, *, paired: bool) -> str:
    match kind:
        case Kind.NAME:
            return f"{{x{number}}}"
        case Kind.NUMBER:
            return f"%{number}$d"
        case Kind.OPEN:
            return f"<g{number}>"
        case Kind.CLOSE if paired:
            return f"</g{number}>"
        case _:
            return f"<x{number}/>"


def split_markers(text: str, inlines: Mapping[str, Inline]) -> Iterator[str]:
    """Cut a text into words and markers, in turn: words, marker, words ... words."""
    reached = 0
    for match in _MARKER.finditer(text):
        if match[0] in inlines:
            yield text[reached : match.start()]
            yield match[0]
            reached = match.end()
    yield text[reached:]


class SkeletonDocument:
    """A document whose translations are written where its units stand.

    Args:
        skeleton: text that stays, and units.

    Raises:
        TooLarge: it has more than `MOST_PARTS` units and inline parts.
    """

    def __init__(self, skeleton: Sequence[str | Unit]) -> None:
        self._skeleton = skeleton
        self._marked: dict[int, Marked] = {}
        self._by_text: dict[str, Marked] = {}
        count = 0
        for unit in units_of(skeleton):
            count += len(unit.parts)
            if count > MOST_PARTS:
                raise TooLarge(f"the document has more than {MOST_PARTS} parts; send it in pieces")
            known = marked(unit)
            self._marked[id(unit)] = known
            if any(isinstance(part, Words) and has_letters(part.text) for part in unit.parts):
                self._by_text.setdefault(known.text, known)
        self.texts: Sequence[str] = list(self._by_text)

    def runs(self, text: str) -> Sequence[str]:
        """Return the words of one of `texts` between its markers."""
        inlines = self._by_text[text].inlines
        return [run for run in list(split_markers(text, inlines))[::2] if has_letters(run)]

    def fits(self, text: str, translation: str) -> bool:
        """Return whether a translation has all markers of its text, well nested."""
        inlines = self._by_text[text].inlines
        if not inlines:
            return True
        found = list(split_markers(translation, inlines))[1::2]
        return sorted(found) == sorted(inlines) and nested(found)

    def joined(self, text: str, runs: Mapping[str, str]) -> str:
        """Return a text with the translations of its runs in their places."""
        return "".join([runs.get(part, part) for part in split_markers(text, self._by_text[text].inlines)])

    def render(self, translations: Mapping[str, str]) -> str:
        """Return the file with the translations in their places."""
        return "".join(self._written(self._skeleton, translations))

    def _written(self, skeleton: Iterable[str | Unit], translations: Mapping[str, str]) -> Iterator[str]:
        for part in skeleton:
            if isinstance(part, str):
                yield part
            else:
                yield from self._unit(part, translations)

    def _unit(self, unit: Unit, translations: Mapping[str, str]) -> Iterator[str]:
        known = self._marked[id(unit)]
        translation = translations.get(known.text)
        if translation is None and unit.before is not None:
            yield unit.before
        elif translation is None or (translation == known.text and unit.before is None):
            for part in unit.parts:
                yield from [part.raw] if isinstance(part, Words) else self._written(part.skeleton, translations)
        else:
            yield unit.around[0]
            written = "".join(self._translated(unit, known, translation, translations))
            yield unit.laid(written).replace(NO_BREAK, " ")
            yield unit.around[1]

    def _translated(
        self, unit: Unit, known: Marked, translation: str, translations: Mapping[str, str]
    ) -> Iterator[str]:
        for index, text in enumerate(split_markers(translation, known.inlines)):
            if index % 2:
                written = "".join(self._written(known.inlines[text].skeleton, translations))
                yield written if unit.laid is str else written.replace(" ", NO_BREAK)
            else:
                yield unit.encode(text)


def units_of(skeleton: Iterable[str | Unit]) -> Iterator[Unit]:
    """Yield every unit, those inside of inline parts after the one that they stand in."""
    for part in skeleton:
        if isinstance(part, Unit):
            yield part
            for inner in part.parts:
                if isinstance(inner, Inline):
                    yield from units_of(inner.skeleton)


def lines_of(text: str) -> list[str]:
    """Cut a text after each line feed, and nowhere else."""
    return _FILE_LINE.findall(text)


def has_letters(text: str) -> bool:
    """Return whether there is a letter of any script."""
    return any(map(str.isalpha, text))


def nested(markers: Iterable[str]) -> bool:
    """Return whether every span among markers is closed, each inside of the one that it was opened in."""
    opened: list[str] = []
    for marker in markers:
        if marker.startswith("<g"):
            opened.append(marker[2:])
        elif marker.startswith("</g") and (not opened or opened.pop() != marker[3:]):
            return False
    return not opened


def plain_unit(text: str, encode: Callable[[str], str] = str, raw: str | None = None) -> Unit:
    """Return a unit of nothing but words."""
    return Unit([Words(text, text if raw is None else raw)], encode)
