"""Reports of the server to systemd: its notification protocol, over one datagram socket."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, MutableMapping

import structlog

log = structlog.get_logger()

_SEND_S = 1.0
"""How long a full socket may hold the loop up."""
_TURN_S = 5.0
"""How often the status line is looked at where no watchdog asks for more."""
_PER_WATCHDOG = 3
"""Signs of life in one watchdog interval."""
_STOP_MARGIN_S = 15.0
"""For what a stop does after its drain."""


class ServiceManager:
    """Reports the server's state to the service manager; does nothing where there is none.

    Args:
        address: of the manager's socket; None where there is none.
        watchdog_s: the longest silence that the manager takes for life; None where it does not watch.
    """

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self._address = address
        self._watchdog_s = watchdog_s
        self._ready = False
        self._stopping = False
        self._status = ""
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> ServiceManager:
        """Read and remove the variables that systemd sets: they are not for child processes."""
        address = environment.pop("NOTIFY_SOCKET", None)
        watchdog_us = environment.pop("WATCHDOG_USEC", "")
        watched_pid = environment.pop("WATCHDOG_PID", str(os.getpid()))
        if address is None or address[:1] not in ("/", "@"):
            return cls(None)
        ours = watchdog_us.isdigit() and int(watchdog_us) > 0 and watched_pid == str(os.getpid())
        return cls(address, int(watchdog_us) / 1e6 if ours else None)

    @property
    def present(self) -> bool:
        """Return whether there is one: it starts a successor."""
        return self._address is not None

    def keep(self, progress: Callable[[], float], status: Callable[[], str]) -> None:
        """Show signs of life, and how the server is, until `close`.

        Args:
            progress: anything that changes as long as the event loop does its work.
            status: one line for a person.
        """
        if self._address is not None:
            self._keeper = asyncio.create_task(self._keep(progress, status), name="service manager")

    def ready(self, status: str) -> None:
        """Report that the server is ready for work."""
        self._ready = True
        self._tell("READY=1", self._status_line(status))

    def reloading(self) -> None:
        """Report that the configuration is being read again; `reloaded` must follow."""
        if self._ready and not self._stopping:
            # systemd orders this message against its own request by that clock.
            self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def reloaded(self) -> None:
        """Report that it was read, or rejected."""
        if self._ready and not self._stopping:
            self._tell("READY=1")

    def stopping(self, drain_s: float) -> None:
        """Report the stop, and that it may take this long before the clean-up, whatever the unit allows."""
        self._stopping = True
        within_us = round((drain_s + _STOP_MARGIN_S) * 1e6)
        self._tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={within_us}", self._status_line("draining"))

    async def close(self) -> None:
        """Show no more signs of life."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _keep(self, progress: Callable[[], float], status: Callable[[], str]) -> None:
        turn_s = _TURN_S if self._watchdog_s is None else min(_TURN_S, self._watchdog_s / _PER_WATCHDOG)
        seen = None
        while True:
            await asyncio.sleep(turn_s)
            now = progress()
            if self._watchdog_s is not None and now != seen:
                self._tell("WATCHDOG=1")
            seen = now
            line = status()
            if self._ready and not self._stopping and line != self._status:
                self._tell(self._status_line(line))

    def _status_line(self, status: str) -> str:
        self._status = status
        return "STATUS=" + " ".join(status.split())

    def _tell(self, *lines: str) -> None:
        if self._address is None:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
                datagrams.settimeout(_SEND_S)
                datagrams.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("service_manager.unreachable", error=str(error), lost=lines[0])
