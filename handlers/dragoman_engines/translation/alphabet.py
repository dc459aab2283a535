"""Which signs a translation model can read and write: those of its own vocabulary that survive its normalization."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from dragoman_engines.base import Alphabet

_WORD_BEGINS = "\u2581"


def alphabet(source: Path, target: Path, pair: tuple[str, str] | None = None) -> Alphabet | None:
    """Return the alphabet of a model with these vocabularies.

    Args:
        source: the vocabulary of the source's side, a SentencePiece model or a `tokenizer.json`.
        target: that of the translation's side, maybe the same file.
        pair: what it translates; None for any of the engine's languages.

    Returns:
        None where a side knows every sign, or where it cannot be told.
    """
    reads, writes = letters_of(source), letters_of(target)
    if not reads or not writes:
        return None
    return Alphabet(source=pair[0] if pair else "", target=pair[1] if pair else "", reads=reads, writes=writes)


@lru_cache(maxsize=512)
def letters_of(path: Path) -> str:
    """Return every sign of a vocabulary, in order; empty where it has all of them, or cannot be read."""
    try:
        return _of_json(path) if path.suffix == ".json" else _of_sentencepiece(path)
    except (ImportError, OSError, RuntimeError, ValueError, KeyError, TypeError):
        return ""  # the engine itself says what is wrong with a file


def _of_sentencepiece(path: Path) -> str:
    from dragoman_engines.translation.subwords import open_sentencepiece  # noqa: PLC0415 - only an engine needs it

    model = open_sentencepiece(path)
    # Lists, for one by one each of these calls takes three times as long.
    every = list(range(model.get_piece_size()))
    if any(model.is_byte(every)):
        return ""
    special = [
        unknown or control for unknown, control in zip(model.is_unknown(every), model.is_control(every), strict=True)
    ]
    signs = _signs([piece for piece, skipped in zip(model.id_to_piece(every), special, strict=True) if not skipped])
    # `²` may be in a vocabulary, and still be read as `2`.
    whole = model.decode([model.encode(sign) for sign in signs])
    known = [sign for sign, said in zip(signs, whole, strict=True) if said == sign]
    # A vocabulary of whole words knows no letters: it says nothing about what it reads.
    return "".join(known) if len(known) > len(signs) // 2 else ""


def _of_json(path: Path) -> str:
    document = json.loads(path.read_text(encoding="utf-8"))
    model = document["model"]
    if model.get("byte_fallback") or "ByteLevel" in json.dumps(
        [document.get("pre_tokenizer"), document.get("decoder")]
    ):
        return ""
    vocabulary = model["vocab"]
    return "".join(_signs(vocabulary if isinstance(vocabulary, dict) else [piece for piece, _ in vocabulary]))


def _signs(pieces: Iterable[str]) -> list[str]:
    return sorted({sign for piece in pieces for sign in piece} - {_WORD_BEGINS})
