"""Numbers of the languages that have no table here, as far as num2words has words for them.

Voices read plain numbers of their language themselves. What they read badly is a sign before a number, an amount of
money and an ordinal.
"""

# ruff: noqa: RUF001 -- the minus sign is meant

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping

import num2words

from dragoman_handlers.speech.normalization.number_words import cardinal, listed, ordinal

_MINUS = re.compile(r"(?<![\w.,)\]-])[-−](\d{1,15}(?:[.,]\d{1,15})?)(?![\w:/-]|[.,]\d)")
_MINUS_WORDS: Mapping[str, str] = {
    **dict.fromkeys(listed("af bs cs da hr id lt ms nb nn no pl ro sl sv sq"), "minus"),
    "ar": "ناقص",
    "be": "мінус",
    "bg": "минус",
    "bn": "মাইনাস",
    "ca": "menys",
    "cy": "minws",
    "el": "μείον",
    "et": "miinus",
    "eu": "ken",
    "fa": "منفی",
    "fi": "miinus",
    "gl": "menos",
    "he": "מינוס",
    "hi": "माइनस",
    "hu": "mínusz",
    "is": "mínus",
    "ja": "マイナス",
    "ka": "მინუს",
    "kk": "минус",
    "ko": "마이너스",
    "lv": "mīnus",
    "mk": "минус",
    "nl": "min",
    "ru": "минус",
    "sk": "mínus",
    "sr": "минус",
    "th": "ลบ",
    "tr": "eksi",
    "uk": "мінус",
    "ur": "منفی",
    "vi": "âm",
    "zh": "负",
}
"""Some voices read no hyphen before a number."""
_BARE_MINUS = re.compile(r"−\s?(?=\d)")
_FRACTION = re.compile("[¼-¾⅐-⅞]")
_CURRENCIES: Mapping[str, str] = {"€": "EUR", "$": "USD", "£": "GBP"}
_AMOUNT = re.compile(
    r"(?<!\w)([€$£])\s?(\d{1,12}(?:[.,]\d{2})?)(?![\w]|[.,]\d)|(?<![\w.,])(\d{1,12}(?:[.,]\d{2})?)\s?([€$£])(?!\w)"
)
_ORDINALS: Mapping[str, re.Pattern[str]] = {
    "nl": re.compile(r"(?<![\w.,])(\d{1,3})(?:ste|de|e)\b"),
    "sv": re.compile(r"(?<![\w.,])(\d{1,3}):[ae]\b"),
    "ca": re.compile(r"(?<![\w.,])(\d{1,2})(?:r|n|t|è)\b"),
    "eo": re.compile(r"(?<![\w.,])(\d{1,3})-?a\b"),
}


def said_by_library(text: str, language: str) -> str:
    """Write negative numbers, amounts of money and ordinals out where there are words for them."""
    text = _FRACTION.sub(lambda match: f" {unicodedata.normalize('NFKC', match[0]).replace(chr(0x2044), '/')}", text)
    text = _AMOUNT.sub(lambda match: _amount(match, language), text)
    if language in _ORDINALS:
        text = _ORDINALS[language].sub(lambda match: ordinal(int(match[1]), language) or match[0], text)
    text = _MINUS.sub(lambda match: _negative(match[1], language), text)
    word = _MINUS_WORDS.get(language)
    return _BARE_MINUS.sub(f" {word} " if word else "-", text)


def _negative(digits: str, language: str) -> str:
    word = _MINUS_WORDS.get(language)
    return f"{word} {digits}" if word else (digits.isdecimal() and cardinal(-int(digits), language)) or f"-{digits}"


def _amount(match: re.Match[str], language: str) -> str:
    value = float((match[2] or match[3]).replace(",", "."))
    return _currency(value, language, _CURRENCIES[match[1] or match[4]]) or match[0]


@functools.lru_cache(maxsize=4096)
def _currency(value: float, language: str, code: str) -> str | None:
    """Return an amount in words, None where the library has none, or names the currency in English."""
    try:
        said = num2words.num2words(value, lang=language, to="currency", currency=code)
    except (NotImplementedError, TypeError, ValueError, OverflowError, IndexError, KeyError, AttributeError):
        return None
    if not isinstance(said, str) or re.search(r"dollars\b|pounds\b|cents\b", said):
        return None
    if value.is_integer():
        return re.split(r",| (?:ja|и|і|en|și) (?=\S+ \S+$)", said)[0]
    return said
