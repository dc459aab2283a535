"""The state of the sockets, as libzmq's monitors report it: after a cut, missed events are asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import zmq
from zmq.utils.monitor import parse_monitor_message

from dragoman_client.errors import ConnectionClosed, ServerUnreachable, TimedOut
from dragoman_client.sockets import Receiver

log = logging.getLogger("dragoman_client")

_EVENTS = zmq.Event.HANDSHAKE_SUCCEEDED | zmq.Event.DISCONNECTED


class ConnectionMonitor:
    """Watches sockets from before they connect; after each cut, missed events are asked for.

    libzmq reports to a monitor over a pair of its own, so the sockets themselves keep their one user.

    Args:
        context: of the sockets.
        sockets: by a name that is unique in the context.
    """

    def __init__(self, context: zmq.Context[Any], sockets: Mapping[str, zmq.Socket[Any]]) -> None:
        self._sockets = sockets
        self._monitors: list[zmq.Socket[bytes]] = []
        self._receivers: list[Receiver] = []
        self._back = asyncio.Event()
        self._recovery: asyncio.Task[None] | None = None
        for name, socket in sockets.items():
            address = f"inproc://monitor-{name}"
            socket.monitor(address, _EVENTS)
            monitor = context.socket(zmq.PAIR)
            monitor.connect(address)
            self._monitors.append(monitor)

    def start(self, probe: Callable[[], Awaitable[None]], catch_up: Callable[[], None]) -> None:
        """Watch from now on.

        Args:
            probe: returns when the server answers again; a connection that is there may not be subscribed yet.
            catch_up: asks for the missed events.
        """
        self._receivers = [Receiver(monitor, self._cut_noted(), _log_fault) for monitor in self._monitors]
        self._recovery = asyncio.create_task(self._recover(probe, catch_up), name="dragoman-client-catch-up")

    async def close(self) -> None:
        """Stop watching; the sockets may be closed after it."""
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.gather(self._recovery, return_exceptions=True)
        self.abandon()

    def abandon(self) -> None:
        """Release the sockets where nothing was started."""
        for receiver in self._receivers:
            receiver.stop()
        for socket in self._sockets.values():
            socket.disable_monitor()
        for monitor in self._monitors:
            monitor.close(linger=0)

    def _cut_noted(self) -> Callable[[list[bytes]], None]:
        """Return what reads the events of one socket: a handshake after a cut means that it is back."""
        cut = False

        def note(frames: list[bytes]) -> None:
            nonlocal cut
            if parse_monitor_message(frames)["event"] == zmq.Event.DISCONNECTED:
                cut = True
            elif cut:
                cut = False
                self._back.set()

        return note

    async def _recover(self, probe: Callable[[], Awaitable[None]], catch_up: Callable[[], None]) -> None:
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


def _log_fault(error: Exception) -> None:
    log.error("monitor.died error=%r", error)
