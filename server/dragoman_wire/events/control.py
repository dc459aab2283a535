"""Answers to control requests, and the life of a task."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from dragoman_wire.events.base import Event

TaskStatus = Literal["completed", "partial", "failed", "cancelled", "expired", "refused"]
ProgressStage = Literal["queued", "working"]
ProgressUnit = Literal["chunks", "items", "seconds", "characters"]
CancelStatus = Literal["cancelled", "finished", "unknown"]


class Pong(Event, frozen=True, kw_only=True, tag="pong", rename=None):
    """Answers `ping`."""

    timestamp: float | int | str | None
    translator_status: Literal["alive"] = "alive"
    translator_port_pub: int
    translator_port_pull: int
    audio_pipeline_available: bool
    task_id: str | UnsetType = msgspec.field(default=UNSET, name="taskId")


class SpeakingVoice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A voice that a request may ask for."""

    name: str
    engine: str
    languages: list[str]
    """ISO 639-1; empty: any."""


class VoicesResult(Event, frozen=True, kw_only=True, tag="voices_result"):
    """Answers `voices`."""

    voices: list[SpeakingVoice]
    default_voices: dict[str, str]
    """Language to the voice that speaks it where the request names none."""
    best_voices: dict[str, str]
    """Language to the voice that speaks it for `modelType` "premium"."""
    task_id: str | UnsetType = UNSET


class CancelResult(Event, frozen=True, kw_only=True, tag="cancel_result"):
    """Answers `cancel`."""

    task_id: str
    status: CancelStatus


class ResultUnknown(Event, frozen=True, kw_only=True, tag="result_unknown"):
    """Answers `result` for a task that is not, or no longer, in the store."""

    task_id: str


class Accepted(Event, frozen=True, kw_only=True, tag="accepted"):
    """The request is safe with the server."""

    task_id: str
    duplicate: bool


class TaskProgress(Event, frozen=True, kw_only=True, tag="task_progress"):
    """The progress of a task. It is not stored, not replayed and not counted."""

    task_id: str
    stage: ProgressStage
    done: int
    total: int
    """0 while it is not known."""
    unit: ProgressUnit
    position: int | UnsetType = UNSET
    """In the queue, from 1; while queued."""
    wait_ms: int | UnsetType = UNSET
    """Expected; while queued, where it is known."""
    message: str
    """One line for a log."""
    timestamp: float


class TaskFinished(Event, frozen=True, kw_only=True, tag="task_finished"):
    """The last event of a task, and the end of a request that was refused."""

    task_id: str
    status: TaskStatus
    events: int
    """The number of the task's events before this one, `accepted` not counted."""
    queue_time_ms: float
    compute_time_ms: float
    error_code: str | UnsetType = UNSET
    """Why it was refused, where it was."""


class ServerStopping(Event, frozen=True, kw_only=True, tag="server_stopping"):
    """A shutdown began; what is in flight has this long."""

    drain_ms: int
    restart_expected: bool
    """Whether a successor is likely to come up by itself."""
