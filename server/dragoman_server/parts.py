"""What the figures are read from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dragoman_server.dispatcher import Dispatcher
from dragoman_server.intake import Intake
from dragoman_server.observation.watch import Watch
from dragoman_server.services import Services


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The parts of a server that count and measure."""

    dispatcher: Dispatcher
    intake: Intake
    services: Services
    watch: Watch
    not_ready: Callable[[], list[str]]
    """Why the server should get no traffic now."""
    log_lines_dropped: Callable[[], int]
