"""Children of a running server: found by its statistics, held still, killed, and looked for afterwards."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.harness import ServerProcess, wait_until

KINDS = ("decoder", "transcription", "translation", "speech")


def child_pid(server: ServerProcess, kind: str) -> int:
    """The process id of a pool's only child, once it has loaded its model."""
    wait_until(lambda: server.stats()["engines"][kind]["state"] == "ready", f"the {kind} child is ready")
    (pid,) = server.stats()["engines"][kind]["pids"]
    return int(pid)


def all_child_pids(server: ServerProcess) -> list[int]:
    """The process ids of every pool's children."""
    return [pid for pool in server.stats()["engines"].values() for pid in pool["pids"]]


def wait_busy(server: ServerProcess, kind: str) -> None:
    """Until a child of this kind has work."""
    wait_until(lambda: server.stats()["engines"][kind]["busy"] == 1, f"the {kind} child is busy")


def wait_queued(server: ServerProcess, kind: str, count: int) -> None:
    """Until so many units wait for a child of this kind."""
    wait_until(lambda: server.stats()["engines"][kind]["queued"] == count, f"{count} units wait for {kind}")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextmanager
def held(pid: int) -> Iterator[None]:
    """A process that does nothing for the time of a block: what it is given, it neither does nor loses."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def is_running(pid: int) -> bool:
    """Whether a process still executes; one that has ended and waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_gone(pids: list[int]) -> None:
    wait_until(lambda: not any(map(is_running, pids)), f"the processes {pids} have ended")
