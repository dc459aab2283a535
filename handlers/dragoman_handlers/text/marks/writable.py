"""Characters that are not in a translation model's vocabulary: found in a text, and carried around the model.

A letter that a model does not have is lost: `Jürgen` is read as `J?rgen`, `Наташа` as nothing at all. A word
with such a letter is a name as a rule, and stays as it is. One in small letters (`naïve`) is an ordinary word: it is
read without its accents, and gets them back where it stands in the translation. Signs are carried together with what
belongs to them, as in `(╯°□°)╯︵ ┻━┻`.
"""

# ruff: noqa: RUF001 -- letters and signs that look alike are what this is about

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from dragoman_engines.base import Alphabet, Capabilities
from dragoman_handlers.text.marks.typography import UNDERSTOOD
from dragoman_handlers.text.tokens import BLANK, Role, Token

_WITHOUT_ACCENTS = "en"
"""A language whose own words have none: a capital with one is a name's."""
_JOINERS = "'’-·\u200c\u200d"
_BETWEEN = re.compile(r"(?:[,;:]? |[ \u00a0-])")
"""What may stand between two words of a name, or two signs of a face."""
_CHUNK = re.compile(rf"[^\s{BLANK}]+")
_PUNCTUATION = ".,;:!?\"'()[]…“”‘’«»„¿¡/|*_~"
_READABLE_WORD = re.compile(r"[A-Za-z]{2}|\d")
_FACE = re.compile(
    r"[^\sa-zA-Z0-9()\[\]\0,.;:!?\"]{0,4}\((?=[^()\n\0]{0,24}\))[^()\na-zA-Z0-9\0]{2,24}\)[^\sa-zA-Z0-9()\[\]\0,.;:!?\"]{0,4}"
)
_WORD = re.compile(r"[^\W\d_]+")
_WORTH_A_NAME = 4
"""Letters of a run of letters and signs that is more than a face."""


class Translate(Protocol):
    """A model, or two in a row."""

    def __call__(self, sentences: Sequence[str], *, careful: bool) -> Awaitable[Sequence[str]]:
        """Translate each sentence, in order."""
        ...


def letters_for(engine: Capabilities, route: Sequence[tuple[str, str]]) -> Letters | None:
    """Return the letters that the models of a route can read and write; None where they are not known."""
    known = [alphabet for pair in route if (alphabet := _alphabet(engine.alphabets, pair)) is not None]
    return _letters(tuple(known), route[0][0]) if route and len(known) == len(route) else None


def _alphabet(alphabets: Sequence[Alphabet], pair: tuple[str, str]) -> Alphabet | None:
    fitting = (each for each in alphabets if (each.source or pair[0], each.target or pair[1]) == pair)
    return next(fitting, None)


@lru_cache(maxsize=64)
def _letters(alphabets: tuple[Alphabet, ...], source: str) -> Letters:
    return Letters(alphabets, source)


