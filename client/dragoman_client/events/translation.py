"""Answers to `translation` and `story_text_object_translation`.

Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dragoman_client.events.base import BaseEvent
from dragoman_wire.events import TranslationMetadata, TranslationResult


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslationCompleted(BaseEvent):
    """One target language is ready."""

    type: Literal["translation_completed"] = "translation_completed"
    task_id: str
    target_language: str
    timestamp: float
    result: TranslationResult
    metadata: TranslationMetadata


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslationSkipped(BaseEvent):
    """The text is over the limit."""

    type: Literal["translation_skipped"] = "translation_skipped"
    task_id: str
    message_id: str | None
    reason: Literal["message_too_long"] = "message_too_long"
    length: int
    max_length: int
    conversation_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryTextCompleted(BaseEvent):
    """All languages of a story's text object."""

    type: Literal["story_text_object_translation_completed"] = "story_text_object_translation_completed"
    task_id: str
    post_id: str
    text_object_index: int
    translations: dict[str, str]
    warnings: list[str] | None = None
    """As in a `translation`, each with its language in front; left out where there is nothing to say."""
    timestamp: int
    """Milliseconds, unlike elsewhere."""
