"""Places where a long text can be cut for a search, so that no single one holds the interpreter for long.

A search by regular expression lets no other thread run until it is done: over 10,000 characters that is 20 ms, in
which the event loop waits, whichever thread searches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LEAST_CHARS = 1000
"""A slice takes about 2 ms."""
_MOST_CHARS = 3000
"""Where no place is safe up to here, any blank is."""
_LOOK_BACK = 500
"""Nothing that may hold a blank is longer, but for tags."""
_PLACE = re.compile(r"(?<=[^\W\d_])[,.;:!?]?(?= )")
_OPENERS, _CLOSERS = "<{[(", ">}])"
_TRIES = 20


def slice_ends(text: str) -> Iterator[int]:
    """Yield the ends of slices of about 1,000 characters, behind a line or a word; the last is the text's end.

    No tag, brace, code or bracket that is at most 500 characters long is open there.
    """
    start = 0
    while len(text) - start > _LEAST_CHARS + _LOOK_BACK:
        at = _safe(text, start + _LEAST_CHARS, min(start + _MOST_CHARS, len(text)))
        if at is None:
            break
        yield at
        start = at
    yield len(text)


def _safe(text: str, least: int, most: int) -> int | None:
    """Return the first place between the two where nothing is open; a line's end is preferred."""
    for find in (_line_end, _word_end):
        start = least
        for _ in range(_TRIES):
            at = find(text, start, most)
            if not at:
                break
            if not _is_open(text[max(0, at - _LOOK_BACK) : at]):
                return at
            start = at + 1
    return None


def _line_end(text: str, start: int, end: int) -> int:
    return text.find("\n", start, end) + 1


def _word_end(text: str, start: int, end: int) -> int:
    found = _PLACE.search(text, start, end)
    return found.end() if found else 0


def _is_open(before: str) -> bool:
    """Return whether something is still open in the stretch that may contain a blank or a line's end."""
    if before.count("`") % 2:
        return True
    return max(map(before.rfind, _OPENERS)) > max(map(before.rfind, _CLOSERS))
