"""What a benchmark found, as rows."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Row:
    """A ratio with the figures that it is made of.

    Args:
        name: what was measured.
        ours: the server's figure of each round.
        other: what it is compared to, of the same rounds.
        unit: of both.
        goal: what the median ratio `ours / other` is held to; None: it is only told.
        at_least: whether the goal is a floor; else it is a ceiling.
    """

    name: str
    ours: Sequence[float]
    other: Sequence[float]
    unit: str
    goal: float | None
    at_least: bool = False

    @property
    def ratios(self) -> list[float]:
        """Round by round."""
        return [ours / other for ours, other in zip(self.ours, self.other, strict=True)]

    @property
    def ratio(self) -> float:
        """Their median."""
        return statistics.median(self.ratios)

    @property
    def held(self) -> bool:
        """Return whether the goal is met, where there is one."""
        if self.goal is None:
            return True
        if not self.ours:
            return False
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        ratio = self.ratio if self.ours else None
        return {**asdict(self), "ratios": self.ratios, "ratio": ratio, "held": self.held}


def chosen(measurements: Mapping[str, Callable[[int], Iterable[Row]]], rounds: int, only: str) -> Iterator[Row]:
    """Yield the rows of the measurements whose name contains `only`, each named as it begins."""
    for name, run in measurements.items():
        if only in name:
            print(f"{name} ...", flush=True)
            yield from run(rounds)


def print_table(rows: Sequence[Row]) -> None:
    """Print one line for each row: medians, the ratio with its spread, and the goal."""
    table = Table()
    for heading in ("measurement", "ours", "compared to", "ratio", "min .. max", "goal", ""):
        table.add_column(heading, justify="left" if heading in ("measurement", "") else "right")
    for row in rows:
        if not row.ours:
            table.add_row(row.name, "not measured")
            continue
        table.add_row(
            row.name,
            f"{statistics.median(row.ours):.3g} {row.unit}",
            f"{statistics.median(row.other):.3g} {row.unit}",
            f"{row.ratio:.2f}",
            f"{min(row.ratios):.2f} .. {max(row.ratios):.2f}",
            f"{'>=' if row.at_least else '<='} {row.goal:g}" if row.goal is not None else "",
            ("held" if row.held else "MISSED") if row.goal is not None else "",
        )
    Console(width=140).print(table)
