"""The operations endpoint: HTTP, for curl, probes and dashboards."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import msgspec
import structlog
from aiohttp import web

from dragoman_server.intake import Intake
from dragoman_server.statistics import Statistics

log = structlog.get_logger()

_STALLED_S = 5.0
"""The intake looks at its socket at least every second; when it has not for this long, the loop hangs."""


class Ops:
    """GET /stats, /healthz and /readyz; POST /cache/clear."""

    def __init__(
        self,
        statistics: Statistics,
        intake: Intake,
        reasons: Callable[[], list[str]],
        clear_cache: Callable[[], Awaitable[None]],
    ) -> None:
        self._statistics = statistics
        self._intake = intake
        self._reasons = reasons
        self._clear = clear_cache
        self._runner: web.AppRunner | None = None

    async def start(self, address: str) -> int:
        """Listen; the port that it has got.

        Raises:
            OSError: the address cannot be bound.
        """
        app = web.Application()
        app.add_routes(
            [
                web.get("/stats", self._stats),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.post("/cache/clear", self._clear_cache),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        url = urlsplit(address)
        await web.TCPSite(self._runner, url.hostname, url.port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _stats(self, _: web.Request) -> web.Response:
        return _json(self._statistics.document())

    async def _clear_cache(self, _: web.Request) -> web.Response:
        await self._clear()
        log.info("cache.cleared")
        return _json({"cleared": True})

    async def _healthz(self, _: web.Request) -> web.Response:
        idle_s = time.monotonic() - self._intake.last_turn_s
        healthy = idle_s < _STALLED_S
        return _json({"healthy": healthy, "intake_idle_s": round(idle_s, 3)}, 200 if healthy else 503)

    async def _readyz(self, _: web.Request) -> web.Response:
        reasons = self._reasons()
        return _json({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


def _json(document: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(document), status=status, content_type="application/json")
