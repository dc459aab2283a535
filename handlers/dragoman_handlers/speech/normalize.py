"""A text as it is said: signs that are not spoken are left out, and short forms are written out.

Voices read numbers and times themselves. Parts that they read badly, or that a person would not read aloud, are
changed here: emoji and markup go, of an address only the host is said, and amounts and titles become words.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks are meant

from __future__ import annotations

import functools
import re
import unicodedata

from dragoman_handlers.speech.number_words import MILLIONS, SPOKEN_WORDS, Money, SpokenWords

_ADDRESS = re.compile(r"(?:https?://|ftp://|\bwww\.)[!#-;=?-~]+", re.IGNORECASE)
_LABELS = r"(?:[\w-]{1,63}\.){1,5}"
_MAIL = re.compile(rf"(?<![\w.+-])(?:mailto:)?([\w+-]{{1,64}}(?:\.[\w+-]{{1,64}}){{0,5}})@({_LABELS}[a-z]{{2,24}})\b")
_HOST = re.compile(rf"(?<![\w.@-])({_LABELS}(?:com|org|net|edu|gov|io|info|br|pt|es|fr|it|de|uk))\b(?:/\S*)?")
_AFTER_ADDRESS = ".,;:!?)]}'’…"
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_EMOTICON = re.compile(r"(?<!\S)(?:[:;=8xX][-o^']?[)(\]\[DPp/\\|*3]+|<3|\^_?\^|[xX]D+)(?=[\s.,!?]|$)")
_MARKUP = re.compile(r"(?<!\d)\*|\*(?!\d)|(?<!\w)_+|_+(?!\w)|[~`|^¶†‡•·■□▪]|(?<!\w)[#@](?=[^\W\d])")
_ARROW = re.compile(r"\s*(?:[\u2190-\u21ff]|->|=>)\s*")
_REPEATED = re.compile(r"([!?,;:—])(?:\s?\1)+")
_DOTS = re.compile(r"\.{2,}|…+")
_JOINERS = re.compile("(?<![^\\W\\d_])[\u200c\u200d]|[\u200c\u200d](?![^\\W\\d_])")
_CLAUSE_ENDS = (", ", "; ", ": ", " — ", " – ", "… ", "، ", "，", "、", "。", "؛ ")


def speakable(text: str, language: str) -> str:
    """Return the part of `text` that is said; empty where nothing is.

    Args:
        text: a sentence, or some.
        language: two letters.
    """
    words = SPOKEN_WORDS.get(language)
    text = unicodedata.normalize("NFKC", text).replace("\u2044", "/")
    text = _MAIL.sub(lambda match: _said_mail(match, words), text)
    text = _ADDRESS.sub(lambda match: _said_address(match[0], words), text)
    text = _HOST.sub(lambda match: _said_host(match[1], words), text)
    text = _without_signs(_TAG.sub(" ", text))
    text = _EMOTICON.sub(" ", " ".join(text.split()))
    text = _MARKUP.sub("", _ARROW.sub(", ", text)).replace("_", " ")
    if words is not None:
        text = _said_money(text, language, words)
        text = _short(language).sub(lambda match: _said_long(match, words), text)
    text = _REPEATED.sub(r"\1", _DOTS.sub("… ", text.replace("--", "—")))
    text = re.sub(r"\s+([,.;:!?…])(?=\s|$)", r"\1", " ".join(text.split()))
    return text if any(character.isalnum() for character in text) else ""


def split_long(text: str, most: int) -> list[str]:
    """Split into pieces of at most `most` characters, at the end of a clause if there is one, else between words."""
    pieces = []
    while len(text) > most:
        head = text[:most]
        cut = max(head.rfind(mark) + len(mark.rstrip()) if mark in head else 0 for mark in _CLAUSE_ENDS)
        if cut < most // 4:
            cut = head.rfind(" ")
        cut = cut if cut > 0 else most
        pieces.append(text[:cut].strip())
        text = text[cut:].lstrip(" ,;:")
    return [piece for piece in [*pieces, text] if any(character.isalnum() for character in piece)]


def _without_signs(text: str) -> str:
    """Remove emoji and other pictures, and invisible characters."""
    kept = "".join(" " if _is_picture(character) else character for character in text)
    return "".join(
        character
        for character in _JOINERS.sub("", kept)
        if character in "\n\t\u200c\u200d" or unicodedata.category(character)[0] != "C"
    )


def _is_picture(character: str) -> bool:
    if character < "\u00a0" or character == "°":
        return False
    # Variation selectors, the box around a digit, and skin tones belong to pictures.
    if "\ufe00" <= character <= "\ufe0f" or character == "\u20e3" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    return unicodedata.category(character) in {"So", "Co", "Cn"}


def _said_mail(match: re.Match[str], words: SpokenWords | None) -> str:
    at = words.at if words else "@"
    return f"{_said_host(match[1], words)} {at} {_said_host(match[2], words)}"


def _said_address(address: str, words: SpokenWords | None) -> str:
    bare = address.rstrip(_AFTER_ADDRESS)
    host = re.split(r"[/?#:]", bare.partition("://")[2] or bare, maxsplit=1)[0].rpartition("@")[2]
    return f" {_said_host(host, words)}{address[len(bare) :]}"


def _said_host(host: str, words: SpokenWords | None) -> str:
    return host.removeprefix("www.").replace(".", f" {words.dot} " if words else " ")


@functools.cache
def _amounts(language: str) -> re.Pattern[str]:
    """Return the pattern of a currency's sign before or after an amount."""
    signs = "|".join(re.escape(sign) for sign in sorted(SPOKEN_WORDS[language].money, key=len, reverse=True))
    amount = r"\d{1,15}(?:[.,]\d{1,3}){0,6}"
    return re.compile(
        rf"(?:(?:US)?(?P<before>{signs})\s?(?P<amount>{amount})(?P<millions>\s(?:{MILLIONS})\b)?)"
        rf"|(?:(?<![\d.,])(?P<amount2>{amount})(?P<millions2>\s(?:{MILLIONS}))?\s?(?P<after>{signs}))"
    )


def _said_money(text: str, language: str, words: SpokenWords) -> str:
    def said(match: re.Match[str]) -> str:
        money = words.money[match["before"] or match["after"]]
        millions = match["millions"] or match["millions2"] or ""
        return _amount(match["amount"] or match["amount2"], millions, money, words)

    return _amounts(language).sub(said, text)


def _amount(amount: str, millions: str, money: Money, words: SpokenWords) -> str:
    if millions:
        return f"{amount}{millions} {words.money_of} {money.more}"
    whole, _, cents = amount.partition(words.decimal)
    if cents and len(cents) != 2:
        return f"{amount} {money.more}"
    name = money.one if whole == "1" else money.more
    if not cents.strip("0"):
        return f"{whole} {name}"
    return f"{whole} {name} {words.money_and} {cents} {money.cents}".strip()


@functools.cache
def _short(language: str) -> re.Pattern[str]:
    short = sorted(SPOKEN_WORDS[language].short, key=len, reverse=True)
    return re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, short))})\.(?=\W|$)")


def _said_long(match: re.Match[str], words: SpokenWords) -> str:
    # The full stop of a sentence that ends so is one of its own.
    ends = not match.string[match.end() :].strip()
    return words.short[match[1]] + ("." if ends else "")
