"""Quotation marks, dashes and blanks in the plain form that small models know, and back.

Phones write curly quotation marks and long dashes; models that were trained on plain text drop what they do not know.
"""

from __future__ import annotations

import html
import re

from dragoman_handlers.text.marks.patterns import ENTITY_LETTER
from dragoman_handlers.text.marks.signs import DOUBLE_STOPS, plain_stops, restored_stops

_LIKE_APOSTROPHES = "´ʹʼʻˊˋ΄᾽＇՚ꞌ"  # noqa: RUF001
_PLAIN = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "‟": '"',
        "«": '"',
        "»": '"',
        "‘": "'",  # noqa: RUF001 - the marks that are meant
        "’": "'",  # noqa: RUF001
        "‚": "'",  # noqa: RUF001
        "‛": "'",  # noqa: RUF001
        "–": "-",  # noqa: RUF001
        "—": "-",
        "…": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u00ad": "",
        "\u200b": "",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2015": "-",
        "\u2212": "-",
        "\ufe63": "-",
        "\uff0d": "-",
        "\u2060": "",
        "\ufeff": "",
        "\ufe0f": "",
        **dict.fromkeys(_LIKE_APOSTROPHES, "'"),
    }
)
UNDERSTOOD = "".join([*map(chr, _PLAIN), *DOUBLE_STOPS, "ªº"])
"""Signs that no model needs to know: they are plain ones to it."""
_QUOTES = (("“", "”"), ("„", "“"), ("«", "»"))
_ENTITY = re.compile(r"&[A-Za-z0-9#]{2,10};")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_DASH = re.compile(r"(?<=\s)-(?=\s)|(?<=\d)-(?=\d)")
_TICK = re.compile(r"(?<=[^\W\d_])[`′‵](?=[^\W\d_]|\s|$)")  # noqa: RUF001
"""Between letters, or at the end of a word, a tick or a prime stands for an apostrophe."""
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")
_BLANKS = re.compile(r"\s+")
_DEGREE = re.compile(r"(?<=[\d ])º(?=[CF](?!\w))")
"""Keyboards have the sign of ordinals, and none for degrees."""
_TITLE = re.compile(r"(?<!\w)([SsDd]r|[Pp]rof|[Ee]ng|[Aa]rq)\.?([ªº])")
"""`Sr.ª` is `Sr.a` to a model, which takes it for a man's; `Eng.º` is `Eng.`"""


def plain(text: str) -> str:
    """Return a sentence as models read it best: plain quotation marks and dashes, single blanks, no entities."""
    if text.isascii() and "  " not in text and "&" not in text and "`" not in text:
        return text
    text = _ENTITY.sub(lambda match: html.unescape(match[0]) if ENTITY_LETTER.fullmatch(match[0]) else match[0], text)
    text = _TITLE.sub(
        lambda found: found[1] + "a." * (found[2] == "ª") + "." * (found[2] == "º"), _DEGREE.sub("°", text)
    )
    return _BLANKS.sub(" ", with_apostrophes(plain_stops(text)).translate(_PLAIN))


def with_apostrophes(text: str) -> str:
    """Replace the ticks and primes that stand for an apostrophe by one. The length stays the same."""
    return text if text.isascii() and "`" not in text else _TICK.sub("'", text)


def restored(source: str, translation: str) -> str:
    """Return a translation with the typography of its source, where that used one form only."""
    if source.isascii() and "  " not in source:
        return translation
    for opening, closing in _QUOTES:
        if opening in source and closing in source and '"' not in source:
            translation = _paired(translation, opening, closing)
            break
    if "’" in source and "'" not in source:  # noqa: RUF001
        translation = _APOSTROPHE.sub("’", translation)  # noqa: RUF001
    translation = restored_stops(source, translation)
    if "\u2212" in source and not _MINUS.search(source):
        translation = _MINUS.sub("\u2212", translation)
    dash = next((dash for dash in "–—\u2212" if dash in source), None)  # noqa: RUF001
    if dash is not None and not _DASH.search(source):
        translation = _DASH.sub(dash, translation)
    if "…" in source and "..." not in source:
        translation = translation.replace("...", "…")
    return _with_wide_blanks(source, translation)


def _paired(translation: str, opening: str, closing: str) -> str:
    parts = translation.split('"')
    if len(parts) % 2 == 0:
        return translation
    marks = (opening, closing) * (len(parts) // 2)
    return parts[0] + "".join(mark + part for mark, part in zip(marks, parts[1:], strict=True))


def _with_wide_blanks(source: str, translation: str) -> str:
    """Put blanks that were doubled in the source where the translation has a blank at about the same place."""
    wide = [(match.start() / len(source), match[0]) for match in re.finditer(r" {2,}", source)]
    for share, blanks in wide:
        places = [match.start() for match in re.finditer(r"(?<! ) (?! )", translation)]
        if places:
            place = min(places, key=lambda place: abs(place / len(translation) - share))
            translation = translation[:place] + blanks + translation[place + 1 :]
    return translation
