"""A text cut into what is said in one go: its sentences, and all that stands between them and can be said.

What a translator leaves as it is, a number alone or an address, is said like any other sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dragoman_handlers.speech.normalize import Normalized, normalize
from dragoman_handlers.text.sentences.segmentation import split_text

_LINE_BREAK = re.compile(r"([\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+)")
_ENDS = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*$")  # noqa: RUF001 - the stops and quotation marks of all scripts


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
        if text:
            yield Utterance(text, normalize(text, language))
        if rest:
            # Signs alone are a line or a frame: they are not said, and pictures are told.
            yield Utterance(rest, replace(normalize(rest, language), text=""))

    def _add(self, text: str) -> None:
        self.parts += [*self.pending, text]
        self.pending = []

    def _ended(self) -> bool:
        return bool(self.parts) and _ENDS.search("".join([*self.parts[-1:], *self.pending])[-20:]) is not None
