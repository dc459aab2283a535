"""How a pool runs its engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """How a pool runs its engine."""

    processes: int = 1
    batch: int = 1
    """Units in one model call, at most."""
    batch_cost_s: float = 0.2
    """Their cost together, at most; one unit may cost more."""
    unit_timeout_s: float = 120.0
    """A model call that takes longer has its process killed."""
    load_timeout_s: float = 300.0
    """So has a process that takes longer to load its model."""
    ping_every_s: float = 5.0
    """How often an idle process is asked for a sign of life."""
    pong_timeout_s: float = 15.0
    """One that gives none for so long is killed."""
