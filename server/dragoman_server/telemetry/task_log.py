"""The tasks for GET /tasks: those in flight, and the last that ended; the failed are kept apart from the many good."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from typing_extensions import override

from dragoman_server.clock import Clock
from dragoman_server.journal.records import Reply
from dragoman_server.tasks.observer import FinishedTask, Observer
from dragoman_server.tasks.run import Run
from dragoman_server.tasks.task import Task, TaskKey
from dragoman_server.telemetry.task_view import TaskView

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
        self._active: dict[TaskKey, Task] = {}
        self._good: deque[TaskView | Reply] = deque(maxlen=_KEPT)
        self._failed: deque[TaskView] = deque(maxlen=_KEPT)

    # --- what is told --------------------------------------------------------------------------------------

    @override
    def answered(self, replies: Sequence[Reply]) -> None:
        self._good.extend(replies[-_KEPT:])

    @override
    def accepted(self, accepted: Sequence[tuple[Task, Run]]) -> None:
        self._active.update([(task.key, task) for task, _ in accepted])

    @override
    def left(self, task: Task, run: Run) -> None:
        if all(other.timeline.left or other.timeline.ended_s for other in task.runs):
            self._active.pop(task.key, None)

    @override
    def finished(self, finished: Sequence[FinishedTask]) -> None:
        for one in finished:
            if self._active.get(one.task.key) is one.task:  # else another task of that id is in flight already
                del self._active[one.task.key]
            view = self._ended(one)
            (self._good if view.status == "completed" else self._failed).append(view)

    # --- what is asked -------------------------------------------------------------------------------------

    def select(self, which: Which, order: Order, limit: int) -> list[dict[str, Any]]:
        """Return up to `limit` tasks: the oldest, those that took longest, or the latest first."""
        now_s = self._clock.monotonic()
        keys: dict[Order, Callable[[TaskView], float]] = {
            "age": lambda view: view.arrived_s,
            "slowest": lambda view: -view.age_s(now_s),
            "recent": lambda view: -view.arrived_s,
        }
        views = heapq.nsmallest(limit, self._of(which), key=keys[order])
        return [view.document(now_s, self._unix_lag_s()) for view in views]

    def find(self, task_id: str, reply_to: str | None, *, any_peer: bool) -> TaskView | None:
        """Return the task of this id, the latest where there are several; with `any_peer`, of any peer."""
        active = None if any_peer else self._active.get((reply_to, task_id))
        if active is not None:
            return self._going(active)
        found = [view for view in self._of("all") if view.key[1] == task_id and (any_peer or view.key[0] == reply_to)]
        return max(found, key=lambda view: (not view.finished, view.arrived_s), default=None)

    def active_by_peer(self) -> Counter[str]:
        """Return how many tasks of each peer are in flight."""
        return Counter(task.runs[0].timeline.peer for task in self._active.values() if task.runs)

    def peers_of(self, task_id: str) -> list[str | None]:
        """Return the peers whose tasks of this id are in flight."""
        return [reply_to for reply_to, active_id in self._active if active_id == task_id]

    def details(self, view: TaskView) -> dict[str, Any]:
        """Return a task with its timeline."""
        document = view.document(self._clock.monotonic(), self._unix_lag_s())
        timeline, dropped = view.timeline()
        return document | {"timeline": timeline, "timeline_dropped": dropped}

    def _of(self, which: Which) -> Iterator[TaskView]:
        parts: dict[Which, tuple[Any, ...]] = {
            "all": (map(self._going, self._active.values()), self._of_good(), self._failed),
            "active": (map(self._going, self._active.values()),),
            "finished": (self._of_good(), self._failed),
            "failed": (self._failed,),
        }
        return itertools.chain(*parts[which])

    def _of_good(self) -> Iterator[TaskView]:
        for one in self._good:
            yield one if isinstance(one, TaskView) else TaskView.of(one)

    def _going(self, task: Task) -> TaskView:
        """Return a task in flight, as it is now."""
        return TaskView(
            key=task.key,
            request_type=task.request_type,
            lane=self._lane_of.get(task.request_type, ""),
            runs=[run.timeline for run in task.runs],
            outcomes=task.outcomes,
            open_parts=sorted(part for part in task.parts if part not in task.outcomes),
        )

    def _ended(self, finished: FinishedTask) -> TaskView:
        """Return a task that is over: from now on only figures are kept."""
        task = finished.task
        return TaskView(
            key=task.key,
            request_type=task.request_type,
            lane=self._lane_of.get(task.request_type, ""),
            runs=finished.timelines,
            outcomes=finished.outcomes,
            status=finished.last.status,
            finished_s=finished.published_s,
            message_id=finished.envelope.message_id,
        )

    def _unix_lag_s(self) -> float:
        """Return the Unix time at zero of the monotonic clock."""
        return self._clock.unix() - self._clock.monotonic()
