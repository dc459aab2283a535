"""When things happened to a run, and nothing of what was said: for the log, the figures and the traces.

The times are noted as they come, which costs next to nothing, and told to observers later; see `ObserverBatcher`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dragoman_engines.pool.unit import Unit
from dragoman_engines.work import Kind
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskStatus, type_of

MOST_STEPS = 200
"""Events, and units, that are kept of a task that is over; a long recording has hundreds."""


def milliseconds(seconds: float) -> float:
    """Return milliseconds to three places; `round(x, 3)` takes longer than the rest of a line in the log."""
    return round(seconds * 1_000_000) / 1000


def busy_s(calls: Sequence[tuple[float, float]]) -> float:
    """Return the wall time in seconds during which at least one of these calls, (began, ended), was going on."""
    total, reached = 0.0, 0.0
    for began_s, ended_s in sorted(calls):
        total += max(0.0, ended_s - max(began_s, reached))
        reached = max(reached, ended_s)
    return total


class UnitCall(msgspec.Struct, frozen=True, kw_only=True):
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
        """Tell whether it was answered."""
        return self.worker is not None


class SentEvent(msgspec.Struct, frozen=True):
    """An event that was published."""

    ready_s: float
    at_s: float
    """When it was handed to the socket."""
    type: str
    language: str | None


class RunTimeline(msgspec.Struct, kw_only=True, eq=False):
    """The times of one run of a request, in monotonic seconds, and 0 until they come."""

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
    calls: list[UnitCall] = []
    sent: list[SentEvent] = []
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

    def note_sent(self, event: Event, ready_s: float, at_s: float) -> None:
        """Note that an event is out."""
        language = getattr(event, "target_language", None)
        self.sent.append(SentEvent(ready_s, at_s, type_of(type(event)), language))

    def end(self, now_s: float, status: TaskStatus, outcomes: Mapping[str, DragomanError | None]) -> None:
        """Sum the time up: all parts are answered."""
        self.ended_s = now_s
        self.status = status
        self.outcomes = outcomes
        self.compute_s = self.worked_s
        self.queue_s = max(0.0, now_s - self.arrived_s - self.compute_s)
        self.units.clear()

    def shorten(self) -> None:
        """Keep what fits in a list of steps, once all of it has been told."""
        for steps in (self.calls, self.sent):
            if len(steps) > MOST_STEPS:
                self.steps_dropped += len(steps) - MOST_STEPS
                del steps[MOST_STEPS:]

    @property
    def worked_s(self) -> float:
        """Return the wall time in seconds during which at least one unit was in a model call."""
        calls = self.calls
        if len(calls) == 1:
            return calls[0].ended_s - calls[0].began_s if calls[0].good else 0.0
        return busy_s([(call.began_s, call.ended_s) for call in calls if call.good])
