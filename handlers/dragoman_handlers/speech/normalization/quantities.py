"""Amounts of money, measures, fractions and ranges, with their units in words: `$20k`, `50 µg`, `1½`, `5-10`."""

# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import functools
import re

from dragoman_handlers.speech.normalization.number_words import Noun, SpokenWords, counted, plain_number

NUMBER = (
    "(?:\\d{1,3}(?:[.,'’]\\d{3}){1,6}(?!\\d)(?:[.,]\\d{1,15})?|"
    "\\d{1,3}(?:[ \u00a0\u202f]\\d{3}(?!\\d)){1,6}(?:[.,]\\d{1,15})?"
    "|\\d{1,20}(?:[.,]\\d{1,15})?)"
)
"""Digits with marks between thousands, and decimals."""
CLOSE_NUMBER = NUMBER.replace("[ \u00a0\u202f]", "[\u00a0\u202f]")
"""The same, but no plain blank between thousands: in English `2020 300` is two numbers."""
_MINUS = r"(?:(?<![\w.,)\]°%'’-])[-−–])"
_WRITTEN_SCALES = (
    "hundred|thousand|lakhs?|crores?"
    "|[mb]illions?|trillions?|mil milh(?:ão|ões)|mil millones|mil|milh(?:ão|ões)|bilh(?:ão|ões)"
    "|bili(?:ão|ões)|trilh(?:ão|ões)|mill(?:ón|ones)|bill(?:ón|ones)|mille|milliards?|mila|milion[ei]|miliard[oi]"
    "|Million(?:en)?|Milliarden?|Tausend|Billionen?"
)
"""What may stand between an amount and its currency in any of the languages, besides the short forms."""
_CODES = {
    "USD": "$", "US$": "$", "EUR": "€", "GBP": "£", "BRL": "R$", "JPY": "¥", "INR": "₹", "CHF": "CHF",
    "CAD": "C$", "CA$": "C$", "AUD$": "A$", "CAD$": "C$", "USD$": "$", "AUD": "A$", "AU$": "A$", "RUB": "₽",
    "KRW": "₩", "TRY": "₺", "BTC": "₿", "PLN": "zł",
}  # fmt: skip
_THOUSANDS = frozenset({"mil", "thousand", "mille", "mila", "Tausend", "hundred"})
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_FRACTION_SIGNS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅐": "1/7", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅑": "1/9", "⅒": "1/10",
}  # fmt: skip
_FRACTION = re.compile(
    f"(?:(?<![\\d.,/])(\\d{{1,6}})[ \u00a0\u202f]?)?([{''.join(_FRACTION_SIGNS)}])|(?<![\\d.,/])(?:(\\d{{1,6}}) )?"
    r"([123457]/(?:2|3|4|5|8)|\d{1,3}⁄\d{1,3})(?![\d/]|[.,]\d)(?!\s?[ap]\.?m\b)"
)
_POWER = re.compile(r"(?<=[\w)])([⁺⁻]?[⁰¹²³⁴-⁹]{1,6})")


def said_money(text: str, words: SpokenWords) -> str:
    """Write the currencies out behind their amounts."""

    def said(match: re.Match[str]) -> str:
        sign = match["before"] or match["after"]
        money = words.money[_CODES.get(sign, sign)]
        minus = f"{words.signs['minus']} " if match["minus"] or match["minus2"] or match["minus3"] else ""
        amount, scale = match["amount"] or match["amount2"], match["scale"] or match["scale2"] or ""
        upper = match["upper"] or match["upper2"]
        lower = ""
        if upper:
            low_scale = words.scales.get((match["low"] or "").strip().lower())
            lower = f"{plain_number(amount, words)} {low_scale.more if low_scale else ''}".strip()
            lower, amount = f"{lower} {words.signs['to']} ", upper
        each = match["each"] or ""
        if each:
            unit = words.units.get(each.lower()) or words.units.get(each)
            each = f" {words.per} {unit.one if unit else each}"
        return f"{minus}{lower}{_amount(amount, scale.strip(), money, words)}{each}"

    return _money(words).sub(said, text)


