"""From words with times to segments fit for subtitles. Pure: no model, no audio.

Sentences end where the translation of texts has them end: "at 5 p.m. Eastern time" and "am 15. Mai" go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dragoman_engines.work import SpokenWord
from dragoman_handlers.text.sentences.abbreviations import cut_sentences

PAUSE_S = 0.8
"""A longer silence ends a cue."""
LONGEST_S = 7.0
LONGEST_CHARACTERS = 84
"""Two subtitle lines of 42 characters, for at most 7 s: what television counts as readable."""
_WIDE_STOPS = ("。", "？", "！", "、", "，")  # noqa: RUF001 -- full-width marks are meant
_CLAUSE_ENDS = (",", ";", ":", "–", "—", "、", "，")  # noqa: RUF001 -- full-width marks are meant
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
"""Letters and marks of scripts without spaces between words."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A sentence, or a part of one, that can be read as a subtitle."""

    words: Sequence[SpokenWord]
    """At least one."""

    @property
    def text(self) -> str:
        """Return the words as they are written."""
        return "".join(word.text for word in self.words).strip()

    @property
    def start_s(self) -> float:
        """Return where it begins, in seconds from the start of the file."""
        return self.words[0].start_s

    @property
    def end_s(self) -> float:
        """Return where it ends, in seconds from the start of the file."""
        return self.words[-1].end_s

    @property
    def confidence(self) -> float:
        """Return the mean over the words, 0 to 1."""
        return sum(word.confidence for word in self.words) / len(self.words)


def to_cues(words: Sequence[SpokenWord], language: str) -> list[Cue]:
    """Split words at sentence ends, at pauses, and where a cue would be too long to read.

    A cut is made only at a space (or after a full-width mark), so the texts joined by spaces are the words again.

    Args:
        words: in order, all in one language.
        language: ISO 639-1; it decides which stops end a sentence.
    """
    return [cue for sentence in sentences_of(words, language) for cue in cues_of(sentence)]


def cues_of(sentence: list[SpokenWord]) -> list[Cue]:
    """Return the cues of one sentence."""
    return [Cue(part) for part in _shorten(sentence)]


def sentences_of(words: Sequence[SpokenWord], language: str) -> Iterator[list[SpokenWord]]:
    """Yield the words sentence by sentence; a long pause ends one as well."""
    ends = _sentence_ends(words, language)
    sentence: list[SpokenWord] = []
    for index, word in enumerate(words):
        sentence.append(word)
        following = words[index + 1] if index + 1 < len(words) else None
        if following is None or (
            _may_cut(word, following) and (following.start_s - word.end_s > PAUSE_S or index in ends)
        ):
            yield sentence
            sentence = []


def _sentence_ends(words: Sequence[SpokenWord], language: str) -> set[int]:
    """Return the places of the words that end a sentence."""
    ends: set[int] = set()
    places: list[int] = []
    reached = 0
    for word in words:
        reached += len(word.text)
        places.append(reached)
    reached, index = 0, 0
    for sentence in cut_sentences("".join(word.text for word in words), language):
        reached += len(sentence.rstrip())
        while index < len(places) and places[index] < reached:
            index += 1
        ends.add(index)
        reached += len(sentence) - len(sentence.rstrip())
    return ends


def _may_cut(word: SpokenWord, following: SpokenWord) -> bool:
    return following.text.startswith(" ") or word.text.endswith(_WIDE_STOPS)


def _shorten(words: list[SpokenWord]) -> list[list[SpokenWord]]:
    """Halve a cue near its middle, at a comma or a pause if there is one near, until it is readable."""
    length_s = words[-1].end_s - words[0].start_s
    characters = sum(len(word.text) for word in words)
    cuts = [index for index in range(1, len(words)) if _may_cut(words[index - 1], words[index])]
    if not cuts or (length_s <= LONGEST_S and characters <= LONGEST_CHARACTERS):
        return [words]
    cut = min(cuts, key=lambda index: _badness(words, index, characters))
    return _shorten(words[:cut]) + _shorten(words[cut:])


def _badness(words: Sequence[SpokenWord], index: int, characters: int) -> float:
    """Rate how bad a cut before the word is: 0 in the middle, 0.5 at the ends, less at commas and pauses."""
    before = sum(len(word.text) for word in words[:index])
    badness = abs(before / max(1, characters) - 0.5)
    if words[index - 1].text.rstrip().endswith(_CLAUSE_ENDS):
        badness -= 0.25
    return badness - 0.5 * min(0.5, words[index].start_s - words[index - 1].end_s)
