"""Answers to `translation` and `story_text_object_translation`."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from dragoman_wire.events.base import Event


class TranslationResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of `translation_completed`."""

    message_id: str | None
    translated_text: str
    source_language: str
    target_language: str
    confidence_score: float
    processing_time: float
    model_type: str
    translator_model: str
    worker_name: str
    worker_id: str
    pool_type: str
    queue_time: float
    translation_time: float
    from_cache: bool
    warnings: list[str] | UnsetType = UNSET
    """A sentence for each guess or doubt; left out where there is none."""


class TranslationMetadata(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The part that made a translation, and how it was sent."""

    translator_version: str
    model_version: str
    processing_node: str
    request_id: str
    protocol: str
    encoding: str


class TranslationCompleted(Event, frozen=True, kw_only=True, tag="translation_completed"):
    """One target language is ready."""

    task_id: str
    target_language: str
    timestamp: float
    result: TranslationResult
    metadata: TranslationMetadata


class TranslationSkipped(Event, frozen=True, kw_only=True, tag="translation_skipped"):
    """The text is over the limit."""

    task_id: str
    message_id: str | None
    reason: Literal["message_too_long"] = "message_too_long"
    length: int
    max_length: int = msgspec.field(name="max_length")
    conversation_id: str | None


class StoryTextCompleted(Event, frozen=True, kw_only=True, tag="story_text_object_translation_completed"):
    """All languages of a story's text object."""

    task_id: str
    post_id: str
    text_object_index: int
    translations: dict[str, str]
    warnings: list[str] | UnsetType = UNSET
    """As in a `translation`, each with its language in front; left out where there is nothing to say."""
    timestamp: int
    """Milliseconds, unlike elsewhere."""
