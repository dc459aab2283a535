"""The parts of a text that are not translated, and their roles in the sentence around them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum

import msgspec

BLANK = "\0"
"""Stands for what has been found already; nothing else looks for it."""


class Role(Enum):
    """The role of a token in its sentence."""

    NAME = "name"
    """A word of it, such as an address or a placeholder."""
    NUMBER = "number"
    """A placeholder for a number."""
    MARK = "mark"
    """No word: an emoji, an entity, a tag without a partner."""
    OPEN = "open"
    """The beginning of a span that is translated: `<b>`, `**`, the bracket of a link."""
    CLOSE = "close"
    BREAK = "break"
    """The end of a sentence, whatever stands around it: a code block, `<br>`, a list's bullet, a table's bar."""


class Token(msgspec.Struct, frozen=True):
    """A stretch [start, end) of a text that is not translated."""

    start: int
    end: int
    role: Role
    text: str
    """Its text in the translation: its own, or the glossary's."""
    flexible: bool = False
    """Whether it takes a capital where it comes to stand at the beginning of a sentence, as a word does."""

    def moved(self, by: int) -> Token:
        """Return the same token with its place moved by `by` characters."""
        return Token(self.start + by, self.end + by, self.role, self.text, self.flexible)


def blanked(text: str, tokens: Sequence[Token]) -> str:
    """Return the text with every token overwritten by characters that no pattern matches."""
    parts, reached = [], 0
    for token in sorted(tokens, key=lambda token: token.start):
        parts += [text[reached : token.start], BLANK * (token.end - token.start)]
        reached = token.end
    return "".join([*parts, text[reached:]])


def with_wider(tokens: Sequence[Token], others: Sequence[Token]) -> list[Token]:
    """Return both, in order. Where they meet, a token of `others` counts if it holds the tokens whole."""
    if not others:
        return list(tokens)
    starts, ends = [token.start for token in tokens], [token.end for token in tokens]
    dropped: set[int] = set()
    kept: list[Token] = []
    for other in others:
        met = range(bisect_left(ends, other.start + 1), bisect_left(starts, other.end))
        if all(other.start <= tokens[index].start and tokens[index].end <= other.end for index in met):
            dropped.update(met)
            kept.append(other)
    kept += [token for index, token in enumerate(tokens) if index not in dropped]
    return sorted(kept, key=lambda token: token.start)
