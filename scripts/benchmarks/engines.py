"""What does a call into a child process cost, and what do more processes bring?

Beside pyzmq over ipc:// with a drained reader, zmq.asyncio and the pickling ProcessPoolExecutor, with 200 bytes and
with 1 MiB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scripts.benchmarks import comparison
from scripts.benchmarks.journal import ECHO
from scripts.benchmarks.table import Row, chosen
from scripts.benchmarks.translating import Translations
from scripts.embedded_server import embedded_server

SECONDS = 1.5
WAYS = ("zmq-reader", "zmq-asyncio", "executor")
CALLS = (("200B-1", 200, 1), ("200B-16", 200, 16), ("1MiB-1", 1 << 20, 1), ("1MiB-16", 1 << 20, 16))
"""The comparison's name of a point, bytes of a call, calls at a time."""
DELAY_MS = 5.0
PROCESSES = (1, 2, 4)


def measure(rounds: int, only: str) -> Iterator[Row]:
    """Yield the rows whose measurement's name contains `only`: `calls` or `processes`."""
    measurements: dict[str, Callable[[int], Iterator[Row]]] = {"calls": _calls, "processes": _processes}
    yield from chosen(measurements, rounds, only)


def _calls(rounds: int) -> Iterator[Row]:
    comparison.require()
    ours: dict[str, list[float]] = {point: [] for point, *_ in CALLS}
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        out = Path(folder) / "calls.jsonl"
        for number in range(1, rounds + 1):
            for point, rate in _our_calls().items():
                ours[point].append(rate)
                line = {"way": "dragoman", "repetition": number, "point": point, "rate": rate}
                with out.open("a") as lines:
                    lines.write(json.dumps(line) + "\n")
            for way in WAYS:
                arguments = [way, "--here", str(number), "--seconds", str(SECONDS)]
                comparison.run("ipc_overhead.py", arguments, out)
            print(f"round {number} of {rounds}", flush=True)
        points = comparison.read(out)
    columns = [(f"{size} bytes, {flight} at a time, /s", point, "rate", 1.0) for point, size, flight in CALLS]
    comparison.print_points(points, "calls per second into another process", columns)
    for point, size, flight in CALLS:
        reader = points.of("zmq-reader", point, "rate")
        yield Row(
            name=f"call of {size} bytes, {flight} at a time, against pyzmq over ipc",
            ours=[rate for number, rate in enumerate(ours[point], 1) if number in reader],
            other=list(reader.values()),
            unit="/s",
            goal=None,
            at_least=True,
        )


def _our_calls() -> dict[str, float]:
    """In a process of its own, as the others are."""
    command = [sys.executable, "-m", "scripts.benchmarks.child_calls", str(SECONDS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates


def _processes(rounds: int) -> Iterator[Row]:
    """Translations per second on an engine that takes 5 ms for each and no CPU, by the number of its processes."""
    rates: dict[int, list[float]] = {count: [] for count in PROCESSES}
    for _ in range(rounds):
        for count in PROCESSES:
            settings: dict[str, Any] = {
                **ECHO,
                "engines.translation.delay_ms": DELAY_MS,
                "engines.translation.processes": count,
            }
            with embedded_server(settings) as server, Translations(server) as peer:
                peer.closed(64, seconds=1.0)
                rates[count].append(peer.closed(64, seconds=2 * SECONDS))
    for count in PROCESSES[1:]:
        yield Row(
            name=f"{count} processes of an engine with {DELAY_MS:g} ms, against one",
            ours=rates[count],
            other=rates[1],
            unit="/s",
            goal=0.85 * count,
            at_least=True,
        )
