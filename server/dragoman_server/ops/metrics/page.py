"""The page that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric

from dragoman_server.ops.metrics import cache, engines, language, requests, server, sockets, text
from dragoman_server.ops.stats_sources import StatsSources

SUBJECTS: tuple[Callable[[StatsSources], Iterator[Metric]], ...] = (
    requests.families,
    engines.families,
    language.families,
    cache.families,
    server.families,
    sockets.families,
)


class MetricsPage:
    """Renders the figures of this moment, and those of the process.

    Args:
        sources: where they are.
    """

    content_type = text.CONTENT_TYPE

    def __init__(self, sources: StatsSources) -> None:
        self._sources = sources
        self._process = ProcessCollector(registry=CollectorRegistry())

    def render(self) -> bytes:
        """Render the page."""
        return text.render(self._families())

    def _families(self) -> Iterator[Metric]:
        for families in SUBJECTS:
            yield from families(self._sources)
        yield from self._process.collect()
