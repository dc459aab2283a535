"""Figures of the server and its engines, taken now and then, and what they say. Only `take` touches a process."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

MOST_GROWTH = 0.02
"""Of memory, in the second half."""
_MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One look."""

    at_s: float
    server_mib: float
    """Resident memory."""
    engines_mib: float
    files: int
    """Open files and sockets of the server."""
    threads: int
    children: int
    active: int
    """Tasks in flight."""
    kept: int
    """Finished tasks that are kept for repeats."""
    done: int
    """Requests that were answered since the start."""


def take(pid: int, stats: dict[str, Any], at_s: float, done: int) -> Sample:
    """Look at the server's processes, beside a `stats` document of the same moment."""
    server = psutil.Process(pid)
    children = server.children(recursive=True)
    return Sample(
        at_s=at_s,
        server_mib=server.memory_info().rss / _MIB,
        engines_mib=sum(child.memory_info().rss for child in children) / _MIB,
        files=server.num_fds(),
        threads=server.num_threads(),
        children=len(children),
        active=stats["active_tasks"]["total_active"],
        kept=stats["results"]["tasks"],
        done=done,
    )


def growth(values: Sequence[float]) -> float:
    """From the third quarter to the fourth, by their medians: 0.02 is 2 %."""
    half = values[len(values) // 2 :]
    if len(half) < 2:
        return 0.0
    middle = len(half) // 2
    before, after = statistics.median(half[:middle]), statistics.median(half[middle:])
    return after / before - 1


def grown(samples: Sequence[Sample]) -> list[str]:
    """Return a sentence for each memory that grew by more than it may."""
    memories = {
        "the server": [sample.server_mib for sample in samples],
        "the engines": [sample.engines_mib for sample in samples],
    }
    return [
        f"the memory of {whose} grew by {growth(values):.1%} in the second half"
        for whose, values in memories.items()
        if growth(values) > MOST_GROWTH
    ]


def left_over(before: Sample, after: Sample, stats: dict[str, Any], spool: Path) -> list[str]:
    """Return a sentence for each thing that an idle server did not have before."""
    left = [
        f"{name}: {getattr(before, name)} before, {getattr(after, name)} after"
        for name in ("files", "threads", "children")
        if getattr(after, name) > getattr(before, name)
    ]
    left += [f"{count} {what}" for what, count in _still_there(stats).items() if count]
    left += [f"the spool still has {path.name}" for path in spool.glob("*")]
    return left


def _still_there(stats: dict[str, Any]) -> dict[str, int]:
    return {
        "tasks in flight": stats["active_tasks"]["total_active"],
        "kinds of tasks in flight": len(stats["active_tasks"]["types_breakdown"]),
        "bytes in flight": stats["in_flight"]["bytes"],
        **{f"requests in the {name} lane": lane["active"] + lane["queued"] for name, lane in stats["lanes"].items()},
        **{f"units of {kind}": engine["queued"] + engine["busy"] for kind, engine in stats["engines"].items()},
        **{f"restarts of {kind}": engine["restarts"] for kind, engine in stats["engines"].items()},
    }


def print_samples(samples: Sequence[Sample]) -> None:
    """At most 40 of them, evenly chosen."""
    table = Table()
    for field in fields(Sample):
        table.add_column(field.name, justify="right")
    for sample in samples[:: len(samples) // 40 + 1]:
        cells = (getattr(sample, field.name) for field in fields(Sample))
        table.add_row(*(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in cells))
    Console(width=140).print(table)
