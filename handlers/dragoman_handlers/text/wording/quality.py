"""Checks of a translation: not empty, not repeating itself, not left as it was, in the right language.

A false alarm costs a reader a good translation, so every check speaks only where there is no doubt: names, numbers and
short texts are left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from dragoman_handlers.text.languages import WELL_KNOWN
from dragoman_wire.errors import EngineUnavailable

Probabilities = Callable[[str], Mapping[str, float]]
"""The likelihood of each language for a text."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # noqa: RUF001 - the apostrophe of phones
_LOOP_REPEATS = 4
_LOOP_WORDS = 12
"""A loop is up to 12 words, said at least four times in a row."""
_LOOP_PERIOD, _LOOP_CHARS = 10, 24
"""In scripts without blanks: up to 10 characters, over at least 24."""
_TIMES_LONGER, _CHARS_LONGER = 4, 120
"""No language needs more than four times the characters of another, beyond what a short sentence may need."""
_ORDINARY_WORDS = 4
"""So many words in small letters make a sentence that a translation changes."""
_JUDGED_WORDS, _JUDGED_LETTERS, _JUDGED_SIGNS = 6, 30, 15
"""What is shorter may be in any language; signs are letters of scripts without capitals."""
_SURELY, _HARDLY = 0.8, 0.05
ALIKE: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "pt gl es ast ca oc an mwl",
        "da no nb nn sv",
        "hr sr bs sh sl mk bg",
        "cs sk",
        "id ms jv su min",
        "ru uk be",
        "zh yue wuu",
        "nl af",
        "hi mr ne bh",
        "fa ps ckb",
    )
)
"""Languages that it takes for each other."""


def fault_of(
    source_text: str, translation: str, source: str, target: str, probabilities: Probabilities | None
) -> str | None:
    """Return the fault of a sentence's translation, worded as what the model did; None where none is seen.

    Args:
        source_text: the sentence, without what is not language.
        translation: what the model made of it, without that as well.
        source: the sentence's language.
        target: the language that was wanted.
        probabilities: tells the languages; None where the engine's answers are in none.
    """
    after = _WORD.findall(translation)
    fault = _malformed(source_text, translation, after)
    if fault is not None or probabilities is None or not {source, target} <= WELL_KNOWN or not _may_be_judged(after):
        return fault
    before = _WORD.findall(source_text)
    same = [word.casefold() for word in before] == [word.casefold() for word in after]
    with suppress(EngineUnavailable):  # where no identifier is installed, this is not checked
        if same:
            return _untranslated(source_text, before, source, target, probabilities)
        return _in_another(source_text, translation, source, target, probabilities)
    return None


def _malformed(source_text: str, translation: str, after: Sequence[str]) -> str | None:
    """Return the fault of a translation that shows in any language."""
    repeats, stutters = _repeats(after), _stutters(after)
    if not after or repeats >= _LOOP_REPEATS or stutters:
        # Nearly every translation is beyond doubt by itself, and the words of its source are never asked for.
        before = _WORD.findall(source_text)
        if before and not after and (len(before) > 1 or not translation.strip()):
            return "gave nothing for a sentence"
        if repeats > max(_LOOP_REPEATS - 1, _repeats(before)) or (stutters and not _stutters(before)):
            return "repeated itself instead of translating a sentence"
    if len(translation) > _TIMES_LONGER * len(source_text) + _CHARS_LONGER:
        return "gave far too much for a sentence"
    return None


def _untranslated(
    text: str, words: Sequence[str], source: str, target: str, probabilities: Probabilities
) -> str | None:
    ordinary = sum(1 for word in words if not word[0].isupper())
    if ordinary < _ORDINARY_WORDS and not _signs(words):
        return None
    scores = probabilities(text)
    if scores.get(source, 0.0) < _SURELY or scores.get(target, 0.0) > _HARDLY:
        return None
    return "left a sentence untranslated"


def _in_another(text: str, translation: str, source: str, target: str, probabilities: Probabilities) -> str | None:
    scores = probabilities(translation)
    found = max(scores, key=scores.__getitem__, default=target)
    alike = any(found in group and target in group for group in ALIKE)
    if found == target or alike or scores[found] < _SURELY or scores.get(target, 0.0) > _HARDLY:
        return None
    stated = probabilities(text)
    if found != source and stated.get(found, 0.0) > _HARDLY:
        return None  # the sentence itself may be in that language: it was not what it was said to be
    if stated.get(source, 0.0) < _SURELY:
        return None
    return f"answered in {found!r} instead of {target!r}"


def _may_be_judged(words: Sequence[str]) -> bool:
    return (len(words) >= _JUDGED_WORDS and sum(map(len, words)) >= _JUDGED_LETTERS) or _signs(words)


def _signs(words: Sequence[str]) -> bool:
    """Return whether there is enough of a script that has no capitals, and maybe no blanks."""
    return sum(1 for word in words for sign in word if sign.lower() == sign.upper()) >= _JUDGED_SIGNS


def _repeats(words: Sequence[str]) -> int:
    """Return how often in a row the most repeated run of words is said."""
    if len(words) - len(set(map(str.casefold, words))) < _LOOP_REPEATS - 1:
        return 1
    words = [word.casefold() for word in words]
    if max(Counter(words).values()) < _LOOP_REPEATS:
        return 1
    most = 1
    for length in range(1, min(_LOOP_WORDS, len(words) // 2) + 1):
        same = 0
        for index in range(length, len(words)):
            same = same + 1 if words[index] == words[index - length] else 0
            most = max(most, same // length + 1)
    return most


def _stutters(words: Sequence[str]) -> bool:
    """Return whether a few characters are repeated over and over without a blank."""
    for word in words:
        if len(word) < _LOOP_CHARS:
            continue
        for period in range(1, min(_LOOP_PERIOD, len(word) // _LOOP_REPEATS) + 1):
            same = 0
            for index in range(period, len(word)):
                same = same + 1 if word[index] == word[index - period] else 0
                if same + period >= max(_LOOP_CHARS, _LOOP_REPEATS * period):
                    return True
    return False
