"""Answers to control requests, and the life of a task.

Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dragoman_client.events.base import BaseEvent
from dragoman_wire.events import CancelStatus, ProgressStage, ProgressUnit, SpeakingVoice, TaskStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Pong(BaseEvent):
    """Answers `ping`."""

    type: Literal["pong"] = "pong"
    timestamp: float | int | str | None
    translator_status: Literal["alive"] = "alive"
    translator_port_pub: int
    translator_port_pull: int
    audio_pipeline_available: bool
    task_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VoicesResult(BaseEvent):
    """Answers `voices`."""

    type: Literal["voices_result"] = "voices_result"
    voices: list[SpeakingVoice]
    default_voices: dict[str, str]
    """Language to the voice that speaks it where the request names none."""
    best_voices: dict[str, str]
    """Language to the voice that speaks it for `modelType` "premium"."""
    task_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelResult(BaseEvent):
    """Answers `cancel`."""

    type: Literal["cancel_result"] = "cancel_result"
    task_id: str
    status: CancelStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultUnknown(BaseEvent):
    """Answers `result` for a task that is not, or no longer, in the store."""

    type: Literal["result_unknown"] = "result_unknown"
    task_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted(BaseEvent):
    """The request is safe with the server."""

    type: Literal["accepted"] = "accepted"
    task_id: str
    duplicate: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskProgress(BaseEvent):
    """The progress of a task. It is not stored, not replayed and not counted."""

    type: Literal["task_progress"] = "task_progress"
    task_id: str
    stage: ProgressStage
    done: int
    total: int
    """0 while it is not known."""
    unit: ProgressUnit
    position: int | None = None
    """In the queue, from 1; while queued."""
    wait_ms: int | None = None
    """Expected; while queued, where it is known."""
    message: str
    """One line for a log."""
    timestamp: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskFinished(BaseEvent):
    """The last event of a task, and the end of a request that was refused."""

    type: Literal["task_finished"] = "task_finished"
    task_id: str
    status: TaskStatus
    events: int
    """The number of the task's events before this one, `accepted` not counted."""
    queue_time_ms: float
    compute_time_ms: float
    error_code: str | None = None
    """Why it was refused, where it was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerStopping(BaseEvent):
    """A shutdown began; what is in flight has this long."""

    type: Literal["server_stopping"] = "server_stopping"
    drain_ms: int
    restart_expected: bool
    """Whether a successor is likely to come up by itself."""
