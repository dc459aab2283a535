"""Calls of an `echo` engine's process through its pool, for the comparison in `engines`; rates by point, as JSON.

Usage: python -m scripts.benchmarks.child_calls SECONDS
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from dragoman_engines.base import EngineSpec
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.pool.supervisor import PoolSettings
from dragoman_engines.work import AnyWork, DecodeAudio, TranslateSentences

WARM_S = 0.5
SMALL_BYTES, LARGE_BYTES = 200, 1 << 20


async def main(seconds: float) -> dict[str, float]:
    """Calls per second of 200 bytes and of 1 MiB, one at a time and 16 at a time."""
    numbers = itertools.count()
    recording = bytes(LARGE_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        spool = str(Path(folder) / "spool")

        def small() -> TranslateSentences:
            text = f"{next(numbers):09d}".ljust(SMALL_BYTES, "x")
            return TranslateSentences(source="en", target="fr", sentences=[text])

        def large() -> DecodeAudio:
            return DecodeAudio(data=recording, pcm_path=spool, max_duration_s=3600)

        rates = {}
        for name, kind, make in (("200B", "translation", small), ("1MiB", "decoder", large)):
            pool = EnginePool(EngineSpec(kind=kind, model="echo"), PoolSettings(batch=16))
            pool.start()
            await pool.settled()

            for flight in (1, 16):
                await _rate(pool, make, flight, WARM_S)
                rates[f"{name}-{flight}"] = await _rate(pool, make, flight, seconds)
            await pool.stop()
        return rates


async def _rate(pool: EnginePool, make: Callable[[], AnyWork], flight: int, seconds: float) -> float:
    begin_s = time.perf_counter()
    count = 0

    async def lane() -> None:
        nonlocal count
        while time.perf_counter() < begin_s + seconds:
            await pool.answer(pool.join(make(), Ticket()))
            count += 1

    await asyncio.gather(*(lane() for _ in range(flight)))
    return count / (time.perf_counter() - begin_s)


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(float(sys.argv[1])))), flush=True)
    os._exit(0)
