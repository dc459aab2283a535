"""Sentences that are longer than a model can do: cut into parts that it can, and the parts' translations fitted again.

Measured on the Firefox models with chains of FLORES sentences: up to 80 tokens a sentence comes back nearly as well
as its clauses alone (1 to 3 points of chrF less); at 110 a tenth of the words is gone, at 150 a third. So a longer one
is cut, and then into parts of about 50 tokens: after a semicolon or a colon, before a conjunction, after a comma, at
worst between two words, and only what has no blank at all inside itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from dragoman_handlers.text.tokens import Role, Token

_PART_TOKENS, _LEAST_TOKENS = 50, 12
"""A part has about so many tokens where it can be cut at a clause; no part shall be a scrap."""
_WORD = re.compile(r"\S+")
_CHARS_A_TOKEN, _WIDE_CHARS_A_TOKEN = 7, 1.5
"""Measured on FLORES in en and pt: 1 token a word and 1 more for every 7 letters is right within a fifth; in scripts
without blanks a token has one or two letters."""
_WIDE = "\u0e00"
"""Before here every script has blanks."""
_CLAUSE_STARTS: Mapping[str, str] = {
    "en": "and but or because so while although though when where which who that if then nor yet since until unless"
    " before after as",
    "pt": "e mas ou porque pois então enquanto embora quando onde que quem se depois antes nem como porém contudo",
    "es": "y e pero o u porque pues entonces mientras aunque cuando donde que quien si después antes ni como",
    "fr": "et mais ou parce car donc pendant quand où que qui si puis avant après ni comme lorsque",
    "de": "und aber oder weil denn dann während obwohl wenn wo dass daß der die das nachdem bevor als sondern",
    "it": "e ed ma o perché poi mentre quando dove che chi se dopo prima né come però",
}
_ALL_STARTS = {language: frozenset(words.split()) for language, words in _CLAUSE_STARTS.items()}
_STRONG = {
    "en": frozenset({"and", "but", "or", "because", "so", "while"}),
    "pt": frozenset({"e", "mas", "ou", "porque", "pois", "enquanto"}),
    "es": frozenset({"y", "pero", "o", "porque", "pues", "mientras"}),
    "fr": frozenset({"et", "mais", "ou", "car", "donc"}),
    "de": frozenset({"und", "aber", "oder", "weil", "denn"}),
    "it": frozenset({"e", "ed", "ma", "o", "perché", "mentre"}),
}
_INNER_STOP = re.compile(r"[.!?] +[^\W\d_a-z]")
_GLUED = re.compile(r"(?<=[^\W\d_]{3}[.!?])(?=[^\W\d_a-zß-ÿ][a-zß-ÿ])")
_DASHES = frozenset({"-", "–", "—", "--"})  # noqa: RUF001 - dashes of all lengths
_WIDE_MARKS = "，、；：。"  # noqa: RUF001 - those of scripts without blanks
_AT_STOP, _AT_SEMICOLON, _AT_COMMA_AND, _AT_AND, _AT_COMMA, _AT_WEAK, _AT_WORD, _INSIDE = 7, 6, 5, 4, 3, 2, 1, 0
"""How good a place is to cut at."""


class Place(msgspec.Struct, frozen=True):
    """Where a sentence may be cut: the part before it ends at `end`, the next one begins at `start`."""

    end: int
    start: int
    tokens: int
    """Estimated, from the sentence's beginning to `end`."""
    rank: int


def estimated_tokens(text: str) -> int:
    """Estimate the number of tokens that a model makes of a text; rather too many than too few."""
    return sum(_word_tokens(match[0]) for match in _WORD.finditer(text))


def fits(text: str, most_tokens: int) -> bool:
    """Return whether a model can translate a sentence at once; with `most_tokens` 0 it can translate any."""
    # Most sentences are known to be short enough without a look at their words.
    if not most_tokens or len(text) <= most_tokens:
        return True
    most = 2 * (text.count(" ") + 1) + len(text) // _CHARS_A_TOKEN
    return (most <= most_tokens and (text.isascii() or max(text) < _WIDE)) or estimated_tokens(text) <= most_tokens


