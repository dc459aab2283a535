"""The ZeroMQ sockets: their connections, and what is dropped there."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from dragoman_server.ops.metrics.families import counter, gauge
from dragoman_server.ops.stats_sources import StatsSources


def families(sources: StatsSources) -> Iterator[Metric]:
    """Yield what is of a socket."""
    connections = sources.connections.items()
    yield gauge(
        "dragoman_connections",
        "Connections that are open",
        ("socket",),
        [((name,), len(one)) for name, one in connections],
    )
    yield gauge(
        "dragoman_connections_limit",
        "Most connections",
        ("socket",),
        [((name,), one.limits.total) for name, one in connections],
    )
    yield counter(
        "dragoman_connections_accepted_total",
        "Connections that were let in",
        ("socket",),
        [((name,), one.accepted) for name, one in connections],
    )
    yield counter(
        "dragoman_connections_refused_total",
        "Connections for which there was no place",
        ("socket", "reason"),
        [((name, reason.value), count) for name, one in connections for reason, count in one.refused.items()],
    )
    yield counter(
        "dragoman_connections_closed_total",
        "Connections that ended",
        ("socket", "reason"),
        [((name, reason.value), count) for name, one in connections for reason, count in one.closed.items()],
    )
    yield from _dropped(sources)


def _dropped(sources: StatsSources) -> Iterator[Metric]:
    publisher, budget = sources.services.publisher, sources.services.budget
    subscribers = [(name, one.subscribers) for name, one in publisher.sockets.items()]
    yield gauge(
        "dragoman_subscriptions",
        "Topics of all subscribers",
        ("socket",),
        [((name,), one.count) for name, one in subscribers],
    )
    yield counter(
        "dragoman_subscriptions_refused_total",
        "Topics that were not kept",
        ("socket", "reason"),
        [((name, reason.value), count) for name, one in subscribers for reason, count in one.refused.items()],
    )
    yield counter(
        "dragoman_parts_dropped_total",
        "Parts of requests that were dropped as they came",
        ("reason",),
        [((reason.value,), count) for reason, count in budget.parts_dropped.items()],
    )
    yield counter(
        "dragoman_events_dropped_total",
        "Events that a subscriber did not get, or that had none",
        ("reason",),
        [((reason.value,), count) for reason, count in publisher.budget.dropped.items()],
    )
