"""Answers to `correction` and `extraction`."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from dragoman_wire.events.base import Event


class TokenUsage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the calls to a model have taken; nothing for what was known already."""

    prompt_tokens: int
    completion_tokens: int
    requests: int
    """Calls, repeats among them."""
    retries: int
    cost: float | UnsetType = UNSET
    """Money, by the server's prices; left out where it has none."""


class Correction(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A stretch of the text that was changed."""

    start: int
    """In Unicode code points of the request's text, as is `end`."""
    end: int
    original: str
    replacement: str
    message: str
    """One sentence for a person."""
    category: str
    """The kind of mistake, in the engine's own word."""
    confidence: float
    """0 to 1."""


class FailedChunk(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A chunk that stayed as it was, and why."""

    index: int
    start: int
    end: int
    error: str
    error_code: str


class ChunkCounts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many chunks there were, and what came of them."""

    total: int
    ok: int
    failed: int


class CorrectionChunk(Event, frozen=True, kw_only=True, tag="correction_chunk"):
    """A chunk of a text that is corrected; chunks come as they are done, in any order."""

    task_id: str
    message_id: str | None
    index: int
    """From 0."""
    total: int
    start: int
    """In the request's text, as is `end`."""
    end: int
    corrected_text: str
    corrections: list[Correction]
    usage: TokenUsage
    timestamp: float


class CorrectionCompleted(Event, frozen=True, kw_only=True, tag="correction_completed"):
    """Answers `correction`: all corrections, applied to the text, give `correctedText`."""

    task_id: str
    message_id: str | None
    language: str
    corrected_text: str
    corrections: list[Correction]
    suggestions: list[Correction] | UnsetType = UNSET
    """What may be wrong as well and was left as it is; left out where there is nothing."""
    chunks: ChunkCounts
    failed_chunks: list[FailedChunk]
    model: str
    engine: str
    usage: TokenUsage
    warnings: list[str]
    processing_time_ms: int
    timestamp: float


class ExtractionCompleted(Event, frozen=True, kw_only=True, tag="extraction_completed"):
    """Answers `extraction`."""

    task_id: str
    message_id: str | None
    data: dict[str, Any]
    """Valid by the request's schema."""
    model: str
    engine: str
    usage: TokenUsage
    repaired: bool
    """The model's first answer was not valid, and its second one is."""
    warnings: list[str] | UnsetType = UNSET
    processing_time_ms: int
    timestamp: float
