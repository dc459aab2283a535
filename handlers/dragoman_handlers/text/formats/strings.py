"""Files of keys and texts: Java's `.properties` and Apple's `.strings`; Android's XML is found by its root."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dragoman_handlers.text.formats.android import is_android, parse_android
from dragoman_handlers.text.formats.document import (
    Broken,
    Document,
    SkeletonDocument,
    Unit,
    has_letters,
    lines_of,
    plain_unit,
)

_PROPERTY = re.compile(r"[ \t\f]*+((?:[^\\\s=:]|\\.)++)(?:[ \t\f]*+[=:][ \t\f]*+|[ \t\f]++|(?=\r?\n|\Z))", re.DOTALL)
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\\r?\n\Z")
_JOIN = re.compile(r"\\\r?\n[ \t\f]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_OUT = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f"}
_ARGUMENT = re.compile(r"\{\d{1,3}[,}]")
_APPLE = re.compile(
    r"\s++|/\*(?P<comment>.*?)\*/|//[^\n]*+"
    r"|(?:\"(?:[^\"\\]|\\.)*+\"|[\w.$-]++)\s*+=\s*+\"(?P<value>(?:[^\"\\]|\\.)*+)\"\s*+;",
    re.DOTALL,
)
_APPLE_ESCAPE = re.compile(r"\\(?:[uU]([0-9a-fA-F]{4})|(.))", re.DOTALL)
_APPLE_OUT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_LOOKS_APPLE = re.compile(
    r"(?>\s+|/\*.*?\*/|//[^\n]*+)*+(?:\"(?:[^\"\\]|\\.)*+\"|[\w.$-]++)\s*+=\s*+\"(?:[^\"\\]|\\.)*+\"\s*+;", re.DOTALL
)
_KEYED = re.compile(r"[ \t\f]*+(?:[#!]|(?P<key>[\w.\-/]++)[ \t]*+[=:])")


def parse_strings(text: str) -> Document:
    """Parse a file of keys and texts, of whichever of the three kinds it is.

    Raises:
        Broken: it is none.
        TooLarge: it has too many parts.
    """
    if is_android(text):
        return parse_android(text)
    skeleton = _apple(text) if is_apple(text) else _properties(text)
    return SkeletonDocument(list(skeleton))


def is_apple(text: str) -> bool:
    """Return whether a text begins as a file of Apple's does."""
    return bool(_LOOKS_APPLE.match(text.removeprefix("\ufeff")[:20_000]))


def is_properties(text: str) -> bool:
    """Return whether every line of a text is a key with its value, or a comment, and there are several keys."""
    keys = 0
    for logical in _logical_lines(text):
        line = logical.removeprefix("\ufeff")
        match = _KEYED.match(line)
        if match is None and line.strip():
            return False
        keys += bool(match and match["key"])
    return keys > 1


def _properties(text: str) -> Iterator[str | Unit]:
    reached = start = 0
    ascii_only = text.isascii()
    for logical in _logical_lines(text):
        bare = logical.lstrip(" \t\f\ufeff\r\n")
        if bare and bare[0] not in "#!":
            match = _PROPERTY.match(logical.removeprefix("\ufeff"))
            if match is None:
                raise Broken(".properties file", "this line has no key", text, start)
            begin = start + match.end() + logical.startswith("\ufeff")
            raw = text[begin : start + len(logical)].rstrip("\r\n")
            value = decode_property(raw)
            if has_letters(value):
                yield text[reached:begin]
                message = bool(_ARGUMENT.search(value))
                words = value.replace("''", "'") if message else value
                yield plain_unit(words, _property_encoder(ascii_only=ascii_only, message=message), raw)
                reached = begin + len(raw)
        start += len(logical)
    yield text[reached:]


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines; one that ends with a backslash goes on with the next, if it is no comment."""
    parts: list[str] = []
    for line in lines_of(text):
        parts.append(line)
        comment = parts[0].lstrip(" \t\f")[:1] in ("#", "!")
        if comment or not _CONTINUED.search(line[-200:]):
            yield "".join(parts)
            parts = []
    yield "".join(parts)


def decode_property(raw: str) -> str:
    """Take the escapes out of a value."""
    if "\\" not in raw:
        return raw

    def plain(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])

    text = _ESCAPE.sub(plain, _JOIN.sub("", raw))
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _property_encoder(*, ascii_only: bool, message: bool) -> Callable[[str], str]:
    """Return what writes values: in a file of ASCII alone other letters are escapes, as old readers want it."""

    def encode(text: str) -> str:
        if message:
            text = text.replace("'", "''")
        out = "".join([_OUT.get(letter, letter) for letter in text])
        if out[:1] == " ":
            out = "\\" + out
        return _in_ascii(out) if ascii_only else out

    return encode


def _in_ascii(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join([chr(code) if code < 128 else f"\\u{code:04X}" for code in codes])


def _apple(text: str) -> Iterator[str | Unit]:
    reached, at = 0, int(text.startswith("\ufeff"))
    while at < len(text):
        match = _APPLE.match(text, at)
        if match is None:
            raise Broken(".strings file", 'expected "key" = "text"; or a comment', text, at)
        raw = match["value"]
        if raw is not None and has_letters(value := decode_apple(raw)):
            yield text[reached : match.start("value")]
            yield plain_unit(value, encode_apple, raw)
            reached = match.end("value")
        at = match.end()
    yield text[reached:]


def decode_apple(raw: str) -> str:
    """Take the escapes out of a text of a .strings file."""

    def plain(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])

    return _APPLE_ESCAPE.sub(plain, raw) if "\\" in raw else raw


def encode_apple(text: str) -> str:
    """Return a text as it stands between the quotes of a .strings file."""
    return "".join([_APPLE_OUT.get(letter, letter) for letter in text])
