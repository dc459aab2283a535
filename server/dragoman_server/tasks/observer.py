"""Observers are told what happens to requests. The calls are on the way of every request: they are short.

They are handed data: runs and tasks as they are, whose times say when things happened.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from dragoman_server.journal.records import Reply
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.run import Run, RunTimeline
from dragoman_server.tasks.task import Task
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskFinished

log = structlog.get_logger()


class FinishedTask(msgspec.Struct, kw_only=True):
    """A task without a run in flight, whose last event is out."""

    task: Task
    envelope: Envelope
    last: TaskFinished
    runs: Sequence[Run]
    """Its runs since it was last begun; none where it only had to be closed."""
    published_s: float
    """When the last event was handed to the socket, on the monotonic clock."""

    @property
    def timelines(self) -> list[RunTimeline]:
        """Return the times of its runs."""
        return [run.timeline for run in self.runs]

    @property
    def outcomes(self) -> Mapping[str, DragomanError | None]:
        """Return how its parts ended. By now a repeat may have begun it anew, and the task knows no more of it."""
        if not self.runs:
            return dict(self.task.outcomes)
        return max(self.timelines, key=lambda timeline: timeline.ended_s).outcomes

    @property
    def error(self) -> DragomanError | None:
        """Return the first of its errors."""
        return next((error for error in self.outcomes.values() if error is not None), None)


class Observer:
    """Ignores all calls: the null object, and the base of the others.

    Methods are called in the loop. Those that take a sequence are called some milliseconds late.
    """

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """Take note that a request was not accepted."""

    def repeated(self, task: Task, envelope: Envelope) -> None:
        """Take note that a request was answered with what is known of its task already."""

    def answered(self, replies: Sequence[Reply]) -> None:
        """Take note of new requests that needed no work. Nothing else is told of them."""

    def accepted(self, accepted: Sequence[tuple[Task, Run]]) -> None:
        """Take note of requests that are safe and have their places; also those of an earlier server.

        Some have ended already.
        """

    def published(self, run: Run, event: Event) -> None:
        """Take note that an event is written and was handed to the socket; told at once."""

    def ended(self, ended: Sequence[Run]) -> None:
        """Take note of runs whose parts are all answered."""

    def left(self, task: Task, run: Run) -> None:
        """Take note that a run stopped unanswered: the next start of the server finishes it."""

    def finished(self, finished: Sequence[FinishedTask]) -> None:
        """Take note of tasks whose last event is written, and published where a peer is told of the end."""


_HOOKS = [name for name in vars(Observer) if not name.startswith("_")]


class Observers(Observer):
    """Several in one. A hook that no observer overrides costs nothing, and one that fails does not touch the request.

    Args:
        observers: told in this order.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        for name in _HOOKS:
            overriding = [one for one in observers if getattr(type(one), name) is not getattr(Observer, name)]
            if overriding:
                setattr(self, name, _guarded([getattr(one, name) for one in overriding]))


def _guarded(calls: Sequence[Callable[..., None]]) -> Callable[..., None]:
    def tell(*arguments: Any) -> None:
        for call in calls:
            try:
                call(*arguments)
            except Exception:
                log.exception("observer.failed")

    return tell


NO_OBSERVER = Observer()


_DELAY_S = 0.02
_MOST_WAITING = 128


class ObserverBatcher:
    """Gathers what is to be told.

    Args:
        observer: is told.
        lanes: by name; their figures are brought up to date at the same time.
        then: called after that.
    """

    def __init__(self, observer: Observer, lanes: Mapping[str, Lane], then: Callable[[], None]) -> None:
        self._observer = observer
        self._lanes = lanes
        self._then = then
        self._answered: list[Reply] = []
        self._accepted: list[tuple[Task, Run]] = []
        self._ended: list[Run] = []
        self._finished: list[FinishedTask] = []
        self._timer: asyncio.TimerHandle | None = None

    def answered(self, reply: Reply) -> None:
        """Tell that a new request needed no work: it was answered in the turn in which it came."""
        self._answered.append(reply)
        if self._timer is None or len(self._answered) >= _MOST_WAITING:
            self._schedule()

    def accepted(self, task: Task, run: Run) -> None:
        """Tell that a request is safe and has its place; also one of an earlier server's."""
        if run.timeline.duplicate:
            self.flush()  # how its task ended before is told before it begins anew
        self._accepted.append((task, run))
        if self._timer is None or len(self._accepted) >= _MOST_WAITING:
            self._schedule()

    def ended(self, run: Run) -> None:
        """Tell that all parts of a run are answered."""
        self._ended.append(run)
        if self._timer is None or len(self._ended) >= _MOST_WAITING:
            self._schedule()

    def left(self, task: Task, run: Run) -> None:
        """Tell that a run stopped unanswered: the next start of the server finishes it."""
        self.flush()
        self._observer.left(task, run)

    def finished(self, finished: FinishedTask) -> None:
        """Tell that the last event of a task is written, and published where a peer is told of the end."""
        self._finished.append(finished)
        if self._timer is None or len(self._finished) >= _MOST_WAITING:
            self._schedule()

    def flush(self) -> None:
        """Tell what is not told yet."""
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        self._tell_lanes()
        observer = self._observer
        if self._answered:
            answered, self._answered = self._answered, []
            observer.answered(answered)
            for reply in answered:
                reply.drop_content()
        if self._accepted:
            accepted, self._accepted = self._accepted, []
            observer.accepted(accepted)
        if self._ended:
            ended, self._ended = self._ended, []
            observer.ended(ended)
        if self._finished:
            finished, self._finished = self._finished, []
            observer.finished(finished)
            for one in finished:
                for run in one.runs:
                    run.timeline.shorten()
        self._then()

    def _schedule(self) -> None:
        """Tell in a moment, or now where much has gathered."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_DELAY_S, self.flush)
        else:
            self.flush()

    def _tell_lanes(self) -> None:
        ended: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        published: defaultdict[str, list[float]] = defaultdict(list)
        good: Counter[str] = Counter()
        for reply in self._answered:
            ended[reply.lane].append((reply.ended_s - reply.arrived_s, 0.0))
            published[reply.lane].append(reply.published_s - reply.ended_s)
        good.update({lane: len(times_s) for lane, times_s in ended.items()})
        for run in self._ended:
            timeline = run.timeline
            ended[timeline.lane].append((timeline.queue_s, timeline.compute_s))
            good[timeline.lane] += timeline.status in ("completed", "partial")
        for finished in self._finished:
            if finished.runs:
                last = finished.runs[-1].timeline
                published[last.lane].append(finished.published_s - last.ended_s)
        for lane, times_s in ended.items():
            self._lanes[lane].ended(times_s, good=good[lane])
        for lane, publish_s in published.items():
            self._lanes[lane].published(publish_s)
