"""The patterns of addresses, placeholders, tags and emoji.

No pattern looks further than a bounded stretch from where it starts: every repetition has a limit, or is followed by
nothing that it could have to give back. So the time goes with the length of the text alone: 10,000 characters made to
be slow take a tenth of a second, others a few milliseconds.
"""

# ruff: noqa: RUF001 -- dashes, quotation marks and other signs that look alike are what is looked for

from __future__ import annotations

import re

from dragoman_handlers.text.tokens import Role

_EMOJI = (
    r"[\U0001F000-\U0001FAFF\u2190-\u21FF\u2300-\u23FF\u2460-\u24FF\u25A0-\u27BF\u2900-\u297F\u2B00-\u2BFF"
    r"\u3030\u303D\u3297\u3299]"
)
_EMOJI_TAIL = r"[\uFE0F\u20E3\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]*"
_DOMAINS = r"(?:com|org|net|io|dev|edu|gov|app|info|co\.uk|com\.br|gov\.br|gov\.pt)"
_BREAKING_TAGS = (
    "address|article|blockquote|body|br|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|head|header|hr|html|li|main"
    "|nav|ol|p|section|table|tbody|td|tfoot|th|thead|title|tr|ul"
)
_BB_TAGS = (
    "b|i|u|s|url|email|color|size|font|spoiler|sub|sup|left|right|center|justify|indent|user|mention|highlight|strike"
)
_CUE_TIME = r"(?:\d{1,3}:)?\d{2}:\d{2}[.,]\d{3}"
"""Of subtitles; what follows the second one on its line says where they stand."""
_CURRENCIES = "€£¥₹₽₩₺₴₦₫¢"
_NUMBER = r"\d{1,15}(?:[.,]\d{1,15}|[ \u00A0]\d{3}(?!\d)){0,8}"
# `%(name)+08.2` of a printf format: what comes before the letter.
_FORMAT = r"(?<![\w%])%(?:\([\w.]{1,60}\))?(?:\d{1,3}\$)?[-+0#]{0,3}(?:\d{1,3}|\*)?(?:\.\d{1,3})?[hlLqjzt]{0,2}"


def _any(*patterns: str) -> str:
    return "|".join(patterns)


