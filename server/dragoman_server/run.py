"""Run the server on uvloop until it has stopped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import structlog
import uvloop

from dragoman_server.addresses import StartError
from dragoman_server.app import App
from dragoman_server.config import Config
from dragoman_server.logs import Logs
from dragoman_server.state_dir import StateDirError

log = structlog.get_logger()


def run_server(config: Config, reload: Callable[[], Config]) -> int:
    """Serve, and give the exit status: 0 after a graceful stop, 1 where the server could not start.

    Args:
        config: what is in force.
        reload: reads the configuration again, on SIGHUP.
    """
    logs = Logs(config.server)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(_log_fault)
        await App(config, reload, logs).run()

    try:
        uvloop.run(main())
    except (StartError, StateDirError) as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 1
    finally:
        logs.close()
    return 0


def _log_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody awaited; asyncio's own words quote the exception, and so perhaps a text."""
    log.error("loop.fault", about=context.get("message"), exc_info=context.get("exception"))
