"""One run of a request: its place, states and times, and how it ended. A repeat that asks for more is another run.

The times are noted as they come, which costs next to nothing, and told to observers later; see `ObserverBatcher`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Literal

import msgspec

from dragoman_engines.pool.unit import Unit
from dragoman_engines.work import Kind
from dragoman_handlers.base import Handler
from dragoman_handlers.concurrency import loop_turn
from dragoman_server.tasks.lane import Lane
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DeadlineExceeded, DragomanError, ShuttingDown
from dragoman_wire.events import Event, TaskStatus, type_of
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import Request

FEW_PARTS = 8
"""So many are begun, and ended, in less than a millisecond."""
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
    """The time that it waited for a process."""
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
        """Note that an event was published."""
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


State = Literal["received", "accepted", "queued", "running", "finished"]
TRANSITIONS: Mapping[State, frozenset[State]] = {
    "received": frozenset({"accepted"}),
    "accepted": frozenset({"queued", "running"}),
    "queued": frozenset({"running", "finished"}),
    "running": frozenset({"finished"}),
    "finished": frozenset(),
}
"""The legal steps of a run's life."""


class IllegalTransition(RuntimeError):
    """The server misused a run; a peer cannot cause this."""


class Run(msgspec.Struct, kw_only=True, eq=False, weakref=True):
    """A request at work, with everything that it holds."""

    handler: Handler[Any]
    request: Request
    """The request to be done; of a repeat only its new parts."""
    envelope: Envelope
    """The return address."""
    audio: Buffer | None
    """The recording that came with it."""
    parts: tuple[str, ...]
    """The parts that are answered one by one."""
    warnings: tuple[str, ...] = ()
    """A sentence for each thing in the request that was left out as it was read."""
    lane: Lane
    turn: asyncio.Future[None] | None
    """Done when its turn in the lane comes; None where there was room at once."""
    size_bytes: int
    """Its share of the byte budget: the request, and the sound that was made for it."""
    timeline: RunTimeline
    output_bytes: int = 0
    """Of that sound."""
    speech_s: float = 0.0
    """The seconds that were spoken for it."""
    state: State = "received"
    outcomes: dict[str, DragomanError | None] = {}
    """Of the parts that this run has answered; those of the task are of the newest run."""
    error: DragomanError | None = None
    """Why the parts that are not answered by its end have no result."""
    suspicion: int = 0
    """The weight with which a crash of the server would count against it; 0 for one that this server accepted."""
    cancel_reason: DragomanError | None = None
    abandoned: bool = False
    """Stopped without an answer: the journal has it, and the next start finishes it."""
    started: bool = False
    """Its asyncio task has had its first step."""
    job: asyncio.Task[None] | None = None
    """The asyncio task."""
    ending: asyncio.Task[None] | None = None
    """Cancels it, where that takes a while."""

    @property
    def request_type(self) -> str:
        """Return the canonical type of the request."""
        return self.handler.request_type

    @property
    def task_id(self) -> str:
        """Return the id of the task; the server made one where the peer sent none."""
        return self.envelope.task_id or ""

    @property
    def status(self) -> TaskStatus:
        """Return how the run ended, in the word of `task_finished`."""
        return status_of(list(self.outcomes.values()))

    def enter(self, state: State) -> None:
        """Go on to the next state.

        Raises:
            IllegalTransition: the table has no such step.
        """
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self.state} -> {state}")
        self.state = state

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have `work` done as an asyncio task of its own; it sets `started` in its first step."""
        self.enter("running" if self.turn is None else "queued")
        loop = asyncio.get_running_loop()
        self.job = loop.create_task(work)
        if self.cancel_reason is not None:
            loop.call_soon(self.job.cancel)
        return self.job

    def cancel(self, reason: DragomanError) -> None:
        """Stop as soon as possible; `reason` is told to the peer for each part that is not yet answered."""
        if self.cancel_reason is not None:
            return
        self.cancel_reason = reason
        if self.job is None:
            return  # not written yet: it is cancelled as it starts
        if len(self.parts) > FEW_PARTS:
            self.ending = asyncio.get_running_loop().create_task(self._cancel_in_turn(self.job))
        elif self.started:
            self.job.cancel()
        else:
            # An asyncio task that is cancelled before its first step never runs, and the peer would get no answer.
            asyncio.get_running_loop().call_soon(self.job.cancel)

    @staticmethod
    async def _cancel_in_turn(job: asyncio.Task[None]) -> None:
        """Cancel a job that has begun a lot; many may be cancelled at once."""
        await loop_turn()
        await asyncio.sleep(0)  # it has had its first step by now
        job.cancel()

    def abandon(self) -> None:
        """Stop without an answer, unless the peer has cancelled it."""
        if self.cancel_reason is None:
            self.abandoned = True
            self.cancel(ShuttingDown("the server stopped before this was finished"))


def peer_of(request: Request | Envelope) -> str:
    """Return on whose account a request goes: fair shares are between these."""
    return request.reply_to or request.sender_id or request.conversation_id or ""


def status_of(outcomes: Sequence[DragomanError | None]) -> TaskStatus:
    """Return one word for how the parts of a task ended."""
    if not any(outcomes):
        return "completed"
    errors = [error for error in outcomes if error is not None]
    if any(isinstance(error, Cancelled | ShuttingDown) for error in errors):
        return "cancelled"
    if any(isinstance(error, DeadlineExceeded) for error in errors):
        return "expired"
    return "failed" if len(errors) == len(outcomes) else "partial"
