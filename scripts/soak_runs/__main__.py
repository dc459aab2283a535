"""The `scripts/soak` command."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from dragoman_client import Client
from scripts.chaos_runs.victim import Victim
from scripts.soak_runs import __doc__ as purpose
from scripts.soak_runs.samples import Sample, grown, left_over, print_samples, take
from scripts.soak_runs.traffic import Traffic

_SHARE = 2 / 3
_DELAYS_MS = {"decoder": 2, "transcription": 5, "translation": 1, "speech": 2}
_MOST_REFUSED = 0.01
_SMALL_CACHE = {"cache.memory_bytes": 1 << 20, "cache.disk_bytes": 4 << 20}
"""Full within a minute: what it keeps on purpose is no leak."""
_MEASURE_S = 10.0
_EVERY_S = 10.0
_REST_S = 3.0
"""For connections to close and for timers to run out, before and after."""


class Watcher:
    """Looks at the server now and then."""

    def __init__(self, victim: Victim, traffic: Traffic) -> None:
        self.samples: list[Sample] = []
        self._victim = victim
        self._traffic = traffic
        self._begin_s = time.monotonic()

    async def look(self) -> tuple[dict[str, Any], Sample]:
        """Look once; return the sample with the statistics that it was taken from."""
        stats = await asyncio.to_thread(self._victim.stats)
        return stats, take(self._victim.pid, stats, time.monotonic() - self._begin_s, self._traffic.done)

    async def keep_looking(self, every_s: float) -> None:
        """Until cancelled."""
        while True:
            self.samples.append((await self.look())[1])
            await asyncio.sleep(every_s)


async def soak(victim: Victim, minutes: float, seed: int, folder: Path) -> list[str]:
    """Return the problems."""
    # The client connects and one round of everything is through before the first look: what is made once is no leak.
    async with Client(victim.endpoints["requests"], victim.endpoints["routed"], peer="soak") as client:
        traffic = Traffic(client, seed)
        capacity = await traffic.saturate(_MEASURE_S)
        await asyncio.sleep(_REST_S)
        watcher = Watcher(victim, traffic)
        _, before = await watcher.look()
        rate = _SHARE * capacity
        print(f"capacity {capacity:.0f} requests/s; {rate:.0f} requests/s for {minutes:g} min", flush=True)
        watching = asyncio.create_task(watcher.keep_looking(_EVERY_S))
        await traffic.steady(rate, 60 * minutes)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        left = await what_is_left(watcher, before, folder / "state" / "spool")
    print_samples([before, *watcher.samples])
    problems = [f"{count} requests: {what}" for what, count in traffic.problems.items()]
    return problems + _too_many_refused(traffic) + grown(watcher.samples) + left


def _too_many_refused(traffic: Traffic) -> list[str]:
    """Below capacity next to nothing is refused; a machine that others use as well may stall for a moment."""
    for error_code, count in traffic.refused.items():
        print(f"{count} of {traffic.done} requests were refused: {error_code}")
    share = traffic.refused.total() / max(1, traffic.done)
    return [f"{share:.1%} of the requests were refused"] if share > _MOST_REFUSED else []


async def what_is_left(watcher: Watcher, before: Sample, spool: Path) -> list[str]:
    """Return what an idle server did not have before, and does not release within `_REST_S`."""
    deadline_s = time.monotonic() + _REST_S
    while True:
        stats, after = await watcher.look()
        left = left_over(before, after, stats, spool)
        if not left or time.monotonic() > deadline_s:
            return left
        await asyncio.sleep(_REST_S / 10)


def main() -> int:
    """Run it; 1 where something grew or was left over."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=purpose)
    parser.add_argument("--minutes", type=float, default=20.0, help="of traffic (default 20)")
    parser.add_argument("--keep-s", type=float, help="results.keep_s; by default an eighth of the time, at most 60 s")
    parser.add_argument("--seed", type=int, default=1, help="of the requests (default 1)")
    arguments = parser.parse_args()
    # Kept results are memory on purpose: they must have reached their steady number well before the second half.
    keep_s = min(60.0, 60 * arguments.minutes / 8) if arguments.keep_s is None else arguments.keep_s
    with tempfile.TemporaryDirectory(prefix="dragoman-soak-", ignore_cleanup_errors=True) as folder:
        delays = {f"engines.{kind}.delay_ms": delay for kind, delay in _DELAYS_MS.items()}
        settings = {"results.keep_s": keep_s, **_SMALL_CACHE, **delays}
        with Victim(Path(folder), settings) as victim:
            problems = asyncio.run(soak(victim, arguments.minutes, arguments.seed, Path(folder)))
    for problem in problems:
        print(problem)
    print("FAILED" if problems else "held: nothing grew, nothing is left over")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
