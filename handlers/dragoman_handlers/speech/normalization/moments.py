"""Times, dates, telephone numbers, versions and codes as they are said: `9h30`, `27/11/2026`, `+351 912 345 678`."""

# ruff: noqa: RUF001 -- dashes are meant

from __future__ import annotations

import re

from dragoman_handlers.speech.normalization.number_words import Noun, SpokenWords, counted, ordinal

_CLOCK = re.compile(
    r"(?<![\w.,:/-])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?!\d|[:/]|[.,]\d)"
    r"(?P<half>\s?(?:[ap]\.m\.|[ap]m\b|[AP]M\b))?(?P<uhr>\s?(?:Uhr|h)\b)?(?!\w)"
)
_FROM_TO = re.compile(r"(?<=\d[:h]\d\d)\s?[-–]\s?(?=\d{1,2}[:h]\d\d(?!\d))|(?<=\dh)\s?[-–]\s?(?=\d{1,2}\s?h)")
_HOURS = re.compile(r"(?<![\w.,:/-])(\d{1,3})(?:\s?h(?:s|rs)?|H(?=\d\d))(?:\s?([0-5]\d)(?:\s?min|m)?)?(?![\w/])")
"""`9h`, `9h30`, `2 h 05 min`."""
_POINTED = re.compile(r"(?<![\w.,:/-])([01]?\d|2[0-4])\.([0-5]\d)(?=\sUhr\b)")
_HALF = re.compile(r"(?<![\w.,:])(1[0-2]|[1-9])([ap])m\b(?!/)", re.IGNORECASE)
_ISO = re.compile(r"(?<![\w/.-])(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w/-])")
_STAMP = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?(?:(Z)|([+-]\d\d:?\d\d))?(?!\w)")
_DATE = re.compile(r"(?<![\w/.,-])(0?[1-9]|[12]\d|3[01])([/.-])(0?[1-9]|[12]\d|3[01])\2(\d{4}|\d{2})(?![\w/-]|[.,]\d)")
_DAY_MONTH = re.compile(r"(?<![\w/.,-])(0?[1-9]|[12]\d|3[01])([/.])(0?[1-9]|1[0-2])(\.?)(?![\w/-]|[.,]?\d)")
_BEFORE = re.compile(r"([^\W\d_]+)\s+$")
_LOOK_BACK = 24
_NO_AMOUNT = r"(?<![\w.,/$€£¥₹-])(?<![$€£¥₹] )(?<!\d[ \u00a0\u202f])"
_NO_MEASURE = (
    r"(?![\w/-]|[.,]\d|\s?(?:[€$£¥₹%‰°]|R\$|EUR\b|USD\b|GBP\b|BRL\b|[kcm]?m[²³]?\b|k?g\b|[kMG]W?h?\b|[kMGT]?B\b"
    r"|de\s(?:euro|d[óo]lar|rea)|d'|mil|bil|euro|d[óo]l|rea[il]|pound|libr|livr|people|pessoa|habit|inhabit|Einwohner|Men))"
)
"""What stands beside amounts, which are no codes however long they are."""
_TELEPHONE = re.compile(
    _NO_AMOUNT + r"(?:"
    r"\+\d{1,3}(?:[ .()/-]{1,2}\d{1,5}){1,6}|\+\d{7,15}|00\d{2}(?:[ ./-]\d{2,5}){2,6}"
    r"|\(\d{2,4}\)[ ]?\d{3,5}[ .-]?\d{3,5}|0\d{1,4}[ /-]\d{2,8}(?:[ -]\d{2,6}){0,4}|0\d(?:[ .]\d\d){4}"
    r"|[36789]\d{2}[ ]\d{3}[ ]\d{3,4}|\d{3}[.-]\d{3}[.-]\d{4}|\d{3}-\d{4}|[1-9]\d 9\d{4}-\d{4}|9\d{4}-\d{4}"
    r")" + _NO_MEASURE
)
_MANY_GROUPS = re.compile(_NO_AMOUNT + r"\d{2,4}(?: \d{2,4}){3,6}" + _NO_MEASURE)
_SERIAL = re.compile(r"(?<![\w.,:/-])\d{1,7}(?:-\d{1,7}){2,6}(?![\w/-]|[.,]\d)")
_VERSION = re.compile(r"(?<![\w.,:/-])(?:([vV])\s?\.?\s?(?=\d))?(\d{1,6}(?:\.\d{1,6}){1,5})(?!\w|[.,]\d)")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_LONG = re.compile(_NO_AMOUNT + r"(?:0\d{1,30}|\d{8,30})" + _NO_MEASURE)
_MOST_IN_A_GROUP = 4


def said_dates(text: str, words: SpokenWords) -> str:
    """Write dates out: `2026-11-27`, `27/11/2026`, `27.11.`."""
    text = _STAMP.sub(
        lambda match: f"{match[1]}, {match[2]}{' UTC' if match[3] else ''} {match[4] or ''}".strip(), text
    )
    text = _ISO.sub(lambda match: _date(match, int(match[3]), int(match[2]), match[1], words), text)
    text = _DATE.sub(lambda match: _written_date(match, words), text)
    return _DAY_MONTH.sub(lambda match: _day_month(match, words), text)


def said_times(text: str, words: SpokenWords) -> str:
    """Write times of day and spans of hours out: `10:30`, `9h`, `9h30`."""
    text = _FROM_TO.sub(f" {words.signs['to']} ", text)
    text = _CLOCK.sub(lambda match: _clock(match, words), text)
    if words.language == "de":
        text = _POINTED.sub(lambda match: f"{_hour(match[1], words)} Uhr {int(match[2]) or ''}".strip(), text)
        text = re.sub(r"(Uhr(?: \d{1,2})?) Uhr\b", r"\1", text)
        text = re.sub(r"(?<![\w.,])1 Uhr", "ein Uhr", text)
    text = _HALF.sub(lambda match: f"{match[1]} {match[2].lower()}m", text)
    return _HOURS.sub(lambda match: _hours(match, words), text)


