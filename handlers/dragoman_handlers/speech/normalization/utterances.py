"""A text cut into what is said in one go: its sentences, and all that stands between them and can be said.

What a translator leaves as it is, a number alone or an address, is said like any other sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dragoman_handlers.speech.normalization.normalize import Normalized, normalize
from dragoman_handlers.text.sentences.segmentation import split_text

_LINE_BREAK = re.compile(r"([\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+)")
ENDED = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*$")  # noqa: RUF001 - the stops and quotation marks of all scripts


MOST_CHARS = 1000
"""A sentence that is longer is several utterances: one of them takes the loop some milliseconds."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is said in one go."""

    text: str
    """As it is written, without pictures and blanks around it."""
    said: Normalized
    """Without text where it is nothing but what is left out."""


def utterances(text: str, language: str) -> Iterator[Utterance]:
    """Yield the utterances of a text in order; those of which nothing is said have an empty `said.text`.

    Args:
        text: any text.
        language: two letters.
    """
    collector = _Collector()
    for piece in split_text(text, language):
        if piece.translatable:
            yield from collector.sentence(piece.text, language)
            continue
        for index, part in enumerate(_LINE_BREAK.split(piece.text)):
            if index % 2:
                yield from collector.flushed(language)
            else:
                yield from collector.between(part, language)
    yield from collector.flushed(language)


@dataclass(slots=True)
class _Collector:
    """The utterance that is not finished."""

    parts: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    """What follows the parts and cannot be said: it belongs to the utterance if more follows."""
    has_sentence: bool = False

    def sentence(self, text: str, language: str) -> Iterator[Utterance]:
        if self.has_sentence or self._ended():
            yield from self.flushed(language)
        self._add(text)
        self.has_sentence = True

    def between(self, text: str, language: str) -> Iterator[Utterance]:
        """Take what stands between sentences: it goes on with an unfinished one."""
        if not any(map(str.isalnum, text)):
            self.pending.append(text)
            return
        if self._ended():
            yield from self.flushed(language)
        self._add(text)

    def flushed(self, language: str) -> Iterator[Utterance]:
        """Yield what there is, and begin again."""
        text, rest = "".join(self.parts).strip(), "".join(self.pending).strip()
        self.parts, self.pending, self.has_sentence = [], [], False
        for part in _bounded(text):
            yield Utterance(part, normalize(part, language))
        # Signs alone are a line or a frame: they are not said, and pictures are told.
        for part in _bounded(rest):
            yield Utterance(part, replace(normalize(part, language), text=""))

    def _add(self, text: str) -> None:
        self.parts += [*self.pending, text]
        self.pending = []

    def _ended(self) -> bool:
        return bool(self.parts) and ENDED.search("".join([*self.parts[-1:], *self.pending])[-20:]) is not None


def _bounded(text: str) -> Iterator[str]:
    """Yield a text in parts that are not too long, cut between words if there are some; nothing of no text."""
    while len(text) > MOST_CHARS:
        cut = text.rfind(" ", 1, MOST_CHARS)
        cut = cut if cut > 0 else MOST_CHARS
        yield text[:cut]
        text = text[cut:].lstrip()
    if text:
        yield text
