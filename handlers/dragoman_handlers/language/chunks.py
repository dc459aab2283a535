"""A long text cut into chunks that a model is given one by one: at paragraphs, then at sentences, then at words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from dragoman_handlers.text.sentences.abbreviations import cut_sentences

_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n\s*")
_WORD_BREAK = re.compile(r"\s+")


class Chunk(msgspec.Struct, frozen=True):
    """A stretch [start, end) of a text, in code points, with no blanks at its ends."""

    index: int
    start: int
    end: int


def cut_chunks(text: str, language: str, most_chars: int) -> list[Chunk]:
    """Cut a text into chunks of at most so many characters. What stands between two of them is blank.

    Args:
        text: any text.
        language: for the ends of sentences, two letters.
        most_chars: of a chunk.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _pieces(text, language, most_chars):
        if spans and end - spans[-1][0] <= most_chars:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [Chunk(index, start, end) for index, (start, end) in enumerate(spans)]


def _pieces(text: str, language: str, most_chars: int) -> Iterator[tuple[int, int]]:
    """Yield paragraphs, and where one is too long its sentences, or their words."""
    for start, end in _between(_PARAGRAPH_BREAK, text, 0, len(text)):
        if end - start <= most_chars:
            yield start, end
            continue
        at = start
        for sentence in cut_sentences(text[start:end], language):
            trimmed = _trimmed(text, at, at + len(sentence))
            at += len(sentence)
            if trimmed is not None:
                yield from _short(text, *trimmed, most_chars)


def _short(text: str, start: int, end: int, most_chars: int) -> Iterator[tuple[int, int]]:
    """Yield a sentence whole, or in parts that end between words; a word that is too long is cut."""
    if end - start <= most_chars:
        yield start, end
        return
    for first, last in _between(_WORD_BREAK, text, start, end):
        for at in range(first, last, most_chars):
            yield at, min(last, at + most_chars)


def _between(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for found in pattern.finditer(text, start, end):
        trimmed = _trimmed(text, at, found.start())
        if trimmed is not None:
            yield trimmed
        at = found.end()
    trimmed = _trimmed(text, at, end)
    if trimmed is not None:
        yield trimmed


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Leave the blanks at both ends out; None where nothing else is there."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
