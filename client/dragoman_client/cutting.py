"""Cutting a long text into pieces for requests; joined again, with what is between them, they are the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PIECE_CHARS = 3000
"""A server refuses texts of more than 10,000 by default; some pieces at a time keep all its processes busy."""
_BOUNDARIES: Sequence[re.Pattern[str]] = (
    re.compile(r"[^\S\n]*\n(?:[^\S\n]*\n)+"),  # an empty line: a paragraph ends
    re.compile(r"(?<=[.!?\u2026\u3002\uff01\uff1f])[\"'\u2019\u201d\u00bb)\]]*\s+|(?<=[\u3002\uff01\uff1f])"),
    re.compile(r"\s*\n\s*"),
    re.compile(r"\s+"),
)
"""Where a text is cut, the best place first: paragraphs, sentences, lines, words."""
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that is translated by itself."""

    text: str
    """Begins and ends without white space; empty where there is only white space."""
    after: str
    """The white space up to the next piece, to the letter."""

    @property
    def chars(self) -> int:
        """Return the number of characters of the source that it stands for."""
        return len(self.text) + len(self.after)


def cut(text: str, most_chars: int = PIECE_CHARS) -> list[Piece]:
    """Cut a text into pieces of at most `most_chars`, at the ends of paragraphs where that is possible.

    Joining `text` and `after` of all pieces gives the text again.
    """
    body = text.strip()
    if not body:
        return [Piece("", text)] if text else []
    lead = text[: len(text) - len(text.lstrip())]
    tail = text[len(lead) + len(body) :]
    pieces = [Piece("", lead)] if lead else []
    pieces += _cut(body, most_chars, 0)
    return [*pieces[:-1], Piece(pieces[-1].text, pieces[-1].after + tail)]


def _cut(body: str, most_chars: int, level: int) -> list[Piece]:
    """Cut what begins and ends without white space, at boundaries of `level` or worse."""
    if len(body) <= most_chars:
        return [Piece(body, "")]
    if level == len(_BOUNDARIES):
        return [Piece(body[start : start + most_chars], "") for start in range(0, len(body), most_chars)]
    pieces: list[Piece] = []
    for part in _joined(list(_parts(body, _BOUNDARIES[level])), most_chars):
        inner = _cut(part.text, most_chars, level + 1)
        pieces += [*inner[:-1], Piece(inner[-1].text, inner[-1].after + part.after)]
    return pieces


def _parts(body: str, boundary: re.Pattern[str]) -> Iterator[Piece]:
    begin = 0
    for match in boundary.finditer(body):
        end = _SPACE.match(body, match.end()).end()  # type: ignore[union-attr]  # white space of any length is always there
        text = body[begin:end]
        stripped = text.rstrip()
        if stripped and end < len(body):
            yield Piece(stripped, text[len(stripped) :])
            begin = end
    yield Piece(body[begin:], "")


def _joined(parts: Sequence[Piece], most_chars: int) -> Iterator[Piece]:
    """Join neighbours while they fit."""
    held: Piece | None = None
    for part in parts:
        if held is not None and held.chars + len(part.text) <= most_chars:
            held = Piece(held.text + held.after + part.text, part.after)
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held
