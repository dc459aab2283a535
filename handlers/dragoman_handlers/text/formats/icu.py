"""An ICU message: its words, and the words of each branch of `plural`, `selectordinal` and `select`.

A complex argument is one word of the sentence that it stands in; its branches are sentences of their own.
"""

from __future__ import annotations

import re

from dragoman_handlers.text.formats.document import (
    MOST_DEPTH,
    Broken,
    Document,
    Inline,
    Kind,
    SkeletonDocument,
    Unit,
    Words,
)
from dragoman_handlers.text.formats.inline import Part, unit_of

_NAME = "ICU message"
_ARGUMENT = re.compile(r"\{\s*+[^\s{},'|]++\s*+")
_KIND = re.compile(r",\s*+(plural|selectordinal|select)\s*+,\s*+(?:offset\s*+:\s*+\d++\s*+)?")
_SELECTOR = re.compile(r"\s*+(?:=\d++|[^\s{},=]++)\s*+\{")
_SPECIAL = re.compile(r"[{}#']")
_STYLE = re.compile(r"[{}']")


def parse_icu(text: str) -> Document:
    """Parse a message.

    Raises:
        Broken: a brace has no partner, or an argument is none.
        TooLarge: it has too many parts.
    """
    reader = _Reader(text)
    skeleton = reader.message(depth=0, counts=False)
    return SkeletonDocument(skeleton)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def message(self, *, depth: int, counts: bool) -> list[str | Unit]:
        """Read up to the brace that ends this message, or to the end of the text."""
        if depth > MOST_DEPTH:
            raise self._broken(f"it is nested more than {MOST_DEPTH} deep", self._at)
        parts: list[Part] = []
        words: list[str] = []
        raw_from = self._at

        def flush() -> None:
            if self._at > raw_from:
                parts.append(Words("".join(words), self._text[raw_from : self._at]))
            words.clear()

        while True:
            match = _SPECIAL.search(self._text, self._at)
            stop = match.start() if match else len(self._text)
            words.append(self._text[self._at : stop])
            self._at = stop
            sign = match[0] if match else ""
            if sign == "'":
                words.append(self._quoted(counts=counts))
            elif sign == "#" and not counts:
                words.append("#")
                self._at += 1
            elif sign in ("{", "#"):
                flush()
                parts.append(self._argument(depth) if sign == "{" else self._count())
                raw_from = self._at
            else:
                if sign == "}" and not depth:
                    raise self._broken("a brace is closed that was not opened", stop)
                if not sign and depth:
                    raise self._broken("a brace is not closed", stop)
                flush()
                return unit_of(parts, encode_icu)

    def _broken(self, problem: str, at: int) -> Broken:
        return Broken(_NAME, problem, self._text, at)

    def _count(self) -> Inline:
        self._at += 1
        return Inline(Kind.NUMBER, ["#"])

    def _quoted(self, *, counts: bool) -> str:
        """Read an apostrophe: one that is meant, two for one, or the beginning of a quotation."""
        text, at = self._text, self._at
        after = text[at + 1 : at + 2]
        if after == "'":
            self._at += 2
            return "'"
        if after not in ("{", "}") and not (after == "#" and counts):
            self._at += 1
            return "'"
        end = at + 1
        found: list[str] = []
        while True:
            close = text.find("'", end)
            found.append(text[end : close if close >= 0 else len(text)])
            if close < 0 or text[close + 1 : close + 2] != "'":
                break
            found.append("'")
            end = close + 2
        self._at = close + 1 if close >= 0 else len(text)
        return "".join(found)

    def _argument(self, depth: int) -> Inline:
        start = self._at
        match = _ARGUMENT.match(self._text, start)
        if match is None:
            raise self._broken("after a brace stands no name of an argument", start)
        kind = _KIND.match(self._text, match.end())
        if kind is None:
            return self._simple(start, match.end())
        skeleton: list[str | Unit] = []
        reached = start
        self._at = kind.end()
        while selector := _SELECTOR.match(self._text, self._at):
            self._at = selector.end()
            skeleton.append(self._text[reached : self._at])
            skeleton += self.message(depth=depth + 1, counts=kind[1] != "select")
            reached = self._at
            self._at += 1
        close = re.compile(r"\s*+\}").match(self._text, self._at)
        if close is None or not skeleton:
            raise self._broken(f"a branch of {kind[1]!r} is missing or not closed", self._at)
        self._at = close.end()
        skeleton.append(self._text[reached : self._at])
        return Inline(Kind.NAME, skeleton)

    def _simple(self, start: int, at: int) -> Inline:
        """Read `{name}`, or `{name, number, ...}` with a style that may hold braces of its own."""
        if self._text[at : at + 1] not in (",", "}"):
            raise self._broken("an argument is not closed", start)
        opened = 1
        while opened:
            match = _STYLE.search(self._text, at)
            if match is None:
                raise self._broken("a brace is not closed", start)
            at = match.end()
            if match[0] == "'":
                close = self._text.find("'", at)
                at = close + 1 if close >= 0 else at
            else:
                opened += 1 if match[0] == "{" else -1
        self._at = at
        return Inline(Kind.NAME, [self._text[start:at]])


def encode_icu(text: str) -> str:
    """Return words as a message has them: apostrophes doubled, braces quoted."""
    return re.sub(r"\{[^{}]*+\}|[{}]+", lambda match: f"'{match[0]}'", text.replace("'", "''"))
