"""The tasks for GET /tasks: those in flight, and the last that ended; the failed are kept apart from the many good."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from dragoman_server.clock import Clock
from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.observer import Answered, FinishedTask, Observer
from dragoman_server.tasks.task import TaskKey, TaskRecord
from dragoman_server.telemetry.task_view import Brief, Trace

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
        self._active: dict[TaskKey, TaskRecord] = {}
        self._good: deque[Trace | Brief] = deque(maxlen=_KEPT)
        self._failed: deque[Trace] = deque(maxlen=_KEPT)

    # --- what is told --------------------------------------------------------------------------------------

    def answered(self, answered: Sequence[Answered]) -> None:
        """See Observer."""
        self._good.extend([_brief(one) for one in answered[-_KEPT:]])

    def accepted(self, accepted: Sequence[TaskContext]) -> None:
        """See Observer."""
        self._active.update([(context.record.key, context.record) for context in accepted])

    def left(self, context: TaskContext) -> None:
        """See Observer."""
        record = context.record
        if all(other.story.left or other.story.ended_s for other in record.contexts):
            self._active.pop(record.key, None)

    def finished(self, finished: Sequence[FinishedTask]) -> None:
        """See Observer."""
        for one in finished:
            if self._active.get(one.record.key) is one.record:  # else another task of that id is in flight already
                del self._active[one.record.key]
            trace = self._ended(one)
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
        return [trace.document(now_s, self._unix_lag_s()) for trace in traces]

    def find(self, task_id: str, reply_to: str | None, *, any_peer: bool) -> Trace | None:
        """The task of this id, the latest where there are several; with `any_peer`, whoever it is of."""
        active = None if any_peer else self._active.get((reply_to, task_id))
        if active is not None:
            return self._going(active)
        found = [
            trace for trace in self._of("all") if trace.key[1] == task_id and (any_peer or trace.key[0] == reply_to)
        ]
        return max(found, key=lambda trace: (not trace.finished, trace.arrived_s), default=None)

    def active_by_peer(self) -> Counter[str]:
        """How many tasks of each peer are in flight."""
        return Counter(record.contexts[0].story.peer for record in self._active.values() if record.contexts)

    def peers_of(self, task_id: str) -> list[str | None]:
        """Whose tasks of this id are in flight."""
        return [reply_to for reply_to, active_id in self._active if active_id == task_id]

    def details(self, trace: Trace) -> dict[str, Any]:
        """A task with its timeline."""
        document = trace.document(self._clock.monotonic(), self._unix_lag_s())
        timeline, dropped = trace.timeline()
        return document | {"timeline": timeline, "timeline_dropped": dropped}

    def _of(self, which: Which) -> Iterator[Trace]:
        parts: dict[Which, tuple[Any, ...]] = {
            "all": (map(self._going, self._active.values()), self._of_good(), self._failed),
            "active": (map(self._going, self._active.values()),),
            "finished": (self._of_good(), self._failed),
            "failed": (self._failed,),
        }
        return itertools.chain(*parts[which])

    def _of_good(self) -> Iterator[Trace]:
        for one in self._good:
            yield one if isinstance(one, Trace) else Trace.of(one)

    def _going(self, record: TaskRecord) -> Trace:
        """A task in flight, as it is now."""
        return Trace(
            key=record.key,
            request_type=record.request_type,
            lane=self._lane_of.get(record.request_type, ""),
            runs=[context.story for context in record.contexts],
            outcomes=record.outcomes,
            open_parts=sorted(part for part in record.parts if part not in record.outcomes),
        )

    def _ended(self, finished: FinishedTask) -> Trace:
        """A task that is over: from now on only figures are kept."""
        record, stories = finished.record, finished.stories
        return Trace(
            key=record.key,
            request_type=record.request_type,
            lane=self._lane_of.get(record.request_type, ""),
            runs=stories,
            outcomes=finished.outcomes,
            status=finished.last.status,
            finished_s=finished.published_s,
            message_id=finished.envelope.message_id,
        )

    def _unix_lag_s(self) -> float:
        """Unix time at zero of the monotonic clock."""
        return self._clock.unix() - self._clock.monotonic()


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
