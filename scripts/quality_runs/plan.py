"""How much is measured, and on what."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from scripts.quality_runs.report import Check

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A recording with what is said in it."""

    path: Path
    language: str
    text: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the user asked for; every part takes from it what concerns it."""

    data: Path
    """The folder of the test data."""
    clips: int
    """Recordings of each set, at most."""
    lines: int
    """Lines of text of each language pair, at most."""
    models: tuple[str, ...] = ("tiny.en", "base")
    """Models for transcription."""
    sentences: int
    """Sentences to speak and hear, of each language."""
    mixes: int = 100
    """Recordings of several voices."""
    first_mix: int = 0
    """The number of the first of them: the whole can be measured in parts."""

    def recordings(self, folder: str, language: str) -> list[Clip]:
        """Return all recordings of a set (`librispeech`, `fleurs`) in a language."""
        index = (self.data / "speech.jsonl").read_text(encoding="utf-8").splitlines()
        return [
            Clip(
                path=self.data / record["path"],
                language=language,
                text=record["text"],
                seconds=record["seconds"],
            )
            for record in map(json.loads, index)
            if record["path"].startswith(f"speech/{folder}/") and record["language"] == language
        ]

    def some_recordings(self, folder: str, language: str) -> list[Clip]:
        """Return as many recordings as are wanted."""
        return spread(self.recordings(folder, language), self.clips)

    def flores(self, language: str) -> list[str]:
        """Return the FLORES lines of a language; line N of each language is the same sentence."""
        path = self.data / "text" / f"flores.{language}.txt"
        return path.read_text(encoding="utf-8").splitlines()


Part = Callable[[Plan], list[Check]]
"""A subject: what it measures, as checks."""


def spread(items: Sequence[_T], count: int) -> list[_T]:
    """`count` of the items, evenly spaced; all of them where there are no more."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]
