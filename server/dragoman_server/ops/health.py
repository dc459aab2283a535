"""GET /healthz and /readyz: whether the process is to be restarted, and whether it is to get traffic."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

from dragoman_server.intake import Intake
from dragoman_server.ops.answers import answer

_STALLED_S = 5.0
"""The intake looks at its socket at least every second; when it has not for this long, the loop hangs."""


class Health:
    """Both probes.

    Args:
        intake: its turns show that the loop runs.
        not_ready: why the server should get no traffic now.
    """

    def __init__(self, intake: Intake, not_ready: Callable[[], list[str]]) -> None:
        self._intake = intake
        self._not_ready = not_ready

    def routes(self) -> list[web.RouteDef]:
        """The paths."""
        return [web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)]

    async def _healthz(self, _: web.Request) -> web.Response:
        idle_s = time.monotonic() - self._intake.last_turn_s
        healthy = idle_s < _STALLED_S
        return answer({"healthy": healthy, "intake_idle_s": round(idle_s, 3)}, 200 if healthy else 503)

    async def _readyz(self, _: web.Request) -> web.Response:
        reasons = self._not_ready()
        return answer({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)
