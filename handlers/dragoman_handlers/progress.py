"""The progress of a task, sent to peers that want it: `task_progress`."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from dragoman_wire.events import Event, ProgressUnit, TaskProgress

_A_SECOND = 5
"""Events at most."""
_EVERY_S = 2.0
_STEPS = 10


class Reporting(Protocol):
    """The part of a context that progress needs."""

    @property
    def task_id(self) -> str:
        """Return the task's id."""
        ...

    def elapsed_s(self) -> float:
        """Return the seconds since the request arrived."""
        ...

    def now_s(self) -> float:
        """Return the Unix time."""
        ...

    def tell(self, event: Event) -> None:
        """Send an event that is not kept."""
        ...


class Progress:
    """Adds up what is done, and tells of it: at the start, at each tenth, and after 2 s in which something was done.

    Never more than 5 events leave in a second, and of these one is kept for the end.

    Args:
        context: sends the events.
        total: of all that is to do.
        unit: of the numbers.
        wanted: whether the peer has asked for it.
    """

    def __init__(self, context: Reporting, total: int, unit: ProgressUnit, *, wanted: bool) -> None:
        self._context = context
        self._total = total
        self._unit: ProgressUnit = unit
        self._wanted = wanted
        self._done = 0
        self._told = -1
        self._times_s: deque[float] = deque(maxlen=_A_SECOND)
        self._tell()

    def advance(self, by: int) -> None:
        """Note that so much more is done."""
        self.reach(self._done + by)

    def reach(self, done: int) -> None:
        """Note that so much is done, of all."""
        self._done = max(self._done, min(self._total, done))
        if not self._wanted or self._done == self._told:
            return
        last_s = self._times_s[-1] if self._times_s else 0.0
        tenth = self._done * _STEPS // max(1, self._total) > self._told * _STEPS // max(1, self._total)
        if tenth or self._context.elapsed_s() - last_s >= _EVERY_S:
            self._tell()

    def _tell(self) -> None:
        now_s = self._context.elapsed_s()
        lately = sum(now_s - each < 1.0 for each in self._times_s)
        if not self._wanted or lately >= _A_SECOND - (self._done < self._total):
            return
        self._times_s.append(now_s)
        self._told = self._done
        self._context.tell(
            TaskProgress(
                task_id=self._context.task_id,
                stage="working",
                done=self._done,
                total=self._total,
                unit=self._unit,
                message=f"{self._done} of {self._total} {self._unit} done",
                timestamp=self._context.now_s(),
            )
        )
