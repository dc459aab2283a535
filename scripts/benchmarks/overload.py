"""What happens beyond capacity? Requests at half of it to ten times as many, sent whatever comes back.

The engine is `echo` with 2 ms for each translation, so that the engine is the limit, as a model is; its lane takes 64
requests to work and lets 64 wait.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.benchmarks.journal import ECHO
from scripts.benchmarks.table import Row
from scripts.benchmarks.translating import Outcome, Translations
from scripts.embedded_server import embedded_server

DELAY_MS = 2.0
PLACES = 64
SHARES = (0.5, 0.8, 1.0, 2.0, 10.0)
SECONDS = 5.0
SETTINGS = {
    **ECHO,
    "engines.translation.delay_ms": DELAY_MS,
    "lanes.translation.concurrency": PLACES,
    "lanes.translation.queue": PLACES,
}


def measure(rounds: int, only: str, draw: Path | None = None) -> Iterator[Row]:
    """Yield every share of the capacity once a round, if a row's name contains `only`; `draw`: also into this file."""
    outcomes: dict[float, list[Outcome]] = {share: [] for share in SHARES}
    capacities = []
    with embedded_server(SETTINGS) as server, Translations(server) as peer:
        for number in range(rounds):
            capacities.append(peer.closed(PLACES, seconds=SECONDS))
            turn = number % len(SHARES)
            for share in SHARES[turn:] + SHARES[:turn]:
                outcomes[share].append(peer.open(share * capacities[-1], SECONDS))
            print(f"round {number + 1} of {rounds}: {capacities[-1]:.0f}/s at capacity", flush=True)
    _print(outcomes)
    if draw is not None:
        _draw(outcomes, capacities, draw)
    yield from (row for row in _rows(outcomes) if only in row.name)


def _rows(outcomes: dict[float, list[Outcome]]) -> Iterator[Row]:
    best = [max(one.goodput for one in some) for some in zip(*outcomes.values(), strict=True)]
    calm = [_at(one.completed_s, 0.5) for one in outcomes[0.5]]
    yield Row(
        name="median latency at 0.8 of capacity, against 0.5",
        ours=[_at(one.completed_s, 0.5) for one in outcomes[0.8]],
        other=calm,
        unit="ms",
        goal=2.0,
    )
    for share in SHARES[2:]:
        yield Row(
            name=f"goodput at {share:g} times capacity, against the best",
            ours=[one.goodput for one in outcomes[share]],
            other=best,
            unit="/s",
            goal=0.9,
            at_least=True,
        )
    yield Row(
        name="median time of a refusal at 10 times capacity, against an answer at 0.5",
        ours=[_at(one.refused_s, 0.5) for one in outcomes[10.0]],
        other=calm,
        unit="ms",
        goal=1.0,
    )
    lost = [float(sum(one.unanswered for one in some)) for some in zip(*outcomes.values(), strict=True)]
    yield Row(name="requests without an answer", ours=lost, other=[1.0] * len(lost), unit="", goal=0.0)


def _at(seconds: Sequence[float], share: float) -> float:
    """Return a percentile in milliseconds, by nearest rank; 0 where there is none."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _print(outcomes: dict[float, list[Outcome]]) -> None:
    table = Table(title="medians of the rounds", title_justify="left")
    headings = (
        "of capacity",
        "offered, /s",
        "done, /s",
        "refused, /s",
        "p50, ms",
        "p95, ms",
        "refusal p50, ms",
        "p95, ms",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for share, some in outcomes.items():
        figures = [
            (one.offered, one.goodput, len(one.refused_s) / one.seconds, _at(one.completed_s, 0.5),
             _at(one.completed_s, 0.95), _at(one.refused_s, 0.5), _at(one.refused_s, 0.95))
            for one in some
        ]  # fmt: skip
        table.add_row(f"{share:g}", *(f"{statistics.median(each):,.1f}" for each in zip(*figures, strict=True)))
    Console(width=140).print(table)


def _draw(outcomes: dict[float, list[Outcome]], capacities: Sequence[float], picture: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - only needed to draw

    mpl.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415 - after the choice above

    shares = list(outcomes)
    capacity = statistics.median(capacities)
    done = [statistics.median(one.goodput for one in some) / capacity for some in outcomes.values()]
    refused = [
        statistics.median(len(one.refused_s) / one.seconds for one in some) / capacity for some in outcomes.values()
    ]
    figure, (upper, lower) = pyplot.subplots(2, 1, sharex=True, figsize=(7, 6), layout="constrained")
    upper.plot(shares, done, "o-", label="done")
    upper.plot(shares, refused, "s--", label="refused at once")
    upper.set_ylabel("share of capacity")
    for share, style in ((0.5, "o-"), (0.95, "^-")):
        times = [statistics.median(_at(one.completed_s, share) for one in some) for some in outcomes.values()]
        lower.plot(shares, times, style, label=f"answer, p{100 * share:g}")
    times = [statistics.median(_at(one.refused_s, 0.5) for one in some) for some in outcomes.values()]
    lower.plot(shares[2:], times[2:], "s--", label="refusal, p50")
    lower.set_ylabel("milliseconds")
    lower.set_yscale("log")
    lower.set_xscale("log")
    lower.set_xticks(shares, [f"{share:g}" for share in shares])
    lower.minorticks_off()
    lower.set_xlabel(f"offered, in units of the capacity ({capacity:.0f}/s)")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(picture, dpi=110)
