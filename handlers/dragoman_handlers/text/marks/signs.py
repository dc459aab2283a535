"""Signs that a model reads as something else, or not at all: powers, fractions, units, primes, marks of direction.

What a model is given is normalized (NFKC): `10²` is read as `102`, `½` as 1, a bar and 2. So a sign that decides about
a value stays with its number, and both are kept from the model.
"""

# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import re
from collections.abc import Iterator

from dragoman_handlers.text.tokens import Role, Token

DOUBLE_STOPS = {"‼": "!!", "⁇": "??", "⁈": "?!", "⁉": "!?"}
_STOP = re.compile("([‼⁇⁈⁉])\ufe0f?")
_STOPS = re.compile("(?:[!?‼⁇⁈⁉]\ufe0f?)+")
_END = re.compile(r"[.!?]*$")

_UPPER = "²³¹⁰⁴-⁹⁺⁻⁼ⁿⁱ"
_LOWER = "₀-₉₊₋₌"
_FRACTIONS = "½⅓⅔¼¾⅕-⅞↉⅐-⅒"
_PRIMES = "′″‴‵‶"
_MONEY = "$¢£¤¥֏؋৳฿₠-⃀"
_DECIMAL = r"\d{1,15}(?:[.,]\d{1,15}|[ \u00A0\u202F]\d{3}(?!\d)){0,8}"
_SIGNED = rf"(?:(?<![\w)\]])[-−–+±]\s?)?{_DECIMAL}"
# `µg`, `kΩ`, `m²`, `kg/m³`, `Å`, `℉`, `‰`
_UNIT = (
    rf"(?:[µμ][A-Za-zΩΩℓ]{{1,3}}(?:/[A-Za-zµμℓ²³]{{1,4}})?|[kMGTmn]?[ΩΩ](?![^\W\d_])|[‰‱℃℉ÅÅ℞℅](?![^\W\d_])"
    rf"|(?:[A-Za-z°]{{1,4}}[/·*⋅])?[A-Za-z]{{1,4}}[{_UPPER}]{{1,3}}(?:[/·*⋅][A-Za-z]{{1,4}}[{_UPPER}]{{0,3}})?)"
)
_KINDS: tuple[tuple[Role, str], ...] = (
    (Role.NUMBER, rf"(?:(?<!\d)\d{{1,6}}[ \u00A0\u202F]?)?[{_FRACTIONS}]|(?<!\d)\d{{1,6}}⁄\d{{1,6}}"),
    (Role.NAME, rf"{_SIGNED}[{_PRIMES}´](?:\s?{_DECIMAL}[{_PRIMES}´]{{1,2}})?"),
    (Role.NAME, rf"{_SIGNED}(?:[ \u00A0\u202F]?[×x·⋅*][ \u00A0\u202F]?\d{{1,6}})?[{_UPPER}{_LOWER}]{{1,9}}"),
    (Role.NAME, rf"{_SIGNED}[ \u00A0\u202F]?{_UNIT}"),
    (Role.NAME, rf"(?<!\w)(?:[A-Za-z]{{1,3}}\d{{0,3}}[{_UPPER}{_LOWER}]{{1,4}}){{1,6}}[A-Za-z\d]{{0,4}}(?!\w)"),
    (
        Role.NAME,
        rf"(?<!\w)(?:[A-Z][a-z]?[{_LOWER}]{{0,3}}){{1,8}}[{_LOWER}]{{1,3}}(?:[A-Z][a-z]?[{_LOWER}]{{0,3}}){{0,8}}",
    ),
    (Role.NAME, r"(?<!\w)[µμ][A-Za-z]{1,3}(?!\w)|[ΩΩ℃℉‰‱]"),
    # A currency without a number; one with a number is an amount.
    (Role.NAME, rf"(?<![\w\d])[{_MONEY}](?=[\s.,;:!?)\]/]|$)"),
    (Role.NAME, r"[±∓≈≃≤≥≠~]\s?\d{1,15}(?:[.,]\d{1,15}){0,4}"),
    (Role.NAME, r"№\s?\d{1,9}|§{1,2}\s?\d{1,9}(?:\.\d{1,9}){0,4}(?:\.?[ºª])?"),
    (Role.MARK, rf"[{_UPPER}{_LOWER}{_PRIMES}]{{1,9}}"),
)
_SIGN = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_KINDS)))
_HINT = re.compile(rf"[{_UPPER}{_LOWER}{_FRACTIONS}{_PRIMES}⁄´µμΩΩ‰‱℃℉ÅÅ№§±∓≈≃≤≥≠~{_MONEY}]")

_OPENING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
_CLOSING = "\u202c\u2069"
_EMBEDDINGS = "\u202a\u202b\u202d\u202e"
_BIDI = re.compile(f"[{_OPENING}{_CLOSING}\u200e\u200f\u061c\ufeff]")


def find_signs(text: str) -> list[Token]:
    """Return every sign and the characters that belong to it, in order."""
    if (text.isascii() and "$" not in text and "~" not in text) or not _HINT.search(text):
        return []
    return [
        Token(found.start(), found.end(), _KINDS[int(str(found.lastgroup)[1:])][0], found[0])
        for found in _SIGN.finditer(text)
    ]


def find_directions(text: str) -> Iterator[Token]:
    """Yield marks of direction: an isolate or an embedding with its end as OPEN and CLOSE, others as MARK."""
    if text.isascii() or not _BIDI.search(text):
        return
    marks = list(_BIDI.finditer(text))
    opened: list[int] = []
    roles = [Role.MARK] * len(marks)
    for index, mark in enumerate(marks):
        if mark[0] in _OPENING:
            opened.append(index)
        elif mark[0] in _CLOSING and opened and (marks[opened[-1]][0] in _EMBEDDINGS) == (mark[0] == "\u202c"):
            roles[opened.pop()], roles[index] = Role.OPEN, Role.CLOSE
    for mark, role in zip(marks, roles, strict=True):
        yield Token(mark.start(), mark.end(), role, mark[0])


def with_plain_stops(text: str) -> str:
    """End the sentences of a text with plain signs, for the search for their ends. Its length stays the same."""
    if text.isascii() or not _STOP.search(text):
        return text
    return _STOP.sub(lambda found: DOUBLE_STOPS[found[1]][-len(found[0]) :], text)


def plain_stops(text: str) -> str:
    """Replace double signs (`‼`) by plain ones (`!!`), for which a model has tokens."""
    return _STOP.sub(lambda found: DOUBLE_STOPS[found[1]], text)


def restored_stops(source: str, translation: str) -> str:
    """Restore the source's double signs where the translation ends as many sentences or quotations."""
    if source.isascii() or not _STOP.search(source):
        return translation
    runs = [found[0] for found in _STOPS.finditer(source)]
    if len(runs) == len(_STOPS.findall(translation)):
        following = iter(runs)

        def restored(found: re.Match[str]) -> str:
            run = next(following)
            return run if _STOP.search(run) else found[0]

        return _STOPS.sub(restored, translation)
    return _END.sub("", translation) + runs[-1] if source.endswith(runs[-1]) else translation
