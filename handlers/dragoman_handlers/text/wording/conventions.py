"""What a translation writes as its source's language does: ordinals, separators of numbers, runs of `?` and `!`.

A model that was given `3rd floor` writes `3o andar`, for its text is normalized (NFKC), and to it `º` is an `o`. It
leaves `42.195 km` as it is, which in Portuguese are 42 thousand, and makes `$1,299,99` of `$1,299.99`.
"""

from __future__ import annotations

import re

from dragoman_handlers.text.sentences.segmentation import Piece
from dragoman_handlers.text.tokens import BLANK, blanked
from dragoman_handlers.text.wording.numbers import in_target_form

_ORDINAL_EN = re.compile(r"(?<![\w.,])(\d{1,4})(?:st|nd|rd|th)\b", re.IGNORECASE)
_ORDINAL_SIGN = {"o": "º", "a": "ª", "O": "º", "A": "ª"}
_SEPARATED = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)+(?!\w|[.,]\d)")
_SEPARATORS = re.compile(r"[.,]")
_FOR_EXAMPLE = re.compile(r"\bp\. (?=por exemplo\b)")
_TWO_STOPS = re.compile(r"(?<![.\w/])\.\.(?![.\w/])|(?<=\w)\.\.(?![.\w/])")
_RUN = re.compile(r"[!?]+")


def in_conventions_of(target: str, source: str, piece: Piece, translation: str) -> str:
    """Return the translation of a sentence as the target's language writes it.

    Args:
        target: the translation's language.
        source: the sentence's language.
        piece: the sentence, whose tokens are left alone.
        translation: of the sentence, with its tokens in their places.
    """
    translation = _with_runs(piece, translation)
    if ".." in translation and ".." not in piece.text:
        translation = _TWO_STOPS.sub(".", translation)
    if target == "pt":
        translation = _FOR_EXAMPLE.sub("", translation)
    if not any(map(str.isdigit, translation)):
        return translation
    seen = blanked(piece.text, piece.tokens) if piece.tokens else piece.text
    if target == "pt" and source == "en":
        translation = _with_ordinals(seen, translation)
    return _with_separators(target, source, seen.replace(BLANK, " "), piece, translation)


def _with_ordinals(seen: str, translation: str) -> str:
    """Return the translation with `3º` for the `3o` of `3rd`."""
    numbers = sorted(set(_ORDINAL_EN.findall(seen)), key=len, reverse=True)
    if not numbers:
        return translation
    pattern = rf"(?<![\w.,])({'|'.join(numbers)})\.?([oaOA])(?!\w)"
    return re.sub(pattern, lambda found: found[1] + _ORDINAL_SIGN[found[2]], translation)


def _with_separators(target: str, source: str, seen: str, piece: Piece, translation: str) -> str:
    """Write amounts that a model left as they were, or wrote in two conventions at once, in the target's."""
    right = {_SEPARATORS.sub("", written): right for written, right in in_target_form(seen, source, target)}
    if not right:
        return translation
    kept = [token.text for token in piece.tokens if _SEPARATED.search(token.text)]

    def separated(found: re.Match[str]) -> str:
        if any(found[0] in token for token in kept):
            return found[0]
        return right.get(_SEPARATORS.sub("", found[0]), found[0])

    return _SEPARATED.sub(separated, translation)


def _with_runs(piece: Piece, translation: str) -> str:
    """Write as many `?` and `!` in a row as the source has: `???` for what a model made `??`."""
    seen = blanked(piece.text, piece.tokens) if piece.tokens else piece.text
    if "!!" not in seen and "??" not in seen and "?!" not in seen and "!?" not in seen:
        return translation
    runs = _RUN.findall(seen)
    if any(_RUN.search(token.text) for token in piece.tokens) or len(_RUN.findall(translation)) != len(runs):
        return translation
    following = iter(runs)
    return _RUN.sub(lambda _: next(following), translation)
