"""The statistics document: the same for GET /stats and for the in-band `stats` request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dragoman_engines.pool.pool import EnginePool
from dragoman_handlers.translation import version
from dragoman_server.ops.language import remote_document
from dragoman_server.ops.stats_sources import StatsSources, needed
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.services import Services
from dragoman_server.transport.connections import Connections


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """The TCP ports that the server listens on; 0 for a socket of another kind."""

    requests: int
    events: int
    routed: int
    ops: int


class Statistics:
    """Puts the document together from the parts' own counters.

    Args:
        sources: where they are.
    """

    def __init__(self, sources: StatsSources) -> None:
        self.ports = Ports(requests=0, events=0, routed=0, ops=0)
        self.log_level = ""
        self._sources = sources
        self._started_s = sources.services.clock.monotonic()

    @property
    def status(self) -> str:
        """Return one word: `starting`, `running`, `degraded` (an engine is missing or down) or `draining`."""
        if self._sources.dispatcher.draining:
            return "draining"
        states = {pool.state for pool in needed(self._sources.services.pools).values()}
        if states <= {"ready", "idle"}:
            return "running"
        return "starting" if "loading" in states else "degraded"

    @property
    def audio_available(self) -> bool:
        """Return whether voice messages can be processed: every engine that they need can serve."""
        return all(pool.supervisor.available for pool in needed(self._sources.services.pools).values())

    def document(self) -> dict[str, Any]:
        """Return the figures of this moment."""
        sources, services, dispatcher = self._sources, self._sources.services, self._sources.dispatcher
        counts = sources.telemetry.counts
        return {
            "server_status": self.status,
            "uptime_s": round(services.clock.monotonic() - self._started_s, 3),
            "version": version(),
            "log_level": self.log_level,
            "ports": asdict(self.ports),
            "active_tasks": {
                "total_active": dispatcher.total_active,
                "counters": dict(counts.acceptances),
                "types_breakdown": dict(dispatcher.active),
            },
            "lanes": {name: _lane(lane) for name, lane in dispatcher.lanes.items()},
            "engines": {kind: _pool(pool) for kind, pool in services.pools.items()},
            "language": {
                name: remote_document(remote, services.clock.unix()) for name, remote in services.remotes.items()
            },
            "messages": {
                "received": sources.intake.received,
                "rejected": sources.intake.rejected,
                "published": services.publisher.published,
            },
            "rejected_by_code": counts.rejected_by_code,
            "peers": counts.peers.busiest(sources.telemetry.tasks.active_by_peer()),
            "connections": {name: _connections(one) for name, one in sources.connections.items()},
            "dropped": _dropped(services),
            "in_flight": {
                "bytes": services.budget.taken_bytes,
                "limit_bytes": services.budget.limits.total_bytes,
                "arriving_bytes": services.budget.arriving_bytes,
                "spooled_bytes": services.budget.spooled_bytes,
                "refused": services.budget.refused,
            },
            "results": {"tasks": len(dispatcher.store), "bytes": dispatcher.store.bytes},
            "journal": dict(services.journal.statistics()),
            "cache": services.cache.document(),
        }


def _connections(connections: Connections) -> dict[str, Any]:
    return {
        "open": len(connections),
        "limit": connections.limits.total,
        "address_limit": connections.limits.address,
        "accepted": connections.accepted,
        "refused": _by_reason(connections.refused),
        "closed": _by_reason(connections.closed),
    }


def _dropped(services: Services) -> dict[str, Any]:
    publisher = services.publisher
    return {
        "parts": _by_reason(services.budget.parts_dropped),
        "events": _by_reason(publisher.budget.dropped),
        "subscriptions": {name: _by_reason(one.subscribers.refused) for name, one in publisher.sockets.items()},
    }


def _by_reason(counts: Mapping[Any, int]) -> dict[str, int]:
    return {reason.value: count for reason, count in counts.items()}


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "active": lane.active,
        "queued": lane.queued,
        "completed": lane.completed,
        "failed": lane.failed,
        "rejected": lane.rejected,
        "concurrency": lane.config.concurrency,
        "queue_limit": lane.config.queue,
        "queue_ms": asdict(lane.queue_times.percentiles()),
        "compute_ms": asdict(lane.compute_times.percentiles()),
        "publish_ms": asdict(lane.publish_times.percentiles()),
    }


def _pool(pool: EnginePool) -> dict[str, Any]:
    children = pool.supervisor.children
    return {
        "state": pool.state,
        "restarts": pool.supervisor.restarts,
        "busy": pool.supervisor.busy,
        "model": pool.capabilities.model if pool.capabilities else pool.spec.model,
        "rss_mb": round(sum(child.rss_mb() for child in children), 1),
        "processes": pool.settings.processes,
        "pids": [child.pid for child in children],
        "queued": pool.queued,
        "units": pool.units_done,
        "units_shared": pool.queue.joined,
        "calls": pool.calls,
        "compute_s": round(pool.computed_s, 3),
        "pace": round(pool.queue.cost_model.factor, 3),
    }
