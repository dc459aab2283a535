"""Forms of a sentence for a small model, and the choice of the best answer.

Small models were trained on whole sentences in ordinary letter case. What a chat sends is often neither, so a sentence
is put to the model in the form that it knows best (`Wording.usual`), and where the answer is doubtful in others
(`Wording.others`): with a full stop, without one, after a dash, after an interjection. Each form knows how to undo in
the answer what it did to the question.

The answers are compared by `doubt`, where less is better:

    100  a check of `quality` failed: nothing, a loop, the wrong language
     10  brackets or quotation marks that the source lacks; a comma, a colon or a dash at the end that it lacks; a
         letter said over and over; several words left exactly as they were
      8  a length out of proportion
      7  words doubled that the source does not double; an end on a word that cannot end a sentence ("é claro que")
      5  one word left as it was, which may be a name
      1  for each ordinary word of the source that stands in the answer

Answers below `DOUBTFUL` are taken at once. Of the others the best is, the first of equals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from typing_extensions import override

from dragoman_handlers.text.sentences.segmentation import Piece
from dragoman_handlers.text.tokens import Role, Token, blanked
from dragoman_handlers.text.wording.conventions import in_conventions_of
from dragoman_handlers.text.wording.letter_case import capitals, in_capitals, sentence_case, unemphasized, words_of
from dragoman_handlers.text.wording.phrasebook import PhraseBook
from dragoman_handlers.text.wording.quality import ALIKE
from dragoman_handlers.text.wording.shorthand import Edit, may_be_spelled_out, spelled_out

DOUBTFUL = 5
BAD = 100
"""The doubt of a failed check of `quality`; from here on the peer gets a warning."""
SHORT_WORDS = 8
"""Up to here a text is judged by how it looks: a long one is a sentence, and looks like one."""
_PHRASE_WORDS = 3
"""From here on a text without a full stop is taken for a sentence that lacks it."""
_MEANT_REPEATS = 3
_MOST_PERIOD = 3
_ANY_SIGN = re.compile(r"[()\[\]{}\"“”„«»]")
_CAPITALS = re.compile(r"[^\W\d_a-zß-ÿ]{2}")
"""Two letters in a row that are no small ones of the Latin script: nearly no sentence has any."""
_SIGNS = ("(", ")", "[", "]", "{", "}", '"“”„«»')
_UNFINISHED = re.compile(r"[,;:–—-]\s*$")  # noqa: RUF001 - the dashes are meant
_ENDED = re.compile(r"[.!?…:;,]['\"”’)\]]*$")  # noqa: RUF001
_SAME_LETTER = re.compile(r"([^\W\d_])\1{3,}")
_OPENERS, _CLOSERS = ("(", "[", "{"), (")", "]", "}")
_DASH = re.compile(r"^\s*[-–—]\s*")  # noqa: RUF001
_INTERJECTION = re.compile(r"^\W*(?:oh|ah|ó|ei|hey|ai|oi)\b[\s,!.:-]*", re.IGNORECASE)
_INTERJECTIONS: Mapping[str, str] = {"en": "Oh, ", "pt": "Ah, "}
_PRONOUN = re.compile(r"I(?![^\W\d_])")
_CANNOT_END: Mapping[str, frozenset[str]] = {
    "en": frozenset(["the", "a", "an", "of", "and", "or", "that's"]),
    "pt": frozenset(
        [
            "o",
            "os",
            "as",
            "um",
            "uma",
            "de",
            "do",
            "da",
            "dos",
            "das",
            "em",
            "no",
            "na",
            "nos",
            "nas",
            "que",
            "pela",
            "pelo",
            "pelas",
            "pelos",
            "para",
            "com",
            "por",
            "e",
        ]
    ),
}
_MAY_END_AFTER_ALL = ("o que", "por que", "e o", "e a")
_SAINT = "São "
_NO_NUMBER = frozenset({"en"})
"""Languages that say "it is" of an amount in the plural as well."""
_QUESTION_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        [
            "what",
            "where",
            "when",
            "who",
            "whom",
            "whose",
            "why",
            "how",
            "which",
            "is",
            "are",
            "am",
            "was",
            "were",
            "do",
            "does",
            "did",
            "can",
            "could",
            "will",
            "would",
            "shall",
            "should",
            "may",
            "have",
            "has",
        ]
    ),
    "pt": frozenset(
        ["quem", "quando", "onde", "como", "qual", "quais", "quanto", "quantos", "quanta", "quantas", "cadê"]
    ),
}


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One form of a sentence, and the way back from it."""

    piece: Piece
    """The model's input."""
    finish: Callable[[str], str | None]
    """The translation of the sentence as it was, from that of this form; None where it cannot be told."""


