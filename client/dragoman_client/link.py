"""One server of a client: its connection, and whether requests may go there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from enum import IntEnum

from dragoman_client.connection import Connection
from dragoman_client.errors import ConnectionClosed, ServerUnreachable, TimedOut
from dragoman_client.servers import ServerAddress

_PAUSE_S = 1.0
_PAUSE_MAX_S = 10.0
"""Between two attempts to reach a server that is connected and does not answer; doubled each time."""


class Fitness(IntEnum):
    """How good a place for a new request a server is, the best first."""

    READY = 0
    BUSY = 1
    """It has refused requests, and said when to come again."""
    STOPPING = 2
    LOST = 3
    """It does not answer, or has not answered yet."""


class ServerLink:
    """The way to one server; made inside a running event loop.

    Args:
        address: of the server.
        peer: the `replyTo` of the client.
        probe: returns when this server has answered.
        on_change: called with this link when its server is lost, when it answers (again), and when an attempt to reach
            it had no success.

    Raises:
        ServerUnreachable: an endpoint cannot be connected to at all.
    """

    def __init__(
        self,
        address: ServerAddress,
        peer: str,
        probe: Callable[[ServerLink], Awaitable[None]],
        on_change: Callable[[ServerLink], None],
    ) -> None:
        self.address = address
        self.answers = False
        """Whether the server has answered since it was last lost."""
        self.failure: ServerUnreachable | TimedOut | None = None
        """Why the last attempt to reach it had no success."""
        self._probe = probe
        self._on_change = on_change
        self._noted = asyncio.Event()
        self._rests_until_s = 0.0
        self._cuts = 0
        self._check: asyncio.Task[None] | None = None
        self.connection = Connection(address.requests, address.routed, peer, self._note)
        self._watch = asyncio.create_task(self._supervise(), name="dragoman-client-supervision")

    @property
    def fitness(self) -> Fitness:
        """Return how good a place for a new request the server is."""
        if not self.answers:
            return Fitness.LOST
        if self.connection.drain_ms is not None:
            return Fitness.STOPPING
        return Fitness.BUSY if self.rest_s() > 0 else Fitness.READY

    @property
    def finishes_tasks(self) -> bool:
        """Return whether the server may still finish what it has accepted, as one that drains does."""
        return self.answers or (self.connection.drain_ms is not None and self.connection.brings_events)

    def rest(self, seconds: float) -> None:
        """Send new requests elsewhere for a time, if there is another server."""
        self._rests_until_s = max(self._rests_until_s, asyncio.get_running_loop().time() + seconds)

    def rest_s(self) -> float:
        """Return how many seconds of its rest are left."""
        return max(0.0, self._rests_until_s - asyncio.get_running_loop().time())

    def stops(self, after_ms: int | None) -> None:
        """Note that the server refused a request because it stops."""
        if self.connection.drain_ms is None:
            self.connection.drain_ms = after_ms or 0
            self._note()

    def check(self) -> None:
        """Find out in the background whether the server still answers; one that does not is lost."""
        if self.answers and (self._check is None or self._check.done()):
            self._check = asyncio.create_task(self._checked(), name="dragoman-client-check")

    async def close(self, *, clean: bool) -> None:
        """Close the sockets; calls that wait raise `ConnectionClosed`."""
        tasks = [task for task in (self._watch, self._check) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.connection.close(clean=clean)

    def _note(self) -> None:
        """Take in what the connection reports."""
        if self.connection.cuts > self._cuts:
            self._cuts = self.connection.cuts
            self._lost()
        elif self.connection.drain_ms is not None:
            self.connection.router.lost()
        self._noted.set()

    def _lost(self) -> None:
        answered, self.answers = self.answers, False
        self.connection.router.lost()
        if answered:
            self._on_change(self)

    def _found(self) -> None:
        self.answers, self.failure = True, None
        self.connection.drain_ms = None
        self._rests_until_s = 0.0
        self.connection.router.reconnected()
        self._on_change(self)

    async def _supervise(self) -> None:
        """Reach the server, and again whenever it was lost."""
        pause_s = _PAUSE_S
        while True:
            cuts = self.connection.cuts
            try:
                await self._probe(self)
            except (ServerUnreachable, TimedOut) as error:
                self.failure = error
                self._on_change(self)
                await self._news(pause_s)
                pause_s = min(pause_s * 2, _PAUSE_MAX_S)
            except ConnectionClosed:
                return
            else:
                if self.connection.cuts == cuts:
                    self._found()
                    pause_s = _PAUSE_S
            while self.answers or not self._connected:
                await self._news(None)

    async def _news(self, wait_s: float | None) -> None:
        """Wait until the connection reports something, `wait_s` seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._noted.wait()
        self._noted.clear()

    async def _checked(self) -> None:
        try:
            await self._probe(self)
        except (ServerUnreachable, TimedOut):
            self._lost()
            self._noted.set()
        except ConnectionClosed:
            return

    @property
    def _connected(self) -> bool:
        return self.connection.takes_requests and self.connection.brings_events
