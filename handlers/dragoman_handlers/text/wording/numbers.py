"""Whether the numbers of a sentence are in its translation, in the way in which its language writes them.

A false alarm costs a sentence another call of the model, and maybe a worse translation. So what languages may write in
other ways is let through: `2` as a word, `1,234.5` as `1.234,5`, `19th` as `XIX`, `5 pm` as `17h`, `'90s` as `1990`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec

from dragoman_handlers.text.sentences.segmentation import Piece
from dragoman_handlers.text.tokens import Role, Token, blanked

_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\d+(?:[.,'\u2019\u00a0\u202f ]\d{3}(?!\d)|[.,]\d+)*")
_POINTS = {"en": (",", "."), "pt": (".", ",")}
"""What groups a language's digits, and what begins its decimals."""
_MINUS = re.compile(r"(?<![\w)\].,%\u2212-])[-\u2212](?=\d)")
_SIGNED = re.compile(r"(?:(?<![\w)\].,%\u2212-])[-\u2212])?\d+(?:[.,:'\u2019]\d+|[ \u00a0\u202f]\d{3}(?!\d))*")
_MINUS_WORDS = re.compile(r"\b(?:minus|negativ\w*|menos|below|abaixo)\b", re.IGNORECASE)
_WORDS_OF: dict[str, dict[int, str]] = {
    "en": {
        0: "zero no none nil",
        1: "a an one first once single",
        2: "two second both twice double pair couple half",
        3: "three third thrice triple",
        4: "four fourth quarter",
        5: "five fifth",
        6: "six sixth",
        7: "seven seventh",
        8: "eight eighth",
        9: "nine ninth",
        10: "ten tenth",
        11: "eleven eleventh",
        12: "twelve twelfth dozen noon midday",
        13: "thirteen thirteenth",
        14: "fourteen fourteenth",
        15: "fifteen fifteenth quarter",
        16: "sixteen sixteenth",
        17: "seventeen seventeenth",
        18: "eighteen eighteenth",
        19: "nineteen nineteenth",
        20: "twenty twentieth twenties",
        24: "midnight",
        30: "thirty thirtieth thirties half",
        40: "forty fortieth forties",
        50: "fifty fiftieth fifties half",
        60: "sixty sixtieth sixties",
        70: "seventy seventieth seventies",
        80: "eighty eightieth eighties",
        90: "ninety ninetieth nineties",
        100: "hundred hundredth century",
        1000: "thousand thousandth",
        1_000_000: "million millionth",
        1_000_000_000: "billion",
    },
    "pt": {
        0: "zero nenhum nenhuma meia-noite",
        1: "um uma primeiro primeira primeiros primeiras uns umas única único",
        2: "dois duas segundo segunda segundos ambos ambas dobro duplo dupla par meio meia metade",
        3: "três terceiro terceira terço triplo",
        4: "quatro quarto quarta quartos",
        5: "cinco quinto quinta",
        6: "seis sexto sexta meia",
        7: "sete sétimo sétima",
        8: "oito oitavo oitava",
        9: "nove nono nona",
        10: "dez décimo décima dezena",
        11: "onze undécimo",
        12: "doze dúzia meio-dia",
        13: "treze",
        14: "catorze quatorze",
        15: "quinze quarto",
        16: "dezesseis dezasseis",
        17: "dezessete dezassete",
        18: "dezoito",
        19: "dezenove dezanove",
        20: "vinte vigésimo vigésima",
        24: "meia-noite",
        30: "trinta meia",
        40: "quarenta",
        50: "cinquenta meio metade",
        60: "sessenta",
        70: "setenta",
        80: "oitenta",
        90: "noventa",
        100: "cem cento centena século",
        1000: "mil milhar",
        1_000_000: "milhão milhões",
        1_000_000_000: "bilhão bilhões bilião biliões",
    },
}
_SCALES = {
    "mil": 3, "thousand": 3, "thousands": 3, "k": 3,
    "milhão": 6, "milhões": 6, "million": 6, "millions": 6, "mi": 6, "mn": 6, "m": 6,
    "bilhão": 9, "bilhões": 9, "bilião": 12, "biliões": 12, "billion": 9, "billions": 9, "bn": 9, "bi": 9,
    "trilhão": 12, "trilhões": 12, "trillion": 12, "trillions": 12,
}  # fmt: skip
"""Words after a number to the power of ten that they stand for."""
_SCALE = re.compile(r"[ \u00a0]?([a-zãõ]{1,9})(?!\w)(?: (milhões|milhão)(?!\w))?", re.IGNORECASE)
_UNITS: dict[str, tuple[str, float]] = {
    name: (dimension, factor)
    for dimension, factor, names in (
        ("m", 0.0254, "inch inches in polegada polegadas"),
        ("m", 0.3048, "foot feet ft pé pés"),
        ("m", 0.9144, "yard yards yd jarda jardas"),
        ("m", 1609.3, "mile miles mi milha milhas"),
        ("m", 0.001, "mm millimeter millimeters millimetre millimetres milímetro milímetros"),
        ("m", 0.01, "cm centimeter centimeters centimetre centimetres centímetro centímetros"),
        ("m", 1.0, "m meter meters metre metres metro metros"),
        ("m", 1000.0, "km kilometer kilometers kilometre kilometres quilômetro quilômetros quilómetro quilómetros"),
        ("g", 28.35, "ounce ounces oz onça onças"),
        ("g", 453.6, "pound pounds lb lbs libra libras"),
        ("g", 1.0, "g gram grams grama gramas"),
        ("g", 1000.0, "kg kilo kilos kilogram kilograms quilo quilos quilograma quilogramas"),
        ("l", 3.785, "gallon gallons galão galões"),
        ("l", 1.0, "l liter liters litre litres litro litros"),
        ("km/h", 1.609, "mph"),
        ("km/h", 1.0, "km/h kmh kph"),
        ("a", 0.4047, "acre acres"),
        ("a", 1.0, "ha hectare hectares"),
    )
    for name in names.split()
}
"""Words of units with what they measure, and how many of its base unit they are."""
_UNIT = re.compile(r"[ \u00a0-]?([^\W\d_]{1,14}(?:/h)?)(?!\w)")
_ABOUT = 0.12
"""Whoever converts a unit rounds, by so much at most."""
_PERCENT_OR_DEGREES = re.compile(r"%|[ \u00a0]?[°º][CF](?!\w)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CLOCK = re.compile(
    r"\b(?:[ap]\.?\s?m\b|o'clock|noon|midnight|horas?|hrs?\b|meio-dia|meia-noite|da manhã|da tarde|da noite)"
    r"|\d{1,2}h|\d:\d",
    re.IGNORECASE,
)
_ROMAN_WORD = re.compile(r"[IVX]+")
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_MOST_ROMAN = 39
_MOST_WORDS_DIGITS = 10
_LONG_DIGITS = 3
"""So many are never written as words, and each of them counts as often as it is there."""
_NOON = 12


