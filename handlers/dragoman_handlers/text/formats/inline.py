"""Words and inline parts made a unit: spans with partners only, and nothing at its ends that is not language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from dragoman_handlers.text.formats.document import Inline, Kind, Unit, Words, has_letters

Part = Words | Inline
_MOST_PEELED = 16
"""Spans around a whole unit: looking for each one's end takes a walk over the unit."""


class Span(msgspec.Struct, frozen=True, eq=False):
    """A part that opens or closes a span of a name: only spans of one name are partners."""

    kind: Kind
    name: str
    skeleton: Sequence[str | Unit]


def unit_of(
    parts: Sequence[Part | Span], encode: Callable[[str], str], laid: Callable[[str], str] = str
) -> list[str | Unit]:
    """Return a skeleton with one unit, or with none where there are no letters.

    Blanks, marks and whole spans at the ends are taken out of the unit: `<b>Hello</b> ` is the unit `Hello`.
    """
    paired = _paired(parts)
    before: list[str | Unit] = []
    after: list[list[str | Unit]] = []
    first, last = 0, len(paired)
    peeled = 0
    while first < last:
        part, final = paired[first], paired[last - 1]
        if _outside(part):
            before += _skeleton(part)
            first += 1
        elif _outside(final):
            after.append(_skeleton(final))
            last -= 1
        elif peeled < _MOST_PEELED and _partner(paired, first) == last - 1 > first:
            peeled += 1
            before += _skeleton(part)
            after.append(_skeleton(final))
            first, last = first + 1, last - 1
        else:
            break
    tail = [each for skeleton in reversed(after) for each in skeleton]
    inner = paired[first:last]
    if not any(isinstance(part, Words) and has_letters(part.text) for part in inner):
        return [*before, *(each for part in inner for each in _skeleton(part)), *tail]
    inner, blanks_before, blanks_after = _stripped(inner)
    return [*before, blanks_before, Unit(inner, encode, laid=laid), blanks_after, *tail]


def _outside(part: Part) -> bool:
    """Return whether a part at an end of a sentence does not belong to it."""
    return not part.text.strip() if isinstance(part, Words) else part.kind is Kind.MARK


def _skeleton(part: Part) -> list[str | Unit]:
    return [part.raw] if isinstance(part, Words) else list(part.skeleton)


def _partner(parts: Sequence[Part], at: int) -> int:
    """Return the index of the part that closes the span that begins at a part; -1 where none begins."""
    depth = 0
    for index in range(at, len(parts)):
        part = parts[index]
        if isinstance(part, Inline):
            depth += (part.kind is Kind.OPEN) - (part.kind is Kind.CLOSE)
        if not depth:
            return index if index > at else -1
    return -1


def _stripped(parts: Sequence[Part]) -> tuple[list[Part], str, str]:
    """Return parts without the blanks at their ends, and these."""
    stripped = list(parts)
    before = after = ""
    first = stripped[0]
    if isinstance(first, Words):
        bare = first.raw.lstrip()
        before = first.raw[: len(first.raw) - len(bare)]
        stripped[0] = Words(first.text.lstrip(), bare)
    last = stripped[-1]
    if isinstance(last, Words):
        bare = last.raw.rstrip()
        after = last.raw[len(bare) :]
        stripped[-1] = Words(last.text.rstrip(), bare)
    return stripped, before, after


def _paired(parts: Sequence[Part | Span]) -> list[Part]:
    """Return parts whose spans all have partners; the others are marks."""
    partner: set[int] = set()
    opened: list[tuple[str, int]] = []
    for index, part in enumerate(parts):
        if not isinstance(part, Span):
            continue
        if part.kind is Kind.OPEN:
            opened.append((part.name, index))
        elif opened and opened[-1][0] == part.name:
            partner |= {opened.pop()[1], index}
        elif any(name == part.name for name, _ in opened[-8:]):
            while opened.pop()[0] != part.name:
                pass
    return [
        Inline(part.kind if index in partner else Kind.MARK, part.skeleton) if isinstance(part, Span) else part
        for index, part in enumerate(parts)
    ]
