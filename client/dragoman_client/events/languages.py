"""Answers about languages: those that the server can translate, hear and speak, and the one a text is in.

Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dragoman_client.events.base import BaseEvent
from dragoman_wire.events import AvailableModel, LanguageCandidate, LanguagePair


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguagesResult(BaseEvent):
    """Answers `languages`."""

    type: Literal["languages_result"] = "languages_result"
    pairs: list[LanguagePair]
    transcription: list[str]
    """The languages that are heard; `*` for any."""
    speech: list[str]
    """The languages that are spoken; `*` for any."""
    available: list[AvailableModel] | None = None
    warnings: list[str] | None = None
    """The languages that are not listed, and why."""
    task_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectResult(BaseEvent):
    """Answers `detect`."""

    type: Literal["detect_result"] = "detect_result"
    candidates: list[LanguageCandidate]
    """The likeliest first, 5 at most; none for a text without words."""
    reliable: bool
    """Whether the first may be acted upon without asking a person."""
    warnings: list[str] | None = None
    """Why it is not reliable."""
    task_id: str | None = None
