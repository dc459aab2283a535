"""XLIFF 1.2 and 2: each `<source>` is translated into its `<target>`, which is made where there is none.

A target that is there stays, unless it is empty, a copy of its source or marked as new. Where the file is for another
language, every target is made anew, and the file's own statement of its target language is set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from dragoman_handlers.text.formats.android import inline_parts
from dragoman_handlers.text.formats.document import Document, Kind, SkeletonDocument, Unit
from dragoman_handlers.text.formats.xml_events import XmlEvent, XmlFile, encode_xml
from dragoman_handlers.text.languages import base_language

_NEW_STATES = frozenset({"new", "needs-translation", "initial"})
_LANGUAGE_OF = {"file": "target-language", "xliff": "trgLang"}
_INLINE = {
    "x": Kind.NAME,
    "ph": Kind.NAME,
    "it": Kind.NAME,
    "bpt": Kind.MARK,
    "ept": Kind.MARK,
    "bx": Kind.MARK,
    "ex": Kind.MARK,
    "sc": Kind.MARK,
    "ec": Kind.MARK,
    "cp": Kind.MARK,
}


def parse_xliff(text: str, language: str = "") -> Document:
    """Parse an XLIFF file for a target language.

    Raises:
        Broken: it is not well-formed XML, or no XLIFF.
        TooLarge: it has too many parts.
    """
    file = XmlFile("XLIFF", text)
    root = next((event for event in file.events if event.kind == "start"), None)
    if root is None or root.name != "xliff":
        raise file.broken("its root is not <xliff>", root.start if root else 0)
    return SkeletonDocument(list(_Reader(file, language).skeleton()))


class _Reader:
    def __init__(self, file: XmlFile, language: str) -> None:
        self._file = file
        self._language = language
        self._reached = 0
        self._foreign = False
        """The targets are of another language."""
        root = next(event for event in file.events if event.kind == "start")
        self._second = root.attributes.get("version", "").startswith("2")

    def skeleton(self) -> Iterator[str | Unit]:
        file = self._file
        index = 0
        while index < len(file.events):
            event = file.events[index]
            index += 1
            if event.kind != "start":
                continue
            yield from self._language_stated(event)
            if event.attributes.get("translate") == "no":
                index = event.partner + 1
            elif event.name == ("segment" if self._second else "trans-unit"):
                yield from self._segment(index, event)
                index = event.partner + 1
        yield self._upto(len(file.bytes))

    def _upto(self, end: int) -> str:
        raw, self._reached = self._file.raw(self._reached, end), end
        return raw

    def _language_stated(self, event: XmlEvent) -> Iterator[str]:
        """Set the attribute that names the target language, where another or none is there."""
        name = _LANGUAGE_OF.get(event.name)
        if name is None or not self._language or (name == "trgLang") is not self._second:
            return
        stated = event.attributes.get(name, "")
        self._foreign = bool(stated) and base_language(stated) != base_language(self._language)
        if stated and not self._foreign:
            return
        tag = self._file.raw(event.start, event.end)
        yield self._upto(event.start)
        if name in event.attributes:
            yield re.sub(rf"(\s{name}\s*=\s*)(?:\"[^\"]*\"|'[^']*')", self._attribute, tag, count=1)
        else:
            end = len(tag) - (2 if tag.endswith("/>") else 1)
            yield f"{tag[:end]} {name}={quoteattr(self._language)}{tag[end:]}"
        self._reached = event.end

    def _attribute(self, match: re.Match[str]) -> str:
        return match[1] + quoteattr(self._language)

    def _segment(self, first: int, segment: XmlEvent) -> Iterator[str | Unit]:
        file = self._file
        found: dict[str, int] = {}
        index = first
        while index < segment.partner:
            event = file.events[index]
            if event.kind == "start":
                found.setdefault(event.name, index)
                index = event.partner
            index += 1
        if "source" not in found:
            return
        source = file.events[found["source"]]
        parts = list(inline_parts(file, found["source"] + 1, source.partner, _INLINE.get))
        source_end = file.events[source.partner].end
        if "target" not in found:
            indent = re.search(r"\n[ \t]*\Z", file.raw(max(0, source.start - 200), source.start))
            prefix = _prefix(file.raw(source.start, source.end))
            around = (f"{indent[0] if indent else ''}<{prefix}target>", f"</{prefix}target>")
            yield self._upto(source_end)
            yield Unit(parts, encode_xml, before="", around=around)
            return
        target = file.events[found["target"]]
        target_end = file.events[target.partner]
        empty = file.is_empty(target)
        before = "" if empty else file.raw(target.end, target_end.start)
        if not self._wanted(segment, target, before, file.raw(source.end, file.events[source.partner].start)):
            return
        if empty:
            yield self._upto(target.start)
            tag = file.raw(target.start, target_end.end)
            opening = tag.removesuffix("/>").rstrip() + ">"
            yield Unit(parts, encode_xml, before=tag, around=(opening, f"</{_prefix(tag)}target>"))
            self._reached = target_end.end
            return
        yield self._upto(target.end)
        yield Unit(parts, encode_xml, before=before)
        self._reached = target_end.start

    def _wanted(self, segment: XmlEvent, target: XmlEvent, before: str, source: str) -> bool:
        if self._foreign or not before.strip() or before.strip() == source.strip():
            return True
        state = target.attributes.get("state") or segment.attributes.get("state")
        return state in _NEW_STATES


def _prefix(tag: str) -> str:
    """Return the namespace prefix of a tag with its colon, or nothing."""
    match = re.match(r"<([\w.-]+:)", tag)
    return match[1] if match else ""
