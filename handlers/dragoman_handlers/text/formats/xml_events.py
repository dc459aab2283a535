"""An XML file as events with their places, by the standard library's expat: what two formats are read with.

Entities of a file's own are refused: they are what small files grow large with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from xml.parsers import expat  # nosec - entities are refused
from xml.sax.saxutils import escape

import msgspec

from dragoman_handlers.text.formats.document import MOST_DEPTH, MOST_PARTS, Broken
from dragoman_wire.errors import TooLarge

EventKind = Literal["start", "end", "text", "cdata", "other"]


class XmlEvent(msgspec.Struct, eq=False):
    """A tag, a text or anything else of an XML file. Every byte of a file belongs to one event."""

    kind: EventKind
    start: int
    """Bytes from the beginning."""
    end: int = 0
    name: str = ""
    """Of an element, without its prefix."""
    attributes: Mapping[str, str] = {}
    data: str = ""
    """A text without its escapes."""
    partner: int = 0
    """Of a start: the index of its end."""


class XmlFile:
    """The events of a file, and its bytes.

    Args:
        name: of the format, for sentences.
        text: the file.

    Raises:
        Broken: it is not well-formed, declares entities, or is nested too deep.
        TooLarge: it has too many parts.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.bytes = text.encode("utf-8", "surrogatepass")
        self.events: list[XmlEvent] = []
        self._open: list[int] = []
        self._in_cdata = False
        self._parse()

    def raw(self, start: int, end: int) -> str:
        """Return the file between two bytes."""
        return self.bytes[start:end].decode("utf-8", "surrogatepass")

    def is_empty(self, event: XmlEvent) -> bool:
        """Return whether an element is one tag, `<x/>`."""
        alone = self.events[event.partner - 1] is event
        return alone and self.raw(event.start, self.events[event.partner].end).endswith("/>")

    def broken(self, problem: str, byte: int) -> Broken:
        """Return the error that names a place."""
        return Broken(self.name, problem, self.text, len(self.raw(0, byte)))

    def _parse(self) -> None:
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartCdataSectionHandler = self._cdata
        parser.EndCdataSectionHandler = self._cdata_end
        parser.EntityDeclHandler = self._entity
        parser.DefaultHandler = lambda _: self._add("other")
        try:
            parser.Parse(self.bytes, True)  # noqa: FBT003 - all there is
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code) or "it cannot be read"
            raise Broken(self.name, problem, self.text, self._char_at(error.lineno, error.offset)) from None
        end = len(self.bytes)
        for event in reversed(self.events):
            event.end = end
            end = event.start

    def _char_at(self, line: int, column: int) -> int:
        start = 0
        for _ in range(line - 1):
            start = self.text.find("\n", start) + 1
        return start + column

    def _add(self, kind: EventKind, name: str = "", attributes: Mapping[str, str] | None = None) -> XmlEvent:
        if len(self.events) >= 2 * MOST_PARTS:
            raise TooLarge(f"the document has more than {2 * MOST_PARTS} parts; send it in pieces")
        at = max(0, self._parser.CurrentByteIndex)
        event = XmlEvent(kind, at, name=name.rpartition(":")[2], attributes=attributes or {})
        self.events.append(event)
        return event

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MOST_DEPTH:
            raise self.broken(f"it is nested more than {MOST_DEPTH} deep", self._parser.CurrentByteIndex)
        self._open.append(len(self.events))
        self._add("start", name, attributes)

    def _end(self, name: str) -> None:
        self.events[self._open.pop()].partner = len(self.events)
        self._add("end", name)

    def _data(self, data: str) -> None:
        last = self.events[-1] if self.events else None
        if (self._in_cdata and last is not None) or (last is not None and last.kind == "text"):
            last.data += data
        else:
            self._add("text").data = data

    def _cdata(self) -> None:
        self._add("cdata")
        self._in_cdata = True

    def _cdata_end(self) -> None:
        self._in_cdata = False

    def _entity(self, *_: object) -> None:
        raise self.broken("it declares entities, which is not allowed", self._parser.CurrentByteIndex)


def encode_xml(text: str) -> str:
    """Return a text as it stands between two tags."""
    return escape(text)
