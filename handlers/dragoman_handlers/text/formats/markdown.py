"""Markdown (CommonMark, with tables and strikethrough): paragraphs, headings, items and cells.

markdown-it-py says where blocks are and what each inline rule took. Front matter, code, addresses, titles of links
and everything between blocks stay to the letter; a hard-wrapped paragraph is wrapped again at the width that it had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from typing import Any

import msgspec
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, backtick, escape, html_inline, image, link, newline

from dragoman_handlers.text.formats.document import (
    Document,
    Inline,
    Kind,
    SkeletonDocument,
    Unit,
    Words,
    has_letters,
    plain_unit,
)
from dragoman_handlers.text.formats.html import html_skeleton
from dragoman_handlers.text.formats.inline import Part, Span, unit_of
from dragoman_wire.errors import InvalidRequest, TooLarge

_FRONT_MATTER = re.compile(
    r"\ufeff?(?P<fence>---|\+\+\+)[ \t]*\r?\n(?:.*?\n)??(?P=fence)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
_MOST_LINES = 50_000
"""A list of so many items takes some seconds to parse; a novel has fewer lines."""
_MOST_INLINE_CHARS = 20_000
"""A longer block is no paragraph for people; looking for links in it may take a minute."""
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_STRUCTURE = re.compile(r"[-+*>#=|:<]|\d{1,9}[.)]|`{3}|~{3}")
"""A word that would begin a block at the beginning of a line."""
_RULES: dict[str, Callable[[StateInline, bool], bool]] = {
    "escape": escape,
    "backticks": backtick,
    "link": link,
    "image": image,
    "autolink": autolink,
    "html_inline": html_inline,
    "newline": newline,
}


class _Taken(msgspec.Struct, frozen=True):
    """The part of a block's content that an inline rule took."""

    rule: str
    start: int
    end: int
    label_end: int
    """Of a link or an image: where its bracket closes."""


