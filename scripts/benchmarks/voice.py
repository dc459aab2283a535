"""When is the first sound of a voice message there? With `stream` and without it, in Kokoro's voice, in turn.

A message of about 5 s and one of about 15 s, both English, become Portuguese. The caches are off; both engines
that hear and speak are the best that are installed. The figures of a machine that does other work as well are noise.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from dragoman_client import Client
from dragoman_engines.models.defaults import KOKORO, is_at_hand
from scripts.benchmarks.lanes import Speech
from scripts.benchmarks.table import Row, chosen
from scripts.embedded_server import NO_CACHE, Server, embedded_server

LENGTHS_S = (5.0, 15.0)
BEST = {"engines.speech.quality": "best", "engines.transcription.model": "embedded"}
_SOUND = frozenset({"audio_chunk", "audio_translation_ready"})


def measure(rounds: int, only: str) -> Iterator[Row]:
    """Yield the rows whose measurement's name contains `only`: `voice`."""
    measurements: dict[str, Callable[[int], Iterator[Row]]] = {"voice": _voice}
    yield from chosen(measurements, rounds, only)


def _voice(rounds: int) -> Iterator[Row]:
    if not is_at_hand(KOKORO):
        raise SystemExit("scripts/bench voice needs Kokoro: dragoman models pull kokoro")
    with embedded_server(NO_CACHE | BEST) as server:
        yield from asyncio.run(_compare(server, Speech(), rounds))


async def _compare(server: Server, speech: Speech, rounds: int) -> list[Row]:
    rows: list[Row] = []
    async with Client(server.requests, server.routed, timeout_s=600) as client:
        for length_s in LENGTHS_S:
            [clip] = speech.near(length_s, 1)
            recording = clip.read_bytes()
            await _times(client, recording, stream=True)  # the first one warms the engines up
            times: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
            for number in range(rounds):
                # Each is first in every other round.
                for stream in (True, False) if number % 2 else (False, True):
                    times[stream].append(await _times(client, recording, stream=stream))
                print(f"{length_s:g} s: round {number + 1} of {rounds}", flush=True)
            for place, what, goal in ((0, "first sound", None), (1, "the whole", 1.1)):
                ours, other = ([pair[place] for pair in times[stream]] for stream in (True, False))
                name = f"a message of {length_s:g} s ({clip.stem}): {what} with stream, beside without"
                rows.append(Row(name=name, ours=ours, other=other, unit="s", goal=goal))
    return rows


async def _times(client: Client, recording: bytes, *, stream: bool) -> tuple[float, float]:
    """Return the seconds until the first sound of a message, and until its end."""
    request = {"type": "audio_process", "targetLanguages": ["pt"], "userLanguage": "en", "stream": stream}
    begin_s = time.perf_counter()
    first_s = 0.0
    async for event in client.events(request, binaries={"audio": recording}):
        if event.type in _SOUND and not first_s:
            first_s = time.perf_counter() - begin_s
        if event.error is not None:
            raise SystemExit(f"scripts/bench voice: {event.error}")
    return first_s, time.perf_counter() - begin_s
