"""GET /stats and GET /metrics."""

from __future__ import annotations

from aiohttp import web

from dragoman_server.ops.answers import answer
from dragoman_server.ops.metrics.page import MetricsPage
from dragoman_server.ops.statistics import Statistics


class Figures:
    """The server's figures in both forms.

    Args:
        statistics: the document for people.
        metrics: the page for Prometheus.
    """

    def __init__(self, statistics: Statistics, metrics: MetricsPage) -> None:
        self._statistics = statistics
        self._page = metrics

    def routes(self) -> list[web.RouteDef]:
        """Return the paths."""
        return [web.get("/stats", self._stats), web.get("/metrics", self._metrics)]

    async def _stats(self, _: web.Request) -> web.Response:
        return answer(self._statistics.document())

    async def _metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": self._page.content_type, "Cache-Control": "no-store"}
        return web.Response(body=self._page.render(), headers=headers)
