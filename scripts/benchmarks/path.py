"""What does a message cost? Our server beside the raw loop on pyzmq, asyncio on pyzmq, FastAPI, gRPC and NATS.

Capacity is measured on the `echo` engine: once answered from the cache, once by way of the engine's process.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from scripts.benchmarks import comparison
from scripts.benchmarks.comparison import Points
from scripts.benchmarks.journal import ECHO
from scripts.benchmarks.table import Row, chosen
from scripts.benchmarks.translating import Translations
from scripts.embedded_server import START_S, embedded_server

OURS = Path(__file__).resolve().parent / "peers" / "peer_dragoman.py"
RAW, DRAINED = "zmq_sync", "zmq_asyncio/drain"
ONE, MANY, LARGE = "w1-s0", "w64-s0", "w8-1MiB"
SECONDS = 2.0
"""Of each point, after half a second of warm-up."""
REQUESTS = 100_000
IDLE_S = 10.0


def measure(rounds: int, only: str) -> Iterator[Row]:
    """Yield the rows whose measurement's name contains `only`: `messages`, `start`, `idle` or `memory`."""
    measurements: dict[str, Callable[[int], Iterator[Row]]] = {
        "messages": _messages,
        "start": _start,
        "idle": _idle,
        "memory": _memory,
    }
    yield from chosen(measurements, rounds, only)


def _messages(rounds: int) -> Iterator[Row]:
    comparison.require()
    peers = [str(OURS), "zmq_sync", "zmq_asyncio", "fastapi", "grpc"]
    if shutil.which("nats-server"):
        peers.append("nats")
    else:
        print("nats-server is not installed: NATS is left out (apt-get install nats-server)")
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        out = Path(folder) / "points.jsonl"
        for number in range(1, rounds + 1):
            arguments = [*peers, "--points", ONE, MANY, LARGE, "--seconds", str(SECONDS), "--logs", folder]
            comparison.run("run.py", [*arguments, "--repetitions", "1", "--first-repetition", str(number)], out)
            print(f"round {number} of {rounds}", flush=True)
        points = comparison.read(out)
    for failure in points.failures():
        print(failure)
    comparison.print_points(
        points,
        "requests per second, and the time of one",
        [
            ("64 at a time, /s", MANY, "rate", 1.0),
            ("p99, ms", MANY, "p99_us", 1e-3),
            ("one at a time, p50 ms", ONE, "p50_us", 1e-3),
            ("1 MiB, 8 at a time, MB/s", LARGE, "mb_s", 1.0),
            ("all processes, MB", "end", "rss_mb", 1.0),
        ],
    )
    yield from _ratios(points)


def _ratios(points: Points) -> Iterator[Row]:
    name = OURS.stem.removeprefix("peer_")

    def row(
        what: str, ours: str, other: str, point: str, figure: str, unit: str, goal: float | None, *, scale: float = 1.0
    ) -> Row:
        mine, theirs = points.of(f"{name}/{ours}", point, figure), points.of(other, point, figure)
        both = sorted(mine.keys() & theirs.keys())
        return Row(
            name=what,
            ours=[mine[number] * scale for number in both],
            other=[theirs[number] * scale for number in both],
            unit=unit,
            goal=goal,
            at_least=figure != "p50_us",
        )

    yield row("cached, 64 at a time, against the raw loop", "cached", RAW, MANY, "rate", "/s", 0.6)
    yield row("through the echo child, against the raw loop", "echo", RAW, MANY, "rate", "/s", 0.35)
    yield row("cached, with replyTo and journal, against the raw loop", "routed", RAW, MANY, "rate", "/s", None)
    yield row(
        "cached, one at a time, p50, against drained asyncio", "cached", DRAINED, ONE, "p50_us", "ms", 1.5, scale=1e-3
    )
    yield row("1 MiB carried, against the raw loop", "carried", RAW, LARGE, "mb_s", "MB/s", 0.6)
    yield row("1 MiB known by its hash, against the raw loop", "cached", RAW, LARGE, "mb_s", "MB/s", None)
    yield row("1 MiB through two echo children, against the raw loop", "echo", RAW, LARGE, "mb_s", "MB/s", None)


def _start(rounds: int) -> Iterator[Row]:
    """From starting the process to GET /readyz: the embedded models, as they are installed."""
    took = []
    for _ in range(rounds):
        with embedded_server({"engines.transcription.model": "embedded"}) as server:
            took.append(server.ready_after_s)
    yield Row(name="start to ready, embedded models", ours=took, other=[1.0] * rounds, unit="s", goal=3.0)
    assert max(took) < START_S  # noqa: S101 - else the server would have failed


def _idle(rounds: int) -> Iterator[Row]:
    shares = []
    with embedded_server() as server:
        process = psutil.Process(server.process.pid)
        time.sleep(2.0)
        for _ in range(rounds):
            before, begin_s = process.cpu_times(), time.perf_counter()
            time.sleep(IDLE_S)
            now = process.cpu_times()
            used_s = now.user + now.system - before.user - before.system
            shares.append(100 * used_s / (time.perf_counter() - begin_s))
    yield Row(name="CPU of the idle server, of a core", ours=shares, other=[1.0] * rounds, unit="%", goal=1.0)


def _memory(_: int) -> Iterator[Row]:
    """Resident memory of the server's process after so many answers from the cache, and after three times as many."""
    with embedded_server(ECHO) as server:
        process = psutil.Process(server.process.pid)
        with Translations(server, known=1000) as peer:
            peer.closed(64, count=REQUESTS)
            first_mb = process.memory_info().rss / 2**20
            peer.closed(64, count=2 * REQUESTS)
            later_mb = process.memory_info().rss / 2**20
    yield Row(name=f"memory after {REQUESTS:,} requests", ours=[first_mb], other=[1.0], unit="MiB", goal=120.0)
    yield Row(name=f"memory after {3 * REQUESTS:,}", ours=[later_mb], other=[first_mb], unit="MiB", goal=1.05)
