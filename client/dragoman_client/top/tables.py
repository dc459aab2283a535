"""What is shown of /stats and /tasks: tables of rich, as wide as the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from dragoman_client.top.figures import HISTORY, Rate, count, duration, plain, rate

WIDE = 100
"""Columns from which there is room for more."""

_PADDING, _SCROLLBAR = 2, 2
_FIGURES = ("TOTAL", "QUEUE", "WORK")

GOOD, BUSY, WARN, BAD, SOFT = "green", "cyan", "yellow", "red", "dim"
SERVER_STYLES = {"running": GOOD, "gone": BAD}
ENGINE_STYLES = {"ready": GOOD, "idle": SOFT, "loading": BUSY, "missing": BAD}
TASK_STYLES = {
    "queued": SOFT, "running": BUSY, "completed": GOOD, "partial": WARN, "failed": BAD, "expired": BAD,
}  # fmt: skip


class Rates:
    """Of every counter that is shown, by name."""

    def __init__(self) -> None:
        self._rates: defaultdict[str, Rate] = defaultdict(Rate)
        self._loads: defaultdict[str, Rate] = defaultdict(lambda: Rate(least=0.0))
        self.all = 0.0
        """Tasks that end, per second."""

    def add(self, stats: Mapping[str, Any], at_s: float) -> None:
        """Look at the counters."""
        ended = {name: lane["completed"] + lane["failed"] for name, lane in stats["lanes"].items()}
        self.all = self._rates["all"].add(sum(ended.values()), at_s)
        for name, lane in stats["lanes"].items():
            self._rates[f"lane {name}"].add(ended[name], at_s)
            self._rates[f"failed {name}"].add(lane["failed"], at_s)
        for kind, pool in stats["engines"].items():
            self._rates[f"units {kind}"].add(pool["units"], at_s)
            self._loads[kind].add(pool["compute_s"], at_s)

    def latest(self, name: str) -> float:
        """Return the last rate of a counter, per second."""
        history = self._rates[name].history
        return history[-1] if history else 0.0

    def load(self, kind: str) -> float:
        """Return how many of an engine's processes were at work lately."""
        history = self._loads[kind].history
        return history[-1] if history else 0.0

    def sparkline(self, name: str, width: int) -> str:
        """Draw the last rates of a counter as bars."""
        return self._rates[name].sparkline(width)


def lanes(stats: Mapping[str, Any], rates: Rates, width: int) -> Table:
    """Build a table with one row a lane."""
    wide = width >= WIDE
    figures = ["RATE", "WORK", "WAIT", "QUEUE", "p95", "COMPUTE", "p95", "FAILED"]
    table = _table(["LANE", "STATE"], ["LAST MINUTE", *figures] if wide else figures)
    for name, lane in stats["lanes"].items():
        word, style = _lane_state(lane, rates.latest(f"lane {name}"))
        spark = [Text(rates.sparkline(f"lane {name}", min(HISTORY, width - 80)), BUSY)] if wide else []
        ended = lane["completed"] + lane["failed"]
        ranks = [lane[key][rank] for key in ("queue_ms", "compute_ms") for rank in ("p50", "p95")]
        times = [duration(rank if ended else None) for rank in ranks]
        table.add_row(
            plain(name), Text(word, style), *spark, rate(rates.latest(f"lane {name}")), count(lane["active"]),
            count(lane["queued"]), *times, Text(count(lane["failed"]), BAD if rates.latest(f"failed {name}") else ""),
        )  # fmt: skip
    return table


def engines(stats: Mapping[str, Any], rates: Rates) -> Table:
    """Build a table with one row an engine."""
    table = _table(["ENGINE", "STATE", "MODEL"], ["LOAD", "UNITS", "WAIT", "MEMORY", "RESTARTS"])
    for kind, pool in stats["engines"].items():
        load = min(1.0, rates.load(kind) / pool["processes"])
        table.add_row(
            plain(kind), Text(pool["state"], ENGINE_STYLES.get(pool["state"], WARN)), plain(pool["model"]),
            f"{load:.0%}", rate(rates.latest(f"units {kind}")), count(pool["queued"]), f"{pool['rss_mb']:.0f}MB",
            Text(str(pool["restarts"]), WARN if pool["restarts"] else ""),
        )  # fmt: skip
    return table