class Wording:
    """The forms of sentences from one language to another, and the doubts about their translations."""

    def __init__(self, source: str, target: str, book: PhraseBook) -> None:
        self._source = source
        self._target = target
        self._book = book
        self._alike = any({source, target} <= group for group in ALIKE)
        """Whether a sentence may well be the same in both languages."""

    def known(self, piece: Piece) -> str | None:
        """Return the translation from the phrase book, if it is there."""
        return self._book.find(piece.text, self._source, self._target, piece.tokens)

    def usual(self, piece: Piece) -> Form:
        """Return the form that a model most likely translates best."""
        piece = self._with_verb(piece)
        text = piece.text
        if text[-1] in ".?!" and not text[0].islower() and self._is_ordinary(text):
            return Form(piece=piece, finish=_as_it_is)
        words = words_of(_visible(piece))
        return self._form(piece, stop=len(words) >= _PHRASE_WORDS)

    def _with_verb(self, piece: Piece) -> Piece:
        """Return `São 3 €` as `É 3 €`: before a hidden amount, a model takes the verb for a saint's title."""
        if self._source != "pt" or not piece.tokens or not piece.text.startswith(_SAINT):
            return piece
        first = piece.tokens[0]
        if first.start != len(_SAINT) or not any(map(str.isdigit, first.text)) or self._target not in _NO_NUMBER:
            return piece
        steps = _Steps(piece)
        steps.edit([Edit(0, len(_SAINT), "É ")])
        return steps.piece

    def _is_ordinary(self, text: str) -> bool:
        """Return whether nothing in a sentence is to be written another way. Takes microseconds."""
        if not text[1:].islower() and _CAPITALS.search(text):
            return False
        if may_be_spelled_out(text, self._source):
            return False
        words = text.lower().split()
        return len(words) - len(set(words)) < _MEANT_REPEATS - 1

    def others(self, piece: Piece) -> list[Form]:
        """Return further forms to try where a short sentence's translation is doubtful; none for a long one."""
        words = words_of(_visible(piece))
        if len(words) > SHORT_WORDS:
            return []
        forms = [self._form(piece, stop=not len(words) >= _PHRASE_WORDS), self._form(piece, stop=True, opening="- ")]
        opening = _INTERJECTIONS.get(self._source)
        if opening:
            forms.append(self._form(piece, stop=True, opening=opening))
        return forms

    def doubt(self, source: str, translation: str) -> int:
        """Rate how doubtful the translation of a sentence looks; see above. 0: beyond doubt, or long."""
        if source.count(" ") >= SHORT_WORDS:
            return 0
        before = words_of(source)
        if len(before) > SHORT_WORDS or not before:
            return 0
        after = words_of(translation)
        return (
            10 * _odd_signs(source, translation)
            + 10 * bool(_SAME_LETTER.search(translation) and not _SAME_LETTER.search(source))
            + 8 * _out_of_proportion(source, translation)
            + 7 * (_doubles(after) and not _doubles(before))
            + 7 * self._unfinished(before, after)
            + (0 if self._alike else _copied(before, after))
        )

    def in_conventions(self, piece: Piece, translation: str) -> str:
        """Return the translation of a sentence as its language writes numbers and signs."""
        return in_conventions_of(self._target, self._source, piece, translation)

    def _unfinished(self, before: Sequence[str], after: Sequence[str]) -> bool:
        """Return whether it ends on a word that no sentence ends on."""
        if not after or after[-1].lower() not in _CANNOT_END.get(self._target, ()):
            return False
        ending = " ".join(after[-2:]).lower()
        return ending not in _MAY_END_AFTER_ALL and before[-1].lower() not in _CANNOT_END.get(self._source, ())

    def _form(self, piece: Piece, *, stop: bool, opening: str = "") -> Form:
        steps = _Steps(piece)
        if not self._is_ordinary(piece.text):
            steps.letter_case(self._source, self._book.words(self._source, self._target))
            steps.edit(spelled_out(_visible(steps.piece), self._source))
            steps.fewer_repeats(lambda word: self._book.word(word, self._source, self._target))
        if piece.begins and piece.ends:  # a part of a long sentence is none of its own
            steps.beginning(opening)
            if stop:
                steps.ending("?" if self._asks(piece) else ".")
        return Form(piece=steps.piece, finish=steps.finish)

    def _asks(self, piece: Piece) -> bool:
        first, *rest = words_of(_visible(piece).lower()) or [""]
        return bool(rest) and first in _QUESTION_WORDS.get(self._source, ())


