"""The words of a language that are spoken for numbers, signs and short forms, and numbers that are counted with them.

Numbers become words with num2words. Plain ones are left to the voices, which read them well; words are needed where a
number has a gender, a rank or a sign.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import num2words

_CODES: Mapping[str, str] = {"pt": "pt_BR", "nb": "no", "nn": "no"}
"""What num2words calls a language that it does not know by its own code. The best voice of Portuguese is Brazilian."""
_MENDED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "fr": (("vingtsième", "vingtième"), ("centsième", "centième")),
    "es": (("décimoprimer", "undécim"), ("décimosegund", "duodécim"), ("décimo(?=[a-z])", "decimo")),
}
"""Words of num2words that no dictionary has."""
_GROUPS = re.compile("[ \u00a0\u202f'\u2019]")


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing that is counted."""

    one: str
    more: str
    feminine: bool = False


@dataclass(frozen=True, slots=True)
class Money(Noun):
    """A currency's name for one and for more, and of its hundredth."""

    cent: str = ""
    cents: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SpokenWords:
    """The words of one language. There is one of each language, and patterns are kept for it."""

    language: str
    decimal: str = ","
    """The sign before decimals."""
    groups: str = "."
    """The sign between thousands."""
    signs: Mapping[str, str]
    """By name: `minus`, `percent`, `dot`; `number` stands before a number (`n.º 12`)."""
    operators: Mapping[str, str] = field(default_factory=dict)
    """What is said for a sign wherever it stands."""
    money_and: str
    """Between the two halves of an amount: `12 reais e 50 centavos`."""
    money_of: str
    """Between a million and the currency."""
    cents_named: bool = True
    """Whether the name of the hundredth follows: `12 Euro 50` has none."""
    money: Mapping[str, Money]
    """By sign."""
    scales: Mapping[str, Noun]
    """By short form: `k`, `mio`, `bn`."""
    units: Mapping[str, Noun]
    """By sign: `km`, `µg`, `km/h`."""
    per: str
    """In a unit: kilometres `per` second."""
    fractions: Mapping[str, tuple[str, str]]
    """`1/2`: alone (`half`), and behind a whole number (`and a half`)."""
    one: tuple[str, str]
    """The number one before a masculine and before a feminine noun."""
    short: Mapping[str, str]
    """Abbreviation without its last full stop, as it is written."""
    short_before_number: Mapping[str, str] = field(default_factory=dict)
    """Those that are one only before a number: `p. 12`."""
    months: tuple[str, ...]
    date: str
    """With `{day}`, `{month}` and `{year}`."""
    day_month: str
    before_date: frozenset[str] = frozenset()
    """Words before a day and a month without a year."""
    clock: Mapping[str, str]
    """`full` (10:00), `few` (10:05) and `more` (10:30), with `{h}` and `{m}`."""
    ranked: re.Pattern[str]
    """A number that is an ordinal: groups `n` and, where it tells the gender, `f`."""
    parts: frozenset[str]
    """What is counted in roman numerals behind it: `chapter`."""
    eras: frozenset[str] = frozenset()
    """The like, with ordinals up to the tenth: `século`."""
    ranked_nouns: Mapping[str, bool] = field(default_factory=dict)
    """What roman numerals before it rank, and whether it is feminine: `II Guerra`."""
    rulers: frozenset[str]
    """First names of kings, queens and popes."""