class NumberCheck(msgspec.Struct, frozen=True):
    """The check of the numbers of every sentence of a text."""

    source: str
    """The sentences' language."""
    target: str
    """The translations' language."""

    def lost(self, source_text: str, translation: str) -> list[str]:
        """Return the numbers of a sentence that its translation has not; see `lost_numbers`."""
        return lost_numbers(source_text, translation, self.source, self.target)

    def hidden(self, piece: Piece) -> Piece:
        """Return a sentence whose numbers are tokens, like all else in it that a model does not see."""
        rest = blanked(piece.text, piece.tokens)
        numbers = [
            Token(found.start(), found.end(), Role.NUMBER, _as_in(self.target, self.source, rest, found))
            for found in _SIGNED.finditer(rest)
        ]
        tokens = sorted([*piece.tokens, *numbers], key=lambda token: token.start)
        return Piece(piece.text, translatable=True, tokens=tuple(tokens))


def lost_numbers(source_text: str, translation: str, source: str, target: str) -> list[str]:
    """Return the numbers of a sentence that its translation has not.

    Args:
        source_text: the sentence, without what was kept from the model.
        translation: what the model made of it, without that as well.
        source: the sentence's language.
        target: the translation's language.
    """
    if not _DIGIT.search(source_text):
        return []
    has = _Numbers(translation, target, frozenset(_NUMBER.findall(source_text)))
    told_by_clock = _CLOCK.search(source_text) is not None or _CLOCK.search(translation) is not None
    wanted: Counter[str] = Counter()
    lost = []
    for found in _NUMBER.finditer(source_text):
        number = found[0]
        wanted[number] += 1
        there = (
            has.written(number, source, wanted[number])
            or has.scaled(source_text, found, source)
            or has.converted(source_text, found, source)
        )
        if not there and not has.in_other_ways(number, told_by_clock=told_by_clock):
            lost.append(number)
    if len(_MINUS.findall(source_text)) > len(_MINUS.findall(translation)) + len(_MINUS_WORDS.findall(translation)):
        lost.append("-")
    return lost


