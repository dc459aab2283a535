"""Sentences to the pieces of words that a model knows, and back: by SentencePiece, or by a `tokenizer.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import sentencepiece

WORD_BEGINS = "\u2581"


class Subwords(Protocol):
    """One side of a translation model's vocabulary."""

    def split(self, sentence: str) -> list[str]:
        """Return its pieces, without any of the model's signs for begin, end and language."""
        ...

    def join(self, pieces: list[str]) -> str:
        """Join pieces to their sentence."""
        ...


def load_subwords(path: Path) -> Subwords:
    """Load from a SentencePiece model, or a `.json` of the tokenizers library.

    Raises:
        OSError: the file is not readable.
        ValueError: it is something else.
    """
    return _Json(path) if path.suffix == ".json" else _SentencePiece(path)


def cut(tokens: Sequence[str], most: int) -> Iterator[list[str]]:
    """Yield a sentence's tokens in parts that a model can take, cut between words where there are any."""
    start = 0
    while len(tokens) - start > most:
        words = [at for at in range(start + most // 2, start + most + 1) if tokens[at].startswith(WORD_BEGINS)]
        end = words[-1] if words else start + most
        yield list(tokens[start:end])
        start = end
    if start < len(tokens):
        yield list(tokens[start:])


@lru_cache(maxsize=512)
def open_sentencepiece(path: Path) -> sentencepiece.SentencePieceProcessor:
    """Open a SentencePiece model, once for all that use it: it takes 30 ms and some MiB.

    Raises:
        OSError: the file is not readable.
        ValueError: it is something else.
    """
    try:
        return sentencepiece.SentencePieceProcessor(model_file=str(path))
    except RuntimeError as error:
        raise ValueError(f"{path.name}: {error}") from error


class _SentencePiece:
    def __init__(self, path: Path) -> None:
        self._model = open_sentencepiece(path)

    def split(self, sentence: str) -> list[str]:
        pieces: list[str] = self._model.encode(sentence, out_type=str)
        return pieces

    def join(self, pieces: list[str]) -> str:
        sentence: str = self._model.decode(pieces)
        return sentence


class _Json:
    def __init__(self, path: Path) -> None:
        import tokenizers  # noqa: PLC0415 - few models have one

        try:
            self._model = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing more special
            raise ValueError(f"{path.name}: {error}") from error

    def split(self, sentence: str) -> list[str]:
        pieces: list[str] = self._model.encode(sentence, add_special_tokens=False).tokens
        return pieces

    def join(self, pieces: list[str]) -> str:
        return "".join(pieces).replace(WORD_BEGINS, " ").strip()
