"""POST /cache/clear."""

from __future__ import annotations

import structlog
from aiohttp import web

from dragoman_server.ops.answers import answer
from dragoman_server.tasks.services import Services

log = structlog.get_logger()


class CacheRoutes:
    """Clears the cache.

    Args:
        services: hold the cache in use.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[web.RouteDef]:
        """Return the paths."""
        return [web.post("/cache/clear", self._clear)]

    async def _clear(self, _: web.Request) -> web.Response:
        await self._services.cache.clear()
        for pool in self._services.pools.values():
            pool.queue.forget_answered()
        log.info("cache.cleared")
        return answer({"cleared": True})
