"""Readiness for work: the reasons against it, and the reports when it is reached."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog

from dragoman_engines.pool.pool import EnginePool
from dragoman_server.lifecycle.banner import welcome
from dragoman_server.lifecycle.systemd import ServiceManager
from dragoman_server.ops.stats_sources import needed
from dragoman_server.tasks.dispatcher import Dispatcher
from dragoman_server.tasks.services import Services
from dragoman_server.telemetry.logs import Logs

log = structlog.get_logger()


class Readiness:
    """Asks the parts.

    Args:
        services: the engines and the journal.
        dispatcher: knows of a stop.
    """

    def __init__(self, services: Services, dispatcher: Dispatcher) -> None:
        self._services = services
        self._dispatcher = dispatcher

    def reasons(self) -> list[str]:
        """Return why the server should get no traffic now; nothing where it should."""
        pools = needed(self._services.pools)
        engines = [_reason(kind, pool) for kind, pool in pools.items() if not pool.supervisor.available]
        problem = self._services.journal.problem
        journal = [f"journal: {problem}"] if problem is not None else []
        full = ["intake: requests in flight take all of limits.in_flight_bytes"] if self._services.budget.full else []
        return [*full, *(["draining"] if self._dispatcher.draining else []), *journal, *engines]

    def line(self) -> str:
        """Return the same as one line for an operator."""
        return "; ".join(self.reasons()) or "ready"

    async def announce(
        self, begin_s: float, endpoints: Mapping[str, str], manager: ServiceManager, logs: Logs | None
    ) -> None:
        """Tell the log, the service manager and the terminal once every engine has loaded or is known to be missing.

        Args:
            begin_s: when the start began, of the monotonic clock.
            endpoints: the addresses that were bound, by the names of `[sockets]`.
            manager: of services.
            logs: where people read.
        """
        pools = needed(self._services.pools)
        await asyncio.gather(*(pool.settled() for pool in pools.values()))
        models = {kind: pool.capabilities.model if pool.capabilities else pool.state for kind, pool in pools.items()}
        missing = sorted(kind for kind, pool in pools.items() if not pool.supervisor.available)
        # A server that can do nothing, or not all, is ready too; nobody shall take the line for good news.
        tell = log.warning if missing else log.info
        told = {"missing": missing} if missing else {}
        tell("server.ready", after_s=round(time.monotonic() - begin_s, 2), **models, **told)
        manager.ready(self.line())
        if logs is not None:
            logs.show(welcome(endpoints, pools["translation"].capabilities))


def _reason(kind: str, pool: EnginePool) -> str:
    """Return one line for an operator: a state that passes by itself needs no more than its name."""
    why = f"; {pool.supervisor.unavailable().message}" if pool.state == "missing" else ""
    return f"engine {kind}: {pool.state}{why}"