def listed(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


def nouns(table: str) -> dict[str, Noun]:
    """Read nouns from lines of `sign one, more`; a third word `f` makes a noun feminine."""
    found = {}
    for line in table.strip().splitlines():
        sign, _, rest = line.strip().partition(" ")
        one, *more = [name.strip() for name in rest.split(",")]
        found[sign] = Noun(one, more[0] if more else one, feminine="f" in more[1:])
    return found


@functools.lru_cache(maxsize=4096)
def cardinal(number: int, language: str, *, feminine: bool = False) -> str | None:
    """Return a number in words, None where the library has none."""
    words = _converted(number, language, "cardinal")
    if words is None or not feminine:
        return words
    if language == "pt":
        words = re.sub(r"\bum$", "uma", re.sub(r"\bdois$", "duas", words))
        return words.replace("entos", "entas")
    if language == "es":
        return re.sub("uno$", "una", words).replace("cientos", "cientas")
    if language == "fr":
        return re.sub(r"\bun$", "une", words)
    return words


@functools.lru_cache(maxsize=4096)
def ordinal(number: int, language: str, *, feminine: bool = False) -> str | None:
    """Return a rank in words, None where the library has none."""
    words = _converted(number, language, "ordinal")
    if words is None or not feminine:
        return words
    if language in {"pt", "es", "it"}:
        return re.sub(r"o\b", "a", words)
    return "première" if language == "fr" and number == 1 else words


def counted(whole: str, noun: Noun, words: SpokenWords) -> str:
    """Return a number and what it counts: `1 hora` is `uma hora`, and `21 euros` `veintiún euros`.

    Args:
        whole: digits, perhaps with decimals.
        noun: what is counted.
        words: of the language.
    """
    digits = whole.replace(words.groups, "")
    if not digits.isdecimal():
        few = words.language == "fr" and digits.startswith(("0", "1" + words.decimal))
        return f"{whole} {noun.one if few else noun.more}"
    if digits == "1":
        return f"{words.one[noun.feminine]} {noun.one}".strip()
    name = noun.one if words.language == "fr" and digits == "0" else noun.more
    return f"{_agreeing(digits, whole, words.language, feminine=noun.feminine)} {name}"


def _agreeing(digits: str, whole: str, language: str, *, feminine: bool) -> str:
    """Return a number in words where its end has a gender that a voice cannot see, else as it is."""
    if language == "en" or len(digits) > 6 or digits[-2:] in {"11", "12"}:
        return whole
    number = int(digits)
    if feminine and language in {"pt", "es", "fr"}:
        hundreds = language != "fr" and 200 <= number % 1000 < 1000 and len(digits) < 4
        if hundreds or digits[-1] == "1" or (digits[-1] == "2" and language == "pt"):
            return cardinal(number, language, feminine=True) or whole
    if not feminine and language == "es" and digits[-1] == "1":
        return re.sub("uno$", "ún", cardinal(number, language) or whole).replace("y ún", "y un")
    return whole


def plain_number(written: str, words: SpokenWords) -> str:
    """Return a number with the signs of the language: `1.50` is `1,50` in Portuguese; `20 000` is `20000`."""
    number = _GROUPS.sub("", written)
    points = [sign for sign in number if not sign.isdigit()]
    if not points:
        return f"{int(number):,}".replace(",", words.groups) if 7 <= len(number) <= 18 else number
    if len(set(points)) > 1:
        whole, _, rest = number.rpartition(points[-1])
        return f"{re.sub('[.,]', '', whole)}{words.decimal}{rest}"
    if len(points) > 1:
        return number if points[0] == words.groups else re.sub("[.,]", "", number)
    whole, sign, rest = number.partition(points[0])
    grouped = len(rest) == 3 and len(whole) <= 3 and whole != "0"
    if sign == words.decimal or (sign == words.groups and grouped):
        return number
    return whole + rest if grouped else f"{whole}{words.decimal}{rest}"


def _converted(number: int, language: str, kind: str) -> str | None:
    try:
        words = num2words.num2words(number, lang=_CODES.get(language, language), to=kind)
    except (NotImplementedError, TypeError, ValueError, OverflowError, IndexError, KeyError, AttributeError):
        return None  # a language or a kind that it has not, or a number that is too large for it
    if not isinstance(words, str):
        return None
    for wrong, right in _MENDED.get(language, ()):
        words = re.sub(wrong, right, words)
    return words
