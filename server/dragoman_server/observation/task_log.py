"""The tasks for GET /tasks: those in flight, and the last that ended; the failed are kept apart from the many good."""

# ruff: noqa: ARG002 - an observer is told more than it wants to know

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from dragoman_engines.unit import Answer, Unit
from dragoman_engines.work import AnyWork
from dragoman_server.clock import Clock
from dragoman_server.observation.observer import Answered, Observer
from dragoman_server.observation.trace import Brief, Trace
from dragoman_server.task_context import TaskContext
from dragoman_server.task_record import TaskKey, TaskRecord
from dragoman_wire.envelope import Envelope
from dragoman_wire.events import Event, TaskFinished, TaskStatus

Which = Literal["all", "active", "finished", "failed"]
Order = Literal["age", "slowest", "recent"]

_KEPT = 500
"""Of the finished, and as many of the failed."""


class TaskLog(Observer):
    """Remembers what happened to each task, within bounds.

    Args:
        lane_of: a request type's lane.
        clock: dates and measures.
    """

    def __init__(self, lane_of: Mapping[str, str], clock: Clock) -> None:
        self._lane_of = lane_of
        self._clock = clock
        self._active: dict[TaskKey, Trace] = {}
        self._good: deque[Trace | Brief] = deque(maxlen=_KEPT)
        self._failed: deque[Trace] = deque(maxlen=_KEPT)

    # --- what is told --------------------------------------------------------------------------------------

    def answered(self, answered: Sequence[Answered]) -> None:
        """See Observer."""
        self._good.extend([_brief(one) for one in answered[-_KEPT:]])

    def accepted(self, context: TaskContext) -> None:
        """See Observer."""
        now_s = self._clock.monotonic()
        trace = self._active.get(context.record.key)
        if trace is None:
            trace = self._active[context.record.key] = self._new(context.record, now_s, context.arrived_s)
        trace.enter(context, now_s)

    def queued(self, context: TaskContext) -> None:
        """See Observer."""
        trace = self._active.get(context.record.key)
        if trace is not None:
            trace.step(self._clock.monotonic(), "queued")

    def started(self, context: TaskContext) -> None:
        """See Observer."""
        trace = self._active.get(context.record.key)
        if trace is not None:
            trace.started = True
            trace.step(self._clock.monotonic(), "started")

    def unit_asked(self, context: TaskContext, work: AnyWork, unit: Unit) -> None:
        """See Observer."""
        trace = self._active.get(context.record.key)
        if trace is not None:
            trace.ask(id(work), unit)

    def unit_done(self, context: TaskContext, work: AnyWork, answer: Answer | None) -> None:
        """See Observer."""
        trace = self._active.get(context.record.key)
        if trace is None:
            return
        trace.answer(id(work))
        if answer is not None:
            trace.units_done += 1
            took_ms = (answer.ended_s - answer.began_s) * 1000
            trace.step(self._clock.monotonic(), "unit", work.kind, answer.worker, answer.queued_s * 1000, took_ms)

    def published(self, context: TaskContext, event: Event, ready_s: float) -> None:
        """See Observer."""
        trace = self._active.get(context.record.key)
        if trace is not None:
            language = getattr(event, "target_language", None)
            trace.step(self._clock.monotonic(), "published", event.__struct_config__.tag, language)

    def ended(self, context: TaskContext, status: TaskStatus, queue_s: float, compute_s: float) -> None:
        """See Observer."""
        trace = self._active.get(context.record.key)
        if trace is not None:
            trace.queue_s += queue_s
            trace.compute_s += compute_s
            if trace.leave(context):
                trace.ended_s = context.record.ended_s

    def left(self, context: TaskContext) -> None:
        """See Observer."""
        trace = self._active.get(context.record.key)
        if trace is not None and trace.leave(context):
            del self._active[context.record.key]

    def finished(self, record: TaskRecord, envelope: Envelope, last: TaskFinished) -> None:
        """See Observer."""
        now_s = self._clock.monotonic()
        trace = self._active.pop(record.key, None) or self._new(record, now_s, now_s)
        trace.message_id = trace.message_id or envelope.message_id
        trace.finish(last.status, now_s)
        (self._good if trace.status == "completed" else self._failed).append(trace)

    # --- what is asked -------------------------------------------------------------------------------------

    def select(self, which: Which, order: Order, limit: int) -> list[dict[str, Any]]:
        """Up to `limit` tasks: the oldest, those that took longest, or the latest first."""
        now_s = self._clock.monotonic()
        keys: dict[Order, Callable[[Trace], float]] = {
            "age": lambda trace: trace.arrived_s,
            "slowest": lambda trace: -trace.age_s(now_s),
            "recent": lambda trace: -trace.arrived_s,
        }
        traces = heapq.nsmallest(limit, self._of(which), key=keys[order])
        return [trace.document(now_s) for trace in traces]

    def find(self, task_id: str, reply_to: str | None, *, any_peer: bool) -> Trace | None:
        """The task of this id, the latest where there are several; with `any_peer`, whoever it is of."""
        active = None if any_peer else self._active.get((reply_to, task_id))
        if active is not None:
            return active
        found = [
            trace for trace in self._of("all") if trace.key[1] == task_id and (any_peer or trace.key[0] == reply_to)
        ]
        return max(found, key=lambda trace: (not trace.finished, trace.arrived_s), default=None)

    def active_by_peer(self) -> Counter[str]:
        """How many tasks of each peer are in flight."""
        return Counter(trace.peer for trace in self._active.values())

    def peers_of(self, task_id: str) -> list[str | None]:
        """Whose tasks of this id are in flight."""
        return [reply_to for reply_to, active_id in self._active if active_id == task_id]

    def details(self, trace: Trace) -> dict[str, Any]:
        """A task with its timeline."""
        document = trace.document(self._clock.monotonic())
        return document | {"timeline": trace.timeline(), "timeline_dropped": trace.steps_dropped}

    def _of(self, which: Which) -> Iterator[Trace]:
        parts: dict[Which, tuple[Any, ...]] = {
            "all": (self._active.values(), self._of_good(), self._failed),
            "active": (self._active.values(),),
            "finished": (self._of_good(), self._failed),
            "failed": (self._failed,),
        }
        return itertools.chain(*parts[which])

    def _of_good(self) -> Iterator[Trace]:
        lag_s = self._clock.unix() - self._clock.monotonic()
        for one in self._good:
            yield one if isinstance(one, Trace) else Trace.of(one, one.arrived_s + lag_s)

    def _new(self, record: TaskRecord, now_s: float, arrived_s: float) -> Trace:
        lane = self._lane_of.get(record.request_type, "")
        return Trace(record, lane, arrived_s, self._clock.unix() - (now_s - arrived_s))


def _brief(answered: Answered) -> Brief:
    request = answered.inbound.request
    return Brief(
        key=answered.key,
        request_type=answered.inbound.request_type,
        lane=answered.lane,
        peer=answered.peer,
        priority=request.priority or "normal",
        message_id=request.message_id,
        events=tuple([type(event) for event, _ in answered.events]),
        parts=answered.parts,
        arrived_s=answered.arrived_s,
        ended_s=answered.ended_s,
        finished_s=answered.published_s,
    )
