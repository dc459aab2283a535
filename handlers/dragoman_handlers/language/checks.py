"""Whether a corrected text still says what the text said, as far as that can be measured.

A model may answer a question that it was to correct, obey an order in the text, leave half of it out or go on with it.
None of that is a correction. What is checked here cannot all be right by chance: length, numbers, addresses and
markup, names, the number of paragraphs, the language, and for styles that only correct how many words stayed.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping

from dragoman_engines.work import CorrectionStyle
from dragoman_handlers.language.edits import word_places, words_of
from dragoman_handlers.text.language_id import probabilities
from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_wire.errors import EngineUnavailable

_LENGTHS: Mapping[CorrectionStyle, tuple[float, float]] = {
    "grammar": (0.7, 1.4),
    "proofread": (0.6, 1.5),
    "formal": (0.5, 2.0),
    "casual": (0.4, 1.8),
    "concise": (0.15, 1.2),
}
"""The least and the most length of an answer, in lengths of the text."""
_SLACK_CHARS = 20
"""A text of a few words may become shorter or longer by as much, whatever the share."""
_KEPT: Mapping[CorrectionStyle, float] = {"grammar": 0.6, "proofread": 0.4}
"""The least share of the words that stay, or are spelt otherwise."""
_FEW_WORDS = 8
_NAME_ALIKE = 0.7
_NAME_LETTERS, _MOST_NAMES = 3, 200
_SURELY, _HARDLY = 0.7, 0.05
_JUDGED_WORDS = 10
_NUMBER = re.compile(r"\d+")
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n")
_ADDRESS_CHARS = 3


def fault_of(text: str, corrected: str, language: str, style: CorrectionStyle) -> str | None:
    """Return what is wrong with an answer, in words for the model and the peer; None where nothing is.

    Takes a millisecond or two for a chunk.

    Args:
        text: the chunk.
        corrected: the answer.
        language: of the text, two letters; empty: not known.
        style: how far a correction may go.
    """
    found = _wrong_size(text, corrected, style) or _lost_mark(text, corrected) or _lost_name(text, corrected)
    if found is None and style in _KEPT and _kept_share(text, corrected) < _KEPT[style]:
        found = "most of the words are other ones"
    return found or _in_another_language(text, corrected, language)


def _wrong_size(text: str, corrected: str, style: CorrectionStyle) -> str | None:
    least, most = _LENGTHS[style]
    if not least * len(text) - _SLACK_CHARS <= len(corrected) <= most * len(text) + _SLACK_CHARS:
        return f"it has {len(corrected)} characters for {len(text)}"
    if style in _KEPT and len(_PARAGRAPH_BREAK.findall(text)) != len(_PARAGRAPH_BREAK.findall(corrected)):
        return "paragraphs were joined or divided"
    return None


def _numbers(text: str) -> Counter[str]:
    return Counter(_NUMBER.findall(text))


def _lost_mark(text: str, corrected: str) -> str | None:
    """Return what of the numbers, addresses, placeholders and markup is not in the answer."""
    if _numbers(text) != _numbers(corrected):
        return "numbers were changed"
    marks = [token.text for token in find_tokens(text) if len(token.text.strip()) >= _ADDRESS_CHARS]
    lost = next((mark for mark in marks if corrected.count(mark) < text.count(mark)), None)
    return None if lost is None else f"an address, a placeholder, code or markup was changed: {lost}"


def _lost_name(text: str, corrected: str) -> str | None:
    """Return what is wrong where a word with a capital inside a sentence has nothing like it in the answer."""
    answer = {word.lower() for word in words_of(corrected)}
    for name in _names(text):
        lowered = name.lower()
        if lowered not in answer and not difflib.get_close_matches(lowered, answer, n=1, cutoff=_NAME_ALIKE):
            return f"a name was lost: {name}"
    return None


def _names(text: str) -> list[str]:
    """Return words with a capital that stand inside a sentence: after a word and a blank."""
    found = (
        text[start:end]
        for start, end in word_places(text)
        if text[start].isupper() and start > 1 and text[start - 1] == " " and text[start - 2].isalpha()
    )
    names = dict.fromkeys(word for word in found if len(word) >= _NAME_LETTERS and not word.isupper())
    return list(names)[:_MOST_NAMES]


def _kept_share(text: str, corrected: str) -> float:
    """Return how many of the words are in the answer, or something like them is: 1 for a text of a few words."""
    ours, theirs = words_of(text.lower()), Counter(words_of(corrected.lower()))
    if len(ours) < _FEW_WORDS:
        return 1.0
    missing = []
    for word in ours:
        if theirs[word] > 0:
            theirs[word] -= 1
        else:
            missing.append(word)
    rest = [word for word, count in theirs.items() if count > 0]
    respelt = sum(bool(difflib.get_close_matches(word, rest, n=1, cutoff=_NAME_ALIKE)) for word in missing[:60])
    return (len(ours) - len(missing) + respelt) / len(ours)


def _in_another_language(text: str, corrected: str, language: str) -> str | None:
    if not language or len(words_of(corrected)) < _JUDGED_WORDS:
        return None
    try:
        found = probabilities(_flat(corrected))
        if max(found.values(), default=0.0) < _SURELY or found.get(language, 0.0) > _HARDLY:
            return None
        before = probabilities(_flat(text))
    except EngineUnavailable:
        return None
    if before.get(language, 0.0) < _SURELY:
        return None  # the text itself was not surely in that language
    return f"it is in {max(found, key=found.__getitem__)!r} and no longer in {language!r}"


def _flat(text: str) -> str:
    return " ".join(text.split())[:1000]
