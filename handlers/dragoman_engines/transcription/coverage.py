"""What was heard of a window held against where speech was found in it. Pure: spans and words.

A model that listens to two voices or to a pause may go on with the second and leave the first out, or end early. The
alignment shows it: between two words, or inside one that seems to last for seconds, there is speech that no word
covers.
"""

from __future__ import annotations

from collections.abc import Sequence

from dragoman_engines.work import SPOOL_RATE_HZ, SpokenWord

Span = tuple[int, int]
"""[start, end) in samples of the file."""
LEAST_S = 1.5
"""Less than this is a breath, a pause, or the silence that is left around speech."""
WORD_S, CHARACTER_S = 0.35, 0.09
"""A word is spoken in at most so much, and so much more for each of its characters; what is longer is a wrong time."""


def unheard(spans: Sequence[Span], words: Sequence[SpokenWord]) -> list[list[Span]]:
    """Return the stretches of speech that no word covers, each as the parts of spans that it is made of.

    Where that is all of several spans, as after words that were made up, it comes as two halves: the whole was heard.

    Args:
        spans: of the window, in order.
        words: heard in it, in order.
    """
    if not spans:
        return []
    stretches = []
    reached, last = spans[0][0], spans[-1][1]
    for start, end in [*map(_covered, words), (last, last)]:
        parts = _within(spans, reached, start)
        if _length_s(parts) >= LEAST_S:
            stretches.append(parts)
        reached = max(reached, end)
    return _halves(spans) if stretches == [list(spans)] else stretches


def _covered(word: SpokenWord) -> Span:
    """Return the samples that a word covers: of one that seems too long, the end, before which the gap is."""
    longest_s = WORD_S + CHARACTER_S * len(word.text.strip())
    start_s = max(word.start_s, word.end_s - longest_s)
    return round(start_s * SPOOL_RATE_HZ), round(word.end_s * SPOOL_RATE_HZ)


def _within(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    parts = [(max(start, span[0]), min(end, span[1])) for span in spans]
    return [part for part in parts if part[1] > part[0]]


def _length_s(spans: Sequence[Span]) -> float:
    return sum(end - start for start, end in spans) / SPOOL_RATE_HZ


def _halves(spans: Sequence[Span]) -> list[list[Span]]:
    """Cut between two spans, where the halves are most alike; one span alone has no halves."""
    cuts = range(1, len(spans))
    if not cuts:
        return []
    best = min(cuts, key=lambda cut: abs(_length_s(spans[:cut]) - _length_s(spans[cut:])))
    return [half for half in (list(spans[:best]), list(spans[best:])) if _length_s(half) >= LEAST_S]
