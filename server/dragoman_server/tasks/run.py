"""One run of a request: its place, its states and how it ended. A repeat that asks for more is another run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Literal

import msgspec

from dragoman_handlers.base import Handler
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.timeline import RunTimeline
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DeadlineExceeded, DragomanError, ShuttingDown
from dragoman_wire.events import TaskStatus
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import Request

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
    """The server misused a run; never the peer's doing."""


class Run(msgspec.Struct, kw_only=True, eq=False, weakref=True):
    """A request at work, with everything that it holds."""

    handler: Handler[Any]
    request: Request
    """What is to be done; of a repeat only what is new in it."""
    envelope: Envelope
    """The return address."""
    audio: Buffer | None
    """The recording that came with it."""
    parts: tuple[str, ...]
    """What is answered one by one."""
    lane: Lane
    turn: asyncio.Future[None] | None
    """Done when its turn in the lane comes; None where there was room at once."""
    size_bytes: int
    """Its share of the byte budget."""
    timeline: RunTimeline
    state: State = "received"
    outcomes: dict[str, DragomanError | None] = {}
    """Of the parts that this run has answered; those of the task are of the newest run."""
    error: DragomanError | None = None
    """Why the parts that are not answered by its end have no result."""
    suspicion: int = 0
    """How much the end of the server would count against it; 0 for what this server has accepted."""
    cancel_reason: DragomanError | None = None
    abandoned: bool = False
    """Stopped without an answer: the journal has it, and the next start finishes it."""
    started: bool = False
    """Its asyncio task has had its first step."""
    job: asyncio.Task[None] | None = None
    """The asyncio task."""

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
        if self.started:
            self.job.cancel()
        else:
            # An asyncio task that is cancelled before its first step never runs, and the peer would get no answer.
            asyncio.get_running_loop().call_soon(self.job.cancel)

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
