"""Texts in capitals, and texts without any: to the letter case that a model was trained on, and back.

A model gets "WHERE ARE YOU?" nearly always wrong, for it has hardly seen a sentence in capitals, and "Where are you?"
right. So a sentence in capitals is translated as it would be written otherwise, and its translation is put into
capitals again. Acronyms and names with capitals inside (NASA, iPhone) keep theirs, on the way and in the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")  # noqa: RUF001 - the apostrophe of phones
_SENTENCE_END = re.compile(r"[.!?…]\s+")
_VOWEL = re.compile(r"[AEIOUYÀ-ÖØ-Ý]")
_LEAST_LETTERS = 4
"""A single word in capitals that is shorter may be an acronym."""
_ACRONYMS = frozenset(
    [
        "AKA",
        "AOL",
        "API",
        "ASAP",
        "ATM",
        "BAFTA",
        "BBC",
        "BMI",
        "BMW",
        "CD",
        "CEO",
        "CERN",
        "CFO",
        "CIA",
        "CNPJ",
        "CPF",
        "CPU",
        "CRM",
        "CSS",
        "CTO",
        "CV",
        "DIY",
        "DJ",
        "DNA",
        "DVD",
        "ECB",
        "EDP",
        "EMI",
        "ESA",
        "ESPN",
        "FAO",
        "FAQ",
        "FBI",
        "FC",
        "FDA",
        "FIFA",
        "GMT",
        "GPS",
        "GPT",
        "GPU",
        "HBO",
        "HD",
        "HDMI",
        "HIV",
        "HQ",
        "HTML",
        "HTTP",
        "IBAN",
        "IBGE",
        "IBM",
        "ICU",
        "ID",
        "IKEA",
        "IMF",
        "INSS",
        "INTERPOL",
        "IOS",
        "IP",
        "IPTV",
        "IQ",
        "ISBN",
        "ISO",
        "JFK",
        "JPEG",
        "JSON",
        "KPI",
        "LAN",
        "LCD",
        "LG",
        "LGBT",
        "MBA",
        "MP",
        "MTV",
        "NASA",
        "NATO",
        "NBA",
        "NFL",
        "NGO",
        "NHL",
        "NIF",
        "OECD",
        "OEM",
        "OMS",
        "ONG",
        "ONU",
        "OPEC",
        "OTAN",
        "PC",
        "PDF",
        "PIX",
        "PNG",
        "QA",
        "QR",
        "RNA",
        "ROM",
        "SMS",
        "SOS",
        "SQL",
        "SSD",
        "SUV",
        "TAP",
        "TCP",
        "TV",
        "TVI",
        "UAE",
        "UEFA",
        "UFO",
        "UFRJ",
        "UK",
        "UNESCO",
        "UNICEF",
        "URL",
        "USA",
        "USB",
        "USP",
        "UTC",
        "VIP",
        "VPN",
        "WIFI",
        "WWF",
        "WWW",
        "XML",
        "YMCA",
    ]
)
_ACRONYMS_OF = {
    "en": frozenset(["AC", "AI", "EU", "FM", "NY", "PIN", "PS", "RAF", "RAM", "UN", "USD"]),
    "pt": frozenset(["EUA", "FMI", "INPC", "IRS", "IVA", "OVNI", "PIB", "PSD", "RTP", "SIC", "UE"]),
}
"""Those that are another word in another language: EU is "I" in Portuguese."""


def in_capitals(words: Sequence[str], language: str) -> bool:
    """Return whether the words are shouted: all in capitals, and not all of them acronyms.

    Words with a capital inside (iPhone) say nothing. A single word is shouted only where it is no short one: OK, USA.
    """
    plain = [word for word in words if not _is_mixed(word)]
    if not plain or any(not word.isupper() for word in plain):
        return False
    shouted = [word for word in plain if len(word) > 1 and not is_acronym(word, language)]
    if len(plain) == 1:
        return bool(shouted) and len(plain[0]) >= _LEAST_LETTERS
    return bool(shouted)


def is_acronym(word: str, language: str) -> bool:
    """Return whether a word in capitals is always written so; one without a vowel (HTML) needs no list."""
    if word in _ACRONYMS or word in _ACRONYMS_OF.get(language, ()):
        return True
    return len(word) > 1 and word.isascii() and not _VOWEL.search(word)


def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return _WORD.findall(text)


def sentence_case(text: str, language: str) -> str:
    """Write a text in capitals in sentence case. Its length stays the same, so that places in it stay right."""
    starts = {0, *(found.end() for found in _SENTENCE_END.finditer(text))}
    parts, reached, begins = [], 0, True
    for found in _WORD.finditer(text):
        begins = begins or found.start() in starts
        parts += [text[reached : found.start()], _sentence_word(found[0], language, begins=begins)]
        reached, begins = found.end(), False
    return "".join([*parts, text[reached:]])


def _sentence_word(word: str, language: str, *, begins: bool) -> str:
    if _is_mixed(word) or (word.isupper() and is_acronym(word, language)):
        return word
    lowered = "".join(low if len(low := sign.lower()) == 1 else sign for sign in word)
    if begins or lowered == "i" or lowered[:2] in ("i'", "i’"):  # noqa: RUF001
        return word[:1] + lowered[1:]
    return lowered


def capitals(text: str, source_text: str) -> str:
    """Write a translation in capitals, but for words with a capital inside that its source has (iPhone)."""
    kept = {word for word in _WORD.findall(source_text) if _is_mixed(word)}
    if not kept:
        return text.upper()
    return _WORD.sub(lambda found: found[0] if found[0] in kept else found[0].upper(), text)


def unemphasized(text: str, language: str, common: frozenset[str]) -> str:
    """Write common words in small letters that are in capitals for emphasis: "I am NOT going".

    Args:
        text: in mixed case.
        language: of the text.
        common: words in small letters that are no names.
    """

    def plain(found: re.Match[str]) -> str:
        word = found[0]
        if len(word) < 2 or not word.isupper() or is_acronym(word, language) or word.lower() not in common:
            return word
        return _sentence_word(word, language, begins=not text[: found.start()].strip())

    return _WORD.sub(plain, text)


def _is_mixed(word: str) -> bool:
    """Return whether a capital stands behind a small letter."""
    return any(low.islower() and high.isupper() for low, high in pairwise(word))
