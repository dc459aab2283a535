"""Engines: their processes, their units and their model calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from dragoman_engines.pool.histogram import Histogram
from dragoman_engines.pool.pool import EnginePool
from dragoman_server.ops.metrics.families import counter, gauge, histogram
from dragoman_server.ops.stats_sources import StatsSources

_Figure = Callable[[EnginePool], float]
_FIGURES: tuple[tuple[Callable[..., Metric], str, str, _Figure], ...] = (
    (gauge, "ready", "1 where it serves, or would load its model to serve", lambda pool: pool.supervisor.available),
    (gauge, "processes", "Processes that run", lambda pool: len(pool.supervisor.children)),
    (gauge, "processes_limit", "Processes as configured", lambda pool: pool.settings.processes),
    (gauge, "busy_processes", "Processes in a model call", lambda pool: pool.supervisor.busy),
    (gauge, "queued_units", "Units that wait for a process", lambda pool: pool.queued),
    (
        gauge,
        "resident_memory_bytes",
        "Memory of all its processes",
        lambda pool: sum(child.rss_mb() for child in pool.supervisor.children) * 2**20,
    ),
    (counter, "restarts_total", "Processes that ended and were replaced", lambda pool: pool.supervisor.restarts),
    (counter, "units_total", "Units that were done", lambda pool: pool.units_done),
    (
        counter,
        "units_shared_total",
        "Units that were not done because an equal one was in flight",
        lambda pool: pool.queue.joined,
    ),
)
_HISTOGRAMS: tuple[tuple[str, str, Callable[[EnginePool], Histogram]], ...] = (
    ("unit_queue_seconds", "How long a unit waited for a process", lambda pool: pool.timings.queue),
    ("call_seconds", "How long a model call took", lambda pool: pool.timings.calls),
    ("batch_units", "Units in a model call", lambda pool: pool.timings.batches),
)


def families(sources: StatsSources) -> Iterator[Metric]:
    """Yield the figures of each pool, by the kind of its engine."""
    pools = sources.services.pools
    for make, name, meaning, figure in _FIGURES:
        rows = [((kind,), figure(pool)) for kind, pool in pools.items()]
        yield make(f"dragoman_engine_{name}", meaning, ("engine",), rows)
    for name, meaning, times in _HISTOGRAMS:
        yield histogram(
            f"dragoman_engine_{name}", meaning, "engine", {kind: times(pool) for kind, pool in pools.items()}
        )
