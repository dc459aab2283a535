"""Signals that come while a server is still being started: before there is anything to stop in order.

Python takes half a second to load what a server is made of. Until the server has its own handlers, a SIGTERM would
end it as a crash does, a SIGINT with a trace, and a SIGHUP, which means "read your configuration", would end it too.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

_STOPS = (signal.SIGTERM, signal.SIGINT)


def leave_quietly_while_starting(arguments: Sequence[str] | None = None) -> None:
    """Have SIGTERM and SIGINT end this process with status 0, and SIGHUP do nothing, where it is to be a server.

    Args:
        arguments: of the command line, without the program; by default those of this process.
    """
    words = [word for word in (sys.argv[1:] if arguments is None else arguments) if not word.startswith("-")]
    if "serve" not in words:
        return
    for number in _STOPS:
        signal.signal(number, _leave)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def ignore_while_ending() -> None:
    """Have these signals do nothing from now on: all is closed, and the process is about to end."""
    for number in (*_STOPS, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _leave(number: int, frame: object) -> None:
    del number, frame
    os._exit(0)
