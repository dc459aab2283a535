"""What happened to a run and when, and nothing of what was said: for the log, the figures and the traces.

It is noted as it happens, which costs next to nothing, and told to observers later; see `Reports`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman_engines.pool.unit import Unit
from dragoman_engines.work import Kind
from dragoman_server.tasks.task_life import busy_s
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskStatus, type_of

MOST_STEPS = 200
"""Events, and units, that are kept of a task that is over; a long recording has hundreds."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of work that was asked for, and that is answered or no longer wanted."""

    kind: Kind
    asked_s: float
    worker: str | None = None
    """The process that did it; None where it failed or was withdrawn."""
    queued_s: float = 0.0
    """How long it waited for a process."""
    began_s: float
    """When its model call began."""
    ended_s: float
    compute_s: float = 0.0
    """Its share of the seconds in the call."""

    @property
    def good(self) -> bool:
        """Whether it was answered."""
        return self.worker is not None


class Said(msgspec.Struct, frozen=True):
    """An event that was published."""

    ready_s: float
    at_s: float
    """When it was handed to the socket."""
    type: str
    language: str | None


class RunStory(msgspec.Struct, kw_only=True, eq=False):
    """One run of a request. Times are monotonic seconds, and 0 until they come."""

    lane: str
    peer: str
    """On whose account it goes."""
    priority: str
    message_id: str | None
    arrived_s: float
    accepted_s: float = 0.0
    queued_s: float = 0.0
    """When it began to wait for its turn in the lane, if it had to."""
    began_s: float = 0.0
    """When its handler began."""
    ended_s: float = 0.0
    duplicate: bool = False
    """A repeat of a known task, for what is new in it."""
    resumed: bool = False
    """Begun by an earlier server."""
    units: set[Unit[Any]] = set()
    """In flight."""
    calls: list[Call] = []
    said: list[Said] = []
    units_done: int = 0
    steps_dropped: int = 0
    """Events and units for which there was no room."""
    audio_s: float = 0.0
    """Of decoded recordings."""
    left: bool = False
    """It stopped unanswered: the next start of the server finishes it."""
    status: TaskStatus | None = None
    outcomes: Mapping[str, DragomanError | None] = {}
    """Of the task's parts at its end."""
    queue_s: float = 0.0
    """At its end: how long no model worked for it."""
    compute_s: float = 0.0
    """At its end: how long one did."""

    def say(self, event: Event, ready_s: float, at_s: float) -> None:
        """An event is out."""
        language = getattr(event, "target_language", None)
        self.said.append(Said(ready_s, at_s, type_of(type(event)), language))

    def end(self, now_s: float, status: TaskStatus, outcomes: Mapping[str, DragomanError | None]) -> None:
        """All its parts are answered; its time is summed up."""
        self.ended_s = now_s
        self.status = status
        self.outcomes = outcomes
        self.compute_s = self.worked_s
        self.queue_s = max(0.0, now_s - self.arrived_s - self.compute_s)
        self.units.clear()

    def shorten(self) -> None:
        """All has been told of it: keep what fits in a timeline."""
        for steps in (self.calls, self.said):
            if len(steps) > MOST_STEPS:
                self.steps_dropped += len(steps) - MOST_STEPS
                del steps[MOST_STEPS:]

    @property
    def worked_s(self) -> float:
        """Wall time during which at least one unit was in a model call."""
        calls = self.calls
        if len(calls) == 1:
            return calls[0].ended_s - calls[0].began_s if calls[0].good else 0.0
        return busy_s([(call.began_s, call.ended_s) for call in calls if call.good])
