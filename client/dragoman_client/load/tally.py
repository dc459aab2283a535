"""What became of each request, and how long it took. Pure: no sockets, no clock; times are handed in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dragoman_client.frames import ReceivedEvent
from dragoman_client.load.histogram import Histogram
from dragoman_client.load.plan import Kind

WORKED = ("completed", "partial")
"""How a task ends whose times count; a failure may be quick and would flatter them."""


@dataclass(kw_only=True, slots=True)
class Sent:
    """A request in flight. All times are of one monotonic clock, in seconds."""

    kind: Kind
    task_id: str
    frames: Sequence[bytes]
    counted_s: float
    """Where its time begins: when it was due in an open loop, when it was sent in a closed one."""
    sent_s: float
    asked_s: float
    """When its stored events were asked for last, or it was sent."""
    accepted: bool = False
    answered: bool = False
    """A result has come."""
    events: int = 0
    """Between `accepted` and `task_finished`, as far as they came."""
    code: str | None = None
    """Of the first error in them."""
    finish: str | None = None
    """The status, where the task has finished but not all of its events have come."""

    @property
    def peer(self) -> str:
        """Return the name of the peer that sent it."""
        return self.task_id.rpartition(".")[0]


@dataclass(kw_only=True, slots=True)
class Figures:
    """The results of the requests of one kind."""

    sent: int = 0
    accepted: int = 0
    finished: Counter[str] = field(default_factory=Counter)
    """By status."""
    refused: Counter[str] = field(default_factory=Counter)
    """Never accepted, by error code."""
    failed: Counter[str] = field(default_factory=Counter)
    """Accepted, and not or only partly done: by the code of the first error."""
    lost: int = 0
    """Accepted and not finished in time, or forgotten by the server."""
    incomplete: int = 0
    """Finished, but events of it that the server counted never came."""
    unanswered: int = 0
    """Neither accepted nor refused in time: nothing was promised."""
    to_accepted: Histogram = field(default_factory=Histogram)
    to_first: Histogram = field(default_factory=Histogram)
    """To the first result."""
    to_finished: Histogram = field(default_factory=Histogram)
    """Of those that worked."""

    def include(self, other: Figures) -> None:
        """Add another kind's."""
        for name in ("sent", "accepted", "lost", "incomplete", "unanswered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("finished", "refused", "failed"):
            getattr(self, name).update(getattr(other, name))
        for name in ("to_accepted", "to_first", "to_finished"):
            getattr(self, name).include(getattr(other, name))


class Tally:
    """The requests in flight, and the figures of the others."""

    def __init__(self, timeout_s: float) -> None:
        self.figures: dict[Kind, Figures] = {}
        self.open: dict[str, Sent] = {}
        """By task id, in the order in which they were sent."""
        self.repeated = 0
        """Sent again after a lost connection."""
        self.late = Histogram()
        """How long after its time each request of an open loop was sent."""
        self.last_answer_s: float | None = None
        self._timeout_s = timeout_s

    def send(self, request: Sent) -> None:
        """Note that a request was handed to the transport."""
        self.open[request.task_id] = request
        self.of(request.kind).sent += 1
        self.late.add((request.sent_s - request.counted_s) * 1000)

    def see(self, event: ReceivedEvent, now_s: float) -> tuple[Sent, ReceivedEvent] | None:
        """Take an event in; return the request that it ends, and the event, or None where it ends none."""
        request = self.open.get(event.task_id or "")
        if request is None:
            return None
        self.last_answer_s = now_s
        figures = self.of(request.kind)
        took_ms = (now_s - request.counted_s) * 1000
        if event.type == "accepted":
            if not request.accepted:
                request.accepted = True
                figures.accepted += 1
                figures.to_accepted.add(took_ms)
            return None
        if event.type == "pong":
            figures.finished["completed"] += 1
            figures.to_finished.add(took_ms)
        elif event.type == "task_finished":
            if not self._finish(request, event, took_ms):
                return None
        elif event.type == "result_unknown":
            self._end([request])
            return request, event
        elif not self._refuse(request, event):
            self._result(request, event, took_ms)
            return None
        del self.open[request.task_id]
        return request, event

    def _refuse(self, request: Sent, event: ReceivedEvent) -> bool:
        """Return whether the event refuses the request: an error of what was not accepted."""
        if request.accepted or event.error is None:
            return False
        self.of(request.kind).refused[event.error.code] += 1
        return True

    def _result(self, request: Sent, event: ReceivedEvent, took_ms: float) -> None:
        request.events += 1
        error = event.error
        if error is not None:
            request.code = request.code or error.code
        elif event.type == "translation_skipped":
            request.code = request.code or "translation_skipped"
        elif not request.answered:
            request.answered = True
            self.of(request.kind).to_first.add(took_ms)
        for failed in event.fields.get("failedLanguages") or ():
            request.code = request.code or str(failed.get("errorCode"))

    def _finish(self, request: Sent, event: ReceivedEvent, took_ms: float) -> bool:
        """Note a finish; return whether the request is through: one that counts more events than came is not."""
        figures = self.of(request.kind)
        status = str(event.fields.get("status"))
        if request.finish is None:
            figures.finished[status] += 1
            if status != "completed":
                figures.failed[request.code or status] += 1
            if status in WORKED:
                figures.to_finished.add(took_ms)
        told = event.fields.get("events")
        complete = not isinstance(told, int) or request.events >= told
        if complete or request.finish is not None:
            figures.incomplete += not complete
            return True
        # All of them are asked for again, and counted afresh.
        request.finish, request.events, request.asked_s = status, 0, -math.inf
        return False

    def give_up(self, now_s: float) -> list[Sent]:
        """End those that have had their time; they are no longer open."""
        ended = []
        for request in self.open.values():
            if request.sent_s + self._timeout_s > now_s:
                break  # the others were sent later
            ended.append(request)
        self._end(ended)
        return ended

    def _end(self, requests: Sequence[Sent]) -> None:
        for request in requests:
            figures = self.of(request.kind)
            if request.finish is not None:
                figures.incomplete += 1
            elif request.accepted:
                figures.lost += 1
            else:
                figures.unanswered += 1
            del self.open[request.task_id]

    def to_ask(self, now_s: float, silent_s: float) -> Iterator[Sent]:
        """Yield the accepted requests not asked for in the last `silent_s` seconds; mark each as asked for."""
        for request in self.open.values():
            if request.accepted and request.asked_s + silent_s <= now_s:
                request.asked_s = now_s
                yield request

    def of(self, kind: Kind) -> Figures:
        """Return the figures of one kind."""
        return self.figures.setdefault(kind, Figures())

    def together(self) -> Figures:
        """Add up the figures of all kinds."""
        total = Figures()
        for figures in self.figures.values():
            total.include(figures)
        return total
