"""Terms that must stay as they are, or must become something: of the server, and of a request over them.

A term matches whole words. One in small letters matches in any case, and its replacement takes the case that it finds
(`bank`, `Bank`, `BANK`); one with a capital in it matches only as it is written (`IT` is not `it`). Inflected forms
are other words: a glossary names each that it means.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

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


_SMALL_CHARS = 500
_MOST_TARGETS = 256
"""Language tags that a glossary remembers its terms for; peers may make up any."""


class _Node:
    """A place in a trie: the words so far are the beginning of some term."""

    __slots__ = ("following", "written")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        """By the next word, with a blank before it where one is between the two."""
        self.written: str | None = None
        """The term that ends here."""


class _Trie:
    """The terms of a glossary by their words, for all languages: those in any letter case, and the others.

    So a text is looked through in steps of one word, as many at each word as the longest term has words, however many
    terms there are and however alike.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._any_case, self._exact = _Node(), _Node()
        for written in terms:
            node = self._any_case if written == written.lower() else self._exact
            words = list(_WORD.finditer(written))
            for word in words:
                spaced = node is not self._any_case and node is not self._exact and _is_spaced(word)
                node = node.following.setdefault(" " * spaced + word[0], _Node())
            if words:
                node.written = written

    def longest(self, words: _Words, index: int, known: Mapping[str, str | None]) -> tuple[int, str] | None:
        """Return the number of words of the longest of the `known` terms that begins at a word, and the term.

        Of two terms of as many words the one that is written exactly so counts.
        """
        exact = self._walk(self._exact, words.exact, words.exact_next, index, known)
        other = self._walk(self._any_case, words.lower, words.lower_next, index, known)
        if exact is None or other is None:
            return exact or other
        return other if other[0] > exact[0] else exact

    @staticmethod
    def _walk(
        root: _Node, firsts: Sequence[str], nexts: Sequence[str], index: int, known: Mapping[str, str | None]
    ) -> tuple[int, str] | None:
        node = root.following.get(firsts[index])
        best = None
        at = index
        while node is not None:
            at += 1
            if node.written is not None and node.written in known:
                best = (at - index, node.written)
            node = node.following.get(nexts[at]) if at < len(nexts) else None
        return best


class _Words:
    """The words of a text, each as a trie asks for it: as a term's first word, and as a later one."""

    def __init__(self, text: str) -> None:
        self.found = list(_WORD.finditer(text))
        self.exact = [word[0] for word in self.found]
        self.lower = [word.lower() for word in self.exact]
        spaced = [_is_spaced(word) for word in self.found]
        self.exact_next = [" " * blank + word for blank, word in zip(spaced, self.exact, strict=True)]
        self.lower_next = [" " * blank + word for blank, word in zip(spaced, self.lower, strict=True)]


def _is_spaced(word: re.Match[str]) -> bool:
    """Return whether there is a blank before a word."""
    return word.start() > 0 and word.string[word.start() - 1].isspace()


class Terms:
    """The terms for one target language, ready to be looked for. Linear in the text, whatever its size."""

    def __init__(self, replacements: Mapping[str, str | None], trie: Callable[[], _Trie] | None = None) -> None:
        self.digest = hashlib.blake2b(_encoder.encode(sorted(replacements.items())), digest_size=16).hexdigest()
        """Of all that decides what the terms do to a text."""
        self.replacements = {written: value for written, value in replacements.items() if _WORD.search(written)}
        self._trie = functools.cache(lambda: _Trie(replacements)) if trie is None else trie

    def __bool__(self) -> bool:
        return bool(self.replacements)

    def at(self, words: _Words, index: int) -> tuple[int, str] | None:
        """Return the number of words of the longest term that begins at a word of a text, and the term."""
        return self._trie().longest(words, index, self.replacements)


class Glossary:
    """A glossary for all target languages.

    Args:
        entries: term to what it becomes: None, the term itself; a text, in every language; or a map of these by
            language.
    """

    def __init__(self, entries: Mapping[str, Replacement] | None = None) -> None:
        self._entries = dict(entries or {})
        self._terms: dict[str, Terms] = {}
        self._by_language = any(isinstance(replacement, Mapping) for replacement in self._entries.values())
        self._tidied = functools.cache(lambda: _tidied(self._entries))
        # Built where a text is looked through, which is off the loop where there are many terms.
        self._trie = functools.cache(lambda: _Trie(" ".join(written.split()) for written in self._entries))
        self.is_large = sum(map(len, self._entries)) > _SMALL_CHARS
        """Whether it takes more than a moment to look for its terms, also in a short text."""

    def __bool__(self) -> bool:
        return bool(self._entries)

    def terms(self, target: str) -> Terms:
        """Return the terms for a target language; a second call is answered from memory."""
        if not self._by_language:
            target = ""  # the same terms for all
        known = self._terms.get(target)
        if known is None:
            if len(self._terms) >= _MOST_TARGETS:
                self._terms.clear()
            known = self._terms[target] = Terms(dict(self._chosen(target)), self._trie)
        return known

    def _chosen(self, target: str) -> Iterator[tuple[str, str | None]]:
        tags = (target.replace("_", "-").lower(), base_language(target))
        for term, replacement in self._tidied():
            if not isinstance(replacement, Mapping):
                yield term, replacement
                continue
            tag = next((tag for tag in tags if tag in replacement), None)
            if tag is not None:
                yield term, replacement[tag]


def _tidied(entries: Mapping[str, Replacement]) -> list[tuple[str, Replacement]]:
    """Return the terms with single spaces, and their languages in one spelling."""
    return [
        (
            " ".join(written.split()),
            {language.replace("_", "-").lower(): value for language, value in replacement.items()}
            if isinstance(replacement, Mapping)
            else replacement,
        )
        for written, replacement in entries.items()
    ]


def find_terms(text: str, glossaries: Sequence[Terms]) -> Iterator[Token]:
    """Yield every term in a text. Of those that begin at one place the longest counts, then the first glossary's."""
    glossaries = [terms for terms in glossaries if terms]
    if not glossaries:
        return
    words = _Words(text)
    index = 0
    while index < len(words.found):
        found = [(*term, terms) for terms in glossaries if (term := terms.at(words, index)) is not None]
        if not found:
            index += 1
            continue
        count, written, terms = max(found, key=lambda term: term[0])  # the first of equals
        start, end = words.found[index].start(), words.found[index + count - 1].end()
        yield _token(written, terms.replacements[written], text[start:end], start)
        index += count


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


def _token(written: str, replacement: str | None, found: str, start: int) -> Token:
    if replacement is None or replacement == written:
        return Token(start, start + len(found), Role.NAME, found)
    flexible = written == written.lower() and replacement == replacement.lower()
    text = _cased(replacement, found) if flexible else replacement
    return Token(start, start + len(found), Role.NAME, text, flexible=flexible)


def _cased(replacement: str, found: str) -> str:
    """Return the replacement in the letter case of the words that it replaces."""
    if len(found) > 1 and found.isupper():
        return replacement.upper()
    return replacement[:1].upper() + replacement[1:] if found[:1].isupper() else replacement
