"""Signs of arithmetic, short forms and the sign of a number in words: `x = 5`, `n.º 12`, `Dr. Silva`, `p. 12`."""

# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import functools
import re

from dragoman_handlers.speech.normalization.number_words import SpokenWords, cardinal, plain_number
from dragoman_handlers.speech.normalization.quantities import CLOSE_NUMBER, NUMBER

_NUMBER_SIGN = re.compile(r"(?<!\w)(?:[nN]\.?\s?[º°]\.?|№|#)\s?(?=\d)|(?<!\w)(?:[nN]\.?º|№)(?!\w)")
_NUMBER_SIGNS = re.compile(r"(?<!\w)[nN](?:\.?ºs|\.os)\s?(?=\d)")
_SPELT_NUMBER_SIGN = re.compile(r"(?<!\w)[nN]\.o\s?(?=\d)")
_FEMININE_TITLE = re.compile(r"\b(Prof|Sr|Dr|Exm)\.?ª\.?")
_MINUS = re.compile(r"\s?−\s?(?=[\w.$€£∞√(])|\s-\s(?=\d[^=]{0,20}=)|(?<![^\s(\[=:,;/<>×÷])[-–](?=\.?\d)")
_TIMES = re.compile(r"(?<=\d)\s?[×*]\s?(?=\d)|(?<=\d)\s?[xX](?=\s?\d)(?<!\b0[xX])\s?")
_ABOUT = re.compile(r"(?<!\w)[~≈∼]\s?(?=[\d$€£])")
_POINT = re.compile(r"(?<![\w.])\.(?=\d)")
_COMPARED = re.compile(r"(?<![<>=-])([<>])(=?)(?=\s?[-−]?\d)")
_REPEATED = re.compile(r"([=&%§])\1+")
_OPERATORS = re.compile(r"\s?([+=&%‰§×÷±≈≠≤≥©√∞])\s?")
_DECADE = re.compile(r"(?<![\w.,])['’]?(1\d|20)?([2-9]0)['’]?s\b")
_ALL_WEEK = re.compile(r"(?<![\w/.,])24/7(?![\w/])")
_SAINT = re.compile(r"\bSt\.(?=\s[A-Z])")
_STREET = re.compile(r"(?<=[a-z] )(St|Rd)\.(?!\w)")
_DOM = re.compile(r"(?<!\w)D\.(?=\s([A-ZÀ-Ý][a-zà-ÿ]+))")


def said_signs(text: str, words: SpokenWords) -> str:
    """Replace the signs around numbers, and those that are words, by what is said for them."""
    operators, signs = words.operators, words.signs
    text = text.replace("!=", "≠")
    if words.language in {"pt", "es"}:
        text = _NUMBER_SIGNS.sub("números ", text)
    text = _NUMBER_SIGN.sub(f"{signs['number']} ", text)
    if words.language in {"pt", "es"}:
        text = _SPELT_NUMBER_SIGN.sub(f"{signs['number']} ", text)
    if words.language == "en":
        text = _DECADE.sub(_decade, text)
    text = _ABOUT.sub(f"{signs['about']} ", text)
    text = _POINT.sub(f"0{words.decimal}", _COMPARED.sub(lambda match: _compared(match, words), text))
    text = _TIMES.sub(f" {signs['times']} ", text)
    text = _MINUS.sub(f" {signs['minus']} ", text)
    text = _REPEATED.sub(r"\1", _ALL_WEEK.sub("24 7", text))
    return _OPERATORS.sub(lambda match: f" {operators[match[1]]} ", text)


def said_numbers(text: str, words: SpokenWords) -> str:
    """Write plain numbers with the marks of the language: `20 000` and `3.5` in Portuguese are `20000` and `3,5`."""
    return _plain(words).sub(lambda match: plain_number(match[0], words), text)


def said_short_forms(text: str, words: SpokenWords) -> str:
    """Write abbreviations and titles out."""
    if words.language == "en":
        text = _STREET.sub(lambda match: "Street" if match[1] == "St" else "Road", _SAINT.sub("Saint", text))
    if words.language in {"pt", "es"}:
        text = _FEMININE_TITLE.sub(r"\1a.", text)
        text = re.sub(r"(?<!\w)D\.ª", "dona" if words.language == "pt" else "doña", text)
        text = _DOM.sub(lambda match: _title(match[1], words), text)
    text = _before_numbers(words).sub(lambda match: _before_number(match, words), text)
    return _short(words).sub(lambda match: _said_long(match, words), text)


def _decade(match: re.Match[str]) -> str:
    """Return `1990s` as `19 nineties`."""
    tens = cardinal(int(match[2]), "en") or match[2]
    return f"{match[1]} {tens[:-1]}ies".strip() if match[1] else f"{tens[:-1]}ies"


def _title(name: str, words: SpokenWords) -> str:
    feminine = name.endswith("a") or name in {"Isabel", "Inês", "Beatriz", "Leonor", "Carmen", "Pilar", "Mercedes"}
    if words.language == "pt":
        return "dona" if feminine else "dom"
    return "doña" if feminine else "don"


def _before_number(match: re.Match[str], words: SpokenWords) -> str:
    following = match.string[match.end() : match.end() + 1]
    if match[1].lower() in {"no", "nos", "n", "nr", "p", "pp"} and following in "IVXL":
        return match[0]  # `No. I said`
    return f"{words.short_before_number[match[1]]} "


def _compared(match: re.Match[str], words: SpokenWords) -> str:
    sign = {"<": "≤", ">": "≥"}[match[1]] if match[2] else match[1]
    return f" {words.operators[sign]} "


@functools.cache
def _plain(words: SpokenWords) -> re.Pattern[str]:
    number = CLOSE_NUMBER if words.language == "en" else NUMBER
    return re.compile(rf"(?<![\w.,:/'’-])(?=\d{{1,3}}[.,'’ \u00a0\u202f]\d){number}(?![\w:/]|[.,]\d)")


@functools.cache
def _short(words: SpokenWords) -> re.Pattern[str]:
    short = sorted(words.short, key=len, reverse=True)
    # `Sig.ra` ends without a stop of its own.
    inner = "|".join(re.escape(one) for one in short if re.search(r"\.\w{2,}$", one))
    return re.compile(rf"(?<![\w.])(?:({'|'.join(map(re.escape, short))})\.(?=\W|$)|({inner or '(?!)'})(?![\w.]))")


@functools.cache
def _before_numbers(words: SpokenWords) -> re.Pattern[str]:
    short = sorted(words.short_before_number, key=len, reverse=True)
    return re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, short))})\.:?\s?(?=\+?\(?\d|[IVXL]{{1,6}}\b)")


def _said_long(match: re.Match[str], words: SpokenWords) -> str:
    # The full stop of a sentence that ends so is one of its own.
    ends = match[1] and not match.string[match.end() :].strip()
    return words.short[match[1] or match[2]] + ("." if ends else "")
