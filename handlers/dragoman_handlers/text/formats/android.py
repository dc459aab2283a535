"""Android's strings.xml: `<string>`, and the items of `<string-array>` and `<plurals>`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dragoman_handlers.text.formats.document import Document, Inline, Kind, SkeletonDocument, Unit, Words, plain_unit
from dragoman_handlers.text.formats.xml_events import XmlFile, encode_xml

NAME = "Android strings file"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_UNESCAPED_QUOTE = re.compile(r"((?<!\\)(?:\\\\)*)\"")
_LETTERS = {"n": "\n", "t": "\t"}
_WITH_STRINGS = frozenset({"string", "item"})


def is_android(text: str) -> bool:
    """Return whether an XML file is one of Android's."""
    return bool(re.search(r"<resources[\s>]", text[:4000]))


def parse_android(text: str) -> Document:
    """Parse a strings.xml.

    Raises:
        Broken: it is not well-formed XML.
        TooLarge: it has too many parts.
    """
    file = XmlFile(NAME, text)
    return SkeletonDocument(list(_skeleton(file)))


def _skeleton(file: XmlFile) -> Iterator[str | Unit]:
    reached = index = 0
    while index < len(file.events):
        event = file.events[index]
        index += 1
        if event.kind != "start":
            continue
        if event.attributes.get("translatable") == "false":
            index = event.partner + 1
        elif event.name in _WITH_STRINGS:
            content = _content(file, index, event.partner)
            if content:
                yield file.raw(reached, event.end)
                yield from content
                reached = file.events[event.partner].start
            index = event.partner + 1
    yield file.raw(reached, len(file.bytes))


def _content(file: XmlFile, first: int, end: int) -> list[str | Unit]:
    """Return the skeleton of an element's content, of the events from `first` up to `end`; none if it stays."""
    events = file.events
    data = "".join([event.data for event in events[first:end] if event.kind == "text"]).strip()
    if first == end or (data.startswith(("@", "?")) and " " not in data):
        return []  # a reference to another resource
    if end - first == 1 and events[first].kind == "cdata":
        body = file.raw(events[first].start, events[first].end).removeprefix("<![CDATA[").removesuffix("]]>")
        unit = plain_unit(decode(body), lambda text: encode(text).replace("]]>", "]] >"), body)
        return ["<![CDATA[", unit, "]]>"]
    return [Unit(list(inline_parts(file, first, end, _opaque, decode)), _encode)]


def _opaque(name: str) -> Kind | None:
    """Return what an element is that is not looked into."""
    return Kind.NAME if name == "g" else None  # <xliff:g>: a placeholder


def inline_parts(
    file: XmlFile,
    first: int,
    end: int,
    opaque: Callable[[str], Kind | None],
    decoded: Callable[[str], str] = str,
) -> Iterator[Words | Inline]:
    """Yield words and inline parts of an element's content.

    Args:
        file: the file.
        first: the first event of the content.
        end: the event after the content.
        opaque: what an element is that is kept with its content; None for one that is a span.
        decoded: takes the format's own escapes out of a text.
    """
    index = first
    while index < end:
        event = file.events[index]
        index += 1
        if event.kind == "text":
            yield Words(decoded(event.data), file.raw(event.start, event.end))
            continue
        kind = Kind.MARK
        stop = event.end
        if event.kind == "start":
            kept = opaque(event.name) or (Kind.NAME if event.attributes.get("translate") == "no" else None)
            if kept is not None or file.is_empty(event):
                kind, stop = kept or Kind.MARK, file.events[event.partner].end
                index = event.partner + 1
            else:
                kind = Kind.OPEN
        elif event.kind == "end":
            kind = Kind.CLOSE
        yield Inline(kind, [file.raw(event.start, stop)])


def decode(text: str) -> str:
    """Take Android's escapes out of a text."""
    text = _UNESCAPED_QUOTE.sub(r"\1", _BLANKS.sub(" ", text))

    def plain(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])

    return _ESCAPE.sub(plain, text)


def encode(text: str) -> str:
    """Put Android's escapes into a text."""
    text = text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    text = text.replace("\n", "\\n").replace("\t", "\\t")
    return "\\" + text if text[:1] in ("@", "?") else text


def _encode(text: str) -> str:
    return encode_xml(encode(text))
