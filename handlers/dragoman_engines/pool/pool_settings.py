"""How a pool runs its engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dragoman_engines.pool.slot_owner import Bounds

PoolState = Literal["loading", "ready", "idle", "restarting", "missing", "stopped"]
"""What a person would say of a pool."""


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
    preload: bool = True
    """Load the model at the start; otherwise when work first comes."""
    idle_unload_s: float = 0.0
    """Unload it after so long without work; 0: never."""
    child_mb: float = 0.0
    """A process that takes more resident memory than this, in MiB, is replaced between two calls; 0: it may grow."""
    weigh_every_s: float = 1.0
    """How often that is looked at, at most."""

    def bounds(self) -> Bounds:
        """What of it concerns a single process."""
        return Bounds(
            load_s=self.load_timeout_s,
            unit_s=self.unit_timeout_s,
            ping_every_s=self.ping_every_s,
            pong_s=self.pong_timeout_s,
            child_mb=self.child_mb,
            weigh_every_s=self.weigh_every_s,
        )
