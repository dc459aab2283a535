"""GET /stats."""

from __future__ import annotations

from aiohttp import web

from dragoman_server.ops.answers import answer
from dragoman_server.statistics import Statistics


class Figures:
    """What is counted and measured."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def routes(self) -> list[web.RouteDef]:
        """The paths."""
        return [web.get("/stats", self._stats)]

    async def _stats(self, _: web.Request) -> web.Response:
        return answer(self._statistics.document())
