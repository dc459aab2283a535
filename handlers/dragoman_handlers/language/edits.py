"""What was changed in a text: found by comparing words, and applied again."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dragoman_engines.work import TextEdit

_TOKENS = re.compile(r"\w+(?:['’-]\w+)*|\s+|[^\w\s]")  # noqa: RUF001 - the apostrophe of phones
_WORD = re.compile(r"\w+(?:['’-]\w+)*")  # noqa: RUF001
_MOST_PAIRS = 1_000_000
"""Of equal words, one in each text; past it a comparison takes longer than the model did."""
_ALIKE = 0.6
"""A word that is so much like the one in its place is the same one, spelt otherwise."""
_MESSAGES = {
    "spelling": "The word is spelt otherwise.",
    "casing": "Capital and small letters are otherwise.",
    "punctuation": "The punctuation is otherwise.",
    "spacing": "The space is otherwise.",
    "repetition": "It was there twice.",
    "wording": "The wording is otherwise.",
}


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """Return the text with these edits, which are in order and do not overlap."""
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.replacement]
        at = edit.end
    return "".join([*parts, text[at:]])


def find_edits(text: str, corrected: str) -> list[TextEdit]:
    """Return the edits that make one text of another, word by word; applied, they give exactly that.

    A word is changed as a whole. Takes a moment for long texts: not to be done in the event loop.
    """
    ours, theirs = _TOKENS.findall(text), _TOKENS.findall(corrected)
    head = _common(ours, theirs)
    tail = _common(ours[head:][::-1], theirs[head:][::-1])
    start, new_start = sum(map(len, ours[:head])), sum(map(len, theirs[:head]))
    ours, theirs = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    if not ours and not theirs:
        return []
    return [
        _described(text, start + first, start + last, corrected[new_start + new_first : new_start + new_last])
        for first, last, new_first, new_last in _changes(ours, theirs)
    ]


def moved(edit: TextEdit, by: int) -> TextEdit:
    """Return the same edit in a text that has so many characters more before it."""
    return TextEdit(
        start=edit.start + by,
        end=edit.end + by,
        replacement=edit.replacement,
        message=edit.message,
        category=edit.category,
        sure=edit.sure,
    )


def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return _WORD.findall(text)


def word_places(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each word of a text begins and ends."""
    return (found.span() for found in _WORD.finditer(text))


def _changes(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield what differs, as places in both texts."""
    at, new_at = _places(ours), _places(theirs)
    counts, others = Counter(ours), Counter(theirs)
    if sum(count * others[token] for token, count in counts.items() if not token.isspace()) > _MOST_PAIRS:
        yield 0, at[-1], 0, new_at[-1]
        return
    # Blanks are everywhere, and would be matched first: words decide.
    matcher = difflib.SequenceMatcher(str.isspace, ours, theirs, autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind != "equal":
            yield at[first], at[last], new_at[new_first], new_at[new_last]


def _described(text: str, start: int, end: int, replacement: str) -> TextEdit:
    category = _category(text[start:end], replacement)
    return TextEdit(start=start, end=end, replacement=replacement, category=category, message=_MESSAGES[category])


def _category(original: str, replacement: str) -> str:
    old, new = words_of(original), words_of(replacement)
    if not old and not new:
        blank = not (original + replacement).strip()
        return "spacing" if blank else "punctuation"
    if [word.lower() for word in old] == [word.lower() for word in new]:
        return "casing" if old != new else "punctuation"
    if len(old) == 1 and not new:
        return "repetition"
    if len(old) == len(new) == 1 and difflib.SequenceMatcher(None, old[0], new[0]).ratio() >= _ALIKE:
        return "spelling"
    return "wording"


def _places(tokens: Sequence[str]) -> list[int]:
    places = [0]
    for token in tokens:
        places.append(places[-1] + len(token))
    return places


def _common(ours: Sequence[str], theirs: Sequence[str]) -> int:
    for count, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return count
    return min(len(ours), len(theirs))
