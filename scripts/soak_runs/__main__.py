"""The `scripts/soak` command."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

from dragoman_client import Client
from scripts.chaos_runs.victim import Victim
from scripts.soak_runs import __doc__ as purpose
from scripts.soak_runs.samples import Sample, grown, left_over, print_samples, take
from scripts.soak_runs.traffic import Traffic

_SHARE = 2 / 3
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

    async def look(self) -> Sample:
        """One look."""
        stats = await asyncio.to_thread(self._victim.stats)
        return take(self._victim.pid, stats, time.monotonic() - self._begin_s, self._traffic.done)

    async def keep_looking(self, every_s: float) -> None:
        """Until cancelled."""
        while True:
            self.samples.append(await self.look())
            await asyncio.sleep(every_s)


async def soak(victim: Victim, minutes: float, seed: int, folder: Path) -> list[str]:
    """The problems."""
    # The client connects and one round of everything is through before the first look: what is made once is no leak.
    async with Client(victim.endpoints["requests"], victim.endpoints["routed"], peer="soak") as client:
        traffic = Traffic(client, seed)
        capacity = await traffic.saturate(_MEASURE_S)
        await asyncio.sleep(_REST_S)
        watcher = Watcher(victim, traffic)
        before = await watcher.look()
        print(
            f"capacity {capacity:.0f} requests/s; {_SHARE * capacity:.0f} requests/s for {minutes:g} min", flush=True
        )
        watching = asyncio.create_task(watcher.keep_looking(_EVERY_S))
        await traffic.steady(_SHARE * capacity, 60 * minutes)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await asyncio.sleep(_REST_S)
        after = await watcher.look()
    print_samples([before, *watcher.samples, after])
    problems = [f"{count} requests: {what}" for what, count in traffic.problems.items()]
    stats = await asyncio.to_thread(victim.stats)
    return problems + grown(watcher.samples) + left_over(before, after, stats, folder / "state" / "spool")


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
        settings = {"results.keep_s": keep_s, "server.log_level": "warning"}
        with Victim(Path(folder), random.Random(arguments.seed), settings) as victim:
            problems = asyncio.run(soak(victim, arguments.minutes, arguments.seed, Path(folder)))
    for problem in problems:
        print(problem)
    print("FAILED" if problems else "held: nothing grew, nothing is left over")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
