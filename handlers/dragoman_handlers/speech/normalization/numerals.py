"""Ordinals and roman numerals in words: `3.º`, `21st`, `XXe siècle`, `Chapter IV`, `D. João VI`."""

# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import re
from collections.abc import Mapping

from dragoman_handlers.speech.normalization.number_words import SpokenWords, cardinal, ordinal

_ROMAN = r"(?=[IVXLCDM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_LETTERS: Mapping[str, int] = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_BEHIND = re.compile(
    rf"(?<![\w.])([^\W\d_]{{1,20}})(\.?\s+)({_ROMAN})(?:ers?|res?|ères?)?(\.(?=\s\w|[,;:)]))?(?![\w]|['’](?!s\b)|-[^\W\d_])"
)
"""A word, and a roman numeral behind it."""
_AHEAD = re.compile(rf"(?<![\w.-])({_ROMAN})(\.|[ºª]|(?:ères?|ère|er|res?|èmes?|emes?|es?))?\s+([^\W\d_]{{3,20}})")
"""A roman numeral, perhaps with the end of an ordinal, and a word behind it."""
_LONE = frozenset("LCDM")
"""Letters that are no number where they stand alone: `Group C`."""
_SMALL = re.compile(r"(?<![\w.])([^\W\d_]{4,20})\s([ivxl]{2,7})(?![\w'’-])")
_RANKS = frozenset({"type", "phase", "class", "stage", "grade", "tier"})
"""Words behind which `I` is a number, whatever follows."""
_SEVERAL = re.compile(
    rf"\b((?:séculos|siglos|secoli)\s)({_ROMAN}(?:(?:,\s|\s?[-–]\s?|\s(?:e|y|a|al|ao)\s){_ROMAN}){{1,5}})(?!\w)"
)
_FRENCH = re.compile(rf"(?<!\w)(?![^IVX])({_ROMAN.replace('LCDM', '')})(?:èmes?|emes?|es?|(?<=I)er)(?!\w)")
_SUBJECT = re.compile(r"\s+(?!(?:of|was|is|ruled|reigned|died|became|and)\b)[a-z]")
"""What follows the pronoun `I`, and no king."""
_FEMININE = re.compile(
    r"(?:a|Isabel|Elizabeth|Elisabeth|Élisabeth|Mary|Catherine|Marie|Marguerite|Margarethe|Margaret|Beatrix|Isabelle)$"
)
_BIGGEST_RANK = 60
"""No king and no century has a higher one."""
_LAST_ORDINAL = 10
"""In Portuguese and Spanish, kings and centuries behind the tenth have plain numbers."""
_STRONG = re.compile(r"\b(?:der|die|das)\s*$", re.IGNORECASE)
_MIXED = re.compile(r"\b(?:ein|kein|mein|dein|sein|ihr|unser)\s*$", re.IGNORECASE)
_LOOK_BACK = 12


def said_ordinals(text: str, words: SpokenWords) -> str:
    """Write ordinals in digits out: `3.º`, `1ère`, `21st`, `am 3. Mai`."""

    def said(match: re.Match[str]) -> str:
        groups = match.groupdict()
        feminine = bool(groups.get("f") or groups.get("f2") or groups.get("f3"))
        rank = _rank(
            int(match["n"].replace(".", "")),
            words,
            match.string[max(0, match.start() - _LOOK_BACK) : match.start()],
            feminine,
        )
        if rank and groups.get("e"):
            rank = re.sub(r"(?<=r)o$", "", rank)
        if rank and groups.get("s"):
            rank = re.sub(r"(?<=[oa])\b", "s", rank)
        return rank or match[0]

    return words.ranked.sub(said, text)


def said_romans(text: str, words: SpokenWords) -> str:
    """Write roman numerals out where the words around them say that they are numbers."""
    text = _SMALL.sub(lambda match: _small(match, words), text)
    text = _SEVERAL.sub(lambda match: match[1] + _centuries(match[2], words), text)
    if words.language == "fr":
        text = _AHEAD.sub(lambda match: _ahead(match, words), text)
        return _BEHIND.sub(lambda match: _behind(match, words), _FRENCH.sub(lambda match: _french(match, words), text))
    text = _AHEAD.sub(lambda match: _ahead(match, words), text)
    return _BEHIND.sub(lambda match: _behind(match, words), text)


