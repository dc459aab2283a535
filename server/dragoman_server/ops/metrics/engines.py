"""Engines: their processes, their units and their model calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from dragoman_engines.pool.pool import EnginePool
from dragoman_server.ops.metrics.families import counter, gauge, histogram
from dragoman_server.ops.stats_sources import StatsSources


def families(sources: StatsSources) -> Iterator[Metric]:
    """By the kind of engine."""
    pools = sources.services.pools

    def each(make: Callable[..., Metric], name: str, meaning: str, figure: Callable[[EnginePool], float]) -> Metric:
        rows = [((kind,), figure(pool)) for kind, pool in pools.items()]
        return make(f"dragoman_engine_{name}", meaning, ("engine",), rows)

    yield each(gauge, "ready", "1 where it serves, or would load its model to serve", lambda pool: pool.available)
    yield each(gauge, "processes", "Processes that run", lambda pool: len(pool.children))
    yield each(gauge, "processes_limit", "Processes as configured", lambda pool: pool.settings.processes)
    yield each(gauge, "busy_processes", "Processes in a model call", lambda pool: pool.busy)
    yield each(gauge, "queued_units", "Units that wait for a process", lambda pool: pool.queued)
    yield each(
        gauge,
        "resident_memory_bytes",
        "Memory of all its processes",
        lambda pool: sum(child.rss_mb() for child in pool.children) * 2**20,
    )
    yield each(counter, "restarts_total", "Processes that ended and were replaced", lambda pool: pool.restarts)
    yield each(counter, "units_total", "Units that were done", lambda pool: pool.units_done)
    yield each(
        counter,
        "units_shared_total",
        "Units that were not done because an equal one was in flight",
        lambda pool: pool.sharing.shared,
    )
    yield histogram(
        "dragoman_engine_unit_queue_seconds",
        "How long a unit waited for a process",
        "engine",
        {kind: pool.timings.queue for kind, pool in pools.items()},
    )
    yield histogram(
        "dragoman_engine_call_seconds",
        "How long a model call took",
        "engine",
        {kind: pool.timings.calls for kind, pool in pools.items()},
    )
    yield histogram(
        "dragoman_engine_batch_units",
        "Units in a model call",
        "engine",
        {kind: pool.timings.batches for kind, pool in pools.items()},
    )
