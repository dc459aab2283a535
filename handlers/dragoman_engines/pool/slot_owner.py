"""What a slot is told at its making, and what it asks and tells its pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dragoman_engines.base import Capabilities
from dragoman_engines.pool.unit import Unit
from dragoman_engines.process.channel import Done

if TYPE_CHECKING:
    from dragoman_engines.pool.slot import Slot


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """How long a process may be silent before it is killed, in seconds. Whatever it does, one of them holds."""

    load_s: float
    """While it loads its model."""
    unit_s: float
    """In a model call."""
    ping_every_s: float
    """While it is idle, until it is asked for a sign of life."""
    pong_s: float
    """From then to its answer."""
    child_mb: float = 0.0
    """Resident memory in MiB past which it is replaced after a model call; 0: it may grow."""
    weigh_every_s: float = 1.0
    """How often that is looked at, at most."""


class SlotOwner(Protocol):
    """What a slot asks and tells its pool."""

    async def admit(self, slot: Slot) -> bool:
        """Before a process is started: wait for room. False: not now; the slot rests until it is woken.

        Raises:
            NoRoom: there will never be room.
        """
        ...

    def rested(self) -> None:
        """A slot has no process, and needs none until it is woken."""
        ...

    def loaded(self, slot: Slot, capabilities: Capabilities) -> None:
        """A process has its model and is idle.

        Raises:
            NoRoom: it turned out too large.
        """
        ...

    def finished(self, slot: Slot, units: list[Unit], done: Done) -> None:
        """A model call ended; the process is idle."""
        ...

    def lost(self, units: list[Unit], status: int, *, timed_out: bool) -> None:
        """A process ended with these units in its hands."""
        ...

    def missing(self, reason: str) -> None:
        """The model cannot be loaded, and trying again would not help."""
        ...

    def failed(self) -> None:
        """A process could not be started, or ended by itself; there will be another."""
        ...

    def retired(self) -> None:
        """A process was ended on purpose."""
        ...