@functools.cache
def _money(words: SpokenWords) -> re.Pattern[str]:
    """Return the pattern of a currency's sign before or after an amount."""
    signs = sorted({*words.money, *_CODES}, key=len, reverse=True)
    # `NZ$5` is no dollar that we know.
    sign = "|".join(rf"(?<!\w){re.escape(one)}" if one[0].isalpha() or one == "$" else re.escape(one) for one in signs)
    behind = "|".join(rf"{re.escape(one)}(?!\w)" if one[-1].isalpha() else re.escape(one) for one in signs)
    short = "|".join(sorted(map(re.escape, words.scales), key=len, reverse=True))
    scale = (
        rf"(?:[ \u00a0\u202f](?:{_WRITTEN_SCALES})(?!\w)|[ \u00a0\u202f-]?(?i:{short})(?!\w)(?:\.(?=\s?[€$£¥a-z]))?)"
    )
    number = NUMBER if words.language != "en" else CLOSE_NUMBER
    upper = rf"(?:(?P<low>[ \u00a0\u202f]?(?i:{short})(?!\w))?\s?[-–—]\s?(?:{sign})?\s?"
    each = r"(?:\s?/\s?(?P<each>[^\W\d_]{1,12})(?!\w))?"
    return re.compile(
        rf"(?:(?P<minus>{_MINUS}\s?)?(?:(?P<before>{sign}))\s?(?P<minus2>[-−](?=\d))?"
        rf"(?P<amount>{number}){upper}(?P<upper>{number}))?(?P<scale>{scale})?"
        rf"|(?P<minus3>{_MINUS}\s?)?(?<![\d.,])(?P<amount2>{number})(?:\s?[-–—]\s?(?P<upper2>{number}))?"
        rf"(?P<scale2>{scale})?[ \u00a0\u202f]?(?P<after>{behind})(?![\d]))" + each
    )


def _amount(amount: str, scale: str, money: Noun, words: SpokenWords) -> str:
    amount = plain_number(amount, words)
    if scale:
        return _scaled(amount, scale, money, words)
    whole, _, cents = amount.partition(words.decimal)
    cent, many = getattr(money, "cent", ""), getattr(money, "cents", "")
    if cents and (len(cents) != 2 or not many):
        return counted(amount, money, words)
    if not cents.strip("0"):
        return counted(whole, money, words)
    cents = cents.lstrip("0")
    named = counted(cents, Noun(cent, many), words)
    if not whole.strip("0"):
        return named
    return f"{counted(whole, money, words)} {words.money_and} {named if words.cents_named else cents}".replace(
        "  ", " "
    )


def _scaled(amount: str, scale: str, money: Noun, words: SpokenWords) -> str:
    """Return an amount of thousands or millions: `20 mil euros`, `5 milhões de euros`, `5 millions d'euros`."""
    scale = scale.strip("-. ")
    noun = words.scales.get(scale.lower()) or _translated(scale, words)
    if noun is None:
        said, thousands = f"{amount} {scale}", scale in _THOUSANDS
    else:
        thousands = noun.more in _THOUSANDS
        said = f"{amount} {noun.more}" if thousands else counted(amount, noun, words)
        if thousands and amount == "1" and words.language != "en":
            said = {"it": "mille", "de": "ein Tausend"}.get(words.language, noun.one)
    joint = "" if thousands else words.money_of
    if joint == "de" and words.language == "fr" and money.more[0] in "aeiou":
        return f"{said} d'{money.more}"
    return " ".join(f"{said} {joint} {money.more}".split())


_THOUSAND_WORDS = frozenset({"thousand", "mil", "mille", "mila", "Tausend"})
_MILLION_WORD = re.compile(r"mil(?:hão|hões|lón|lones|lions?|ion[ei]|lion(?:en)?)", re.IGNORECASE)


