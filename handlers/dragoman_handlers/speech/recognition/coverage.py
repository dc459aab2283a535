"""What was found in a stretch that a first hearing left out, put in its place among the words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dragoman_engines.work import SPOOL_RATE_HZ, SpokenWord

Span = tuple[int, int]
"""[start, end) in samples of the file."""
_JOINT_WORDS = 4
"""As many words at a joint may have been heard on both sides of it."""
_JOINT_S = 3.0
"""And so far apart, for the time of a word beside a stretch that was left out is not to be trusted."""


def put_in(words: Sequence[SpokenWord], stretch: Sequence[Span], found: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Return the words with those that were found in a stretch at their place. Words at a joint are there once.

    A word that seemed to last through the stretch begins after what was found there.

    Args:
        words: heard before, in order.
        stretch: parts of spans that none of them covers.
        found: heard there, in order.
    """
    if not found or not stretch:
        return list(words)
    before, after = cut(words, stretch)
    inner = found[_common(before, found) :]
    # What is heard on both sides of the end was half a word to one of the hearings: the time of the other is right.
    rest = after[_common(inner, after) :]
    return in_order([*before, *_spaced(before, inner), *_spaced(inner or before, rest)])


def cut(words: Sequence[SpokenWord], stretch: Sequence[Span]) -> tuple[Sequence[SpokenWord], Sequence[SpokenWord]]:
    """Return the words before a stretch that none of them covers, and those after it."""
    middle_s = (stretch[0][0] + stretch[-1][1]) / 2 / SPOOL_RATE_HZ
    # By their ends: a word's beginning may be anywhere in what was left out before it.
    place = sum(word.end_s <= middle_s for word in words)
    return words[:place], words[place:]


def seconds(spans: Sequence[Span]) -> float:
    """Return how long spans are together."""
    return sum(end - start for start, end in spans) / SPOOL_RATE_HZ


def within(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """Return what lies between two places, as parts of the spans."""
    parts = [(max(start, span[0]), min(end, span[1])) for span in spans]
    return [part for part in parts if part[1] > part[0]]


def in_order(words: Sequence[SpokenWord], earliest_s: float = 0.0) -> list[SpokenWord]:
    """Return the words with times that never go backwards: a word begins where the one before it ends, or later.

    Args:
        words: as they are said.
        earliest_s: where the word before them ends.
    """
    kept: list[SpokenWord] = []
    for word in words:
        start_s = max(earliest_s, word.start_s)
        earliest_s = max(start_s, word.end_s)
        kept.append(msgspec.structs.replace(word, start_s=start_s, end_s=earliest_s))
    return kept


def _common(left: Sequence[SpokenWord], right: Sequence[SpokenWord]) -> int:
    """Return how many words at the end of `left` are those at the beginning of `right`, said at about one time."""
    for count in range(min(_JOINT_WORDS, len(left), len(right)), 0, -1):
        ends, begins = left[-count:], right[:count]
        same = [_plain(word.text) for word in ends] == [_plain(word.text) for word in begins]
        if same and begins[0].start_s - ends[0].end_s < _JOINT_S:
            return count
    return 0


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _spaced(before: Sequence[SpokenWord], after: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Return `after` with a space before its first word, where those before are written with spaces."""
    if not before or not after or after[0].text.startswith(" ") or not before[-1].text.startswith(" "):
        return list(after)
    return [msgspec.structs.replace(after[0], text=f" {after[0].text}"), *after[1:]]
