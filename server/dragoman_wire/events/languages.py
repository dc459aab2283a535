"""Answers about languages: those that the server can translate, hear and speak, and the one a text is in."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from dragoman_wire.events.base import Event

QualityClass = Literal["good", "fair", "gist"]
"""`good`: models made for just these languages. `fair`: one model for many languages, or a way through one language
more. `gist`: rules instead of a model, or a longer way."""
ANY_LANGUAGE = "*"
"""Stands for any language, as in RFC 4647."""


class LanguagePair(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A way from one language to another."""

    source: str
    """ISO 639-1, or `*`: any of `languages`, or any at all where these are not given."""
    target: str
    via: list[str]
    """The languages in between, in order; empty for a direct way."""
    engine: str
    """The model, as `translatorModel` names it in results."""
    quality: QualityClass
    model_type: str | UnsetType = UNSET
    """The `modelType` that asks for it; left out where it is the default."""
    languages: list[str] | UnsetType = UNSET
    """Of a model for many languages: any of these into any other."""


class AvailableModel(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that the server could have and has not."""

    kind: Literal["translation", "transcription", "speech"]
    name: str
    languages: list[str]
    """ISO 639; `*` where its name says them: `firefox-SOURCE-TARGET`."""
    licence: str
    command: str
    """To be run on the server's machine."""
    size_mb: int | UnsetType = UNSET


class LanguagesResult(Event, frozen=True, kw_only=True, tag="languages_result"):
    """Answers `languages`."""

    pairs: list[LanguagePair]
    transcription: list[str]
    """The languages that are heard; `*` for any."""
    speech: list[str]
    """The languages that are spoken; `*` for any."""
    available: list[AvailableModel] | UnsetType = UNSET
    warnings: list[str] | UnsetType = UNSET
    """The languages that are not listed, and why."""
    task_id: str | UnsetType = UNSET


class LanguageCandidate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A language that a text may be in."""

    language: str
    """ISO 639."""
    confidence: float
    """0 to 1; all candidates together are at most 1."""


class DetectResult(Event, frozen=True, kw_only=True, tag="detect_result"):
    """Answers `detect`."""

    candidates: list[LanguageCandidate]
    """The likeliest first, 5 at most; none for a text without words."""
    reliable: bool
    """Whether the first may be acted upon without asking a person."""
    warnings: list[str] | UnsetType = UNSET
    """Why it is not reliable."""
    task_id: str | UnsetType = UNSET
