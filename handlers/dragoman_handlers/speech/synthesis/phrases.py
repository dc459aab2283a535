"""A sentence cut into the pieces in which it is said: as long as the voice can do in time, and where a breath may be.

A piece is a whole sentence where that is short enough, else some of its clauses. Only what is far too long is cut
between words. For a listener who waits for the first sound, the first words may be a piece of their own.
"""

# ruff: noqa: RUF001 -- dashes and marks of other scripts are meant

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from dragoman_handlers.speech.normalization.normalize import split_long

_CLAUSE_END = re.compile(r"(?<=[,;:…—–،؛])\s+|(?<=[,;:.!?…—–][\"'”’»)\]])\s+|(?<=[，、；：])")
_MARKS = ",;:.!?…—–،؛؟，、；：。！？\"'”’»)]"
_FEWEST_CHARS = 18
"""Shorter clauses stay with their neighbour: a voice has no melody for a word or two."""
_FEWEST_FIRST_CHARS = 6
_FEWEST_AFTER_CHARS = 12
_SHORT_WORD = 4
"""Letters of words that lean on the next one, as a rule: articles, prepositions, conjunctions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """The lengths of pieces, in characters."""

    usual: int
    """A sentence that is longer is cut, if it has clauses."""
    most: int
    """No piece is longer."""
    first: int = 0
    """Of the first piece of a text, for a listener who waits; 0: like the others."""


def cut_sentence(text: str, lengths: Lengths) -> list[str]:
    """Cut a sentence into pieces; joined with blanks they are the sentence, and each has a letter or a digit."""
    if len(text) <= lengths.usual:
        return split_long(text, max(lengths.most, lengths.usual))
    pieces = [part for group in _clauses(text, lengths) for part in split_long(group, lengths.most)]
    return pieces or split_long(text, lengths.most)


def cut_opening(sentence: str, lengths: Lengths) -> list[str]:
    """Cut the first sentence of a text: its first piece is as short as is wanted, if there is a place to cut."""
    place = _opening(sentence, lengths.first) if lengths.first and len(sentence) > lengths.first else 0
    if not place:
        return cut_sentence(sentence, lengths)
    return [sentence[:place].rstrip(), *cut_sentence(sentence[place:].lstrip(), lengths)]


def ends_clause(piece: str) -> bool:
    """Tell whether a piece ends where a speaker pauses."""
    return piece[-1:] in _MARKS


def _clauses(text: str, lengths: Lengths) -> list[str]:
    """Return the clauses of a sentence, those together that are short."""
    ends = [found.end() for found in _CLAUSE_END.finditer(text) if found.end() < len(text)]
    groups: list[str] = []
    start = 0
    for begin, end in pairwise([0, *ends, len(text)]):
        joined = text[start:end].strip()
        short = min(len(text[start:begin].strip()), end - begin) < _FEWEST_CHARS
        if begin > start and len(joined) <= (lengths.most if short else lengths.usual):
            groups[-1] = joined
        else:
            groups.append(text[begin:end].strip())
            start = begin
    return groups


def _opening(sentence: str, most: int) -> int:
    """Return where the first words end that are said on their own; 0 where there is no such place.

    A mark is the best place, then a place before a short word and behind a long one: `The train | to Lisbon`.
    """
    best, best_rank = 0, -1
    for found in re.finditer(r"\s+", sentence):
        place = found.start()
        if place > most and best:
            break
        if place > 2 * most or len(sentence) - found.end() < _FEWEST_AFTER_CHARS:
            break
        if place < _FEWEST_FIRST_CHARS:
            continue
        rank = _rank(sentence[:place], sentence[found.end() :])
        if rank >= best_rank:
            best, best_rank = place, rank
    return best


def _rank(before: str, after: str) -> int:
    if ends_clause(before):
        return 2
    last, following = before.rsplit(maxsplit=1)[-1], after.split(maxsplit=1)[0]
    if len(last) < _SHORT_WORD:
        return -1
    return 1 if len(following) <= _SHORT_WORD else 0
