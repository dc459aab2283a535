"""The HTTP server of the operations endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from dragoman_server.ops.connections import Connections
from dragoman_server.ops.guard import Guard


class Ops:
    """Serves the routes that it is given.

    Args:
        routes: of all subjects.
        before: called before each answer, to bring the figures up to date.
        bounded: makes the bounds of the connections.
    """

    def __init__(
        self,
        routes: Iterable[web.RouteDef],
        before: Callable[[], None] = lambda: None,
        bounded: Callable[[Callable[[], asyncio.BaseProtocol]], Connections] = Connections,
    ) -> None:
        self._routes = list(routes)
        self._before = before
        self._bounded = bounded
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self.connections: Connections | None = None
        """None until it listens."""

    async def start(self, address: str, guard: Guard) -> int:
        """Listen, and let `guard` decide what is served; return the port.

        Raises:
            OSError: the address cannot be bound.
        """
        connections = self.connections = self._bounded(self._protocol)
        app = web.Application(middlewares=[connections.middleware(), guard.middleware(), self._up_to_date])
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        url = urlsplit(address)
        self._listener = await asyncio.get_running_loop().create_server(connections, url.hostname, url.port or 0)
        return int(self._listener.sockets[0].getsockname()[1])

    def _protocol(self) -> asyncio.BaseProtocol:
        if self._runner is None or self._runner.server is None:
            raise RuntimeError("the HTTP server was not started")
        return self._runner.server()

    @web.middleware
    async def _up_to_date(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._before()
        return await handler(request)

    async def stop(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.close()
        if self._runner is not None:
            await self._runner.cleanup()