class _Recorder:
    """Markdown-it with inline rules that note where they are."""

    def __init__(self) -> None:
        self.taken: list[_Taken] = []
        self._state: StateInline | None = None
        self.markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self.markdown.core.ruler.disable("inline")
        for name, rule in _RULES.items():
            self.markdown.inline.ruler.at(name, self._noting(name, rule))

    def record(self, content: str, env: dict[str, Any]) -> list[_Taken]:
        """Return what was taken of a content, in order; what is in the label of a link comes after the link."""
        self.taken, self._state = [], None
        self.markdown.inline.parse(content, self.markdown, env, [])
        return sorted(self.taken, key=lambda taken: (taken.start, -taken.end))

    def _noting(self, name: str, rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
        def noted(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's own signature
            if self._state is None:
                self._state = state
            start = state.pos
            took = rule(state, silent)
            if took and not silent and state is self._state:
                label_end = -1
                if name in ("link", "image"):
                    after = state.pos
                    state.pos = start
                    at = start if name == "link" else start + 1
                    label_end = state.md.helpers.parseLinkLabel(state, at, name == "link")
                    state.pos = after
                self.taken.append(_Taken(name, start, state.pos, label_end))
            return took

        return noted


_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
"""As markdown-it counts lines: a carriage return by itself ends one as well."""


def parse_markdown(text: str) -> Document:
    """Parse a Markdown file; there is none that cannot be read.

    Raises:
        TooLarge: it has too many lines or parts.
    """
    front = _FRONT_MATTER.match(text)
    begin = front.end() if front else 0
    return SkeletonDocument([text[:begin], *_Reader(text[begin:]).skeleton()])


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._recorder = _Recorder()
        self._lines = _LINE.findall(text)
        if len(self._lines) > _MOST_LINES:
            raise TooLarge(f"the document has {len(self._lines)} lines, and Markdown may have {_MOST_LINES}")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._reached = 0

    def skeleton(self) -> Iterator[str | Unit]:
        # markdown-it replaces NUL and reads other line ends as it should: lines keep their numbers.
        env: dict[str, Any] = {}
        row: list[int] = [0, 0]
        for token in self._recorder.markdown.parse(self._text.replace("\r\n", "\n"), env):
            if token.type == "tr_open" and token.map:
                row = token.map
            elif token.type == "html_block" and token.map:
                yield from self._html(token.map)
            elif token.type == "inline":
                content = token.content
                places = self._places(content, token.map or row)
                if not places and "|" in content:  # a bar in a table's cell stands behind a backslash
                    content = content.replace("|", "\\|")
                    places = self._places(content, token.map or row)
                if places:
                    yield from self._block(content, places, env)
        yield self._text[self._reached :]

    def _html(self, lines: Sequence[int]) -> Iterator[str | Unit]:
        start, end = self._starts[lines[0]], self._starts[lines[1]]
        if start < self._reached:
            return
        try:
            skeleton = html_skeleton(self._text[start:end])
        except InvalidRequest:
            return
        yield self._text[self._reached : start]
        yield from skeleton
        self._reached = end

    def _places(self, content: str, lines: Sequence[int]) -> list[tuple[int, int]]:
        """Return where each line of a content begins, in itself and in the file; nothing where that is unclear."""
        places: list[tuple[int, int]] = []
        at = 0
        cursor = max(self._starts[lines[0]], self._reached)
        for number, line in enumerate(content.split("\n")):
            if lines[0] + number >= len(self._lines):
                return []
            bare = line.strip()
            cursor = max(cursor, self._starts[lines[0] + number])
            end = self._starts[lines[0] + number + 1]
            found = self._text.find(bare, cursor, end)
            if found < 0:
                return []
            places.append((at + len(line) - len(line.lstrip()), found))
            cursor = found + len(bare)
            at += len(line) + 1
        return places

    def _block(self, content: str, places: Sequence[tuple[int, int]], env: dict[str, Any]) -> Iterator[str | Unit]:
        block = _Block(self._text, content, places)
        start, end = block.source(0), block.source(len(content.rstrip()))
        yield self._text[self._reached : start]
        taken = self._recorder.record(content, env) if len(content) <= _MOST_INLINE_CHARS else []
        yield from block.skeleton(taken)
        self._reached = end


class _Block:
    """The content of one block."""

    def __init__(self, text: str, content: str, places: Sequence[tuple[int, int]]) -> None:
        self._text = text
        self._content = content
        self._places = places
        self._line = 0
        self._parts: list[Part | Span] = []
        self._width = max(map(len, content.split("\n")))
        self._break = ""

    def source(self, at: int) -> int:
        """Return the place in the file of a place in the content; asked in any order."""
        while self._line + 1 < len(self._places) and self._places[self._line + 1][0] <= at:
            self._line += 1
        while self._line and self._places[self._line][0] > at:
            self._line -= 1
        begin, found = self._places[self._line]
        return found + max(0, at - begin)

    def skeleton(self, taken: Sequence[_Taken]) -> Iterator[str | Unit]:
        reached = 0
        closing: list[tuple[int, int]] = []
        for each in [*taken, None]:
            start = each.start if each else len(self._content.rstrip())
            while closing and closing[-1][0] <= start:
                label_end, end = closing.pop()
                self._words(reached, label_end)
                self._parts.append(Span(Kind.CLOSE, "link", [self._raw(label_end, end)]))
                reached = end
            if each is None or start < reached:
                continue
            self._words(reached, start)
            reached = each.end
            if each.rule == "link":
                self._parts.append(Span(Kind.OPEN, "link", [self._raw(start, start + 1)]))
                closing.append((each.label_end, each.end))
                reached = start + 1
            elif each.rule in ("newline", "escape"):
                hard = each.rule == "escape" or self._content[max(0, start - 2) : start] == "  "
                if each.rule == "escape" and self._content[start + 1 : start + 2] != "\n":
                    self._words(start, each.end)
                elif hard:
                    yield from self._flushed()
                    yield self._raw(start, each.end)
                else:
                    raw = self._raw(start, each.end)
                    self._break = self._break or raw
                    self._parts.append(Words(" ", raw))
            else:
                self._parts.append(self._inline(each))
        self._words(reached, len(self._content.rstrip()))
        yield from self._flushed()

    def _raw(self, start: int, end: int) -> str:
        return self._text[self.source(start) : self.source(end)]

    def _words(self, start: int, end: int) -> None:
        if end > start:
            raw = self._raw(start, end)
            self._parts.append(Words(raw, raw))

    def _flushed(self) -> list[str | Unit]:
        parts, self._parts = self._parts, []
        if not self._break:
            return unit_of(parts, str)
        width, separator = self._width, self._break
        return unit_of(parts, str, lambda text: _wrapped(text, width, separator))

    def _inline(self, taken: _Taken) -> Inline | Span:
        raw = self._raw(taken.start, taken.end)
        if taken.rule == "html_inline":
            tag = _TAG.match(raw)
            if tag is None or raw.endswith("/>"):
                return Inline(Kind.MARK, [raw])
            return Span(Kind.CLOSE if tag[1] else Kind.OPEN, tag[2].lower(), [raw])
        if taken.rule == "image":
            alt = self._raw(taken.start + 2, taken.label_end)
            if has_letters(alt) and "[" not in alt:
                return Inline(
                    Kind.MARK, ["![", plain_unit(unescape(alt), str, alt), self._raw(taken.label_end, taken.end)]
                )
            return Inline(Kind.MARK, [raw])
        return Inline(Kind.NAME, [raw])


def _wrapped(text: str, width: int, separator: str) -> str:
    """Wrap a paragraph; no line begins with what would begin another block."""
    lines = [""]
    for word in text.split(" "):
        fits = len(lines[-1]) + 1 + len(word) <= width
        if not lines[-1]:
            lines[-1] = word
        elif fits or not word or _STRUCTURE.match(word):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return separator.join(lines)
