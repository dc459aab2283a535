"""The life of a run as a table, and how it is summed up in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DeadlineExceeded, DragomanError, ShuttingDown
from dragoman_wire.events import TaskStatus
from dragoman_wire.requests import Request

State = Literal["received", "accepted", "queued", "running", "finished"]
"""Where a run is in its life."""
TRANSITIONS: Mapping[State, frozenset[State]] = {
    "received": frozenset({"accepted"}),
    "accepted": frozenset({"queued", "running"}),
    "queued": frozenset({"running", "finished"}),
    "running": frozenset({"finished"}),
    "finished": frozenset(),
}


SUSPECT, BYSTANDER = 4, 1
"""How much the end of the server speaks against a resumed request that has just begun, and against one later on."""


class IllegalTransition(RuntimeError):
    """The server misused a run; never the peer's doing."""


def peer_of(request: Request | Envelope) -> str:
    """On whose account a request goes: fair shares are between these."""
    return request.reply_to or request.sender_id or request.conversation_id or ""


def milliseconds(seconds: float) -> float:
    """Milliseconds to three places; rounding to places by Python takes longer than the rest of a line in the log."""
    return round(seconds * 1_000_000) / 1000


def busy_s(calls: Sequence[tuple[float, float]]) -> float:
    """Wall time during which at least one of these calls, (began, ended), was going on."""
    total, reached = 0.0, 0.0
    for began_s, ended_s in sorted(calls):
        total += max(0.0, ended_s - max(began_s, reached))
        reached = max(reached, ended_s)
    return total


def status_of(outcomes: Sequence[DragomanError | None]) -> TaskStatus:
    """One word for how the parts of a task ended."""
    if not any(outcomes):
        return "completed"
    errors = [error for error in outcomes if error is not None]
    if any(isinstance(error, Cancelled | ShuttingDown) for error in errors):
        return "cancelled"
    if any(isinstance(error, DeadlineExceeded) for error in errors):
        return "expired"
    return "failed" if len(errors) == len(outcomes) else "partial"
