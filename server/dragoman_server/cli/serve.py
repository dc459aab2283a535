"""Run the server on uvloop until it has stopped."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import uvloop

from dragoman_engines.process.allocator import keep_memory_for_messages
from dragoman_server.app import App
from dragoman_server.config import Config
from dragoman_server.state_dir import StateDirError
from dragoman_server.tasks.observer import Observer
from dragoman_server.telemetry.logs import Logs
from dragoman_server.transport.addresses import StartError
from dragoman_server.transport.listener import raise_descriptor_limit

log = structlog.get_logger()

_GC_ALLOCATIONS = 10_000
"""Between two collections of the young, which take some milliseconds then; by default 700."""
_GC_OLDER = (50, 1000)
"""Collections of each age between two of the next."""
_SWITCH_S = 0.0001
"""A thread that computes keeps the interpreter so long; by default 5 ms.

The loop lets go of the interpreter at every call into the kernel, tens of times in a turn. While threads cut texts, it
would wait for each of them every time, and a turn of 3 ms would take 100.
"""


def run_server(config: Config, reload: Callable[[], Config]) -> int:
    """Serve, and give the exit status: 0 after a graceful stop, 1 where the server could not start.

    Args:
        config: what is in force.
        reload: reads the configuration again, on SIGHUP.
    """
    # What people wrote and said is for the server's user alone: files, folders and sockets.
    os.umask(0o077)
    keep_memory_for_messages()
    raise_descriptor_limit()
    logs = Logs(config.server)
    _log_old_names(config)

    # Requests make little garbage that counting references does not free, and tasks that are in flight or kept for
    # repeats make every collection of what is older long: it holds the loop for a tenth of a second, and so is rare.
    gc.freeze()
    gc.set_threshold(_GC_ALLOCATIONS, *_GC_OLDER)
    sys.setswitchinterval(_SWITCH_S)

    try:
        with _tracing(config) as observers:
            uvloop.run(_serve(config, lambda: _log_old_names(reload()), logs, observers))
    except (StartError, StateDirError) as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 1
    finally:
        logs.close()
    return 0


def _log_old_names(config: Config) -> Config:
    for old, new in config.old_names.items():
        log.warning("config.old_name", section=old, new_name=new)
    return config


async def _serve(config: Config, reload: Callable[[], Config], logs: Logs, observers: list[Observer]) -> None:
    asyncio.get_running_loop().set_exception_handler(_log_fault)
    await App(config, reload, logs, observers).run()


@contextmanager
def _tracing(config: Config) -> Iterator[list[Observer]]:
    """Yield the observer that makes spans, if that is wanted.

    Raises:
        StartError: it is, and what it needs is not installed.
    """
    if not config.server.tracing:
        yield []
        return
    try:
        from dragoman_server.telemetry.tracing import exporting_tracing  # noqa: PLC0415 - needs the extra `otel`
    except ImportError as error:
        raise StartError("server.tracing needs more packages: pip install 'dragoman[otel]'") from error
    tracing = exporting_tracing()
    try:
        yield [tracing]
    finally:
        tracing.close()


def _log_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log the fault of a task that was not awaited; asyncio's own words quote the exception, and so perhaps a text."""
    log.error("loop.fault", about=context.get("message"), exc_info=context.get("exception"))
