"""The sources of the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dragoman_engines.pool.pool import EnginePool
from dragoman_server.tasks.dispatcher import Dispatcher
from dragoman_server.tasks.services import Services
from dragoman_server.telemetry.telemetry import Telemetry
from dragoman_server.transport.connections import Connections
from dragoman_server.transport.intake import Intake


def needed(pools: Mapping[str, EnginePool]) -> dict[str, EnginePool]:
    """Return the pools without which the server is not whole; language models are an addition to it."""
    return {name: pool for name, pool in pools.items() if pool.spec.kind != "language"}


@dataclass(frozen=True, kw_only=True, slots=True)
class StatsSources:
    """The parts of a server that count and measure."""

    dispatcher: Dispatcher
    intake: Intake
    services: Services
    telemetry: Telemetry
    not_ready: Callable[[], list[str]]
    """Why the server should get no traffic now."""
    log_lines_dropped: Callable[[], int]

    @property
    def connections(self) -> Mapping[str, Connections]:
        """Return those of each ZeroMQ socket, by its name in the configuration."""
        publishing = self.services.publisher.sockets
        return {"requests": self.intake.connections, **{name: one.connections for name, one in publishing.items()}}
