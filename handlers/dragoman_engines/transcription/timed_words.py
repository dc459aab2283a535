"""Words with times as a model gives them, made whole and put at their places. Pure: no model, no audio.

Times come in as seconds in a window, in which the spans of a file lie one after the other, and go out as seconds
in the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from dragoman_engines.work import SPOOL_RATE_HZ, SpokenWord

TYPICAL_WORD_S = 0.7
"""Words are shorter than this, as a rule, whoever speaks."""
LOOP_REPEATS = 4
LONG_LOOP_REPEATS = 3
LOOP_WORDS = 20
"""A loop is up to 20 words, said at least four times over; three times where they are as many as a sentence has."""
_SENTENCE_WORDS = 5

_FULL_STOPS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001 -- full-width marks are meant
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""Letters and marks of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters."""
_CLOSERS = "\"'”’»)]"  # noqa: RUF001 -- closing quotation marks are meant


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word as a model wrote it: with the space before it, if there is one."""

    text: str
    start_s: float
    end_s: float
    probability: float


def join_parts(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Make whole words of those that were cut at a mark inside them: " well", "-known" is one word.

    In scripts without spaces every word begins without one, and stays a word.
    """
    joined: list[TimedWord] = []
    for word in words:
        if joined and _goes_on(joined[-1].text, word.text):
            first = joined.pop()
            mean = (first.probability + word.probability) / 2
            joined.append(TimedWord(first.text + word.text, first.start_s, word.end_s, mean))
        else:
            joined.append(word)
    return joined


def _goes_on(text: str, following: str) -> bool:
    if not text or not following or following.startswith(" "):
        return False
    return not _UNSPACED.match(text[-1]) and not _UNSPACED.match(following[0])


def tighten(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Let a word that begins a sentence begin no sooner than words of this speaker take.

    A model puts the silence before a sentence into its first word.
    """
    lengths_s = [word.end_s - word.start_s for word in words if word.end_s > word.start_s]
    most_s = 2 * min(TYPICAL_WORD_S, median(lengths_s)) if lengths_s else 0.0
    first = [index == 0 or _closes(words[index - 1].text) for index in range(len(words))]
    return [
        replace(word, start_s=word.end_s - most_s) if begins and word.end_s - word.start_s > most_s else word
        for word, begins in zip(words, first, strict=True)
    ]


def place_words(words: Sequence[TimedWord], spans: Sequence[tuple[int, int]]) -> list[TimedWord]:
    """Map the words' times from the window to the file.

    A word belongs to the span that its middle falls in, and stays inside it. The times never go backwards.

    Args:
        words: in order, seconds from the start of the window.
        spans: [start, end) in samples of the file, in order; what the window was made of.
    """
    placed: list[TimedWord] = []
    earliest_s = 0.0
    for word in words:
        start_s, end_s = _to_file(word, spans)
        start_s = max(start_s, earliest_s)
        end_s = max(end_s, start_s)
        earliest_s = end_s
        placed.append(replace(word, start_s=start_s, end_s=end_s))
    return placed


def cut_loops(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Leave one round of every loop of the model ("and then and then and then and then")."""
    kept: list[TimedWord] = []
    index = 0
    while index < len(words):
        length, repeats = _loop_at(words, index)
        kept += words[index : index + length]
        index += length * repeats
    return kept


def _to_file(word: TimedWord, spans: Sequence[tuple[int, int]]) -> tuple[float, float]:
    middle_s = (word.start_s + word.end_s) / 2
    passed_s = 0.0
    for index, (start, end) in enumerate(spans):
        length_s = (end - start) / SPOOL_RATE_HZ
        if middle_s < passed_s + length_s or index == len(spans) - 1:
            first_s, last_s = start / SPOOL_RATE_HZ, end / SPOOL_RATE_HZ
            shift_s = first_s - passed_s
            return (
                min(max(word.start_s + shift_s, first_s), last_s),
                min(max(word.end_s + shift_s, first_s), last_s),
            )
        passed_s += length_s
    return word.start_s, word.end_s


def _loop_at(words: Sequence[TimedWord], index: int) -> tuple[int, int]:
    texts = [word.text.strip().casefold() for word in words[index:]]
    for length in range(1, min(LOOP_WORDS, len(texts) // LONG_LOOP_REPEATS) + 1):
        unit = texts[:length]
        repeats = 1
        while texts[repeats * length : (repeats + 1) * length] == unit:
            repeats += 1
        if repeats >= (LOOP_REPEATS if length < _SENTENCE_WORDS else LONG_LOOP_REPEATS):
            return length, repeats
    return 1, 1


def to_spoken(words: Sequence[TimedWord]) -> list[SpokenWord]:
    """Return the words as a unit's result has them; what is nothing but blanks is left out."""
    return [
        SpokenWord(
            text=word.text,
            start_s=round(word.start_s, 3),
            end_s=round(word.end_s, 3),
            confidence=min(1.0, max(0.0, word.probability)),
        )
        for word in words
        if word.text.strip()
    ]


def _closes(text: str) -> bool:
    return text.strip().rstrip(_CLOSERS).endswith(_FULL_STOPS)
