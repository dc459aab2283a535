"""Tokens at a sentence's edges that are no part of it: blanks, emoji, a name before a colon, tags around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from dragoman_handlers.text.tokens import Role, Token

_PUNCTUATION = re.compile(r"[\s.,;:!?…–—-]*")  # noqa: RUF001 - the dash is meant
_COLON_AFTER = re.compile(r"\s*:(?=\s)")
_COLON_BEFORE = re.compile(r":\s*$")
_END = re.compile(r"[\s.,;:!…)\]]*")
_FEW_NAMES = 2
"""So many names in a row (`#travel #lisbon`) are a list, not words of the sentence."""


def peeled(text: str, start: int, end: int, tokens: Sequence[Token]) -> tuple[int, int]:
    """Return the sentence inside [start, end): without blanks, and without tokens that are no part of it.

    Args:
        text: the whole text.
        start: where the sentence begins, with what stands before it.
        end: where it ends, with what stands after it.
        tokens: those inside, in order.
    """
    return _Edges(text, start, end, tokens).peeled()


def partners(tokens: Sequence[Token]) -> dict[int, int]:
    """Map the index of each OPEN to that of its CLOSE, for those that have both inside."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.role is Role.OPEN:
            opened.append(index)
        elif token.role is Role.CLOSE and opened:
            found[opened.pop()] = index
    return found


def clauses(text: str, start: int, end: int, tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Cut a sentence after a span that ends with a colon: `<b>Note:</b> all is well` reads as two sentences."""
    cuts = []
    for token in tokens:
        if token.role is Role.CLOSE and ":" in (text[token.start - 1], text[token.end : token.end + 1]):
            cut = token.end + (text[token.end : token.end + 1] == ":")
            if text[cut : cut + 1].isspace():
                cuts.append(cut)
    return list(pairwise([start, *cuts, end]))


class _Edges:
    """A sentence that gets shorter at both ends. Linear in its tokens: what is found of them is found once.

    Args:
        text: the whole text.
        start: where the sentence begins.
        end: where it ends.
        tokens: those inside, in order.
    """

    def __init__(self, text: str, start: int, end: int, tokens: Sequence[Token]) -> None:
        self._text, self._start, self._end = text, start, end
        self._tokens = tokens
        self._first, self._behind = 0, len(tokens)
        """The tokens that are left: from the first one to the one before this."""
        # No token is left out without its partner, so these stay true of the tokens that are left.
        self._close_of = partners(tokens)
        self._closes = frozenset(self._close_of.values())

    def peeled(self) -> tuple[int, int]:
        """Return the sentence without what is no part of it."""
        text = self._text
        while True:
            while self._start < self._end and text[self._start].isspace():
                self._start += 1
            while self._end > self._start and text[self._end - 1].isspace():
                self._end -= 1
            before = (self._start, self._end)
            self._leave_wrapping()
            self._start = self._after_first()
            self._end = self._before_last()
            if (self._start, self._end) == before:
                return before

    def _only_signs_behind(self, token: Token) -> bool:
        tail = _END.match(self._text, token.end, self._end)
        return tail is not None and tail.end() == self._end

    def _leave_wrapping(self) -> None:
        """Leave out pairs of tags around the whole, and the punctuation after them."""
        while self._behind - self._first >= 2:
            first, last = self._tokens[self._first], self._tokens[self._behind - 1]
            whole = first.start == self._start and self._close_of.get(self._first) == self._behind - 1
            if not whole or not self._only_signs_behind(last):
                return
            self._start, self._end = first.end, last.start
            self._first += 1
            self._behind -= 1

    def _after_first(self) -> int:
        """Return the place behind the first token, where the sentence can do without it."""
        start, end = self._start, self._end
        if self._first == self._behind:
            return start
        first = self._tokens[self._first]
        if first.start != start or self._first in self._close_of or first.role is Role.NUMBER:
            return start
        if first.role is not Role.NAME:
            self._first += 1
            following = [self._tokens[self._first].start] if self._first < self._behind else []
            found = _PUNCTUATION.match(self._text, first.end, min([end, *following]))
            return found.end() if found else first.end
        row = self._row(range(self._first, self._behind))
        colon = _COLON_AFTER.match(self._text, row[-1].end, end)
        if len(row) < _FEW_NAMES and colon is None:
            return start
        self._first += len(row)
        return colon.end() if colon else row[-1].end

    def _before_last(self) -> int:
        """Return the place before the last token and the punctuation after it, where it can do without them."""
        start, end = self._start, self._end
        if self._first == self._behind:
            return end
        last = self._tokens[self._behind - 1]
        if last.start < start or last.role is Role.NUMBER or not self._only_signs_behind(last):
            return end
        if last.role is Role.NAME:
            row = self._row(range(self._behind - 1, self._first - 1, -1))
            if len(row) < _FEW_NAMES and not _COLON_BEFORE.search(self._text, start, last.start):
                return end
            self._behind -= len(row)
            return row[-1].start
        if self._behind - 1 in self._closes:
            return end
        self._behind -= 1
        return last.start

    def _row(self, places: Sequence[int]) -> list[Token]:
        """Return the names at the beginning of these places with only blanks between them."""
        row = [self._tokens[places[0]]]
        for place in places[1:]:
            token = self._tokens[place]
            between = self._text[min(row[-1].end, token.end) : max(row[-1].start, token.start)]
            if token.role is not Role.NAME or between.strip():
                break
            row.append(token)
        return row