class Letters:
    """The signs that survive a route, and what to do with others. Linear in the text, whatever is in it.

    Args:
        alphabets: of the models, in order.
        source: the language of the texts.
    """

    def __init__(self, alphabets: Sequence[Alphabet], source: str) -> None:
        reads = set(alphabets[0].reads)
        everywhere = set.intersection(*(set(each.reads) & set(each.writes) for each in alphabets))
        native = {sign.upper() for sign in reads} if source != _WITHOUT_ACCENTS else set()
        letters = {sign for sign in reads | native if sign.isalpha()}
        self._known = frozenset(everywhere | letters | set(UNDERSTOOD) | {BLANK})
        self._unknown = re.compile(f"[^{re.escape(''.join(sorted(self._known)))}\\s]")
        writes = set(alphabets[-1].writes)
        self._no_capitals = frozenset(sign for sign in writes if sign.islower() and sign.upper() not in writes)
        small = "".join(sorted(self._no_capitals))
        self._lacks_capital = re.compile(rf"(?<![^\W_])[{re.escape(small)}]" if small else r"(?!)")

    def unknown(self, text: str) -> bool:
        """Return whether the text may contain characters that the models do not know."""
        return self._unknown.search(text) is not None

    def faces(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places of faces made of signs, with their arms; they may hold signs that look like an emoji."""
        if "(" not in text:
            return
        for found in _FACE.finditer(text):
            signs = [sign for sign in found[0] if not sign.isalnum() and not sign.isspace() and not sign.isascii()]
            if len(signs) > 1 and self._unknown.search(found[0]):
                yield found.span()

    def foreign(self, text: str) -> Iterator[Token]:
        """Yield every word and every run of signs that the models do not know; `text` is without earlier tokens."""
        last: Token | None = None
        for token in self._chunks(text):
            between = text[last.end : token.start] if last is not None else ""
            if last is not None and last.role is token.role and (not between or _BETWEEN.fullmatch(between)):
                last = Token(last.start, token.end, last.role, text[last.start : token.end])
                continue
            if last is not None:
                yield last
            last = token
        if last is not None:
            yield last

    def _chunks(self, text: str) -> Iterator[Token]:
        reached = 0
        while (found := self._unknown.search(text, reached)) is not None:
            start = found.start()
            while start > reached and not text[start - 1].isspace() and text[start - 1] != BLANK:
                start -= 1
            chunk = _CHUNK.match(text, start)
            reached = chunk.end() if chunk else found.end()
            if chunk is not None:
                yield from self._in_chunk(text, start, reached)

    def _in_chunk(self, text: str, start: int, end: int) -> Iterator[Token]:
        """Yield the unknown parts between two blanks."""
        while start < end and text[start] in _PUNCTUATION and text[start] in self._known:
            start += 1
        while end > start and text[end - 1] in _PUNCTUATION and text[end - 1] in self._known:
            end -= 1
        chunk = text[start:end]
        if _READABLE_WORD.search(chunk) or all(map(_in_word, chunk)):
            yield from self._in_words(text, start, end)
            return
        letters = sum(map(_in_word, chunk))
        yield Token(start, end, Role.NAME if letters >= _WORTH_A_NAME else Role.MARK, chunk)

    def _in_words(self, text: str, start: int, end: int) -> Iterator[Token]:
        """Yield runs of letters with an unknown one, and runs of unknown signs."""
        at = start
        while at < end:
            begin, inside = at, _in_word(text[at])
            while (
                at < end
                and _in_word(text[at]) == inside
                and (inside or self._is_unknown(text[at]) == self._is_unknown(text[begin]))
            ):
                at += 1
            run = text[begin:at].rstrip(_JOINERS) if inside else text[begin:at]
            if not self._unknown.search(run) or (inside and self._folded(run) is not None):
                continue
            yield Token(begin, begin + len(run), Role.NAME if inside else Role.MARK, run)

    def _is_unknown(self, sign: str) -> bool:
        return self._unknown.match(sign) is not None

    def _folded(self, word: str) -> str | None:
        """Return a word with the unknown letters folded; None where it is a name, or nothing would be left."""
        if self._unknown.search(unicodedata.normalize("NFKC", word)) is None:
            return unicodedata.normalize("NFKC", word)
        if word != word.lower():
            return None
        return self._without_accents(word)

    def _without_accents(self, word: str) -> str | None:
        plain = "".join(sign if sign in self._known else unicodedata.normalize("NFD", sign)[0] for sign in word)
        return plain if plain.isalpha() and self._known.issuperset(plain) else None

    # Around a model

    def around(self, translate: Translate) -> Translate:
        """Return the same model for sentences with words that it reads without their accents."""

        async def translate_folded(sentences: Sequence[str], *, careful: bool) -> Sequence[str]:
            if all(map(str.isascii, sentences)):
                answers = await translate(sentences, careful=careful)
                return [self._with_capitals(*pair) for pair in zip(sentences, answers, strict=True)]
            folds = [self._folds(sentence) for sentence in sentences]
            texts = [_replaced(sentence, fold) for sentence, fold in zip(sentences, folds, strict=True)]
            answers = await translate(texts, careful=careful)
            return [
                self._with_capitals(sentence, _given_back(answer, fold))
                for sentence, answer, fold in zip(sentences, answers, folds, strict=True)
            ]

        return translate_folded

    def _folds(self, sentence: str) -> dict[str, str]:
        """Map words of a sentence to the forms that the models read."""
        if sentence.isascii() or not self._unknown.search(sentence):
            return {}
        words = {word for word in _WORD.findall(sentence) if self._unknown.search(word)}
        return {word: folded for word in words if (folded := self._folded(word)) is not None}

    def _with_capitals(self, sentence: str, answer: str) -> str:
        """Restore the capitals that the model cannot write: `índia` for `India` becomes `Índia`."""
        if answer.isascii() or not self._lacks_capital.search(answer):
            return answer
        names = {_bare(word) for word in _WORD.findall(sentence) if word[0].isupper()}

        def capital(found: re.Match[str]) -> str:
            word = found[0]
            if word[0] not in self._no_capitals:
                return word
            first = not answer[: found.start()].strip(" \"'([“‘«") and sentence.lstrip(" \"'([“‘«")[:1].isupper()
            return word[0].upper() + word[1:] if first or _bare(word) in names else word

        return _WORD.sub(capital, answer)


def _in_word(sign: str) -> bool:
    return sign.isalpha() or sign in _JOINERS or unicodedata.category(sign)[0] == "M"


def _bare(word: str) -> str:
    """Return a word in small letters without accents."""
    return "".join(unicodedata.normalize("NFD", sign)[0] for sign in word).casefold()


def _replaced(text: str, words: dict[str, str]) -> str:
    return _WORD.sub(lambda found: words.get(found[0], found[0]), text) if words else text


def _given_back(answer: str, folds: dict[str, str]) -> str:
    """Put back the original words where the model left their folded forms untranslated."""
    if not folds:
        return answer
    return _replaced(answer, {folded: word for word, folded in folds.items()})
