"""Units that several tasks may wait for: equal work is done once while it is in flight, and for a moment after."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence

from dragoman_engines.pool.unit import Unit

_LINGER_S = 0.05
"""Who has looked in the cache just before the answer was kept comes here within this time."""


class SharedUnits:
    """The units that may be shared, by what they compute."""

    def __init__(self) -> None:
        self.shared = 0
        """Times that somebody joined a unit instead of having his own."""
        self._units: dict[Hashable, Unit] = {}

    def __len__(self) -> int:
        """Those that are not answered yet."""
        return sum(1 for unit in self._units.values() if unit.answered is None)

    def find(self, key: Hashable, *, answered: bool) -> Unit | None:
        """A unit that does the work of this key or, with `answered`, has just done it."""
        unit = self._units.get(key) if key is not None else None
        if unit is None or (unit.answered is not None and not answered):
            return None
        self.shared += 1
        return unit

    def add(self, unit: Unit) -> None:
        """Let others join it."""
        if unit.share_key is not None:
            self._units[unit.share_key] = unit

    def forget(self, unit: Unit) -> None:
        """Let nobody join it any more."""
        if unit.share_key is not None and self._units.get(unit.share_key) is unit:
            del self._units[unit.share_key]

    def forget_soon(self, units: Sequence[Unit]) -> None:
        """Forget units whose answers have just been kept, when those who missed them there have come."""
        if units:
            asyncio.get_running_loop().call_later(_LINGER_S, self._forget_all, units)

    def _forget_all(self, units: Sequence[Unit]) -> None:
        for unit in units:
            self.forget(unit)
