"""A text as it is said: signs that are not spoken are left out, and short forms are written out.

Voices read plain numbers themselves. What they read badly, or what a person would not read as it is written, is
changed here: emoji and markup go, of a web address only the host is said, and amounts, units, times and titles become
words. What is left out is told to the caller.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks are meant

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from dragoman_handlers.speech.normalization.addresses import said_addresses
from dragoman_handlers.speech.normalization.moments import said_codes, said_dates, said_telephones, said_times
from dragoman_handlers.speech.normalization.number_words import SpokenWords
from dragoman_handlers.speech.normalization.numerals import said_ordinals, said_romans
from dragoman_handlers.speech.normalization.other_languages import said_by_library
from dragoman_handlers.speech.normalization.quantities import (
    said_fractions,
    said_money,
    said_powers,
    said_ranges,
    said_scales,
    said_units,
)
from dragoman_handlers.speech.normalization.signs import said_numbers, said_short_forms, said_signs
from dragoman_handlers.speech.normalization.wording import SPOKEN_WORDS

MOST_NAMED = 5
"""So many things that are left out are named in a warning."""
_MOST_CHARS = 60
"""Of each of them."""
_MEANT = re.compile("[^ªº²³¹⁰⁴-⁹⁺⁻¼-¾⅐-⅞⅒№™℠®©]+")
"""Runs without the signs that decide about a value, which their compatible letters do not show."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|hellip|mdash|ndash|euro|pound|copy|deg|#\d{1,6});")
_HYPHENS = str.maketrans("\u2010\u2011\ufe63\uff0d", "----")
_LINE = re.compile(r"([=+~_*#-])\1{5,}|^[ \t]{0,9}([=+~_*#-])\2{2,}[ \t]{0,9}$", re.MULTILINE)
"""A line that is drawn with signs."""
_CUE = re.compile(r"(?:\d{1,3}:)?\d{2}:\d{2}[.,]\d{3} --> (?:\d{1,3}:)?\d{2}:\d{2}[.,]\d{3}|\[[ xX]\](?=\s)")
"""The times of a subtitle, and the box of a task in a list."""
_EMOTICON = re.compile(r"(?<!\S)(?:[:;=8xX][-o^']?[)(\]\[DPp/\\|*3]+|<3|\^_?\^|[xX]D+)(?=[\s.,!?]|$)")
_MARKUP = re.compile(r"(?<!\d)\*|\*(?!\d)|(?<!\w)_+|_+(?!\w)|[~`|^¶†‡•·■□▪]|(?<!\w)[#@](?=[^\W\d])")
_ARROW = re.compile(r"\s*(?:[\u2190-\u21ff]|->|=>)\s*|(?<=\w)\s{1,9}\|\s{1,9}(?=\w)")
_REPEATED = re.compile(r"([!?,;:—])(?:\s?\1)+")
_DOTS = re.compile(r"\.{2,}|…+")
_JOINERS = re.compile("(?<![^\\W\\d_])[\u200c\u200d]|[\u200c\u200d](?![^\\W\\d_])")
_CLAUSE_ENDS = (", ", "; ", ": ", " — ", " – ", "… ", "، ", "，", "、", "。", "؛ ")


@dataclass(frozen=True, slots=True)
class Normalized:
    """A text as it is said."""

    text: str
    """Empty where nothing is said."""
    left_out: tuple[str, ...] = ()
    """Emoji, smileys, tags and times of subtitles that are not said, in order."""
    shortened: tuple[str, ...] = ()
    """Addresses of which only the host is said."""


