"""GET /healthz and /readyz: whether the process is to be restarted, and whether it is to get traffic."""

from __future__ import annotations

import time

from aiohttp import web

from dragoman_server.ops.answers import answer
from dragoman_server.ops.stats_sources import StatsSources

_INTAKE_S = 5.0
"""The intake looks at its socket at least every second; when it has not for this long, the loop hangs."""
_JOURNAL_S = 30.0
"""A disk may be slow, and one that cannot be written is reported as such; no word at all for so long is a hang.

A file that is damaged, and could not be replaced for so long, is looked at again by the next start."""


class Health:
    """Both probes.

    Args:
        sources: those that must make progress.
    """

    def __init__(self, sources: StatsSources) -> None:
        self._sources = sources

    def routes(self) -> list[web.RouteDef]:
        """Return the paths."""
        return [web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)]

    async def _healthz(self, _: web.Request) -> web.Response:
        idle_s = time.monotonic() - self._sources.intake.last_turn_s
        waiting_s = self._sources.services.journal.waiting_s
        damaged_s = self._sources.services.journal.damaged_s
        unwatched = [name for pool in self._sources.services.pools.values() for name in pool.supervisor.unwatched]
        reasons = [
            *([f"intake: no turn for {idle_s:.1f} s"] if idle_s > _INTAKE_S else []),
            *([f"journal: no word from its writer for {waiting_s:.1f} s"] if waiting_s > _JOURNAL_S else []),
            *([f"journal: damaged for {damaged_s:.1f} s"] if damaged_s > _JOURNAL_S else []),
            *(f"engine {name}: its process is not supervised" for name in unwatched),
        ]
        figures = {"intake_idle_s": round(idle_s, 3), "journal_waiting_s": round(waiting_s, 3)}
        return answer({"healthy": not reasons, "reasons": reasons, **figures}, 503 if reasons else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        reasons = self._sources.not_ready()
        return answer({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)
