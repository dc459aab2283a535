"""A lane: how many requests of a family are at work, how many may wait, and which one is next."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import UNSET, UnsetType

from dragoman_engines.pool.fair_queue import FairQueue, Ticket
from dragoman_server.config import LaneConfig
from dragoman_server.quantiles import Samples
from dragoman_wire.errors import Overloaded

_RATE_SAMPLES = 64
_FOLD_EVERY = 1024


class Lane:
    """Admission for one family.

    A request first takes a place with `enter` (refused at once where all are taken), then awaits its turn with
    `turn`, and gives the place back with `leave`, whatever happened.
    """

    def __init__(self, name: str, config: LaneConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.config = config
        self.active = 0
        self.completed = 0
        self.failed = 0
        self.rejected = 0
        self._queue_times = Samples()
        self._compute_times = Samples()
        self._publish_times = Samples()
        self._ended: list[tuple[float, float]] = []
        """Queue and compute times that are not among the samples yet: that is cheaper for many together."""
        self._published: list[float] = []
        self._clock = clock
        self._line: FairQueue[asyncio.Future[None]] = FairQueue(clock)
        self._ends: deque[float] = deque(maxlen=_RATE_SAMPLES)

    @property
    def queue_times(self) -> Samples:
        """Return, for each request, the time in which no model worked for it."""
        self._fold()
        return self._queue_times

    @property
    def compute_times(self) -> Samples:
        """Return, for each request, the time in which a model worked for it."""
        self._fold()
        return self._compute_times

    @property
    def publish_times(self) -> Samples:
        """Return, for each request, the time from its end until its last event was handed to the socket."""
        self._fold()
        return self._publish_times

    @property
    def queued(self) -> int:
        """Return the number of requests that wait for their turn."""
        return len(self._line)

    def enter(self, ticket: Ticket, *, always: bool = False) -> asyncio.Future[None] | None:
        """Take a place in the lane: None where the turn has come already, else a future that is done when it comes.

        With `always` there is a place however long the line is: for what was accepted before a restart.

        Raises:
            Overloaded: every place is taken.
        """
        if self.active < self.config.concurrency and not self.queued:
            self.active += 1
            return None
        if self.queued >= self.config.queue and not always:
            self.rejected += 1
            raise Overloaded(
                f"the {self.name} lane is full: {self.active} requests at work and {self.queued} waiting",
                retry_after_ms=self.retry_after_ms(),
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = self._line.push(turn, ticket)
        turn.add_done_callback(lambda _: self._line.withdraw(entry))
        return turn

    def leave(self, turn: asyncio.Future[None] | None) -> None:
        """Give a place back, in the queue or at work, and let the next one in."""
        if turn is not None and not turn.done():
            turn.cancel()
            return
        if turn is not None and turn.cancelled():
            return
        self.active -= 1
        self._ends.append(self._clock())
        self._let_in()

    def ended(self, times_s: Sequence[tuple[float, float]], *, good: int) -> None:
        """Note requests of the family that have all their answers, `good` of them with results.

        Args:
            times_s: of each, how long no model worked for it, and how long one did.
            good: how many went well.
        """
        self.completed += good
        self.failed += len(times_s) - good
        self._ended.extend(times_s)
        if len(self._ended) >= _FOLD_EVERY:
            self._fold()

    def published(self, times_s: Sequence[float]) -> None:
        """Note that the last events of tasks of the family are published: the time from the tasks' end to that."""
        self._published.extend(times_s)

    def reconfigure(self, config: LaneConfig) -> None:
        """Apply other limits from now on; requests at work stay at work."""
        self.config = config
        self._let_in()

    def retry_after_ms(self) -> int:
        """Return the ms until the queue has moved by a tenth, at the recent rate of completion; 100 ms to 60 s."""
        if len(self._ends) < 2:
            return 1000
        span_s = max(self._clock() - self._ends[0], 1e-3)
        per_request_s = span_s / len(self._ends)
        return round(min(60.0, max(0.1, per_request_s * max(1, self.queued // 10))) * 1000)

    def wait_ms(self, position: int) -> int | UnsetType:
        """Return the expected wait in ms at a position of the queue, at the recent rate; unset without a rate."""
        if len(self._ends) < 2:
            return UNSET
        span_s = max(self._clock() - self._ends[0], 1e-3)
        return round(span_s / len(self._ends) * position * 1000)

    def _fold(self) -> None:
        if self._ended:
            queue_s, compute_s = zip(*self._ended, strict=True)
            self._ended.clear()
            self._queue_times.add_all(queue_s)
            self._compute_times.add_all(compute_s)
        if self._published:
            published, self._published = self._published, []
            self._publish_times.add_all(published)

    def _let_in(self) -> None:
        while self.queued and self.active < self.config.concurrency:
            turn = self._line.pop()
            if turn is not None and not turn.done():
                self.active += 1
                turn.set_result(None)
