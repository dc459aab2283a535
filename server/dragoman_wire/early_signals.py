"""Signals that come while a program is still being started: before there is anything to stop in order.

Python takes half a second to load what a server, or a client, is made of. Until the server has its own handlers, a
SIGTERM would end it as a crash does, a SIGINT with a trace, and a SIGHUP, which means "read your configuration", would
end it too. In another command Ctrl-C would leave a trace of whatever was being imported.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

INTERRUPTED = 130
"""The exit status after Ctrl-C."""
_STOPS = (signal.SIGTERM, signal.SIGINT)
_OPTIONS_WITH_VALUE = frozenset({"--server", "--requests", "--routed", "--ops", "--token", "--timeout"})
"""Of those that may stand before the command."""


def leave_quietly_while_starting(arguments: Sequence[str] | None = None) -> None:
    """Have signals end this process without a trace until what it is to do has begun.

    Where it is to be a server, SIGTERM and SIGINT end it with status 0, and SIGHUP does nothing unless its terminal
    was closed. In other commands SIGINT ends it with status 130, but in a block of `interruptible`.

    Args:
        arguments: of the command line, without the program; by default those of this process.
    """
    if command_of(sys.argv[1:] if arguments is None else arguments) != "serve":
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a shell's script had it ignored
            signal.signal(signal.SIGINT, _interrupt)
        return
    for number in _STOPS:
        signal.signal(number, _leave)
    if not ends_with_its_terminal():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGHUP, _leave_without_terminal)


def command_of(arguments: Sequence[str]) -> str | None:
    """Return the first word of a command line that is neither an option nor the value of one."""
    words = iter(arguments)
    for word in words:
        if word in _OPTIONS_WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` in this block, which undoes what it has begun."""
    before = signal.getsignal(signal.SIGINT)
    if before is not _interrupt:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def ends_with_its_terminal() -> bool:
    """Return whether this process is to end when its terminal is closed: it has one, and is not under `nohup`."""
    hang_up = signal.getsignal(signal.SIGHUP)
    return hang_up is _leave_without_terminal or (hang_up is signal.SIG_DFL and has_terminal())


def has_terminal() -> bool:
    """Return whether this process has a controlling terminal that is still open."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def ignore_while_ending() -> None:
    """Have these signals do nothing from now on: all is closed, and the process is about to end."""
    for number in (*_STOPS, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _leave(number: int, frame: object) -> None:
    del number, frame
    os._exit(0)


def _leave_without_terminal(number: int, frame: object) -> None:
    if not has_terminal():
        _leave(number, frame)


def _interrupt(number: int, frame: object) -> None:
    del number, frame
    os._exit(INTERRUPTED)
