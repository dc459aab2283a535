"""Does the short wait behind the long? The scheduling figures, on the embedded models and real speech."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import statistics
import time
import wave
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from dragoman_client import Client
from scripts.benchmarks.direct import Direct
from scripts.benchmarks.table import Row
from scripts.embedded_server import NO_CACHE, Server, embedded_server

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
RATE_HZ = 16_000
SINGLES = 60
"""Requests behind each p95."""


def measure(rounds: int, only: str) -> list[Row]:
    """Return every measurement whose name contains `only`."""
    if not DATA.is_dir():
        raise SystemExit("scripts/bench lanes needs the test data beside the project")
    return asyncio.run(_measure(rounds, only))


async def _measure(rounds: int, only: str) -> list[Row]:
    speech = Speech()
    rows: list[Row] = []
    measurements: dict[str, Callable[[Server, Speech, int], Coroutine[Any, Any, list[Row]]]] = {
        "clip behind a file": _clip_behind_file,
        "chat beside voice": _chat_beside_voice,
        "translation throughput": _translation_throughput,
        "clip throughput": _clip_throughput,
        "flood": _flood,
    }
    for name, run in measurements.items():
        if only in name:
            print(f"{name} ...", flush=True)
            with embedded_server(NO_CACHE) as server:
                rows += await run(server, speech, rounds)
    return rows


class Speech:
    """Recordings made of the LibriSpeech clips."""

    def __init__(self) -> None:
        rows = [json.loads(line) for line in (DATA / "speech.jsonl").read_text(encoding="utf-8").splitlines()]
        self.clips = [(DATA / row["path"], float(row["seconds"])) for row in rows if "librispeech" in row["path"]]
        self.lines = (DATA / "text" / "flores.en.txt").read_text(encoding="utf-8").splitlines()

    def near(self, seconds: float, count: int) -> list[Path]:
        """Return the clips whose length is nearest to this."""
        return [path for path, _ in sorted(self.clips, key=lambda clip: abs(clip[1] - seconds))[:count]]

    def long(self, seconds: float) -> bytes:
        """Return a WAV of about this length."""
        import av  # noqa: PLC0415 - only this needs the decoder

        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            left = round(seconds * RATE_HZ)
            for path, _ in self.clips * 10:
                with av.open(str(path)) as container:
                    for frame in container.decode(audio=0):
                        samples = frame.to_ndarray().astype("<i2").ravel()[:left]
                        out.writeframes(samples.tobytes())
                        left -= len(samples)
                if left <= 0:
                    break
        return file.getvalue()


def _client(server: Server, peer: str) -> Client:
    return Client(server.requests, server.routed, peer=peer, timeout_s=600)


async def _timed(call: Coroutine[Any, Any, object]) -> float:
    begin_s = time.perf_counter()
    await call
    return time.perf_counter() - begin_s


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[18]


async def _singles(client: Client, lines: list[str]) -> float:
    """Return the p95 of single-sentence translations, one at a time, in milliseconds."""
    return _p95([1000 * await _timed(client.translate(line, "en", to="pt")) for line in lines])


async def _clip_behind_file(server: Server, speech: Speech, rounds: int) -> list[Row]:
    recording = speech.long(600)
    clip = speech.near(3.0, 1)[0].read_bytes()
    clips: list[float] = []
    files: list[float] = []
    windows: list[float] = []
    async with _client(server, "file") as one, _client(server, "clip") as other:
        await other.transcribe(clip)
        for _ in range(rounds):
            before = (await other.stats())["engines"]["transcription"]
            file = asyncio.create_task(one.transcribe(recording, "en"))
            await _until(other, lambda stats: bool(stats["engines"]["transcription"]["queued"] >= 2))
            begin_s = time.perf_counter()
            clips.append(await _timed(other.transcribe(clip)))
            await file
            files.append(time.perf_counter() - begin_s)
            after = (await other.stats())["engines"]["transcription"]
            windows.append(2 * (after["compute_s"] - before["compute_s"]) / (after["calls"] - before["calls"]))
    return [
        Row(name="3 s clip in a 10 min file, against 2 windows", ours=clips, other=windows, unit="s", goal=1.0),
        Row(
            name="waiting for the file, against the same clip",
            ours=files,
            other=clips,
            unit="s",
            goal=10.0,
            at_least=True,
        ),
    ]


@contextlib.asynccontextmanager
async def _voices(server: Server, speech: Speech, count: int) -> AsyncIterator[None]:
    """So many voice messages always at work."""
    recordings = [path.read_bytes() for path in speech.near(10.0, 8)]
    at_work = asyncio.Event()

    async def keep_speaking(number: int) -> None:
        async with _client(server, f"voice-{number}") as client:
            for turn in range(10_000):
                at_work.set()
                await client.voice(recordings[(turn + number) % len(recordings)], to="pt")

    tasks = [asyncio.create_task(keep_speaking(number)) for number in range(count)]
    await at_work.wait()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _chat_beside_voice(server: Server, speech: Speech, rounds: int) -> list[Row]:
    idle, busy = [], []
    async with _client(server, "chat") as client:
        await _singles(client, speech.lines[:10])
        for turn in range(rounds):
            lines = speech.lines[turn * SINGLES : (turn + 1) * SINGLES]
            idle.append(await _singles(client, lines))
            async with _voices(server, speech, 2):
                busy.append(await _singles(client, lines))
    return [Row(name="p95 of a sentence beside 2 voice messages", ours=busy, other=idle, unit="ms", goal=3.0)]


async def _translation_throughput(server: Server, speech: Speech, rounds: int) -> list[Row]:
    direct = Direct("firefox")
    ours, other = [], []
    async with _client(server, "many") as client:
        for turn in range(rounds):
            lines = speech.lines[turn * 64 : (turn + 1) * 64]
            other.append(len(lines) / direct.seconds({"lines": lines}))
            work = asyncio.gather(*(client.translate(line, "en", to="pt") for line in lines))
            ours.append(len(lines) / await _timed(_awaited(work)))
    direct.close()
    return [
        Row(
            name="64 sentences at once, against the engine alone",
            ours=ours,
            other=other,
            unit="/s",
            goal=0.95,
            at_least=True,
        )
    ]


async def _clip_throughput(server: Server, speech: Speech, rounds: int) -> list[Row]:
    paths = speech.near(5.0, 32)
    recordings = [path.read_bytes() for path in paths]
    job = {"clips": [str(path) for path in paths]}
    direct = Direct("whisper")
    ours, batched, single = [], [], []
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_client(server, f"clip-{number}")) for number in range(32)]
        await clients[0].transcribe(recordings[0], "en")
        for _ in range(rounds):
            batched.append(32 / direct.seconds({**job, "one_at_a_time": False}))
            single.append(32 / direct.seconds({**job, "one_at_a_time": True}))
            work = asyncio.gather(
                *(each.transcribe(data, "en") for each, data in zip(clients, recordings, strict=True))
            )
            ours.append(32 / await _timed(_awaited(work)))
    direct.close()
    return [
        Row(
            name="32 clips of 5 s at once, against one batched pipeline",
            ours=ours,
            other=batched,
            unit="/s",
            goal=0.9,
            at_least=True,
        ),
        Row(name="the same, against one clip at a time", ours=ours, other=single, unit="/s", goal=1.3, at_least=True),
    ]


async def _flood(server: Server, speech: Speech, rounds: int) -> list[Row]:
    alone, beside = [], []
    async with _client(server, "flood") as flood, _client(server, "single") as single:
        await _singles(single, speech.lines[:10])
        for turn in range(rounds):
            lines = speech.lines[turn * SINGLES : (turn + 1) * SINGLES]
            alone.append(await _singles(single, lines))
            texts = [
                f"{number}: {speech.lines[number % len(speech.lines)]}"
                for number in range(turn * 1000, (turn + 1) * 1000)
            ]
            pushed = [asyncio.create_task(flood.translate(text, "en", to="pt")) for text in texts]
            await _until(single, lambda stats: bool(stats["active_tasks"]["total_active"] >= 500))
            beside.append(await _singles(single, lines))
            for task in pushed:
                task.cancel()
            await asyncio.gather(*pushed, return_exceptions=True)
            await _until(single, lambda stats: not stats["active_tasks"]["total_active"])
    return [Row(name="p95 of a sentence beside a flood of 1000", ours=beside, other=alone, unit="ms", goal=2.0)]


async def _until(client: Client, holds: Callable[[dict[str, Any]], bool]) -> None:
    """Ask for the statistics until this holds.

    Raises:
        TimeoutError: it does not within a minute: the measurement would say nothing.
    """
    async with asyncio.timeout(60):
        await _poll(client, holds)


async def _poll(client: Client, holds: Callable[[dict[str, Any]], bool]) -> None:
    while not holds(await client.stats()):  # noqa: ASYNC110 - the statistics are asked for, they are not told
        await asyncio.sleep(0.02)


async def _awaited(work: asyncio.Future[Any]) -> object:
    return await work
