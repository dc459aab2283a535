"""Phonemes of a text with its punctuation kept: it carries the melody, and espeak-ng leaves it out."""

# ruff: noqa: RUF001 -- dashes are meant

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_SIGNS: Mapping[str, str] = {"–": "—", "。": ".", "、": ","}
_QUOTES = re.compile('[“”«»„"]')
_MARK = re.compile(
    r"""\s*(?:
        [;!?…—()。、]              # always marks
        | (?<!\d):|:(?!\d)        # but 10:30 is a time,
        | (?<!\d),|,(?!\d)        # 12,50 a number,
        | \.(?!\w)(?<!\b\w\.)     # and the full stops of example.org, and of an initial, are none
        | (?<=\s)–(?=\s)
    )\s*""",
    re.VERBOSE,
)


def keep_marks(text: str, sounds: Callable[[str], str]) -> str:
    """Return the phonemes of a text with its punctuation, but for quotation marks.

    Args:
        text: a sentence, or some.
        sounds: a phrase without punctuation to its phonemes.
    """
    text = _QUOTES.sub("", text)
    found = ""
    place = 0
    for mark in _MARK.finditer(text):
        found += _phrase(text[place : mark.start()], sounds) + _spaced(mark[0].strip())
        place = mark.end()
    found += _phrase(text[place:], sounds)
    return re.sub(r" +(?=[ ,.;:!?…)])", "", found).strip()


def _phrase(text: str, sounds: Callable[[str], str]) -> str:
    return sounds(text) if text.strip() else ""


def _spaced(mark: str) -> str:
    sign = _SIGNS.get(mark, mark)
    return f" {sign}" if sign == "(" else f" {sign} "