def said_telephones(text: str, words: SpokenWords) -> str:
    """Part telephone numbers, and those of cards, into digits."""
    text = _TELEPHONE.sub(lambda match: _digits(match[0], words), text)
    return _MANY_GROUPS.sub(lambda match: _many_groups(match[0], words), text)


def said_codes(text: str, words: SpokenWords) -> str:
    """Part codes into digits, and versions at their points."""
    text = _SERIAL.sub(lambda match: _digits(match[0], words), text)
    text = _VERSION.sub(lambda match: _version(match, words), text)
    return _LONG.sub(lambda match: _digits(match[0], words), text)


def _date(match: re.Match[str], day: int, month: int, year: str, words: SpokenWords) -> str:
    form = words.date if year else words.day_month
    return form.format(day=_day(match, day, words), month=words.months[month - 1], year=year).strip()


def _day(match: re.Match[str], day: int, words: SpokenWords) -> str:
    if words.language == "de":
        before = match.string[max(0, match.start() - _LOOK_BACK) : match.start()]
        rank = ordinal(day, "de") or f"{day}."
        if re.search(r"\bder\s+$", before, re.IGNORECASE):
            return rank
        return (
            f"{rank}n" if re.search(r"\b(?:am|vom|zum|bis|ab|dem|den|seit)\s+$", before, re.IGNORECASE) else f"{rank}r"
        )
    if day == 1 and words.language in {"pt", "fr", "it"}:
        return ordinal(day, words.language) or "1"
    return str(day)


def _written_date(match: re.Match[str], words: SpokenWords) -> str:
    """Say a date with its year. In English `3/4/2026` is March or April: it is read as it is written."""
    first, mark, second, year = int(match[1]), match[2], int(match[3]), match[4]
    if len(year) == 2 and mark != "/" and words.language != "de":
        return match[0]
    if words.language == "en" and mark == "/" and first <= 12 and second <= 12 and first != second:
        slash = f" {words.signs['slash']} "
        return slash.join((match[1].lstrip("0"), match[3].lstrip("0"), year))
    day, month = (second, first) if second > 12 else (first, second)
    return _date(match, day, month, year, words) if month <= 12 else match[0]


def _day_month(match: re.Match[str], words: SpokenWords) -> str:
    """Say a day and a month where the word before them says that they are."""
    before = _BEFORE.search(match.string[max(0, match.start() - _LOOK_BACK) : match.start()])
    dated = before is not None and before[1].lower() in words.before_date
    if (
        not dated
        or (match[2] == "." and not match[4] and words.language == "de")
        or (match[2] == "." and words.language != "de")
    ):
        return match[0]
    ends = "." if match[4] and not match.string[match.end() :].strip() else ""
    return _date(match, int(match[1]), int(match[3]), "", words) + (ends if words.language == "de" else match[4])


def _hour(digits: str, words: SpokenWords) -> str:
    """Return the hour as it is counted: `duas`, `1`."""
    hour = str(int(digits))
    if words.language == "de":
        return "ein" if hour == "1" else hour
    if words.language == "en":
        return hour
    return counted(hour, Noun("", "", words.units["h"].feminine), words).strip()


def _clock(match: re.Match[str], words: SpokenWords) -> str:
    hour, minutes, seconds = match["h"], match["m"], match["s"]
    if seconds:
        parts = ((hour, "h"), (minutes, "min"), (seconds, "s"))
        return ", ".join(counted(str(int(part)), words.units[unit], words) for part, unit in parts)
    half = (match["half"] or "").strip()
    if half:
        half = f" {half.lower()}"
    form = words.clock["full" if minutes == "00" else "few" if minutes < "10" else "more"]
    if minutes == "00" and half:
        form = "{h}"
    said = _hour(hour, words)
    noun = words.units["h"]
    hours = noun.one if int(hour) == 1 or (words.language == "fr" and int(hour) == 0) else noun.more
    return form.format(h=said, m=int(minutes), hours=hours) + half


def _hours(match: re.Match[str], words: SpokenWords) -> str:
    said = counted(match[1].lstrip("0") or "0", words.units["h"], words)
    if not match[2] or not int(match[2]):
        return said
    joint = words.money_and if words.language in {"pt", "es", "it"} else ""
    joint = {"con": "y"}.get(joint, joint)
    return f"{said} {joint} {int(match[2])}".replace("  ", " ")


def _many_groups(code: str, words: SpokenWords) -> str:
    thousands = all(len(group) == 3 for group in code.split()[1:])
    return code if thousands else _digits(code, words)


def _digits(code: str, words: SpokenWords) -> str:
    """Return the digits of a code one by one, in its groups or in groups of three."""
    groups = re.findall(r"\d+", code)
    if len(groups) == 1 and len(groups[0]) > _MOST_IN_A_GROUP:
        [whole] = groups
        groups = [whole[at : at + 3] for at in range(0, len(whole), 3)]
    said = ", ".join(" ".join(group) for group in groups)
    return f"{words.operators['+']} {said}" if code.startswith("+") else said


def _version(match: re.Match[str], words: SpokenWords) -> str:
    number = match[2]
    if not match[1] and (number.count(".") == 1 or _THOUSANDS.fullmatch(number)):
        return match[0]
    joint = words.signs["dot" if number.count(".") == 3 else "point"]
    said = f" {joint} ".join(number.split("."))
    return f"{words.signs['version']} {said}" if match[1] else said