def _translated(scale: str, words: SpokenWords) -> Noun | None:
    """Return the language's own word for a thousand or a million that is written in another language."""
    if scale in _THOUSAND_WORDS:
        return words.scales["k"]
    return words.scales["m"] if _MILLION_WORD.fullmatch(scale) else None


def said_scales(text: str, words: SpokenWords) -> str:
    """Write thousands and millions out where no currency stands beside them: `5 Mio. Menschen`, `10k`, `1.2M`."""

    def said(match: re.Match[str]) -> str:
        scale = match[2] or match[3] or match[4] or match[5]
        if match[4] and words.language != "pt":
            return match[0]  # `5 mi` are miles
        noun = words.scales.get(scale.lower())
        if noun is None or (match[1] in {"2", "4", "8"} and scale in "kK") or match[0] == "3M":
            return match[0]
        amount = plain_number(match[1], words)
        return f"{amount} {noun.more}" if noun.more in _THOUSANDS else counted(amount, noun, words)

    return _SCALED.sub(said, text)


_SCALED = re.compile(
    rf"(?<![\w.,])({CLOSE_NUMBER})(?:\s?(?=(?:[Mm]io|[Mm]rd|mln|mld|bn|mn|bln|[Tt]sd|[Mm]ill|Mds?)\b)([A-Za-z]{{2,4}})\b\.?"
    r"|([kKM])(?![\w/]|\s(?:run|race|walk|video|TV|screen|monitor|resolution)\b)|\s(mi|bi|tri)(?=\sde\b)|\s(M)(?=\sd[e'’]))"
)


def said_units(text: str, words: SpokenWords) -> str:
    """Write the units of measure out behind their numbers, and a few that stand alone."""

    def said(match: re.Match[str]) -> str:
        number, glued = match["number"], match["blank"] == ""
        unit = match["unit"].replace("μ", "µ").replace("º", "°").replace("° ", "°")
        noun = _unit(re.sub(r"(?<=m)[23]\b", lambda power: "²³"[power[0] == "3"], unit), words)
        if unit == '"' and match.string.count('"', 0, match.start()) % 2:
            return match[0]  # the end of a quotation
        if number == "802.11":
            return match[0]  # a standard, with its letter
        if noun is None or (unit == "s" and glued and len(number) > 2 and number.isdecimal()):
            return match[0]
        if unit == "s" and glued and number.endswith("0"):
            return match[0]  # the 80s
        following = match.string[match.end() : match.end() + 2]
        if words.language == "en" and (match["blank"] == "-" or (unit == '"' and following[1:].isalpha())):
            return f"{number} {noun.one}"  # a 27" monitor, a 5-km run
        return counted(plain_number(number, words), noun, words)

    text = _units(words).sub(said, text)
    if words.language == "en":
        text = _FEET.sub(r"\1 foot \2", text)
    return _ALONE_UNIT.sub(lambda match: _alone(match, words), text)


@functools.cache
def _units(words: SpokenWords) -> re.Pattern[str]:
    names = [re.escape(one) for one in words.units if one not in {"°", '"', "°C", "°F"}]
    simple = "|".join(sorted(names, key=len, reverse=True)).replace("µ", "[µμ]")
    number = NUMBER if words.language != "en" else CLOSE_NUMBER
    inch = '|(?<=\\d)"' if words.language == "en" else ""
    return re.compile(
        rf"(?<![\w.,])(?P<number>{number})(?P<blank>[ \u00a0\u202f-]?)"
        rf"(?P<unit>(?:{simple}|[kcmd]?m[23])(?:/(?:100\s?)?(?:{simple}|m[23])[²³]?)?(?![\w²³])|[°º]\s?[CF](?!\w)|[°º](?!\w){inch})"
        r"(?:(?:(?<=Std|Min|Sek|seg|sec|min|hrs|lbs|mph)|(?<=hr|ft|oz|lb))\.(?=\s*[,;a-zß-ü\d]))?"
    )


