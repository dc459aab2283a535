"""Finds the syntax of ICU messages in a text: `{n, plural, one {# house} other {# houses}}`.

Each branch is language, and what stands around it is not. A brace that is never closed costs nothing: the text is read
once, and what was taken for a message is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dragoman_handlers.text.tokens import Role, Token

_HEAD = r"\{\s{0,9}[\w.-]{1,60}\s{0,9},\s{0,9}(?P<kind>plural|selectordinal|select)\s{0,9},(?:\s{0,9}offset:\d{1,9})?"
_EVENT = re.compile(rf"(?P<head>{_HEAD})|(?P<sign>[{{}}#])")
_SELECTOR = re.compile(r"\s{0,200}(?:=\d{1,9}|[\w-]{1,40})\s{0,200}\{")
_CLOSE = re.compile(r"\s{0,200}\}")
_HINT = re.compile(r",\s{0,9}(?:plural|select)")
_MOST_DEPTH = 20


@dataclass
class _Frame:
    kind: str
    """`plural`, `select`: between its branches. `branch`: in one. `brace`: in another pair of braces."""
    begin: int
    """Where what is not language begins."""
    counts: bool = False
    """Whether `#` is a number here."""


@dataclass
class _Reader:
    text: str
    tokens: list[Token] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    complete: int = 0
    """So many tokens are of messages that are closed."""

    def read(self) -> list[Token]:
        at = 0
        while at >= 0:
            between = self.frames and self.frames[-1].kind in ("plural", "selectordinal", "select")
            at = self._between_branches(at) if between else self._in_language(at)
        return self.tokens[: self.complete]

    def _between_branches(self, at: int) -> int:
        frame = self.frames[-1]
        selector = _SELECTOR.match(self.text, at)
        if selector is not None and len(self.frames) < _MOST_DEPTH:
            self._add(frame.begin, selector.end(), Role.BREAK)
            self.frames.append(_Frame("branch", selector.end(), frame.kind != "select"))
            return selector.end()
        close = _CLOSE.match(self.text, at)
        if close is None or self.text[frame.begin] != "}":  # a message without a branch is none
            self.frames.clear()
            del self.tokens[self.complete :]
            return at
        self._add(frame.begin, close.end(), Role.BREAK)
        self.frames.pop()
        if not self.frames:
            self.complete = len(self.tokens)
        return close.end()

    def _in_language(self, at: int) -> int:
        event = _EVENT.search(self.text, at)
        if event is None:
            return -1
        if event["head"]:
            self.frames.append(_Frame(event["kind"], event.start()))
        elif not self.frames:
            pass
        elif event["sign"] == "{":
            self.frames.append(_Frame("brace", event.start()))
        elif event["sign"] == "#":
            if self.frames[-1].counts:
                self._add(event.start(), event.end(), Role.NUMBER)
        elif self.frames.pop().kind == "branch":
            self.frames[-1].begin = event.start()
        return event.end()

    def _add(self, start: int, end: int, role: Role) -> None:
        self.tokens.append(Token(start, end, role, self.text[start:end]))


def find_messages(text: str) -> Iterator[Token]:
    """Yield the syntax of every complete message, in order, and the `#` that stands for a number."""
    if "{" in text and _HINT.search(text):
        yield from _Reader(text).read()