def in_target_form(text: str, source: str, target: str) -> list[tuple[str, str]]:
    """Return the amounts of a text that the target's language writes otherwise, each with how it does."""
    found = [(number[0], _as_in(target, source, text, number)) for number in _NUMBER.finditer(text)]
    return [(written, right) for written, right in dict(found).items() if written != right]


def _as_in(target: str, source: str, text: str, number: re.Match[str]) -> str:
    """Write a number in the target language's notation, where both notations are known and it is surely an amount."""
    if source not in _POINTS or target not in _POINTS or _POINTS[source] == _POINTS[target]:
        return number[0]
    group, point = map(re.escape, _POINTS[source])
    amount = re.fullmatch(rf"[-\u2212]?\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d+)?", number[0])
    decimal = re.fullmatch(rf"[-\u2212]?\d+{point}\d+", number[0]) and (
        _PERCENT_OR_DEGREES.match(text, number.end())
        or re.match(r"[-\u2212]?0\D", number[0])
        or _scaled_forms(text, number, source)
        or _quantities(text, number, source)
    )
    return number[0].translate(str.maketrans(".,", ",.")) if amount or decimal else number[0]


class _Numbers:
    """The numbers of a translation, in every form that can be compared."""

    def __init__(self, text: str, language: str, source_numbers: frozenset[str]) -> None:
        self._language = language
        self._text = text
        self._forms: Counter[str] = Counter()
        quantities: defaultdict[str, list[float]] = defaultdict(list)
        for found in _NUMBER.finditer(text):
            self._forms.update({*_forms(found[0], language), *_scaled_forms(text, found, language)})
            # In `50 km (31 miles)`, the 50 km of the translation are those of the source.
            for dimension, amount in _quantities(text, found, language) if found[0] not in source_numbers else ():
                quantities[dimension].append(amount)
        self._quantities = {dimension: sorted(amounts) for dimension, amounts in quantities.items()}
        self._runs = Counter(_DIGITS.findall(text))
        self._years = {run[-2:] for run in self._runs if len(run) == 4}
        self._words: frozenset[str] | None = None

    def written(self, number: str, source: str, times: int) -> bool:
        """Return whether it is there in digits; a long number must be there as often as it has come by now."""
        needed = times if sum(map(str.isdigit, number)) >= _LONG_DIGITS else 1
        if any(self._forms[form] >= needed for form in _forms(number, source)):
            return True
        runs = _DIGITS.findall(number)
        return len(runs) > 1 and all(self._runs[run] >= needed for run in runs)

    def scaled(self, text: str, number: re.Match[str], source: str) -> bool:
        """Return whether a number with a word such as `million` is there, in any mixture of digits and words."""
        return any(self._forms[form] > 0 for form in _scaled_forms(text, number, source))

    def converted(self, text: str, number: re.Match[str], source: str) -> bool:
        """Return whether the same quantity is there in another unit."""
        for dimension, amount in _quantities(text, number, source):
            amounts = self._quantities.get(dimension, [])
            at = bisect_left(amounts, amount * (1 - _ABOUT))
            if at < len(amounts) and amounts[at] <= amount * (1 + _ABOUT):
                return True
        return False

    def in_other_ways(self, number: str, *, told_by_clock: bool) -> bool:
        """Return whether a small number is there as words, a Roman number, a time on another clock or a decade."""
        if not number.isdigit() or len(number) > _MOST_WORDS_DIGITS:
            return False
        value = int(number)
        if self._in_words(value) or (0 < value <= _MOST_ROMAN and _roman(value) in self._all_words()):
            return True
        if told_by_clock and self._on_a_clock(value):
            return True
        # `'90s` for `1990s`, and the other way round
        return number in self._years or (len(number) == 4 and number[-1] == "0" and self._runs[number[-2:]] > 0)

    def _on_a_clock(self, value: int) -> bool:
        if value > 2 * _NOON:  # `1200` for noon
            return len(str(value)) == 4 and value % 100 == 0 and self._forms[str(value // 100)] > 0
        hours = [hour for hour in (value + _NOON, value - _NOON) if hour >= 0]
        if value == 0 or self._forms[f"{value}00"]:
            return True
        return any(self._forms[str(hour)] or self._in_words(hour) for hour in hours)

    def _in_words(self, value: int) -> bool:
        words = _WORDS_OF.get(self._language)
        if words is None:
            return value < 100  # how that language writes it is not known
        if value in words:
            return not self._all_words().isdisjoint(words[value].split())
        # `trinta e um`, `twenty-five`
        tens = value - value % 10
        return value < 100 and tens in words and self._in_words(tens) and self._in_words(value % 10)

    def _all_words(self) -> frozenset[str]:
        """Return the number words in small letters, also the parts of those with a hyphen, and Roman numbers."""
        if self._words is None:
            words = _WORD.findall(self._text)
            parts = {part.lower() for word in words for part in (word, *word.split("-"))}
            self._words = frozenset(parts | {word for word in words if _ROMAN_WORD.fullmatch(word)})
        return self._words


def _forms(number: str, language: str) -> Iterator[str]:
    """Yield a number's digits alone, and its value as its language's notation says."""
    yield re.sub(r"\D", "", number).lstrip("0") or "0"
    for group, point in [_POINTS[language]] if language in _POINTS else [(".", ","), (",", ".")]:
        value = _value(number, group, point)
        if value is not None:
            yield value


def _value(number: str, group: str, point: str) -> str | None:
    whole, _, rest = number.partition(point)
    if point in rest or group in rest:
        return None
    whole, rest = re.sub(r"\D", "", whole).lstrip("0") or "0", rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _quantities(text: str, number: re.Match[str], language: str) -> list[tuple[str, float]]:
    """Return the quantities that a number with a unit may mean: dimension and amount."""
    after = _UNIT.match(text, number.end())
    unit = _UNITS.get(after[1].lower()) if after else None
    if unit is None or len(number[0]) > _MOST_WORDS_DIGITS:
        return []
    return [(unit[0], float(form) * unit[1]) for form in _forms(number[0], language)]


def _scaled_forms(text: str, number: re.Match[str], language: str) -> list[str]:
    """Return the values that a number times the word after it (a thousand or more) may mean."""
    after = _SCALE.match(text, number.end())
    power = _SCALES.get(after[1].lower(), 0) if after else 0
    if not after or not power:
        return []
    power += _SCALES[after[2].lower()] if after[2] else 0
    forms = []
    for form in _forms(number[0], language):
        whole, _, rest = form.partition(".")
        if len(rest) <= power:
            forms.append((whole + rest.ljust(power, "0")).lstrip("0"))
    return forms


def _roman(value: int) -> str:
    parts = []
    for worth, letters in _ROMAN:
        count, value = divmod(value, worth)
        parts.append(letters * count)
    return "".join(parts)