class Plain(Wording):
    """Sentences as they are, for engines that know no language of their own."""

    def __init__(self) -> None:
        super().__init__("", "", PhraseBook(shipped=False))

    @override
    def usual(self, piece: Piece) -> Form:
        return Form(piece=piece, finish=lambda translation: translation)

    @override
    def others(self, piece: Piece) -> list[Form]:
        return []

    @override
    def doubt(self, source: str, translation: str) -> int:
        return 0

    @override
    def in_conventions(self, piece: Piece, translation: str) -> str:
        return translation


PLAIN = Plain()


def without_tail(translation: str) -> str:
    """Remove the bracket or the comma that a model put at a translation's end. Linear, as no pattern for it is."""
    end = len(translation)
    while end and (translation[end - 1].isspace() or translation[end - 1] in ".!?"):
        end -= 1
    inner = translation[: end - 1] if translation[end - 1 : end] in _CLOSERS else translation[:end]
    closed = max(map(inner.rfind, _CLOSERS)) + 1
    opened = [at for each in _OPENERS if (at := inner.find(each, closed)) >= 0]
    if opened:
        return translation[: min(opened)].rstrip()
    signs = translation.rstrip()
    rest = signs.rstrip(",;:\u2013\u2014-")
    return translation if rest == signs else rest.rstrip()


