"""Sends what a plan asks for, when it asks for it, and sees to the end of it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import secrets
import time
from collections.abc import Iterator
from typing import Self

from dragoman_client.frames import ReceivedEvent
from dragoman_client.load.arrivals import due_times
from dragoman_client.load.materials import Materials, RequestMaker, result_request
from dragoman_client.load.plan import Plan
from dragoman_client.load.sockets import LoadSockets
from dragoman_client.load.tally import Sent, Tally

_CONNECT_S = 5.0
_SWEEP_S = 0.25
_SEND_AGAIN_S = 0.002
"""Before a request is sent again that the server did not take: it is not there, or reads no more for the moment."""
_ASKS = 3
"""A request is asked for after each third of its time."""
_MOST_IN_A_ROW = 32
"""Requests sent before the loop has a turn, so that answers are timed when they come."""


class LoadRun:
    """One run: `async with LoadRun(...) as load: await load.run()`. Entering connects.

    Args:
        plan: what is sent and when.
        materials: what it is made of.
        requests: the server's endpoint for requests.
        routed: its endpoint for routed events.

    Raises:
        ServerUnreachable: on entering, where the server does not answer.
    """

    def __init__(self, plan: Plan, materials: Materials, requests: str, routed: str) -> None:
        self.plan = plan
        self.tally = Tally(plan.timeout_s)
        self.not_sent = 0
        """Requests of an open loop that were due and found no place until the end."""
        self.interrupted = False
        self.begin_s = 0.0
        self.sending_s = 0.0
        """From the beginning to the last request that was sent."""
        self._endpoints = requests, routed
        name = f"load-{secrets.token_hex(4)}"
        self._peers = [f"{name}-{number}" for number in range(plan.peers)]
        self._maker = RequestMaker(plan, materials, self._peers)
        self._rng = random.Random(plan.seed)  # noqa: S311 - to be repeatable, not secret
        self._sockets: LoadSockets | None = None
        self._stop = asyncio.Event()
        self._room = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the beginning; 0 before it."""
        return time.monotonic() - self.begin_s if self.begin_s else 0.0

    def interrupt(self) -> None:
        """Send nothing more and wait for nothing more; `run` returns."""
        self.interrupted = True
        self._stop.set()
        self._room.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(0.0)

    async def __aenter__(self) -> Self:
        """Connect, and wait for the server's first answer."""
        self._sockets = LoadSockets(*self._endpoints, self._peers, self._see)
        try:
            await self._sockets.wait_for_server(min(_CONNECT_S, self.plan.timeout_s))
        except BaseException:
            await self._sockets.close()
            raise
        self._sockets.watch(self._probe, self._catch_up)
        return self

    async def __aexit__(self, *_: object) -> None:
        await _end(self._catching_up)
        if self._sockets is not None:
            await self._sockets.close()

    async def run(self) -> None:
        """Send, then wait for the answers, each as long as the plan allows.

        Raises:
            TooLarge: a recording is over the limits.
        """
        self.begin_s = time.monotonic()
        sweeper = asyncio.create_task(self._sweep(), name="load-sweep")
        try:
            await (self._closed_loop() if self.plan.rate is None else self._open_loop(self.plan.rate))
            while self.tally.open and not self._stop.is_set():
                await self._until_changed(_SWEEP_S)
        finally:
            await _end(sweeper)

    # --- sending ---------------------------------------------------------------------------------------------

    async def _open_loop(self, rate: float) -> None:
        """Send each request when it is due; one that finds no place goes as soon as there is one, its time running."""
        due = self._due(rate)
        in_a_row = 0
        for due_s in due:
            wait_s = self.begin_s + due_s - time.monotonic()
            in_a_row = 0 if wait_s > 0 else in_a_row + 1
            if wait_s > 0 or in_a_row % _MOST_IN_A_ROW == 0:
                await self._until_stopped(max(wait_s, 0))
            if not await self._send(self.begin_s + due_s):
                was_due = _until(itertools.chain([due_s], due), min(self.elapsed_s, self.plan.duration_s))
                self.not_sent = sum(1 for _ in was_due)
                return

    def _due(self, rate: float) -> Iterator[float]:
        times = _until(due_times(self.plan.arrivals, rate, self._rng), self.plan.duration_s)
        number = self.plan.number
        return times if number is None else itertools.islice(times, number)

    async def _closed_loop(self) -> None:
        """Keep so many in flight: each place sends the next request when its last one is through."""
        left = iter(range(self.plan.number)) if self.plan.number is not None else None

        async def place() -> None:
            while not self._over and (left is None or next(left, None) is not None):
                sent = await self._send(None)
                if sent is None:
                    return
                waiting = self._waiting[sent.task_id] = asyncio.get_running_loop().create_future()
                await self._until_stopped(min(await waiting, self.plan.timeout_s))

        await asyncio.gather(*(place() for _ in range(self.plan.concurrency)))

    @property
    def _over(self) -> bool:
        return self._stop.is_set() or self.elapsed_s >= self.plan.duration_s

    async def _send(self, due_s: float | None) -> Sent | None:
        """Send a request as soon as there is a place and the server takes it; None where it never did."""
        while len(self.tally.open) >= self.plan.most_in_flight:
            if self._over:
                return None
            await self._until_changed(_SWEEP_S)
        if self._stop.is_set() or self._sockets is None:
            return None
        kind, task_id, frames = self._maker.make()
        while not self._sockets.send(frames):
            if self._over:
                return None
            await self._until_stopped(_SEND_AGAIN_S)
        now_s = time.monotonic()
        counted_s = now_s if due_s is None else due_s
        sent = Sent(kind=kind, task_id=task_id, frames=frames, counted_s=counted_s, sent_s=now_s, asked_s=now_s)
        self.tally.send(sent)
        self.sending_s = now_s - self.begin_s
        return sent

    # --- hearing ---------------------------------------------------------------------------------------------

    def _see(self, event: ReceivedEvent) -> None:
        through = self.tally.see(event, time.monotonic())
        if through is None:
            return
        request, last = through
        # Whoever is refused comes back when it was told to, as a well-behaved peer does.
        after_ms = (last.error and last.error.retry_after_ms) or 0
        self._through(request, after_ms / 1000)

    def _through(self, request: Sent, wait_s: float) -> None:
        waiting = self._waiting.pop(request.task_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(wait_s)
        self._room.set()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            now_s = time.monotonic()
            for request in self.tally.give_up(now_s):
                self._through(request, 0.0)
            for request in list(self.tally.to_ask(now_s, self.plan.timeout_s / _ASKS)):
                self._ask(request)

    def _ask(self, request: Sent) -> bool:
        return self._sockets is not None and self._sockets.send(result_request(request.task_id, request.peer))

    async def _probe(self) -> None:
        if self._sockets is not None:
            await self._sockets.wait_for_server(_CONNECT_S)

    def _catch_up(self) -> None:
        """Ask for what was accepted and send again what was not: the connection was cut off and is there again."""
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._ask_for_all(), name="load-catch-up")

    async def _ask_for_all(self) -> None:
        for request in list(self.tally.open.values()):
            # Nothing tells when a socket takes messages again.
            while request.task_id in self.tally.open and not self._again(request):  # noqa: ASYNC110
                await asyncio.sleep(_SEND_AGAIN_S)
            await asyncio.sleep(0)

    def _again(self, request: Sent) -> bool:
        if request.accepted:
            request.asked_s = time.monotonic()
            return self._ask(request)
        taken = self._sockets is not None and self._sockets.send(request.frames)
        self.tally.repeated += taken
        return taken

    # --- waiting ---------------------------------------------------------------------------------------------

    async def _until_stopped(self, wait_s: float) -> None:
        if wait_s <= 0 or self._stop.is_set():
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._stop.wait()

    async def _until_changed(self, wait_s: float) -> None:
        self._room.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._room.wait()


def _until(times: Iterator[float], end_s: float) -> Iterator[float]:
    """Yield the times before the end."""
    for at_s in times:
        if at_s >= end_s:
            return
        yield at_s


async def _end(*tasks: asyncio.Task[None] | None) -> None:
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
