"""The `scripts/bench` command."""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import psutil

from scripts.benchmarks import ai, cache, engines, journal, lanes, novel, overload, path, scrape, translation, voice
from scripts.benchmarks.table import Row, print_table
from scripts.embedded_server import exit_on_sigterm

BENCHMARKS: dict[str, Callable[[int, str], Iterable[Row]]] = {
    "path": path.measure,
    "lanes": lanes.measure,
    "novel": novel.measure,
    "cache": cache.measure,
    "journal": journal.measure,
    "engines": engines.measure,
    "translation": translation.measure,
    "overload": overload.measure,
    "scrape": scrape.measure,
    "ai": ai.measure,
    "voice": voice.measure,
}


class TookTooLong(Exception):
    """The time of a benchmark is over."""


def main() -> int:
    """Run one benchmark, or all; 1 where a goal was missed, 3 where the time was up."""
    arguments = _arguments()
    exit_on_sigterm()
    signal.signal(signal.SIGALRM, _stop)
    if arguments.draw:
        BENCHMARKS["overload"] = partial(overload.measure, draw=arguments.draw)
    machine = f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}"
    status = 0
    found: dict[str, object] = {}
    for name in BENCHMARKS if arguments.benchmark == "all" else [arguments.benchmark]:
        command = f"scripts/bench {name} --rounds {arguments.rounds}"
        if arguments.only:
            command += f" --only {arguments.only}"
        print(f"{machine}: {command}")
        rows, in_time = _measured(name, arguments.rounds, arguments.only, arguments.minutes)
        print_table(rows)
        found[name] = {"machine": machine, "command": command, "rows": [row.as_dict() for row in rows]}
        status = max(status, 0 if in_time else 3, 0 if all(row.held for row in rows) else 1)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return status


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("benchmark", choices=[*BENCHMARKS, "all"], help="what to measure")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each measurement (default 5)")
    parser.add_argument("--only", default="", help="only the measurements whose name contains this")
    parser.add_argument("--minutes", type=float, default=20.0, help="most that one benchmark may take (default 20)")
    parser.add_argument("--draw", type=Path, help="draw what overload measures into this file")
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    return parser.parse_args()


def _measured(name: str, rounds: int, only: str, minutes: float) -> tuple[list[Row], bool]:
    """Return the rows that were measured, and whether these are all."""
    rows: list[Row] = []
    signal.setitimer(signal.ITIMER_REAL, minutes * 60)
    try:
        for row in BENCHMARKS[name](rounds, only):
            rows.append(row)  # noqa: PERF402 - what was measured before the time was up counts
    except TookTooLong:
        print(f"not finished within {minutes:g} minutes")
        return rows, False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return rows, True


def _stop(*_: object) -> None:
    raise TookTooLong


sys.exit(main())
