"""Whether the sockets are connected, as libzmq's monitors tell it: who was cut off catches up once it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

from dragoman_client.errors import ConnectionClosed, ServerUnreachable, TimedOut

_EVENTS = zmq.Event.HANDSHAKE_SUCCEEDED | zmq.Event.DISCONNECTED


class Link:
    """Watches sockets from before they connect, and has somebody catch up after each time that one was cut off.

    libzmq tells a monitor over a pair of its own, so the sockets themselves keep their one user.

    Args:
        context: of the sockets.
        sockets: by a name that is unique in the context.
    """

    def __init__(self, context: zmq.Context[Any], sockets: Mapping[str, zmq.Socket[Any]]) -> None:
        self._sockets = sockets
        self._monitors: list[zmq.asyncio.Socket] = []
        self._back = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        shadow = zmq.asyncio.Context(context)
        for name, socket in sockets.items():
            address = f"inproc://monitor-{name}"
            socket.monitor(address, _EVENTS)
            monitor = shadow.socket(zmq.PAIR)
            monitor.connect(address)
            self._monitors.append(monitor)

    def start(self, probe: Callable[[], Awaitable[None]], catch_up: Callable[[], None]) -> None:
        """Watch from now on.

        Args:
            probe: returns when the server answers again; a link that is there may not be subscribed yet.
            catch_up: asks for what was missed.
        """
        watching = [self._watch(monitor) for monitor in self._monitors]
        self._tasks = [asyncio.create_task(each, name="dragoman-client-link") for each in watching]
        self._tasks.append(asyncio.create_task(self._come_back(probe, catch_up), name="dragoman-client-catch-up"))

    async def close(self) -> None:
        """Stop watching; the sockets may be closed after it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.abandon()

    def abandon(self) -> None:
        """Let go of the sockets where nothing was started."""
        for socket in self._sockets.values():
            socket.disable_monitor()
        for monitor in self._monitors:
            monitor.close(linger=0)

    async def _watch(self, monitor: zmq.asyncio.Socket) -> None:
        cut = False
        while True:
            event = parse_monitor_message(await monitor.recv_multipart())["event"]
            if event == zmq.Event.DISCONNECTED:
                cut = True
            elif cut:
                cut = False
                self._back.set()

    async def _come_back(self, probe: Callable[[], Awaitable[None]], catch_up: Callable[[], None]) -> None:
        while True:
            await self._back.wait()
            try:
                await probe()
            except (ServerUnreachable, TimedOut):
                continue  # it went away again, or is slow to start; there is nothing to ask before it answers
            except ConnectionClosed:
                return
            self._back.clear()
            catch_up()
