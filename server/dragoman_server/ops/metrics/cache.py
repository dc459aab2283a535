"""The cache: hits by the kind of answer and by level, and what each level holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import Metric

from dragoman_server.cache.counters import KindCounters
from dragoman_server.cache.store import StoreStatistics
from dragoman_server.ops.metrics.families import Row, counter, gauge
from dragoman_server.ops.stats_sources import StatsSources

_KINDS = ("text", "sentence", "transcription", "speech")
"""Shown before the first is asked for."""
Figure = Callable[[StoreStatistics], float]


def families(sources: StatsSources) -> Iterator[Metric]:
    """Yield the counters and, of each level that is switched on, its size."""
    levels = sources.services.cache.levels()
    yield from _counters(sources, list(levels))

    def each(make: Callable[..., Metric], name: str, meaning: str, figure: Figure) -> Metric:
        rows = [((level,), figure(statistics)) for level, statistics in levels.items()]
        return make(f"dragoman_cache_{name}", meaning, ("level",), rows)

    yield each(gauge, "ok", "1 where the level keeps what it is given", lambda level: level.state == "ok")
    yield each(gauge, "entries", "Answers that the level holds", lambda level: level.entries)
    yield each(gauge, "bytes", "Bytes of the answers that the level holds", lambda level: level.bytes)
    yield each(gauge, "limit_bytes", "Most bytes that it may hold", lambda level: level.limit_bytes)
    yield each(counter, "evictions_total", "Answers that had to leave for others", lambda level: level.evictions)


def _counters(sources: StatsSources, levels: Sequence[str]) -> Iterator[Metric]:
    known = sources.services.cache.counters.kinds
    kinds = {kind: known.get(kind) or KindCounters() for kind in dict.fromkeys((*_KINDS, *known))}
    hits: list[Row] = [
        ((kind, level), one.hits[level])
        for kind, one in kinds.items()
        for level in dict.fromkeys((*levels, *one.hits))
    ]
    yield counter("dragoman_cache_hits_total", "Answers that were known", ("kind", "level"), hits)
    yield counter(
        "dragoman_cache_misses_total",
        "Answers that were not known",
        ("kind",),
        [((kind,), one.misses) for kind, one in kinds.items()],
    )
    yield counter(
        "dragoman_cache_saved_seconds_total",
        "Seconds in model calls that the hits would have taken",
        ("kind",),
        [((kind,), one.saved_s) for kind, one in kinds.items()],
    )
