"""One task as an operator sees it: ids, states and times, and nothing of what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman_engines.unit import Unit
from dragoman_server.faults import sentence_of
from dragoman_server.task_context import TaskContext
from dragoman_server.task_life import busy_s, peer_of
from dragoman_server.task_record import TaskKey, TaskRecord
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskStatus

_MOST_STEPS = 200
"""In a timeline; a long recording has hundreds of units."""


class Brief(msgspec.Struct, kw_only=True):
    """A task that was answered in the turn in which it came; most are never looked at, so little is kept of each."""

    key: TaskKey
    request_type: str
    lane: str
    peer: str
    priority: str
    message_id: str | None
    events: tuple[type[Event], ...]
    parts: tuple[str, ...]
    """What each of them settled."""
    arrived_s: float
    ended_s: float
    finished_s: float


class Trace:
    """What is known of one task. Times are monotonic seconds, but for `arrived_unix_s`.

    Args:
        record: the task; let go of at its end, for it holds the events.
        lane: the name of its lane.
        arrived_s: when its first request came.
        arrived_unix_s: the same as a date.
    """

    # What most tasks never change is the class's: every request makes one of these.
    message_id: str | None = None
    named = False
    """Whether a request has told of whom it is."""
    priority = "normal"
    started = False
    units_done = 0
    queue_s = 0.0
    """Of runs that ended, as `compute_s`."""
    compute_s = 0.0
    ended_s = 0.0
    """When the last run ended; 0 before."""
    finished_s = 0.0
    """When that was published; 0 before."""
    status: TaskStatus | None = None
    steps_dropped = 0
    """Steps for which the timeline had no room."""

    def __init__(self, record: TaskRecord, lane: str, arrived_s: float, arrived_unix_s: float) -> None:
        self.key = record.key
        self.request_type = record.request_type
        self.lane = lane
        self.arrived_s = arrived_s
        self.arrived_unix_s = arrived_unix_s
        self.peer = record.key[0] or ""
        self.outcomes: Mapping[str, DragomanError | None] = {}
        self._record: TaskRecord | None = record
        self._runs: list[TaskContext] = []
        self._units: dict[int, Unit] = {}
        """In flight, by the identity of the work that was asked for."""
        self._steps: list[tuple[float, str, tuple[Any, ...]]] = [(arrived_s, "received", ())]

    @classmethod
    def of(cls, brief: Brief, arrived_unix_s: float) -> Trace:
        """A task that is over, at full length."""
        record = TaskRecord(key=brief.key, request_type=brief.request_type)
        trace = cls(record, brief.lane, brief.arrived_s, arrived_unix_s)
        trace.peer, trace.priority, trace.message_id = brief.peer, brief.priority, brief.message_id
        trace.started = True
        trace.ended_s = brief.ended_s
        trace.queue_s = brief.ended_s - brief.arrived_s
        trace.outcomes = dict.fromkeys(brief.parts)
        trace.step(brief.ended_s, "accepted", False, False)  # noqa: FBT003 - its details in order
        for event, part in zip(brief.events, brief.parts, strict=True):
            trace.step(brief.finished_s, "published", event.__struct_config__.tag, part or None)
        trace.finish("completed", brief.finished_s)
        return trace

    # --- what happens --------------------------------------------------------------------------------------

    def step(self, at_s: float, event: str, *details: Any) -> None:
        """Add to the timeline, as long as there is room."""
        if len(self._steps) < _MOST_STEPS:
            self._steps.append((at_s, event, details))
        else:
            self.steps_dropped += 1

    def enter(self, context: TaskContext, now_s: float) -> None:
        """A run of it was accepted."""
        self.ended_s = 0.0
        if not self.named:
            self.named = True
            self.message_id = context.envelope.message_id
            self.peer = peer_of(context.request)
            self.priority = context.request.priority or "normal"
        self._runs.append(context)
        self.step(now_s, "accepted", context.duplicate, context.resumed)

    def leave(self, context: TaskContext) -> bool:
        """A run is over; whether it was the last."""
        if context in self._runs:
            self._runs.remove(context)
        if not self._runs:
            self.outcomes = dict(context.record.outcomes)
        return not self._runs

    def ask(self, key: int, unit: Unit) -> None:
        """A unit is in flight."""
        self._units[key] = unit

    def answer(self, key: int) -> None:
        """It is no longer."""
        self._units.pop(key, None)

    def finish(self, status: TaskStatus, now_s: float) -> None:
        """The task is over: from now on only figures are kept."""
        record = self._record
        if record is None:
            return
        self.outcomes = self.outcomes or dict(record.outcomes)
        self.status = status
        self.finished_s = now_s
        self._record = None
        self._units.clear()
        self._steps.append((now_s, "finished", (self.status,)))

    # --- what is shown -------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Whether its last event is out."""
        return self.finished_s > 0.0

    def age_s(self, now_s: float) -> float:
        """From its arrival to its end, or to now."""
        return (self.finished_s or now_s) - self.arrived_s

    def document(self, now_s: float) -> dict[str, Any]:
        """Everything but the timeline."""
        error = next((one for one in self._outcomes().values() if one is not None), None)
        running = [unit for unit in self._units.values() if unit.entry is None]
        calls = [(call.began_s, call.ended_s) for run in self._runs for call in run.calls]
        calls += [(unit.began_s, now_s) for unit in running]
        compute_s = self.compute_s + busy_s(calls)
        worked_s = (self.ended_s or now_s) - self.arrived_s
        return {
            "task_id": self.key[1],
            "reply_to": self.key[0],
            "message_id": self.message_id,
            "type": self.request_type,
            "lane": self.lane,
            "priority": self.priority,
            "peer": self.peer,
            "state": "finished" if self.finished else "running" if self.started else "queued",
            "status": self.status,
            "error_code": error.code if error else None,
            "error": sentence_of(error) if error else None,
            "arrived_s": round(self.arrived_unix_s, 3),
            "age_ms": _ms(self.age_s(now_s)),
            "queue_ms": _ms(self.queue_s if self.ended_s else max(0.0, worked_s - compute_s)),
            "compute_ms": _ms(compute_s),
            "publish_ms": _ms((self.finished_s or now_s) - self.ended_s if self.ended_s else 0.0),
            "parts": self._parts(),
            "units": {"done": self.units_done, "running": len(running), "queued": len(self._units) - len(running)},
        }

    def timeline(self) -> list[dict[str, Any]]:
        """What happened, in order."""
        return [
            {"at_ms": _ms(at_s - self.arrived_s), "event": event, **_told(event, details)}
            for at_s, event, details in self._steps
        ]

    def _outcomes(self) -> Mapping[str, DragomanError | None]:
        return self.outcomes if self._record is None else self._record.outcomes

    def _parts(self) -> list[dict[str, Any]]:
        outcomes = self._outcomes()
        waiting = () if self._record is None else [one for one in self._record.parts if one not in outcomes]
        done = [
            {"part": part, "state": "failed" if error else "done", "error_code": error.code if error else None}
            for part, error in outcomes.items()
        ]
        return done + [{"part": part, "state": "open", "error_code": None} for part in sorted(waiting)]


_DETAILS: dict[str, tuple[str, ...]] = {
    "accepted": ("duplicate", "resumed"),
    "unit": ("kind", "worker", "queue_ms", "compute_ms"),
    "published": ("type", "language"),
    "finished": ("status",),
}


def _told(event: str, details: tuple[Any, ...]) -> dict[str, Any]:
    """The details of a step under their names; those that say nothing are left out."""
    named = zip(_DETAILS.get(event, ()), details, strict=True)
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in named
        if value is not None and value is not False
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
