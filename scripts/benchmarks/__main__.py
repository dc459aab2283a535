"""The `scripts/bench` command."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

import psutil

from scripts.benchmarks import cache, journal, lanes, scrape
from scripts.benchmarks.table import Row, print_table

BENCHMARKS = {"lanes": lanes.measure, "cache": cache.measure, "journal": journal.measure, "scrape": scrape.measure}


def main() -> int:
    """Run one benchmark; 1 where a goal was missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("benchmark", choices=[*BENCHMARKS], help="what to measure")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each measurement (default 5)")
    parser.add_argument("--only", default="", help="only the measurements whose name contains this")
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    arguments = parser.parse_args()
    print(
        f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}: {' '.join(sys.argv)}"
    )
    rows: list[Row] = BENCHMARKS[arguments.benchmark](arguments.rounds, arguments.only)
    print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps([row.as_dict() for row in rows], indent=1), encoding="utf-8")
    return 0 if all(row.held for row in rows) else 1


sys.exit(main())