def normalize(text: str, language: str) -> Normalized:
    """Return what is said of `text`, and what is not. Linear in its length.

    Args:
        text: a sentence, or some.
        language: two letters.
    """
    words = SPOKEN_WORDS.get(language)
    left_out: list[str] = []
    shortened: list[str] = []
    text = _MEANT.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).replace("\u2044", "/")
    text = _LINE.sub(" ", text.translate(_HYPHENS))
    text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    text = said_addresses(text, words, shortened)
    text = _CUE.sub(lambda match: _noted(match, left_out), text)
    text = _TAG.sub(lambda match: _noted(match, left_out), text)
    text = _without_pictures(text, left_out)
    text = _EMOTICON.sub(lambda match: _noted(match, left_out), " ".join(text.split()))
    text = _ARROW.sub(", ", text)
    if words is None:
        text = said_by_library(text, language)
    else:
        text = unicodedata.normalize("NFKC", _said_words(text, words)).replace("\u2044", "/")
    text = _MARKUP.sub("", text).replace("_", " ")
    text = _REPEATED.sub(r"\1", _DOTS.sub("… ", text.replace("--", "—")))
    text = re.sub(r"\s+([,.;:!?…)])(?=\s|$)", r"\1", " ".join(text.split()))
    text = re.sub(r"(?<=[(\[]) ", "", text)
    said = text if any(character.isalnum() for character in text) else ""
    return Normalized(said, tuple(left_out), tuple(shortened))


def speakable(text: str, language: str) -> str:
    """Return the part of `text` that is said; empty where nothing is. See `normalize`."""
    return normalize(text, language).text


def told_warnings(parts: Iterable[Normalized]) -> list[str]:
    """Return a sentence for each kind of thing in a text that is not said; none where everything is."""
    left_out: list[str] = []
    shortened: list[str] = []
    for part in parts:
        left_out += part.left_out
        shortened += part.shortened
    warnings = []
    if left_out:
        warnings.append(f"not spoken: {named(left_out)}")
    if shortened:
        warnings.append(f"of an address only the host is spoken: {named(shortened)}")
    return warnings


def named(things: Iterable[str]) -> str:
    """Return the first few of some texts, without repeats and not too long, for a warning."""
    distinct = list(dict.fromkeys(things))
    named = [one if len(one) <= _MOST_CHARS else f"{one[:_MOST_CHARS]}…" for one in distinct[:MOST_NAMED]]
    more = f" and {len(distinct) - MOST_NAMED} more" if len(distinct) > MOST_NAMED else ""
    return " ".join(named) + more


def _said_words(text: str, words: SpokenWords) -> str:
    """Write out what has words in the language. Each step leaves to the next what it does not know."""
    steps = (
        said_dates,
        said_times,
        said_telephones,
        said_numbers,
        said_codes,
        said_ordinals,
        said_fractions,
        said_money,
        said_scales,
        said_units,
        said_short_forms,
        said_romans,
        said_ranges,
        said_powers,
        said_signs,
    )
    for step in steps:
        text = step(text, words)
    return text


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


def _noted(match: re.Match[str], left_out: list[str]) -> str:
    left_out.append(match[0])
    return " "


_PICTURES = re.compile(
    "(?:[0-9#*]\ufe0f?\u20e3)+|(?:[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff]"
    "[\ufe0e\ufe0f\u20e3\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*)+"
)


def _without_pictures(text: str, left_out: list[str]) -> str:
    """Remove emoji and other pictures, which are noted, and invisible characters."""
    if text.isascii():
        return "".join(sign if sign >= " " or sign in "\n\t" else "" for sign in text)
    text = _PICTURES.sub(lambda match: _picture(match, left_out), text)
    kept = []
    for character in text:
        if _is_picture(character):
            if not ("\ufe00" <= character <= "\ufe0f" or character == "\u20e3"):
                left_out.append(character)
            kept.append(" ")
        else:
            kept.append(character)
    return "".join(
        character
        for character in _JOINERS.sub("", "".join(kept))
        if character in "\n\t\u200c\u200d" or unicodedata.category(character)[0] != "C"
    )


def _picture(match: re.Match[str], left_out: list[str]) -> str:
    """Return what is said of a run of pictures: the digit in a box, and letters and numbers among them."""
    if "\u20e3" in match[0] and any(character.isdigit() for character in match[0]):
        return "".join(f" {character} " for character in match[0] if character.isdigit())
    said = "".join(character for character in match[0] if character.isalnum())
    if said:
        return match[0]
    left_out.append(match[0].strip("\u200d"))
    return " "


def _is_picture(character: str) -> bool:
    if character < "\u00a0" or character in "°©№":
        return False
    # Variation selectors, the box around a digit, and skin tones belong to pictures.
    if "\ufe00" <= character <= "\ufe0f" or character == "\u20e3" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    return unicodedata.category(character) in {"So", "Co", "Cn"}
