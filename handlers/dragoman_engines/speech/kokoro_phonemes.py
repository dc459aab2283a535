"""The alphabet that Kokoro reads: IPA, but with one letter for each diphthong and affricate.

Kokoro learnt from phonemes in the notation of its authors' own tools. It differs from espeak-ng's mainly in these
single letters; for English also in what it leaves out: length, and shades of a vowel that the stress tells already.
"""

# ruff: noqa: RUF001 -- letters of phonetics are meant

from __future__ import annotations

import re
from collections.abc import Mapping

from dragoman_engines.speech.espeak_library import TIE

_ONE_LETTER: dict[str, str] = {
    "a^ɪ": "I",
    "a^ʊ": "W",
    "e^ɪ": "A",
    "o^ʊ": "O",
    "ɔ^ɪ": "Y",
    "d^z": "ʣ",
    "d^ʒ": "ʤ",
    "t^s": "ʦ",
    "t^ʃ": "ʧ",
}
_ENGLISH: dict[str, str] = _ONE_LETTER | {
    "ʔn̩": "tᵊn",
    "ʔˌn̩": "tᵊn",
    "ə^l": "ᵊl",
    "ɐ": "ə",
    "ɚ": "əɹ",
    "r": "ɹ",
    "x": "k",
    "ç": "k",
    "ɬ": "l",
    "ʔ": "t",
    "\u0303": "",  # no nasal vowels
}
_AMERICAN: Mapping[str, str] = _ENGLISH | {"ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪ^ə": "iə", "ɾ": "T", "ː": ""}
_BRITISH: Mapping[str, str] = _ENGLISH | {"ə^ʊ": "Q", "e^ə": "ɛː", "i^ə": "ɪə"}
_TABLES: Mapping[str, Mapping[str, str]] = {"en-us": _AMERICAN, "en-gb": _BRITISH}
_SYLLABIC = re.compile("(\\S)\u0329")


def kokoro_letters(ipa: str, code: str) -> str:
    """Write tied IPA in Kokoro's letters.

    Args:
        ipa: a phrase.
        code: the voice of espeak-ng that it is from: `en-us`, `pt-br`.
    """
    table = _TABLES.get(code, _ONE_LETTER)
    longest_first = sorted(table, key=len, reverse=True)
    written = re.sub("|".join(map(re.escape, longest_first)), lambda match: table[match[0]], ipa)
    return _SYLLABIC.sub(r"ᵊ\1", written).replace(TIE, "")