_FEET = re.compile("(?<![\\w.,'’′])([3-8])['’′](\\d|1[01])(?:[\"”″](?!\\w)|(?![\\w'’]))")
_ALONE_UNIT = re.compile(
    r"(?<![\w/])(?:[kcm]m/[hs]|m/s²|[µμ][glms]|[kcm]m[²³]?|m[²³]|[kmµμ]g(?:/(?:ml|dl|l|kg|m³))?|ml|[kMG]Hz|kWh?|[°º][CF])(?![\w/])"
)


def _alone(match: re.Match[str], words: SpokenWords) -> str:
    noun = _unit(match[0].replace("μ", "µ").replace("º", "°"), words)
    if noun is None:
        return match[0]
    return noun.one if re.match(r"\s\d", match.string[match.end() : match.end() + 2]) else noun.more


def _unit(sign: str, words: SpokenWords) -> Noun | None:
    """Return the noun of a unit, made of two where there is a bar in it: `kg/m³`."""
    noun = words.units.get(sign)
    if noun is not None or "/" not in sign:
        return noun
    upper, _, lower = sign.partition("/")
    hundred = "100 " if lower.startswith("100") else ""
    lower = lower.removeprefix("100").strip()
    power = "" if lower in words.units else {"²": "squared", "³": "cubed"}.get(lower[-1], "")
    above, below = words.units.get(upper), words.units.get(lower.rstrip("²³") if power else lower)
    if above is None or below is None:
        return None
    lower = f"{hundred}{below.more if hundred else below.one}"
    per = f"{words.per} {lower} {words.signs[power] if power else ''}".strip()
    return Noun(f"{above.one} {per}", f"{above.more} {per}", above.feminine)


_FEMININE_HALF = {"pt": "meia", "es": "media", "it": "mezza"}
_FEMININE_NOUN = re.compile(r"\s[^\W\d_]{2,20}as?\b")


def said_fractions(text: str, words: SpokenWords) -> str:
    """Write fractions out, as signs (`½`) and with a bar (`3/4`)."""

    def said(match: re.Match[str]) -> str:
        whole = match[1] or match[3] or ""
        fraction = _FRACTION_SIGNS.get(match[2] or "", match[4] or "").replace("⁄", "/")
        alone, behind = words.fractions.get(fraction, ("", ""))
        if not alone:
            return f"{whole} {fraction}".strip()
        joined = f"{whole} {behind}" if whole else alone
        after = match.string[match.end() : match.end() + 1]
        if fraction == "1/2" and words.language in _FEMININE_HALF and _FEMININE_NOUN.match(match.string, match.end()):
            joined = re.sub(r"\w+$", _FEMININE_HALF[words.language], joined)
        return joined + (" " if after.isalnum() else "")

    return _FRACTION.sub(said, text)


def said_powers(text: str, words: SpokenWords) -> str:
    """Write exponents out: `10²`, `10⁻³`."""

    def said(match: re.Match[str]) -> str:
        power = match[1].translate(_POWERS)
        known = {"2": words.signs["squared"], "3": words.signs["cubed"]}.get(power)
        power = power.replace("-", f"{words.signs['minus']} ").replace("+", "")
        return f" {known or words.signs['power'] + ' ' + power}"

    return _POWER.sub(said, text)


_RANGE = re.compile(
    rf"(?<![\w.,:/-])({CLOSE_NUMBER})(%?\s?[–—]\s?|%?-|\s-\s(?!\d[^=]{0, 20}=))(?={CLOSE_NUMBER}(?![\w/-]|[.,:]\d))"
)
_RATIO = re.compile(r"(?<![\w.,:/])(\d{1,3}):(?=\d{1,3}(?![\w:/]|[.,]\d))")


def said_ranges(text: str, words: SpokenWords) -> str:
    """Put a word between two numbers that are joined by a dash or a colon: `5-10`, `3:1`."""

    def said(match: re.Match[str]) -> str:
        percent = f" {words.operators['%']}" if "%" in match[2] else ""
        return f"{match[1]}{percent} {words.signs['to']} "

    text = _RANGE.sub(said, text)
    return _RATIO.sub(lambda match: f"{match[1]} {words.signs['ratio']} ", text)
