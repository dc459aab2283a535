"""The signals that stop and reload the server."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from dragoman_wire.early_signals import ends_with_its_terminal, has_terminal, ignore_while_ending


def listen_for_signals(stop: asyncio.Event, reload: Callable[[], None], end_at_once: Callable[[], None]) -> None:
    """Install the handlers: SIGTERM and SIGINT stop gracefully, a second one at once, and SIGHUP reloads.

    A SIGHUP that comes because the terminal was closed stops gracefully as well.

    Args:
        stop: set by the first one.
        reload: reads the configuration again.
        end_at_once: closes what must be closed even then.
    """

    def ask_to_stop(number: signal.Signals) -> None:
        if stop.is_set():
            end_at_once()
            os._exit(128 + number)
        stop.set()

    ends_with_it = ends_with_its_terminal()

    def hang_up() -> None:
        if ends_with_it and not has_terminal():
            stop.set()
        else:
            reload()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask_to_stop, number)
    loop.add_signal_handler(signal.SIGHUP, hang_up)


def stop_listening() -> None:
    """Ignore what comes from now on: all is closed, and a signal would only spoil the exit status."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.remove_signal_handler(number)
    ignore_while_ending()