def roman_value(numeral: str) -> int:
    """Return the value of a well-formed roman numeral."""
    values = [_LETTERS[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, following, strict=True))


def _small(match: re.Match[str], words: SpokenWords) -> str:
    """Say `chapter iv`."""
    well_formed = match[1].lower() in words.parts and re.fullmatch(_ROMAN, match[2].upper())
    return f"{match[1]} {roman_value(match[2].upper())}" if well_formed else match[0]


def _centuries(numerals: str, words: SpokenWords) -> str:
    return re.sub(r"[IVXLCDM]+", lambda match: _limited(roman_value(match[0]), words, feminine=False), numerals)


def _french(match: re.Match[str], words: SpokenWords) -> str:
    """Say `IIe`, which is nothing but a number."""
    return ordinal(roman_value(match[1]), words.language) or match[0]


def _rank(number: int, words: SpokenWords, before: str, feminine: bool) -> str | None:  # noqa: FBT001 - as ordinal()
    rank = ordinal(number, words.language, feminine=feminine)
    if rank is None or words.language != "de":
        return rank
    if _STRONG.search(before):
        return rank
    return rank + ("r" if _MIXED.search(before) else "n")


def _ahead(match: re.Match[str], words: SpokenWords) -> str:
    """Say `XX secolo`, `Ve République`, `II Guerra Mundial`, `20th` written as `XX. Jahrhundert`."""
    numeral, end, noun = match.groups()
    feminine = words.ranked_nouns.get(noun.lower())
    number = roman_value(numeral)
    if feminine is None or number > _BIGGEST_RANK or (end == "." and words.language != "de"):
        return match[0]
    before = match.string[max(0, match.start() - _LOOK_BACK) : match.start()]
    rank = _rank(number, words, before, feminine)
    return f"{rank} {noun}" if rank else match[0]


def _behind(match: re.Match[str], words: SpokenWords) -> str:
    word, blank, numeral, stop = match.groups()
    number = roman_value(numeral)
    if numeral in _LONE:
        return match[0]
    ranks = word.lower() in _RANKS
    if numeral == "I" and words.language == "en" and not ranks and _SUBJECT.match(match.string, match.end()):
        return match[0]
    ends = (stop or "") if words.language != "de" else ""
    said = _counted(word, number, words) or _named(word, numeral, number, words)
    return f"{word}{blank if said.isdecimal() else ' '}{said}{ends}" if said else match[0]


def _counted(word: str, number: int, words: SpokenWords) -> str:
    """Return the number of a chapter or a century."""
    name = word.lower()
    if name in words.parts or name in words.short_before_number:
        return str(number)
    return _limited(number, words, feminine=False) if name in words.eras else ""


def _named(word: str, numeral: str, number: int, words: SpokenWords) -> str:
    """Return the number behind a name: of a king, or of a film."""
    if number > _BIGGEST_RANK or not word[0].isupper():
        return ""
    if word in words.rulers:
        return _ruler(word, number, words)
    # `Rocky II`, but neither `Malcolm X` nor `Vitamin C`; letters of a word in capitals are none.
    plain = len(numeral) > 1 and len(word) > 1 and not word.isupper() and set(numeral) <= set("IVX")
    return str(number) if plain else ""


def _ruler(name: str, number: int, words: SpokenWords) -> str:
    """Return the number behind a ruler's name as the language says it."""
    feminine = _FEMININE.search(name) is not None
    language = words.language
    if language == "fr":
        said = ordinal(1, language, feminine=feminine) if number == 1 else cardinal(number, language)
    elif language in {"pt", "es"}:
        said = _limited(number, words, feminine=feminine)
    else:
        said = ordinal(number, language, feminine=feminine)
        if said and language == "en":
            said = f"the {said}"
        if said and language == "de":
            said = f"{'die' if feminine else 'der'} {said.capitalize()}"
    return said or str(number)


def _limited(number: int, words: SpokenWords, *, feminine: bool) -> str:
    """Return an ordinal up to the tenth, then a cardinal."""
    if number > _LAST_ORDINAL and words.language != "it":
        return cardinal(number, words.language) or str(number)
    return ordinal(number, words.language, feminine=feminine) or str(number)
