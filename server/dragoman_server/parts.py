"""What the figures are read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dragoman_engines.pool import EnginePool
from dragoman_engines.work import Kind
from dragoman_server.budget import ByteBudget
from dragoman_server.clock import Clock
from dragoman_server.dispatcher import Dispatcher
from dragoman_server.intake import Intake
from dragoman_server.observation.watch import Watch
from dragoman_server.publisher import Publisher


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The parts of a server that count and measure."""

    dispatcher: Dispatcher
    intake: Intake
    publisher: Publisher
    pools: Mapping[Kind, EnginePool]
    budget: ByteBudget
    watch: Watch
    clock: Clock
    not_ready: Callable[[], list[str]]
    """Why the server should get no traffic now."""
    log_lines_dropped: Callable[[], int]
