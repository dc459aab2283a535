"""A report for a person: what was sent, what became of it, how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from dragoman_client.load.report import PERCENTILES, STAGES

_BAR_CELLS = 40
_WIDTH = 110
_COLUMNS = ("mean", *(f"p{percent}" for percent in PERCENTILES), "max")
_TROUBLES = {
    "lost": "accepted and not finished within {timeout_s:g} s: lost",
    "incomplete": "finished, but some of their events never came",
    "unanswered": "neither accepted nor refused within {timeout_s:g} s",
}


def print_report(report: Mapping[str, Any], console: Console | None = None) -> None:
    """Print a document of `report_of`."""
    console = console or Console(width=_WIDTH, highlight=False)
    for line in _summary(report):
        console.print(line, markup=False)
    if report["all"]["latencyMs"]:
        console.print(_latencies(report))
    if any(report["all"][what] for what in ("refused", "failed")):
        console.print(_errors(report))
    for name, figures in report["kinds"].items():
        finished = figures["latencyMs"].get("finished")
        if finished is not None:
            console.print(f"{name}, time to finished", markup=False)
            for line in _bars(finished["histogram"]):
                console.print(line, markup=False)


def _summary(report: Mapping[str, Any]) -> Iterator[str]:
    plan, everything = report["plan"], report["all"]
    if plan["loop"] == "open":
        yield (
            f"open loop, {plan['arrivals']} arrivals at {plan['rate']:g}/s; times count from when a request was due"
        )
    else:
        yield (
            f"closed loop, {plan['concurrency']} at a time; times count from the sending, and a stall of the server "
            "holds requests back"
        )
    yield (
        f"{everything['sent']} sent in {report['sendingS']:.1f} s ({_number(report['sentPerS'])}/s), "
        f"{sum(everything['finished'].values())} finished in {report['answeringS']:.1f} s "
        f"({_number(report['finishedPerS'])}/s)"
    )
    for name, what in _TROUBLES.items():
        if everything[name]:
            yield f"{everything[name]} {what.format(timeout_s=plan['timeoutS'])}"
    if report["notSent"]:
        yield f"{report['notSent']} due and never sent: too many were in flight, or no server took them"
    if report["repeated"]:
        yield f"{report['repeated']} sent again after the connection was lost"
    if report["interrupted"]:
        yield f"interrupted, with {report['open']} in flight"
    late = report["sentLateMs"]
    if late is not None and late["count"]:
        yield f"sent late by {_number(late['p50'])} ms (p50), {_number(late['p99'])} ms (p99), which is in the times"


def _latencies(report: Mapping[str, Any]) -> Table:
    table = Table(title="milliseconds", title_justify="left", title_style="")
    for name in ("", "time to", "count"):
        table.add_column(name, justify="right" if name == "count" else "left")
    for name in _COLUMNS:
        table.add_column(name, justify="right")
    kinds = dict(report["kinds"])
    if len(kinds) > 1:
        kinds["all"] = report["all"]
    for kind, figures in kinds.items():
        first = True
        for stage in STAGES:
            times = figures["latencyMs"].get(stage)
            if times is not None:
                cells = (_number(times[column]) for column in _COLUMNS)
                table.add_row(kind if first else "", _in_words(stage), str(times["count"]), *cells)
                first = False
        table.add_section()
    return table


def _in_words(stage: str) -> str:
    """Return `first result` of `firstResult`."""
    return "".join(f" {each.lower()}" if each.isupper() else each for each in stage)


def _errors(report: Mapping[str, Any]) -> Table:
    table = Table(title="errors", title_justify="left", title_style="")
    for name in ("", "error code", "refused", "accepted, then failed"):
        table.add_column(name, justify="right" if "ref" in name or "acc" in name else "left")
    for kind, figures in report["kinds"].items():
        for code in sorted({*figures["refused"], *figures["failed"]}):
            counts = (figures[what].get(code, 0) for what in ("refused", "failed"))
            table.add_row(kind, code, *map(str, counts))
    return table


def _bars(histogram: list[dict[str, Any]]) -> Iterator[str]:
    most = max(bar["count"] for bar in histogram)
    for bar in histogram:
        cells = "█" * max(round(_BAR_CELLS * bar["count"] / most), 1 if bar["count"] else 0)
        yield f"{bar['from']:>9g} - {bar['to']:<7g} ms {cells:<{_BAR_CELLS}} {bar['count']}"


def _number(value: float | None) -> str:
    """Format a number with about three significant digits."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
