"""A text cut into sentences and put together again, with every blank and line break where it was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sentencex

UNIT_CHARS = 800
"""Sentences go to the engine in batches of about this size: a few hundred milliseconds of work."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, or what stands between two."""

    text: str
    translatable: bool


def split_text(text: str, language: str) -> list[Piece]:
    """The pieces of a text: joined, they are the text."""
    pieces: list[Piece] = []
    for line in re.split(r"(\n+)", text):
        for sentence in sentencex.segment(language, line) if line.strip() else [line]:
            body = sentence.strip()
            if not any(character.isalnum() for character in body):
                pieces.append(Piece(sentence, translatable=False))
                continue
            begin = sentence.index(body)
            end = begin + len(body)
            pieces += [
                Piece(sentence[:begin], translatable=False),
                Piece(body, translatable=True),
                Piece(sentence[end:], translatable=False),
            ]
    return [piece for piece in pieces if piece.text]


def join_text(pieces: Sequence[Piece], translations: Sequence[str]) -> str:
    """The text with its sentences replaced, in order."""
    replacements = iter(translations)
    return "".join(next(replacements) if piece.translatable else piece.text for piece in pieces)


def batches(sentences: Sequence[str]) -> list[list[str]]:
    """The sentences in order, in groups of about UNIT_CHARS; a longer sentence is a group of its own."""
    groups: list[list[str]] = []
    room = 0
    for sentence in sentences:
        if not groups or len(sentence) > room:
            groups.append([])
            room = UNIT_CHARS
        groups[-1].append(sentence)
        room -= len(sentence)
    return groups
