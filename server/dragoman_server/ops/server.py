"""The HTTP server of the operations endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from dragoman_server.ops.guard import Guard


class Ops:
    """Serves the routes that it is given.

    Args:
        routes: of all subjects.
        before: called before each answer, to bring the figures up to date.
    """

    def __init__(self, routes: Iterable[web.RouteDef], before: Callable[[], None] = lambda: None) -> None:
        self._routes = list(routes)
        self._before = before
        self._runner: web.AppRunner | None = None

    async def start(self, address: str, guard: Guard) -> int:
        """Listen, and let `guard` decide what is served; return the port.

        Raises:
            OSError: the address cannot be bound.
        """
        app = web.Application(middlewares=[guard.middleware(), self._up_to_date])
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        url = urlsplit(address)
        await web.TCPSite(self._runner, url.hostname, url.port).start()
        return int(self._runner.addresses[0][1])

    @web.middleware
    async def _up_to_date(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._before()
        return await handler(request)

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
