"""Run the server on uvloop until it has stopped."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import uvloop

from dragoman_server.app import App, StartError
from dragoman_server.config import Config
from dragoman_server.logs import set_up_logging
from dragoman_server.state_dir import StateDirError

_GC_ALLOCATIONS = 50_000
"""Between two collections of the young; by default 700."""


def run_server(config: Config, reload: Callable[[], Config]) -> int:
    """Serve, and give the exit status: 0 after a graceful stop, 1 where the server could not start.

    Args:
        config: what is in force.
        reload: reads the configuration again, on SIGHUP.
    """
    set_up_logging(config.server)

    # Requests make little garbage that counting references does not free, and tasks that are kept for repeats make
    # every full collection long.
    gc.freeze()
    gc.set_threshold(_GC_ALLOCATIONS, 20, 100)

    async def main() -> None:
        await App(config, reload).run()

    try:
        uvloop.run(main())
    except (StartError, StateDirError) as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 1
    return 0
