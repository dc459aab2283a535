"""When a call is sent again after an error of the server: the one place that decides it. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dragoman_client.frames import ReceivedEvent
from dragoman_wire.errors import DragomanError

_JITTER = 1.25


def passing_error(events: Iterable[ReceivedEvent]) -> DragomanError | None:
    """Return the error for which a retry makes sense; of several the one with the longest wait."""
    errors = [error for event in events if (error := event.error) is not None and _may_pass(event, error)]
    return max(errors, key=lambda error: error.retry_after_ms or 0, default=None)


def _may_pass(event: ReceivedEvent, error: DragomanError) -> bool:
    """Return whether the server finds an error retryable; it knows codes that this version does not."""
    said = event.fields.get("retryable")
    return said if isinstance(said, bool) else error.retryable


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """How often, and how long after a retryable error, a call is sent again. Times are in seconds."""

    retries: int = 0
    """After the first attempt."""
    backoff_s: float = 0.5
    """Where the server does not say when to come again; doubled each time."""
    backoff_max_s: float = 10.0
    spread: Callable[[float, float], float] = random.uniform
    """Peers that were refused together should not come back together: waits are up to a quarter longer."""

    def __post_init__(self) -> None:
        if not isinstance(self.retries, int) or self.retries < 0:
            raise ValueError(f"retries: {self.retries!r} is no number of times; it is 0 or above")

    def wait_s(self, attempt: int, error: DragomanError) -> float | None:
        """Return how long to wait before the next attempt; None where there is none.

        Args:
            attempt: the number of attempts before the last one, from 0.
            error: what the last one met.
        """
        if attempt >= self.retries:
            return None
        wait_s = min(self.backoff_s * 2**attempt, self.backoff_max_s)
        if error.retry_after_ms is not None:
            wait_s = error.retry_after_ms / 1000
        longer: float = wait_s * self.spread(1.0, _JITTER)
        return longer
