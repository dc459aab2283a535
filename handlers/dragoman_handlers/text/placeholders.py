"""A sentence whose tokens are hidden from the model, and its translation with the tokens in their places again.

What models keep was measured on the Firefox models, both ways: invented names for names (in 100 of 100 sentences, and
the rest is translated as well as with real names), `[1]` for marks (25 of 25; to a model it is a reference), and
brackets around spans (19 of 19). Braces, angle brackets, `@`, backticks and emoji are lost always: no word of such a
model's vocabulary has them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import msgspec

from dragoman_handlers.text.marks.typography import plain, restored
from dragoman_handlers.text.sentences.segmentation import Piece
from dragoman_handlers.text.sentences.sentence_edges import partners
from dragoman_handlers.text.tokens import Role, Token, blanked

MOST_TOKENS = 12
"""A sentence with more of them is no prose: it is cut at them."""
_WORDS = (Role.NAME, Role.NUMBER)
_OPENERS = " \"'([\u00bf\u00a1\u201c\u2018\u00ab"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of placeholders."""

    names: Sequence[str]
    numbers: Sequence[str]
    marks: str
    """With braces where the number goes."""
    brackets: Sequence[tuple[str, str]]
    """For spans. The second kind is for a span in a span, and for tags that differ from the first ones."""


WAYS: tuple[Way, ...] = (
    Way(
        names=(
            "Zyxo",
            "Qwzx",
            "Zorvix",
            "Pykso",
            "Wuxar",
            "Hyzak",
            "Tuvox",
            "Nyxar",
            "Gyvor",
            "Myzko",
            "Zuvax",
            "Lyxo",
        ),
        numbers=("731", "852", "946", "378", "527", "619"),
        marks="[{}]",
        brackets=(("[", "]"), ("(", ")")),
    ),
    Way(
        names=("A1", "B2", "C3", "D4", "E5", "F6", "G7", "H8", "J9", "K4", "V7", "Q5"),
        numbers=("57", "83", "46", "92", "68", "39"),
        marks="({})",
        brackets=(("(", ")"), ("[", "]")),
    ),
)
"""In the order in which they are tried."""


class Masked(msgspec.Struct, frozen=True):
    """A sentence as a model gets it."""

    piece: Piece
    text: str
    placeholders: Sequence[str]
    """The placeholder of each token, in the order of the sentence."""

    def restore(self, answer: str) -> str | None:
        """Return the translation with the tokens put back; None where the model has not kept each exactly once."""
        tokens = self.piece.tokens
        answer = restored(blanked(self.piece.text, tokens) if tokens else self.piece.text, answer)
        if not tokens:
            return answer
        # Text and placeholders in turn: text, placeholder, text ... text.
        parts = _pattern(self.placeholders).split(answer)
        order = _order(parts[1::2], self.placeholders, tokens)
        if order is None:
            return None
        texts = parts[::2]
        for at, index in enumerate(order):
            texts[at] = _left_of(self.piece, index, texts[at])
            texts[at + 1] = _right_of(self.piece, index, texts[at + 1])
        translation = texts[0]
        for index, text in zip(order, texts[1:], strict=True):
            at_start = not translation.strip(_OPENERS)
            translation += _cased(tokens[index], at_start=at_start) + text
        return translation

    def words(self, answer: str) -> str:
        """Return a translation without its placeholders, for the checks."""
        return _pattern(self.placeholders).sub(" ", answer) if self.placeholders else answer


def masked(piece: Piece, way: Way) -> Masked | None:
    """Return a sentence with placeholders of one kind; None where it has too many tokens for them."""
    if not piece.tokens:
        return Masked(piece, plain(piece.text), ())
    rest = blanked(piece.text, piece.tokens)
    placeholders = _placeholders(piece.tokens, way, rest) if len(piece.tokens) <= MOST_TOKENS else []
    if not placeholders:
        return None
    parts, reached = [], 0
    for index, (token, placeholder) in enumerate(zip(piece.tokens, placeholders, strict=True)):
        left, right = _glued(piece, index)
        # A name is a word of its own, also where the token stands for a part of one.
        parts += [piece.text[reached : token.start], " " * (left and token.role in _WORDS), placeholder]
        parts.append(" " * (right and token.role in (*_WORDS, Role.MARK)))
        reached = token.end
    text = plain("".join([*parts, piece.text[reached:]]))
    if sorted(_pattern(placeholders).findall(text)) != sorted(placeholders):
        return None
    return Masked(piece, text, placeholders)