def without_loop(translation: str) -> str:
    """Reduce what a model repeats over and over in a translation to one occurrence."""
    words = translation.split()
    kept: list[str] = []
    for word in words:
        kept.append(word)
        for period in range(1, min(12, len(kept) // 2) + 1):
            if [one.lower() for one in kept[-period:]] == [one.lower() for one in kept[-2 * period : -period]]:
                del kept[-period:]
                break
    return " ".join(kept)


def _as_it_is(translation: str) -> str:
    return translation


class _Steps:
    """A sentence on its way to a form; remembers how to go back."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self._original = piece
        self._back: list[Callable[[str], str | None]] = []

    def finish(self, translation: str) -> str | None:
        """Undo everything, the last first."""
        text: str | None = translation
        for step in reversed(self._back):
            if text is None:
                return None
            text = step(text)
        return text

    def letter_case(self, language: str, common: frozenset[str]) -> None:
        """Write capitals in sentence case, and words in capitals for emphasis in small letters."""
        seen = _visible(self.piece)
        words = words_of(seen)
        if in_capitals(words, language):
            self._set(_inserted(self.piece, sentence_case(seen, language)))
            self._back.append(self._in_capitals)
        elif any(word.isupper() and len(word) > 1 for word in words):
            self._set(_inserted(self.piece, unemphasized(seen, language, common)))

    def edit(self, edits: Iterable[Edit]) -> None:
        """Replace stretches outside the tokens, in whatever order they come."""
        for start, end, text in sorted(edits, reverse=True):
            self._replace(start, end, text)

    def beginning(self, opening: str) -> None:
        """Put a capital at the beginning, after an opening that stands before the sentence."""
        text = self.piece.text
        at_token = any(token.start == 0 for token in self.piece.tokens)
        small = text[:1].islower() and not at_token and not text[1:2].isupper()
        if small and not opening.endswith(", "):
            self._replace(0, 1, text[0].upper())
        if self._original.text[:1].islower() and not at_token:
            self._back.append(_small)
        elif opening:
            self._back.append(_large)
        if not opening:
            return
        if opening.endswith(", ") and text[:1].isupper() and text[1:2].islower() and not at_token:
            self._replace(0, 1, text[0].lower())
        self._replace(0, 0, opening)
        pattern = _INTERJECTION if opening.endswith(", ") else _DASH
        self._back.append(lambda translation: _without_opening(translation, pattern))

    def ending(self, sign: str) -> None:
        """Put a sign at the end, where there is none."""
        text = self.piece.text
        last = max((token.end for token in self.piece.tokens), default=-1)
        if _ENDED.search(text) or (last == len(text) and self.piece.tokens[-1].role is not Role.NAME):
            return
        self._replace(len(text), len(text), sign)
        self._back.append(lambda translation: re.sub(r"(?<=[^\s.!?…])[.!?]$", "", translation.rstrip()))

    def fewer_repeats(self, translate: Callable[[str], str | None]) -> None:
        """Write words that are repeated for emphasis only once."""
        if self.piece.tokens:
            return
        found = _longest_run(self.piece.text)
        if found is None:
            return
        start, end, unit, count = found
        whole = not words_of(self.piece.text[:start] + self.piece.text[end:])
        known = translate(unit)
        if not whole and (count <= _MEANT_REPEATS or known is None):
            return
        self._replace(start, end, unit)
        self._back.append(lambda translation: _said_again(translation, None if whole else known, count))

    def _set(self, piece: Piece) -> None:
        self.piece = piece

    def _replace(self, start: int, end: int, text: str) -> None:
        piece, by = self.piece, len(text) - (end - start)
        tokens = tuple(token.moved(by) if token.start >= end else token for token in piece.tokens)
        self.piece = Piece(piece.text[:start] + text + piece.text[end:], translatable=True, tokens=tokens)

    def _in_capitals(self, translation: str) -> str:
        tokens = sorted({token.text for token in self._original.tokens if token.text}, key=len, reverse=True)
        if not tokens:
            return capitals(translation, self._original.text)
        parts = re.split(f"({'|'.join(map(re.escape, tokens))})", translation)
        seen = _visible(self._original)
        return "".join(part if index % 2 else capitals(part, seen) for index, part in enumerate(parts))


def _visible(piece: Piece) -> str:
    return blanked(piece.text, piece.tokens) if piece.tokens else piece.text


def _inserted(piece: Piece, seen: str) -> Piece:
    """Return the piece with other words of the same length, and its tokens as they are."""
    tokens: Sequence[Token] = piece.tokens
    parts, reached = [], 0
    for token in tokens:
        parts += [seen[reached : token.start], piece.text[token.start : token.end]]
        reached = token.end
    return Piece("".join([*parts, seen[reached:]]), translatable=True, tokens=piece.tokens)


def _small(translation: str) -> str:
    if _PRONOUN.match(translation) or translation[1:2].isupper():
        return translation
    return translation[:1].lower() + translation[1:]


def _large(translation: str) -> str:
    return translation[:1].upper() + translation[1:]


def _without_opening(translation: str, pattern: re.Pattern[str]) -> str | None:
    rest = pattern.sub("", translation, count=1)
    return rest if rest != translation and words_of(rest) else None


def _longest_run(text: str) -> tuple[int, int, str, int] | None:
    """Find up to three words that are said at least three times in a row: start, end, the words, and how often."""
    places = [(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
    words = [text[start:end].lower().strip(",.!?") for start, end in places]
    if len(words) < _MEANT_REPEATS or len(words) - len(set(words)) < _MEANT_REPEATS - 1:
        return None
    best: tuple[int, int, str, int] | None = None
    for period in range(1, _MOST_PERIOD + 1):
        index = 0
        while index + period < len(words):
            count = 1
            unit = words[index : index + period]
            while words[index + count * period : index + (count + 1) * period] == unit:
                count += 1
            if count >= _MEANT_REPEATS and all(unit) and (best is None or count * period > best[3] * _MOST_PERIOD):
                last = places[index + count * period - 1]
                written = text[places[index][0] : places[index + period - 1][1]].rstrip(",.!?")
                end = last[0] + len(text[last[0] : last[1]].rstrip(",.!?"))
                best = (places[index][0], end, written, count)
            index += max(1, (count - 1) * period if count >= _MEANT_REPEATS else 1)
    return best


def _said_again(translation: str, word: str | None, count: int) -> str:
    """Repeat words in the translation as often as the source does."""
    if word is None:
        core = translation.rstrip(".!?…")
        again = _small(core)
        return " ".join([core, *[again] * (count - 1)]) + translation[len(core) :]
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", translation, re.IGNORECASE)
    if found is None:
        return translation
    return translation[: found.end()] + f" {word}" * (count - 1) + translation[found.end() :]


def _odd_signs(source: str, translation: str) -> bool:
    """Return whether it has brackets or quotation marks that the source lacks, or ends unfinished."""
    for signs in _SIGNS if _ANY_SIGN.search(translation) else ():
        if sum(map(translation.count, signs)) > sum(map(source.count, signs)):
            return True
    return bool(_UNFINISHED.search(translation) and not _UNFINISHED.search(source))


def _out_of_proportion(source: str, translation: str) -> bool:
    before, after = len("".join(source.split())), len("".join(translation.split()))
    if not source.isascii() and not any("a" <= sign.lower() <= "z" for sign in source):
        return False  # a script whose signs are worth several letters
    return after > 2.5 * before + 10 or after < 0.25 * before - 1


def _doubles(words: Sequence[str]) -> bool:
    lowered = [word.lower() for word in words]
    return len(set(lowered)) < len(lowered) and any(
        lowered[index : index + period] == lowered[index + period : index + 2 * period]
        for period in range(1, len(lowered) // 2 + 1)
        for index in range(len(lowered) - 2 * period + 1)
    )


def _copied(before: Sequence[str], after: Sequence[str]) -> int:
    """Rate the words that were left untranslated."""
    ordinary = [word for word in before if not word.isupper()]
    if ordinary and [word.casefold() for word in before] == [word.casefold() for word in after]:
        return 10 if len(before) > 1 and any(word.islower() for word in before[1:]) else 5
    left = {word.casefold() for word in after}
    return min(4, sum(1 for word in before if len(word) > 3 and word.islower() and word in left))
