"""Names and terms that a peer listens for, and words that were heard almost as them. Pure.

The model is told of them before it listens, which is enough as a rule. What it still writes otherwise, without being
sure of it, and but for a letter or two as one of them, is that one: "Marland" is "Morland" where that is listened for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import msgspec

from dragoman_engines.work import SpokenWord

_LEAST_LETTERS = 5
"""Shorter words are too often but a letter apart."""
_ALIKE = 0.8
_UNSURE = 0.8
"""A word that the model is surer of is that word."""
_WORD = re.compile(r"[^\W\d_]+")


def spelled(words: Sequence[SpokenWord], vocabulary: Sequence[str]) -> list[SpokenWord]:
    """Return the words, those that are almost words of a vocabulary written as they are written there."""
    terms = list(dict.fromkeys(word for term in vocabulary for word in _WORD.findall(term)))
    terms = [term for term in terms if len(term) >= _LEAST_LETTERS]
    return [_spelled(word, terms) for word in words] if terms else list(words)


def _spelled(word: SpokenWord, terms: Sequence[str]) -> SpokenWord:
    found = _WORD.search(word.text)
    if found is None or word.confidence >= _UNSURE or len(found[0]) < _LEAST_LETTERS or found[0] in terms:
        return word
    # A name is not put in place of a word in small letters, nor one that begins otherwise.
    near = [term for term in terms if term[0] == found[0][0] and _likeness(term, found[0]) >= _ALIKE]
    if not near:
        return word
    best = max(near, key=lambda term: _likeness(term, found[0]))
    return msgspec.structs.replace(word, text=word.text[: found.start()] + best + word.text[found.end() :])


def _likeness(term: str, word: str) -> float:
    return difflib.SequenceMatcher(None, term.casefold(), word.casefold(), autojunk=False).ratio()