def _placeholders(tokens: Sequence[Token], way: Way, rest: str) -> list[str]:
    """Return a placeholder for each token, none of which is in the text already; nothing where there are too few."""
    brackets = _brackets(tokens, [pair for pair in way.brackets if not any(bracket in rest for bracket in pair)])
    names = (name for name in way.names if name not in rest)
    numbers = (number for number in way.numbers if number not in rest)
    marks = (mark for number in itertools.count(1) if (mark := way.marks.format(number)) not in rest)
    found = []
    for index, token in enumerate(tokens):
        if index in brackets:
            found.append(brackets[index])
        elif token.role is Role.NAME:
            found.append(next(names, ""))
        elif token.role is Role.NUMBER:
            found.append(next(numbers, "") or next(names, ""))
        else:
            found.append(next(marks))
    return found if all(found) else []


def _brackets(tokens: Sequence[Token], kinds: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Return the bracket of each token that opens or closes a span, for spans that brackets can tell apart."""
    found: dict[int, str] = {}
    used: list[tuple[int, int, int]] = []
    for opening, closing in sorted(partners(tokens).items()):
        around = {kind for begin, end, kind in used if begin < opening < end}
        alike = [kind for begin, _, kind in used if tokens[begin].text == tokens[opening].text]
        fresh = [kind for kind in range(len(kinds)) if kind not in {kind for _, _, kind in used}]
        free = [kind for kind in (*alike, *fresh, *range(len(kinds))) if kind not in around]
        if free:
            used.append((opening, closing, free[0]))
            found[opening], found[closing] = kinds[free[0]]
    return found


def _pattern(placeholders: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(set(placeholders), key=len, reverse=True)
    whole = [rf"(?<!\w){each}(?!\w)" if each.isalnum() else re.escape(each) for each in longest_first]
    return re.compile(f"({'|'.join(whole)})")


def _order(found: Sequence[str], placeholders: Sequence[str], tokens: Sequence[Token]) -> list[int] | None:
    """Return the tokens' indexes in the order of the translation; None where they are not those of the sentence."""
    if sorted(found) != sorted(placeholders):
        return None
    left = list(range(len(placeholders)))
    order: list[int] = []
    for each in found:
        # Of spans in brackets of one kind, the first of the translation is the first of the sentence.
        order.append(next(index for index in left if placeholders[index] == each))
        left.remove(order[-1])
    place = {index: at for at, index in enumerate(order)}
    whole = all(place[opening] < place[closing] for opening, closing in partners(tokens).items())
    return order if whole else None


def _glued(piece: Piece, index: int) -> tuple[bool, bool]:
    """Return whether a token touches a letter, a digit or another token on its left, and on its right."""
    token = piece.tokens[index]
    before, after = piece.text[: token.start][-1:], piece.text[token.end :][:1]
    touches_last = index > 0 and piece.tokens[index - 1].end == token.start
    touches_next = index + 1 < len(piece.tokens) and piece.tokens[index + 1].start == token.end
    return before.isalnum() or touches_last, after.isalnum() or touches_next


def _left_of(piece: Piece, index: int, text: str) -> str:
    """Return the text before a token, with a blank between the two where the source has one."""
    token = piece.tokens[index]
    before = piece.text[: token.start][-1:]
    if before.isspace():
        return text + " " if text[-1:].isalnum() else text
    inside = token.role is Role.CLOSE
    return text.rstrip() if inside or _glued(piece, index)[0] or text.rstrip()[-1:] == before else text


def _right_of(piece: Piece, index: int, text: str) -> str:
    """Return the text after a token, with a blank between the two where the source has one."""
    token = piece.tokens[index]
    after = piece.text[token.end :][:1]
    if after.isspace():
        return " " + text if text[:1].isalnum() else text
    inside = token.role is Role.OPEN
    return text.lstrip() if inside or _glued(piece, index)[1] or text.lstrip()[:1] == after else text


def _cased(token: Token, *, at_start: bool) -> str:
    """Adapt a glossary word's capital: added at the sentence's beginning, removed if the word came from there."""
    text = token.text
    if not token.flexible or (text.isupper() and len(text) > 1):
        return text
    if at_start:
        return text[:1].upper() + text[1:]
    return text[:1].lower() + text[1:] if token.start == 0 else text
