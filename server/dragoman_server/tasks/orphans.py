"""Tasks whose peer is gone: its connection was lost and has not come back, so their work is given up after a time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

import structlog

from dragoman_server.tasks.task import Task, TaskKey
from dragoman_wire.outbound import topic_of

log = structlog.get_logger()

_MOST_LOST = 10_000
"""Topics that are remembered; of more, the oldest are forgotten, and their tasks go on."""
_LEAST_S = 1.0
"""Between two looks at the tasks in flight: there may be thousands."""


class Orphans:
    """Watches for peers of *routed events* whose last subscription ends.

    Args:
        tasks: those in flight.
        is_heard: whether a subscription covers what is for a peer.
        cancel: stops a task for a reason.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        tasks: Callable[[], list[Task]],
        is_heard: Callable[[str], bool],
        cancel: Callable[[TaskKey, str], object],
        clock: Callable[[], float],
    ) -> None:
        self._tasks = tasks
        self._is_heard = is_heard
        self._cancel = cancel
        self._clock = clock
        self._plain_s = self._journalled_s = 0.0
        self._lost: OrderedDict[bytes, float] = OrderedDict()
        """When the last subscription of each topic ended."""
        self._timer: asyncio.TimerHandle | None = None

    def configure(self, *, plain_s: float, journalled_s: float) -> None:
        """Set how long peers are waited for, by whether the journal has their task; 0: for ever."""
        self._plain_s, self._journalled_s = plain_s, journalled_s

    def lost(self, topic: bytes) -> None:
        """Note that nobody subscribes to a topic any more."""
        if not self._waits_s():
            return
        self._lost.pop(topic, None)
        self._lost[topic] = self._clock()
        if len(self._lost) > _MOST_LOST:
            self._lost.popitem(last=False)
        self._look_in(min(self._waits_s()))

    def look(self) -> None:
        """Cancel the tasks whose peers have been gone for too long."""
        self._timer = None
        waits_s, now_s = self._waits_s(), self._clock()
        if self._lost and waits_s:
            lengths = sorted({len(topic) for topic in self._lost})
            for task in self._tasks():
                self._judge(task, lengths, now_s)
        while self._lost and (not waits_s or now_s - next(iter(self._lost.values())) >= max(waits_s)):
            self._lost.popitem(last=False)
        if self._lost:
            self._look_in(_LEAST_S)

    def _judge(self, task: Task, lengths: list[int], now_s: float) -> None:
        peer = task.key[0]
        wait_s = self._journalled_s if task.number else self._plain_s
        if peer is None or not wait_s:
            return
        topic = topic_of(peer)
        since_s = max((self._lost.get(topic[:length], -1.0) for length in lengths), default=-1.0)
        if since_s < 0 or now_s - since_s < wait_s or self._is_heard(peer):
            return
        log.info("task.orphaned", task_id=task.key[1], reply_to=peer, gone_s=round(now_s - since_s, 1))
        self._cancel(task.key, f"its peer has been gone for {wait_s:g} s")

    def _waits_s(self) -> list[float]:
        return [wait_s for wait_s in (self._plain_s, self._journalled_s) if wait_s]

    def _look_in(self, delay_s: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(max(_LEAST_S, delay_s), self.look)
