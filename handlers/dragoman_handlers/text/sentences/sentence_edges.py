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
    left = list(tokens)
    while True:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        before = (start, end)
        start, end = _without_wrapping(text, start, end, left)
        start = _after_first(text, start, end, left)
        end = _before_last(text, start, end, left)
        if (start, end) == before:
            return start, end


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


def _without_wrapping(text: str, start: int, end: int, tokens: list[Token]) -> tuple[int, int]:
    """Leave out a pair of tags around the whole, and the punctuation after it."""
    while len(tokens) >= 2 and tokens[0].start == start and partners(tokens).get(0) == len(tokens) - 1:
        tail = _END.match(text, tokens[-1].end, end)
        if tail is None or tail.end() != end:
            break
        start, end = tokens.pop(0).end, tokens.pop().start
    return start, end


def _after_first(text: str, start: int, end: int, tokens: list[Token]) -> int:
    """Return the place behind the first token, where the sentence can do without it."""
    if not tokens or tokens[0].start != start or 0 in partners(tokens):
        return start
    first = tokens[0]
    if first.role is Role.NUMBER:
        return start
    if first.role is not Role.NAME:
        tokens.pop(0)
        found = _PUNCTUATION.match(text, first.end, min([end, *(token.start for token in tokens[:1])]))
        return found.end() if found else first.end
    row = _row(text, tokens)
    colon = _COLON_AFTER.match(text, row[-1].end, end)
    if len(row) < _FEW_NAMES and colon is None:
        return start
    del tokens[: len(row)]
    return colon.end() if colon else row[-1].end


def _before_last(text: str, start: int, end: int, tokens: list[Token]) -> int:
    """Return the place before the last token and the punctuation after it, where the sentence can do without them."""
    if not tokens:
        return end
    last = tokens[-1]
    tail = _END.match(text, last.end, end)
    if tail is None or tail.end() != end or last.start < start or last.role is Role.NUMBER:
        return end
    if last.role is Role.NAME:
        row = _row(text, tokens[::-1])
        if len(row) < _FEW_NAMES and not _COLON_BEFORE.search(text, start, last.start):
            return end
        del tokens[-len(row) :]
        return row[-1].start
    if len(tokens) - 1 in partners(tokens).values():
        return end
    tokens.pop()
    return last.start


def _row(text: str, tokens: Sequence[Token]) -> list[Token]:
    """Return the names at the beginning with only blanks between them."""
    row = [tokens[0]]
    for token in tokens[1:]:
        between = text[min(row[-1].end, token.end) : max(row[-1].start, token.start)]
        if token.role is not Role.NAME or between.strip():
            break
        row.append(token)
    return row
