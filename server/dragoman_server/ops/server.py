"""The HTTP server of the operations endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import web

from dragoman_server.ops.guard import Guard


class Ops:
    """Serves the routes that it is given.

    Args:
        routes: of all subjects.
    """

    def __init__(self, routes: Iterable[web.RouteDef]) -> None:
        self._routes = list(routes)
        self._runner: web.AppRunner | None = None

    async def start(self, address: str, guard: Guard) -> int:
        """Listen, and let `guard` decide who is served; the port that it has got.

        Raises:
            OSError: the address cannot be bound.
        """
        app = web.Application(middlewares=[guard.middleware()])
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        url = urlsplit(address)
        await web.TCPSite(self._runner, url.hostname, url.port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
