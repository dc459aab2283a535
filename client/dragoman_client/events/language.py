"""Answers to `correction` and `extraction`.

Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dragoman_client.events.base import BaseEvent
from dragoman_wire.events import ChunkCounts, Correction, FailedChunk, TokenUsage


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionChunk(BaseEvent):
    """A chunk of a text that is corrected; chunks come as they are done, in any order."""

    type: Literal["correction_chunk"] = "correction_chunk"
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


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionCompleted(BaseEvent):
    """Answers `correction`: all corrections, applied to the text, give `correctedText`."""

    type: Literal["correction_completed"] = "correction_completed"
    task_id: str
    message_id: str | None
    language: str
    corrected_text: str
    corrections: list[Correction]
    suggestions: list[Correction] | None = None
    """What may be wrong as well and was left as it is; left out where there is nothing."""
    chunks: ChunkCounts
    failed_chunks: list[FailedChunk]
    model: str
    engine: str
    usage: TokenUsage
    warnings: list[str]
    processing_time_ms: int
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractionCompleted(BaseEvent):
    """Answers `extraction`."""

    type: Literal["extraction_completed"] = "extraction_completed"
    task_id: str
    message_id: str | None
    data: dict[str, Any]
    """Valid by the request's schema."""
    model: str
    engine: str
    usage: TokenUsage
    repaired: bool
    """The model's first answer was not valid, and its second one is."""
    warnings: list[str] | None = None
    processing_time_ms: int
    timestamp: float