_KINDS: tuple[tuple[Role, str, str], ...] = (
    # In the order in which they are tried at each place.
    (Role.BREAK, "bullet", r"^[ \t]*(?:(?:[-*+•‣◦–—]|\d{1,3}[.)]|[a-z]\)|#{1,6}|>{1,9}|\[[ xX]\])[ \t]+)+"),
    (Role.BREAK, "rule", r"^[ \t]*(?:-{3,}|={3,}|\*{3,}|_{3,})[ \t]*$"),
    (Role.NAME, "code", r"(?<![`\w])(?P<ticks>`{1,9})(?!`)[^\n]{1,500}?(?<!`)(?P=ticks)(?!`)"),
    (Role.BREAK, "breaking_tag", rf"</?(?:{_BREAKING_TAGS})\b(?:\s[^<>]{{0,500}})?/?>"),
    (Role.BREAK, "cue", rf"^{_CUE_TIME} --> {_CUE_TIME}[^\r\n]{{0,200}}$"),
    (
        Role.NAME,
        "bb_raw",
        _any(
            r"\[(?P<bb>code|img|youtube|video|audio)(?:=[^\]\n]{0,300})?\][^\[\]]{1,2000}\[/(?P=bb)\]",
            r"\[(?P<bb_address>url|email)\][^\[\]\s]{1,2000}\[/(?P=bb_address)\]",
        ),
    ),
    (Role.BREAK, "bb_break", r"\[/?(?:list|table|tr|td|th|quote|hr|li)(?:=[^\]\n]{0,300})?\]|\[\*\]"),
    (Role.OPEN, "bb_tag", rf"\[/?(?:{_BB_TAGS})(?:=[^\]\n]{{0,500}})?\]"),
    (Role.NAME, "chat_link", r"<[@#!:][^<>\s]{1,80}>"),
    (
        Role.NAME,
        "address",
        _any(
            r"\b(?:[a-z][a-z0-9+.-]{1,20}://|mailto:|tel:|www\.)[^\s<>\"“”«»`{}|\\^]{1,2000}",
            r"(?<![\w.+-])[\w.+-]{1,100}@[\w-]{1,100}(?:\.[\w-]{1,63}){1,8}",
            rf"(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,8}}{_DOMAINS}\b(?:/[^\s<>\"“”«»`]{{0,2000}})?",
        ),
    ),
    (Role.NAME, "path", r"(?<![\w/\\<])(?:[A-Za-z]:|~|\.{1,2})?(?:[\\/][\w.@+-]{1,100}){2,40}[\\/]?"),
    (
        Role.NUMBER,
        "count",
        _any(
            r"(?<![$@#{])\{(?:n|num|number|count|total|qty|quantity)\}(?!\})",
            rf"{_FORMAT}[difuxXoeEgG](?!\w)(?:%%)?",
        ),
    ),
    (Role.NAME, "brace", r"[$@#]?\{(?:[^{}\n]|\{[^{}\n]{0,200}\}){0,200}\}"),
    (Role.NAME, "format", _any(rf"{_FORMAT}[scra@](?!\w)", r"%[A-Z_][A-Z0-9_]{1,60}%", r"\$[A-Za-z_]\w{0,60}")),
    # The models' vocabularies have no such signs: `€5` would become `5`.
    (
        Role.NAME,
        "amount",
        _any(rf"[{_CURRENCIES}]\s?{_NUMBER}", rf"(?<![\d.,]){_NUMBER}\s?[{_CURRENCIES}](?!\d)"),
    ),
    (Role.NAME, "mention", r"(?<![\w@/.])@\w{1,100}(?:[.-]\w{1,100}){0,8}"),
    (Role.NAME, "topic", r"(?<![\w&#/])#\w{0,100}[^\W\d_]\w{0,100}"),
    (Role.NAME, "identifier", r"(?<!\w)[A-Za-z0-9]{1,60}(?:_[A-Za-z0-9]{1,60}){1,12}(?!\w)"),
    (Role.MARK, "short_code", r"(?<![\w:]):(?=[a-z0-9_+-]{0,40}[a-z])[a-z0-9_+-]{1,40}:(?![\w:])"),
    (
        Role.MARK,
        "face",
        _any(
            r"(?<![\w:;=(])[:;=][-o^']?[)(DPpOo3|/\\*\]\[](?!\w)",
            r"</?3(?!\w)",
            r"(?<!\w)(?:[xX]D|\^_?\^|¯\\_\(ツ\)_/¯)(?!\w)",
        ),
    ),
    (Role.OPEN, "tag", r"</?[A-Za-z][\w:-]{0,40}(?:\s[^<>]{0,1000})?/?>"),
    (Role.MARK, "entity", r"&(?:[A-Za-z]{2,30}\d{0,2}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});"),
    (
        Role.MARK,
        "emoji",
        rf"(?:[0-9#*]\uFE0F?\u20E3|{_EMOJI}{_EMOJI_TAIL}(?:\u200D(?:{_EMOJI}|[♀-♂]){_EMOJI_TAIL})*)+",
    ),
    (Role.BREAK, "gap", r"[ \u00A0\t]{3,}|[ \u00A0]?\t[ \u00A0]?"),
    (Role.BREAK, "bar", r"(?<!\|)\|(?!\|)"),
    (Role.MARK, "operator", r"(?<!\S)(?:&&|\|\||[=!<>]==?|=>|->|<-|<=>|:=|[-+*/]=|>>|<<)(?!\S)"),
    # Other signs that the models' vocabularies do not have.
    (Role.MARK, "symbol", r"%%|(?<!~)~(?!~)|(?<![^\W\d_])`|[½¼¾²³§©®™·•†‡¶^\\{}<@#¬¦±×÷≈≠≤≥∞√∑∆]"),
)
TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for _, name, pattern in _KINDS), re.MULTILINE)
ROLES = {name: role for role, name, _ in _KINDS}
"""Of each named group of `TOKEN`."""

LINK = re.compile(
    r"!?\[(?=[^\[\]\n]{0,400}(?P<to>\]\([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?"
    r"(?:[ \t]{1,3}(?:\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'))?\)))",
)
EMPHASIS = re.compile(
    # `__init__` is no emphasis, but a name of a program's.
    r"(?<![\w*_~|\\])(?!__[a-z]+__)(?P<mark>\*{1,3}|_{1,3}|~~|\|\|)(?=[^\s*_])"
    r"(?=[^\n]{0,400}?(?<=\S)(?P<to>(?P=mark))(?![\w*_~|]))"
)
# The commonest letters are named beside all of them: a set of characters is looked up faster than a category.
PROSE = re.compile(r"[a-zA-Z \w\s.,;!?'\"()\u2018-\u201D-]*")
"""Only signs of prose. A text with a token has another, or an underscore, a tab, a wide gap, or one of these two:"""
INNER_DOT = re.compile(r"\.(?<=[a-z].)[a-z]")
"""Begins with what is rare, so that looking for it is cheap."""
BULLET = re.compile(r"^[ \t]*(?:-|\w{1,3}[.)])[ \t]", re.MULTILINE)

FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})")
RAW_TAG = re.compile(r"<(pre|script|style|svg|math|code|kbd|samp|var|tt)\b[^<>]{0,500}>|<!--", re.IGNORECASE)
INLINE_RAW = frozenset({"code", "kbd", "samp", "var", "tt"})
"""Elements that are words of a sentence; the others end it."""
TAG_NAME = re.compile(r"[<\[]/?([\w:-]+)")
ENTITY_LETTER = re.compile(
    r"&(?:[A-Za-z](?:acute|grave|circ|tilde|uml|cedil|ring|slash|caron)|apos|rsquo|#39|#8217|szlig);"
)
"""An entity that is a letter of a word, or its apostrophe."""
