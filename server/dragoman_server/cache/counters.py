"""The savings of the cache, by the kind of answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class KindCounters:
    """Of one kind of answer."""

    hits: Counter[str] = field(default_factory=Counter)
    """By level."""
    misses: int = 0
    saved_s: float = 0.0
    """Seconds in model calls that the hits would have taken again."""


class CacheCounters:
    """Of all kinds: `text`, `sentence`, `transcription`, `speech`."""

    def __init__(self) -> None:
        self.kinds: dict[str, KindCounters] = {}

    def hit(self, kind: str, level: str, saved_s: float, count: int = 1) -> None:
        """Count one hit, or several; `saved_s` is of all together."""
        counters = self._of(kind)
        counters.hits[level] += count
        counters.saved_s += saved_s

    def miss(self, kind: str) -> None:
        """Count one miss."""
        self._of(kind).misses += 1

    def document(self) -> dict[str, Any]:
        """Return the figures for /stats: the sums, then kind by kind."""
        kinds = self.kinds
        hits = sum(one.hits.total() for one in kinds.values())
        misses = sum(one.misses for one in kinds.values())
        return {
            "cache_hits": hits,
            "cache_misses": misses,
            "cache_hit_rate": _percent(hits, misses),
            "saved_s": round(sum(one.saved_s for one in kinds.values()), 3),
            "kinds": {name: _document(one) for name, one in sorted(kinds.items())},
        }

    def _of(self, kind: str) -> KindCounters:
        counters = self.kinds.get(kind)
        if counters is None:
            counters = self.kinds[kind] = KindCounters()
        return counters


def _document(one: KindCounters) -> dict[str, Any]:
    hits = one.hits.total()
    return {
        "cache_hits": hits,
        "cache_misses": one.misses,
        "cache_hit_rate": _percent(hits, one.misses),
        "hits_by_level": dict(one.hits),
        "saved_s": round(one.saved_s, 3),
    }


def _percent(hits: int, misses: int) -> float:
    return round(100 * hits / (hits + misses), 2) if hits + misses else 0.0
