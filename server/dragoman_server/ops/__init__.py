"""The operations endpoint: HTTP, for curl, probes and dashboards. One file for each subject, with its routes."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from dragoman_server.ops.cache import CacheRoutes
from dragoman_server.ops.dashboard import Dashboard
from dragoman_server.ops.drain import DrainRoute
from dragoman_server.ops.figures import Figures
from dragoman_server.ops.health import Health
from dragoman_server.ops.metrics.page import MetricsPage
from dragoman_server.ops.server import Ops
from dragoman_server.ops.statistics import Statistics
from dragoman_server.ops.stats_sources import StatsSources
from dragoman_server.ops.tasks import Tasks

__all__ = ["Ops", "routes_of"]


def routes_of(
    sources: StatsSources, statistics: Statistics, stop: Callable[[], None], drain_s: Callable[[], float]
) -> list[web.RouteDef]:
    """Collect every path that is served; `stop` begins a graceful stop, in which work in flight has `drain_s()`."""
    return [
        *Dashboard().routes(),
        *Figures(statistics, MetricsPage(sources)).routes(),
        *Health(sources).routes(),
        *CacheRoutes(sources.services).routes(),
        *DrainRoute(sources, stop, drain_s).routes(),
        *Tasks(sources.telemetry.tasks, sources.dispatcher.cancel, sources.services.clock).routes(),
    ]
