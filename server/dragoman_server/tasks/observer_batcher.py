"""What became of requests is told to observers some milliseconds later, many together: that costs a fraction.

The peers have their answers already. Whoever shows figures has `tell` called first, and so shows this moment's.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer import Answered, FinishedTask, Observer

_TELL_S = 0.02
_MOST_UNTOLD = 128


class Reports:
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
        self._answered: list[Answered] = []
        self._accepted: list[TaskContext] = []
        self._ended: list[TaskContext] = []
        self._finished: list[FinishedTask] = []
        self._timer: asyncio.TimerHandle | None = None

    def answered(self, answered: Answered) -> None:
        """A new request needed no work: it was answered in the turn in which it came."""
        self._answered.append(answered)
        if self._timer is None or len(self._answered) >= _MOST_UNTOLD:
            self._look()

    def accepted(self, context: TaskContext) -> None:
        """A request is safe and has its place; also one of an earlier server's."""
        if context.story.duplicate:
            self.tell()  # how its task ended before is told before it begins anew
        self._accepted.append(context)
        if self._timer is None or len(self._accepted) >= _MOST_UNTOLD:
            self._look()

    def ended(self, context: TaskContext) -> None:
        """All parts of a run are answered."""
        self._ended.append(context)
        if self._timer is None or len(self._ended) >= _MOST_UNTOLD:
            self._look()

    def left(self, context: TaskContext) -> None:
        """A run stopped unanswered: the next start of the server finishes it."""
        self.tell()
        self._observer.left(context)

    def finished(self, finished: FinishedTask) -> None:
        """The last event of a task is written, and published where somebody hears it."""
        self._finished.append(finished)
        if self._timer is None or len(self._finished) >= _MOST_UNTOLD:
            self._look()

    def tell(self) -> None:
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
                for context in one.contexts:
                    context.story.shorten()
        self._then()

    def _look(self) -> None:
        """Tell in a moment, or now where much has gathered."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TELL_S, self.tell)
        else:
            self.tell()

    def _tell_lanes(self) -> None:
        ended: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        published: defaultdict[str, list[float]] = defaultdict(list)
        good: Counter[str] = Counter()
        for answered in self._answered:
            ended[answered.lane].append((answered.ended_s - answered.arrived_s, 0.0))
            published[answered.lane].append(answered.published_s - answered.ended_s)
        good.update({lane: len(times_s) for lane, times_s in ended.items()})
        for context in self._ended:
            story = context.story
            ended[story.lane].append((story.queue_s, story.compute_s))
            good[story.lane] += story.status in ("completed", "partial")
        for finished in self._finished:
            if finished.contexts:
                last = finished.contexts[-1].story
                published[last.lane].append(finished.published_s - last.ended_s)
        for lane, times_s in ended.items():
            self._lanes[lane].ended(times_s, good=good[lane])
        for lane, publish_s in published.items():
            self._lanes[lane].published(publish_s)
