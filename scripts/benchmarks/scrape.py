"""What does it cost to be watched? Throughput with and without a scrape every second, and the CPU time of scrapes."""

from __future__ import annotations

import threading
import time
from urllib.request import urlopen

import psutil

from scripts.benchmarks.journal import ECHO, SECONDS, Load
from scripts.benchmarks.table import Row
from scripts.embedded_server import Server, embedded_server

PATHS = ("/metrics", "/stats", "/tasks")
PERIOD_S = 1.0
SCRAPES = 50
"""Behind each figure of CPU time, one after the other."""


def measure(rounds: int, only: str) -> list[Row]:
    """Both questions, on a server whose rings and percentiles are full."""
    rows: list[Row] = []
    with embedded_server(ECHO) as server:
        load = Load(server, "scrape")
        try:
            load.rate(SECONDS)
            if only in "throughput":
                pairs = [(_watched(server, load), load.rate(SECONDS)) for _ in range(rounds)]
                ours, other = zip(*pairs, strict=True)
                name = "throughput, scraped every second against not at all"
                rows.append(Row(name=name, ours=ours, other=other, unit="/s", goal=0.99, at_least=True))
            if only in "cpu":
                spent = [_cpu_ms(server) for _ in range(rounds)]
                name = "CPU of one scrape of all three, of a second"
                rows.append(Row(name=name, ours=spent, other=[1000.0] * rounds, unit="ms", goal=0.01))
        finally:
            load.close()
    return rows


def _watched(server: Server, load: Load) -> float:
    """Return the rate while everything is asked for once a second, from the first moment on."""
    over = threading.Event()

    def watch() -> None:
        while True:
            _scrape(server)
            if over.wait(PERIOD_S):
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return load.rate(SECONDS)
    finally:
        over.set()
        watcher.join()


def _cpu_ms(server: Server) -> float:
    """CPU time of the server's process for one scrape of all paths; what it does beside that is taken off."""
    process = psutil.Process(server.process.pid)

    def used_s() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    begin, begin_s = used_s(), time.perf_counter()
    for _ in range(SCRAPES):
        _scrape(server)
    spent, took_s = used_s() - begin, time.perf_counter() - begin_s
    begin = used_s()
    time.sleep(took_s)
    return 1000 * (spent - (used_s() - begin)) / SCRAPES


def _scrape(server: Server) -> None:
    for path in PATHS:
        with urlopen(server.ops + path, timeout=10) as answer:  # noqa: S310 - our own address
            answer.read()
