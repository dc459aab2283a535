"""Texts with much markup, and what has to be left of it: for a test of each, and for scripts/quality."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

_CASES = Path(__file__).with_name("data") / "hard_markup.toml"
OTHER = {"en": "pt", "pt": "en"}


@dataclass(frozen=True)
class Case:
    """A text and what its translation has to keep."""

    source: str
    text: str
    keep: tuple[str, ...]

    @property
    def target(self) -> str:
        return OTHER[self.source]


def cases() -> list[Case]:
    """All of them, in the order of the file."""
    document = tomllib.loads(_CASES.read_text(encoding="utf-8"))
    return [Case(case["source"], case["text"], tuple(case["keep"])) for case in document["case"]]


def lost(case: Case, translation: str) -> list[str]:
    """What a translation has not kept, for people; nothing where it has kept all."""
    problems = [
        f"{token!r} is there {translation.count(token)} times, not {case.text.count(token)}"
        for token in case.keep
        if translation.count(token) != case.text.count(token)
    ]
    if _skeleton(translation) != _skeleton(case.text):
        problems.append(f"line breaks or blanks at the edges: {_skeleton(translation)} for {_skeleton(case.text)}")
    if translation == case.text:
        problems.append("it is not translated")
    return problems


def _skeleton(text: str) -> list[str]:
    """Line breaks, the blanks at the beginning of lines, and those at the end."""
    return re.findall(r"[\r\n]+|(?:^|(?<=[\r\n]))[ \t]+|[ \t]+$", text)