def cache(stats: Mapping[str, Any]) -> str:
    """Describe the cache in a line; empty where it is off or was not asked yet."""
    shares = [
        f"{plain(name)} {kind['cache_hit_rate']:.0f}% of {count(kind['cache_hits'] + kind['cache_misses'])}"
        for name, kind in stats["cache"]["kinds"].items()
    ]
    return f"cache  {' · '.join(shares)}" if shares else ""


def task_columns(width: int) -> list[tuple[str, int]]:
    """Return the titles of a task's columns and their widths; the first has what is left."""
    others = [("STATE", 9), ("LANE", 13), ("ERROR", 14), ("TOTAL", 6), ("WORK", 6)]
    if width >= WIDE:
        others = [("STATE", 9), ("LANE", 13), ("PEER", 16), ("ERROR", 20), ("TOTAL", 6), ("QUEUE", 6), ("WORK", 6)]
    taken = sum(size + _PADDING for _, size in others) + _PADDING + _SCROLLBAR
    return [("TASK", max(10, width - taken)), *others]


def task_title(name: str) -> Text:
    """Return the head of such a column."""
    return Text(name, justify="right" if name in _FIGURES else "left")


def task_row(task: Mapping[str, Any], columns: Sequence[tuple[str, int]]) -> list[Text]:
    """Format one task in these columns."""
    word = task["status"] or task["state"]
    cells = {
        "TASK": Text(plain(task["task_id"])),
        "STATE": Text(word, TASK_STYLES.get(word, SOFT)),
        "LANE": Text(plain(task["lane"])),
        "PEER": Text(plain(task["peer"] or "-")),
        "ERROR": Text(plain(task["error_code"] or "-"), BAD if task["error_code"] else SOFT),
        "TOTAL": Text(duration(task["age_ms"]), justify="right"),
        "QUEUE": Text(duration(task["queue_ms"]), justify="right"),
        "WORK": Text(duration(task["compute_ms"]), justify="right"),
    }
    for title, width in columns:
        cells[title].truncate(width, overflow="ellipsis")
    return [cells[title] for title, _ in columns]


def life(task: Mapping[str, Any]) -> Text:
    """List all that is known of a task, its timeline last."""
    word = task["status"] or task["state"]
    told = Text(no_wrap=False)
    told.append(f"{word}\n", TASK_STYLES.get(word, SOFT))
    if task["error"]:
        told.append(f"{plain(task['error_code'])}: {plain(task['error'])}\n", BAD)
    names = ("lane", "type", "priority", "peer", "reply_to", "message_id")
    told.append(" · ".join(f"{name} {plain(task[name])}" for name in names if task[name]) + "\n", SOFT)
    times = (("total", "age_ms"), ("queue", "queue_ms"), ("compute", "compute_ms"), ("publish", "publish_ms"))
    told.append(" · ".join(f"{name} {duration(task[key])}" for name, key in times) + "\n")
    parts = [(part["part"], part["error_code"] or part["state"]) for part in task["parts"] if part["part"]]
    if parts:
        told.append(" · ".join(f"{plain(name)} {plain(state)}" for name, state in parts) + "\n")
    for step in task.get("timeline", ()):
        details = [_detail(name, value) for name, value in step.items() if name not in ("at_ms", "event")]
        told.append(f"\n{duration(step['at_ms']):>7}  ")
        told.append(f"{plain(step['event']):<10}", "bold")
        told.append("  ".join(details), SOFT)
    return told


def _detail(name: str, value: object) -> str:
    if name.endswith("_ms") and isinstance(value, int | float):
        return f"{plain(name.removesuffix('_ms'))} {duration(value)}"
    return f"{plain(name)} {plain(value)}"


def _lane_state(lane: Mapping[str, Any], per_s: float) -> tuple[str, str]:
    if lane["queued"] and lane["queued"] >= lane["queue_limit"]:
        return "full", BAD
    if lane["queued"]:
        return "queueing", WARN
    return ("working", BUSY) if lane["active"] or per_s else ("idle", SOFT)


def _table(words: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True, header_style=f"bold {SOFT}")
    for title in words:
        table.add_column(title, no_wrap=True, overflow="ellipsis")
    for title in figures:
        table.add_column(title, no_wrap=True, justify="right")
    return table
