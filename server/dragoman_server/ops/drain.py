"""POST /drain."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from aiohttp import web

from dragoman_server.ops.answers import answer
from dragoman_server.ops.stats_sources import StatsSources

log = structlog.get_logger()


class DrainRoute:
    """Stops the server gracefully, as SIGTERM does.

    Args:
        sources: know how much is at work.
        stop: begins the stop.
        drain_s: returns how long the work in flight then has.
    """

    def __init__(self, sources: StatsSources, stop: Callable[[], None], drain_s: Callable[[], float]) -> None:
        self._sources = sources
        self._stop = stop
        self._drain_s = drain_s

    def routes(self) -> list[web.RouteDef]:
        """Return the paths."""
        return [web.post("/drain", self._drain)]

    async def _drain(self, _: web.Request) -> web.Response:
        log.info("server.drain_asked")
        self._stop()
        return answer(
            {"status": "draining", "active": self._sources.dispatcher.total_active, "drain_s": self._drain_s()}
        )