def cut_long(text: str, language: str, most_tokens: int, tokens: Sequence[Token] = ()) -> list[tuple[int, int]]:
    """Cut a sentence into parts, as places [start, end): only blanks stand between two of them. Linear.

    Args:
        text: a sentence without blanks around it.
        language: its language, a base language.
        most_tokens: what a model can do at once; 0: anything.
        tokens: what in it is not language, in order; none of them is cut.
    """
    if fits(text, most_tokens):
        return [(0, len(text))]
    places = [*_places(text, language, tokens)]
    total = estimated_tokens(text)
    chosen: list[Place] = []
    at = reached = 0
    while total - reached > _PART_TOKENS + _LEAST_TOKENS:
        found = _next(places, at, reached, most_tokens, total - _LEAST_TOKENS)
        if found is None:
            break
        chosen.append(places[found])
        reached = places[found].tokens
        at = found + 1
    starts = [0, *(place.start for place in chosen)]
    ends = [*(place.end for place in chosen), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def fitted(source: str, translation: str, *, begins: bool, ends: bool) -> str:
    """Fit a part's translation to the part before it and to the one after it.

    Args:
        source: the part.
        translation: what a model made of it, as if it were a sentence.
        begins: it is the sentence's beginning.
        ends: it is the sentence's end.
    """
    if not begins and source[:1].islower() and translation[:1].isupper() and not _keeps_capital(translation):
        translation = translation[0].lower() + translation[1:]
    if not ends and (source[-1:].isalnum() or source[-1:] in ",;:"):
        bare = translation.rstrip(" .!?,;:…") or translation
        translation = bare if source[-1:].isalnum() else bare + source[-1]
    return translation


def unglued(source: str, translation: str) -> str:
    """Insert the blank that a model left out between the sentences of one translation, as in a quotation."""
    if not _INNER_STOP.search(source) or _GLUED.search(source):
        return translation
    return _GLUED.sub(" ", translation)


def _keeps_capital(translation: str) -> bool:
    """Return whether the first word is written with a capital everywhere: `I`, `EUA`."""
    word = translation.split(maxsplit=1)[0]
    return word.rstrip(",.") in {"I", "I'm", "I'll", "I've", "I'd"} or (len(word) > 1 and word.isupper())


def _next(places: Sequence[Place], at: int, reached: int, most: int, last: int) -> int | None:
    """Return the index of the best place for the next cut.

    Args:
        places: all places.
        at: the first that is left.
        reached: tokens before the part that is to end.
        most: tokens that the part may have.
        last: tokens before which the cut has to be, so that no scrap is left at the end.
    """
    best: int | None = None
    for index in range(at, len(places)):
        size, rank = places[index].tokens - reached, places[index].rank
        if size > most or places[index].tokens > last:
            break
        if size > _PART_TOKENS and best is not None and places[best].rank >= _AT_COMMA:
            break
        scrap = best is not None and places[best].tokens - reached < _LEAST_TOKENS
        better = best is None or rank >= places[best].rank
        if scrap or (better and (size <= _PART_TOKENS or best is None or rank >= _AT_COMMA)):
            best = index
    # A part that nothing divides in time is longer than it should be.
    return best if best is not None or at >= len(places) else at


def _word_tokens(word: str) -> int:
    size = 1 + (len(word) - 1) // _CHARS_A_TOKEN + (not word.isalpha())
    if not word.isascii() and max(word) >= _WIDE:
        size = max(size, int(len(word) / _WIDE_CHARS_A_TOKEN))
    return size


def _places(text: str, language: str, tokens: Sequence[Token]) -> Iterator[Place]:
    """Yield every place where a sentence may be cut, in order."""
    taken = _taken(tokens)
    starts, strong = _ALL_STARTS.get(language, frozenset()), _STRONG.get(language, frozenset())
    size, depth = 0, 0
    words = [match.span() for match in _WORD.finditer(text)]
    inside = 0
    for (begin, end), following in pairwise([*words, (len(text), len(text))]):
        word = text[begin:end]
        yield from _inside(word, begin, size)
        size += _word_tokens(word)
        depth = max(0, depth + word.count("(") - word.count(")"))
        while inside < len(taken) and taken[inside][1] <= end:
            inside += 1
        cut_off = inside < len(taken) and taken[inside][0] < following[0]
        if following[0] < len(text) and not (cut_off and taken[inside][2]):
            after = text[following[0] : following[1]]
            rank = _AT_WORD if cut_off or depth else _rank(word, after, starts, strong)
            yield Place(end, following[0], size, rank)


def _taken(tokens: Sequence[Token]) -> list[tuple[int, int, bool]]:
    """Return the stretches that are better not cut; the flag marks those that must not be."""
    found: list[tuple[int, int, bool]] = []
    opened: list[Token] = []
    for token in tokens:
        if token.role is Role.OPEN:
            opened.append(token)
        elif token.role is Role.CLOSE and opened:
            found.append((opened.pop().start, token.end, False))
        elif " " in token.text:
            found.append((token.start, token.end, True))
    return sorted(found, key=lambda stretch: stretch[1])


def _inside(word: str, begin: int, size: int) -> Iterator[Place]:
    """Yield places inside of a word without blanks: after a mark where there is one, at worst anywhere."""
    whole = _word_tokens(word)
    if whole <= _PART_TOKENS:
        return
    step = max(1, len(word) * (_PART_TOKENS // 2) // whole)
    marks = {begin + at + 1 for at, sign in enumerate(word[:-1]) if sign in _WIDE_MARKS}
    cuts = sorted({*marks, *range(begin + step, begin + len(word), step)})
    for at in cuts:
        yield Place(at, at, size + (at - begin) * whole // len(word), _AT_COMMA if at in marks else _INSIDE)


def _rank(word: str, after: str, starts: frozenset[str], strong: frozenset[str]) -> int:
    if word[-1] in ".!?" and len(word) > 3 and after[:1].isupper():
        return _AT_STOP  # two sentences inside a quotation
    after = after.lower()
    if word[-1] in ";:" or word in _DASHES or after in _DASHES:
        return _AT_SEMICOLON
    comma = word[-1] == ","
    if comma and after in starts:
        return _AT_COMMA_AND
    # `and while`, `e depois`: the first of two goes with the second.
    starting = after in starts and word.lower() not in starts
    if comma or (starting and after in strong):
        return _AT_COMMA if comma else _AT_AND
    return _AT_WEAK if starting else _AT_WORD
