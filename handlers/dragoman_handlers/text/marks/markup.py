"""Finds what in a text is not language: addresses, placeholders, code, markup, emoji. `masking` keeps it.

Pure, and quick where there is nothing to find, as in most chat messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dragoman_handlers.text.marks.identifiers import find_identifiers
from dragoman_handlers.text.marks.messages import find_messages
from dragoman_handlers.text.marks.patterns import (
    BULLET,
    EMPHASIS,
    ENTITY_LETTER,
    FENCE,
    INLINE_RAW,
    INNER_DOT,
    LINK,
    PROSE,
    RAW_TAG,
    ROLES,
    TAG_NAME,
    TOKEN,
)
from dragoman_handlers.text.marks.signs import find_directions, find_signs
from dragoman_handlers.text.marks.slices import slice_ends
from dragoman_handlers.text.marks.typography import with_apostrophes
from dragoman_handlers.text.marks.writable import Letters
from dragoman_handlers.text.tokens import Role, Token, blanked, with_wider


def find_tokens(text: str, letters: Letters | None = None, *, carried: bool = False) -> list[Token]:
    """Return every token of a text, in order; none overlaps another.

    Args:
        text: any text.
        letters: what the model can read and write; where that is known, all else is a token.
        carried: identifiers and signs with a value are tokens as well.
    """
    tokens: list[Token] = []
    if not is_prose(text):
        tokens = [*_blocks(text), *find_directions(text)]
        tokens += find_messages(blanked(text, tokens))
        tokens += _spans(LINK, text, blanked(text, tokens))
        rest = blanked(text, tokens)
        atoms = list(_atoms(text, rest))
        tags = _paired_tags(with_wider(atoms, _carried(rest, letters)) if carried else atoms)
        # A tag may hold what looks like a link, as in `<a [b](c)>`: then it is the tag that counts.
        tokens = with_wider(sorted(tokens, key=lambda token: token.start), list(tags))
        tokens += _spans(EMPHASIS, text, blanked(text, tokens))
        tokens.sort(key=lambda token: token.start)
    elif carried:
        tokens = _carried(text, letters)
    if letters is not None and letters.unknown(text):
        tokens = sorted(
            [*tokens, *letters.foreign(with_apostrophes(blanked(text, tokens)))], key=lambda token: token.start
        )
    return list(_joined(tokens))


def _carried(text: str, letters: Letters | None) -> list[Token]:
    """Return identifiers, signs with their numbers and faces made of signs: models read them, but change them."""
    tokens = find_signs(with_apostrophes(text))
    identifiers = find_identifiers(text)
    if identifiers:
        named = [Token(start, end, Role.NAME, text[start:end]) for start, end in identifiers]
        tokens = with_wider(tokens, named)
    if letters is None or "(" not in text:
        return tokens
    return with_wider(tokens, [Token(start, end, Role.MARK, text[start:end]) for start, end in letters.faces(text)])


def is_prose(text: str) -> bool:
    """Return whether there is surely no token. One pattern for all of this would take more than twice as long."""
    if not PROSE.fullmatch(text) or INNER_DOT.search(text):
        return False
    if "_" in text or "\t" in text or "   " in text or "---" in text:
        return False
    return not (BULLET.search(text) if "\n" in text else BULLET.match(text))


def _blocks(text: str) -> Iterator[Token]:
    """Yield fenced code, comments and elements of code. Linear in the text, also where they are left open."""
    reached = 0
    for start, end in _fences(text):
        yield from _raw_elements(text, reached, start)
        yield Token(start, end, Role.BREAK, text[start:end])
        reached = end
    yield from _raw_elements(text, reached, len(text))


def _fences(text: str) -> Iterator[tuple[int, int]]:
    if "```" not in text and "~~~" not in text:
        return
    at, opened, fence = 0, -1, ""
    for line in text.splitlines(keepends=True):
        match = FENCE.match(line)
        if opened < 0 and match and "`" not in line[match.end() :]:
            opened, fence = at, match[1]
        elif opened >= 0 and match and match[1].startswith(fence) and not line[match.end() :].strip():
            yield opened, at + len(line.rstrip("\r\n"))
            opened = -1
        at += len(line)


def _raw_elements(text: str, start: int, end: int) -> Iterator[Token]:
    hopeless: set[str] = set()
    while match := RAW_TAG.search(text, start, end):
        name = (match[1] or "").lower()
        close = -1 if name in hopeless else text.find(f"</{name}>" if name else "-->", match.end(), end)
        if close < 0:
            hopeless.add(name)
            start = match.end()
            continue
        start = text.index(">", close) + 1
        role = Role.NAME if name in INLINE_RAW else Role.BREAK
        yield Token(match.start(), start, role, text[match.start() : start])


def _joined(tokens: list[Token]) -> Iterator[Token]:
    """Join names that touch each other (`https://example.org/{id}`)."""
    before: Token | None = None
    for token in tokens:
        if before is not None and before.role is token.role is Role.NAME and before.end == token.start:
            before = Token(before.start, token.end, Role.NAME, before.text + token.text)
            continue
        if before is not None:
            yield before
        before = token
    if before is not None:
        yield before


def _atoms(text: str, rest: str) -> Iterator[Token]:
    """Yield what the rest of a text holds; a match may reach over what is blanked in it."""
    start = 0
    for slice_end in slice_ends(rest):
        while match := TOKEN.search(rest, start, slice_end):
            name = str(match.lastgroup)
            begin, end = match.span()
            if name == "address":
                end = begin + len(_without_tail(match[0]))
            start = max(end, begin + 1)
            if name == "entity" and ENTITY_LETTER.fullmatch(match[0]):
                continue
            yield Token(begin, end, ROLES[name], text[begin:end])
        start = slice_end


def _without_tail(address: str) -> str:
    """Return an address without the punctuation after it; a closing bracket stays if it was opened inside."""
    while address and address[-1] in ".,;:!?)]'*_~…":
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


def _paired_tags(tokens: list[Token]) -> Iterator[Token]:
    """Yield tags with a partner as OPEN and CLOSE, others as MARK."""
    partner: set[int] = set()
    opened: list[tuple[str, int]] = []
    for index, token in enumerate(tokens):
        if token.role is not Role.OPEN or token.text.endswith("/>"):
            continue
        found = TAG_NAME.match(token.text)
        name = found[0][0] + found[1].lower() if found else ""
        if token.text[1:2] != "/":
            opened.append((name, index))
            continue
        depth = next(
            (at for at in range(len(opened) - 1, max(-1, len(opened) - 9), -1) if opened[at][0] == name), None
        )
        if depth is not None:
            partner |= {opened[depth][1], index}
            del opened[depth:]
    for index, token in enumerate(tokens):
        if token.role is not Role.OPEN:
            yield token
            continue
        closes = token.text[1:2] == "/"
        role = (Role.CLOSE if closes else Role.OPEN) if index in partner else Role.MARK
        yield Token(token.start, token.end, role, token.text)


def _spans(pattern: re.Pattern[str], text: str, rest: str) -> Iterator[Token]:
    """Yield spans of Markdown: their opening marks and, named `to` in the pattern, their closing ones."""
    taken: set[int] = set()
    start = 0
    while match := pattern.search(rest, start):
        start = match.end()
        begin, end = match.span("to")
        if match.start() in taken or begin in taken or not text[start:begin].strip():
            continue
        taken.update(range(begin, end))
        yield Token(match.start(), start, Role.OPEN, match[0])
        yield Token(begin, end, Role.CLOSE, text[begin:end])
