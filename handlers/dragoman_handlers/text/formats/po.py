"""gettext's PO: each `msgid` into its empty `msgstr`.

What is translated already stays, unless the file's header names another language than the one asked for: then every
`msgstr` is made anew, and the header's `Language` is set. The file is read line by line here, for the libraries that
read it write it anew in a form of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from dragoman_handlers.text.formats.document import (
    Broken,
    Document,
    SkeletonDocument,
    Unit,
    Words,
    has_letters,
    lines_of,
)
from dragoman_handlers.text.languages import base_language

_LINE = re.compile(
    r"(?P<blank>[ \t]*\r?\n?)\Z|(?P<comment>[ \t]*#.*)"
    r"|[ \t]*(?:(?P<key>msgctxt|msgid_plural|msgid|msgstr(?:\[(?P<form>\d{1,2})\])?)[ \t]*)?"
    r'"(?P<value>(?:[^"\\\r\n]|\\.)*+)"[ \t]*(?:\r?\n)?\Z',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "v": "\v", "f": "\f"}
_OUT = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\a": "\\a",
    "\b": "\\b",
    "\v": "\\v",
    "\f": "\\f",
}
_WIDTH = 76
_HEADER_LANGUAGE = re.compile(r'(?m)^("Language:[ \t]*)([\w@.-]*)((?:\\n)?")')


class _Field(msgspec.Struct, eq=False):
    """A keyword with its strings."""

    key: str
    form: int
    start: int
    """The place of the first string."""
    end: int = 0
    value: str = ""


class _Entry(msgspec.Struct, eq=False):
    fields: list[_Field]

    def get(self, key: str) -> str | None:
        """Return the value of a keyword; None where the entry has none."""
        return next((field.value for field in self.fields if field.key == key), None)


def parse_po(text: str, language: str = "") -> Document:
    """Parse a PO or POT file for a target language.

    Raises:
        Broken: it is none.
        TooLarge: it has too many parts.
    """
    entries = list(_entries(text))
    header = next((entry for entry in entries if entry.get("msgid") == ""), None)
    stated = _stated_language(header)
    foreign = bool(stated and language) and base_language(stated) != base_language(language)
    skeleton: list[str | Unit] = []
    reached = 0
    newline = "\r\n" if "\r\n" in text[:10_000] else "\n"
    for entry in entries:
        for field in entry.fields:
            if entry is header and field.key == "msgstr" and language and (foreign or not stated):
                raw = text[field.start : field.end]
                changed = _HEADER_LANGUAGE.sub(lambda match: f"{match[1]}{_tag(language)}{match[3]}", raw, count=1)
                skeleton += [text[reached : field.start], changed]
                reached = field.end
            elif entry is not header and field.key == "msgstr" and (foreign or not field.value):
                source = (entry.get("msgid_plural") if field.form else None) or entry.get("msgid") or ""
                if has_letters(source):
                    raw = text[field.start : field.end]
                    skeleton += [text[reached : field.start], _unit(source, raw, newline)]
                    reached = field.end
    skeleton.append(text[reached:])
    return SkeletonDocument(skeleton)


def _unit(source: str, raw: str, newline: str) -> Unit:
    return Unit([Words(source, source)], lambda text: encode_po(text, newline), before=raw)


def _tag(language: str) -> str:
    """Return a tag as gettext writes it: `pt_BR`."""
    return language.replace("-", "_")


def _stated_language(header: _Entry | None) -> str:
    if header is None:
        return ""
    match = re.search(r"^Language:[ \t]*([\w-]+)", header.get("msgstr") or "", re.MULTILINE)
    return match[1].replace("_", "-") if match else ""


def _entries(text: str) -> Iterator[_Entry]:
    entry: _Entry | None = None
    at = 0
    for line in lines_of(text):
        match = _LINE.match(line) if at or not line.startswith("\ufeff") else _LINE.match(line[1:])
        shift = at + (line.startswith("\ufeff") if not at else 0)
        if match is None:
            raise Broken("PO file", "this line is no keyword with a string, no string and no comment", text, at)
        if match["value"] is not None:
            value = decode_po(match["value"])
            start, end = shift + match.start("value") - 1, shift + match.end("value") + 1
            if match["key"]:
                key = match["key"].partition("[")[0]
                if entry is None or _is_next(entry, key):
                    if entry is not None:
                        yield _whole(entry, text)
                    entry = _Entry([])
                entry.fields.append(_Field(key, int(match["form"] or 0), start, end, value))
            elif entry is None:
                raise Broken("PO file", "a string stands before any keyword", text, at)
            else:
                entry.fields[-1].value += value
                entry.fields[-1].end = end
        at += len(line)
    if entry is not None:
        yield _whole(entry, text)


def _is_next(entry: _Entry, key: str) -> bool:
    """Return whether a keyword begins another entry."""
    keys = {field.key for field in entry.fields}
    return key == "msgctxt" or (key == "msgid" and ("msgid" in keys or "msgstr" in keys))


def _whole(entry: _Entry, text: str) -> _Entry:
    if entry.get("msgid") is None or entry.get("msgstr") is None:
        missing = "msgid" if entry.get("msgid") is None else "msgstr"
        raise Broken("PO file", f"an entry has no {missing}", text, entry.fields[0].start)
    return entry


def decode_po(value: str) -> str:
    """Take the escapes out of a string."""

    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return chr(int(match[2], 8)) if match[2] else _LETTERS.get(match[3], match[3])

    return _ESCAPE.sub(plain, value) if "\\" in value else value


def encode_po(text: str, newline: str = "\n") -> str:
    """Return a text as one or several strings, cut after line breaks and wrapped as gettext wraps."""
    escaped = ["".join([_OUT.get(letter, letter) for letter in line]) for line in lines_of(text)]
    if len(escaped) <= 1 and sum(map(len, escaped)) <= _WIDTH:
        return f'"{"".join(escaped)}"'
    rows: list[str] = [""]
    for line in escaped:
        row = ""
        for word in re.findall(r"[^ ]* *", line):
            if row and len(row) + len(word) > _WIDTH:
                rows.append(row)
                row = ""
            row += word
        rows.append(row)
    return newline.join(f'"{row}"' for row in rows)
