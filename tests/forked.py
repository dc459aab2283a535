"""A program started from a process that has its modules already: a second less for each of hundreds of servers.

What runs is the program's own `__main__`, in a process of its own with its own folder, environment and output. The
starts that users make are tested by the tests that run the command (`tests/faults/test_signals.py`, `scripts/smoke`).
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any

_PRELOADED = ("dragoman_server.cli.commands", "dragoman_server.app", "uvloop")


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    return context


class ForkedProgram:
    """A module that runs as `python -m` runs it; with the methods of `subprocess.Popen` that tests use.

    Args:
        module: whose `__main__` runs.
        arguments: of the program.
        environment: all of it.
        folder: the working directory.
    """

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        (out, out_end), (errors, errors_end) = os.pipe(), os.pipe()
        try:
            given = (module, list(arguments), dict(environment), str(folder), DupFd(out_end), DupFd(errors_end))
            self._process = _context().Process(target=_run, args=given, daemon=True)
            self._process.start()
        finally:
            os.close(out_end)
            os.close(errors_end)
        self.stdout: IO[str] | None = os.fdopen(out, encoding="utf-8")
        self.stderr: IO[str] | None = os.fdopen(errors, encoding="utf-8")

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(module: str, arguments: list[str], environment: dict[str, str], folder: str, out: Any, errors: Any) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for handed, place in ((out, 1), (errors, 2)):
        descriptor = handed.detach()
        os.dup2(descriptor, place)
        os.close(descriptor)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
