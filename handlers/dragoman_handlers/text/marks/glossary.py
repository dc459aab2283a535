"""Terms that must stay as they are, or must become something: of the server, and of a request over them.

A term matches whole words. One in small letters matches in any case, and its replacement takes the case that it finds
(`bank`, `Bank`, `BANK`); one with a capital in it matches only as it is written (`IT` is not `it`). Inflected forms
are other words: a glossary names each that it means.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from dragoman_handlers.text.languages import base_language
from dragoman_handlers.text.tokens import Role, Token
from dragoman_wire.errors import InvalidRequest, TooLarge
from dragoman_wire.requests import Replacement

_encoder = msgspec.msgpack.Encoder()
_WORD = re.compile(r"\w+|[^\w\s]")


class GlossaryLimits(Protocol):
    """The limits of a request's glossary."""

    @property
    def glossary_terms(self) -> int:
        """Return the most terms that a request's glossary may have."""
        ...

    @property
    def glossary_chars(self) -> int:
        """Return the most characters that a term may have, and a replacement."""
        ...


_MOST_TARGETS = 100
"""Language tags that a glossary remembers its terms for; peers may make up any."""


class _Term(NamedTuple):
    words: tuple[str, ...]
    """In small letters."""
    written: str
    replacement: str | None

    @property
    def any_case(self) -> bool:
        return self.written == self.written.lower()


class Terms:
    """The terms for one target language, ready to be looked for. Linear in the text, whatever its size."""

    def __init__(self, replacements: Mapping[str, str | None]) -> None:
        self.digest = hashlib.blake2b(_encoder.encode(sorted(replacements.items())), digest_size=16).hexdigest()
        """Of all that decides what the terms do to a text."""
        self._by_first: dict[str, list[_Term]] = {}
        for written, replacement in replacements.items():
            words = tuple(_WORD.findall(written.lower()))
            if words:
                self._by_first.setdefault(words[0], []).append(_Term(words, written, replacement))
        for terms in self._by_first.values():
            terms.sort(key=lambda term: (-len(term.words), term.any_case))

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def at(self, words: Sequence[re.Match[str]], index: int) -> _Term | None:
        """Find the longest term that begins at a word of a text."""
        for term in self._by_first.get(words[index][0].lower(), ()):
            found = words[index : index + len(term.words)]
            if tuple(word[0].lower() for word in found) != term.words:
                continue
            text = " ".join(found[0].string[found[0].start() : found[-1].end()].split())
            if (text.lower() if term.any_case else text) == term.written:
                return term
        return None


class Glossary:
    """A glossary for all target languages.

    Args:
        entries: term to what it becomes: None, the term itself; a text, in every language; or a map of these by
            language.
    """

    def __init__(self, entries: Mapping[str, Replacement] | None = None) -> None:
        self._entries = dict(entries or {})
        self._terms: dict[str, Terms] = {}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def terms(self, target: str) -> Terms:
        """Return the terms for a target language; a second call is answered from memory."""
        known = self._terms.get(target)
        if known is None:
            if len(self._terms) >= _MOST_TARGETS:
                self._terms.clear()
            known = self._terms[target] = Terms(dict(self._chosen(target)))
        return known

    def _chosen(self, target: str) -> Iterator[tuple[str, str | None]]:
        tags = (target.replace("_", "-").lower(), base_language(target))
        for written, replacement in self._entries.items():
            term = " ".join(written.split())
            if not isinstance(replacement, Mapping):
                yield term, replacement
                continue
            by_language = {language.replace("_", "-").lower(): value for language, value in replacement.items()}
            tag = next((tag for tag in tags if tag in by_language), None)
            if tag is not None:
                yield term, by_language[tag]


def find_terms(text: str, glossaries: Sequence[Terms]) -> Iterator[Token]:
    """Yield every term in a text. Of those that begin at one place the longest counts, then the first glossary's."""
    glossaries = [terms for terms in glossaries if terms]
    if not glossaries:
        return
    words = list(_WORD.finditer(text))
    index = 0
    while index < len(words):
        found = [term for terms in glossaries if (term := terms.at(words, index)) is not None]
        if not found:
            index += 1
            continue
        term = max(found, key=lambda term: len(term.words))  # the first of equals
        start, end = words[index].start(), words[index + len(term.words) - 1].end()
        yield _token(term, text[start:end], start)
        index += len(term.words)


def check_entries(entries: Mapping[str, Replacement] | None, limits: GlossaryLimits) -> None:
    """Check that a request's glossary has a size and a form that can be used.

    Raises:
        TooLarge: it has too many terms, or a text in it is too long.
        InvalidRequest: a term or a replacement is empty.
    """
    if not entries:
        return
    if len(entries) > limits.glossary_terms:
        raise TooLarge(f"glossary has {len(entries)} terms; the limit glossary_terms is {limits.glossary_terms}")
    for term, replacement in entries.items():
        values = replacement.values() if isinstance(replacement, Mapping) else (replacement,)
        for text in (term, *(value for value in values if value is not None)):
            if not text.strip():
                raise InvalidRequest(f"glossary: an empty text at {term[:40]!r}; null lets a term stay as it is")
            if len(text) > limits.glossary_chars:
                raise TooLarge(
                    f"glossary has {len(text)} characters in one text, at {term[:40]!r};"
                    f" the limit glossary_chars is {limits.glossary_chars}"
                )


def _token(term: _Term, found: str, start: int) -> Token:
    replacement = term.replacement
    if replacement is None or replacement == term.written:
        return Token(start, start + len(found), Role.NAME, found)
    flexible = term.any_case and replacement == replacement.lower()
    text = _cased(replacement, found) if flexible else replacement
    return Token(start, start + len(found), Role.NAME, text, flexible=flexible)


def _cased(replacement: str, found: str) -> str:
    """Return the replacement in the letter case of the words that it replaces."""
    if len(found) > 1 and found.isupper():
        return replacement.upper()
    return replacement[:1].upper() + replacement[1:] if found[:1].isupper() else replacement
