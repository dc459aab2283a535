"""The page that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from dragoman_server.metrics import engines, requests, server
from dragoman_server.parts import Parts

SUBJECTS: tuple[Callable[[Parts], Iterator[Metric]], ...] = (requests.families, engines.families, server.families)


class MetricsPage:
    """Renders the figures of this moment.

    Args:
        parts: where they are.
    """

    def __init__(self, parts: Parts) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Figures(parts))
        ProcessCollector(registry=self._registry)

    def render(self, accept: str) -> tuple[bytes, str]:
        """The page and its content type, in the format that the `Accept` header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _Figures(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        """See Collector."""
        for families in SUBJECTS:
            yield from families(self._parts)

    def describe(self) -> Iterable[Metric]:
        """Nothing that has to be asked for beforehand."""
        return ()
