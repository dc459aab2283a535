"""The state of the sockets, as libzmq's monitors report it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import zmq
from zmq.utils.monitor import parse_monitor_message

from dragoman_client.sockets import Receiver

log = logging.getLogger("dragoman_client")

_EVENTS = zmq.Event.HANDSHAKE_SUCCEEDED | zmq.Event.DISCONNECTED


class ConnectionMonitor:
    """Watches sockets from before they connect.

    libzmq reports to a monitor over a pair of its own, so the sockets themselves keep their one user.

    Args:
        context: of the sockets.
        sockets: by a name that is unique in the context.
        on_change: called when one of them is connected, or no longer; must not block.
    """

    def __init__(
        self, context: zmq.Context[Any], sockets: Mapping[str, zmq.Socket[Any]], on_change: Callable[[], None]
    ) -> None:
        self.connected = dict.fromkeys(sockets, False)
        """By name, whether there is a connection."""
        self.cuts = 0
        """Connections that have ended."""
        self._sockets = sockets
        self._on_change = on_change
        self._monitors: dict[str, zmq.Socket[bytes]] = {}
        self._receivers: list[Receiver] = []
        for name, socket in sockets.items():
            address = f"inproc://monitor-{name}"
            socket.monitor(address, _EVENTS)
            monitor = context.socket(zmq.PAIR)
            monitor.connect(address)
            self._monitors[name] = monitor

    def start(self) -> None:
        """Report from now on, also what has happened already; inside a running event loop."""
        self._receivers = [
            Receiver(monitor, self._noted(name), _log_fault) for name, monitor in self._monitors.items()
        ]

    def close(self) -> None:
        """Stop watching; the sockets may be closed after it."""
        for receiver in self._receivers:
            receiver.stop()
        for socket in self._sockets.values():
            socket.disable_monitor()
        for monitor in self._monitors.values():
            monitor.close(linger=0)

    def _noted(self, name: str) -> Callable[[list[bytes]], None]:
        """Return what reads the events of one socket."""

        def note(frames: list[bytes]) -> None:
            cut = parse_monitor_message(frames)["event"] == zmq.Event.DISCONNECTED
            self.connected[name] = not cut
            self.cuts += cut
            self._on_change()

        return note


def _log_fault(error: Exception) -> None:
    log.error("monitor.died error=%r", error)
