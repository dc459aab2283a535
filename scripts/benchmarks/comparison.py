"""The folder with the same small service on other systems, and what its runner prints."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "bench" / "peers"


@dataclass
class Points:
    """The lines of a runner, by peer, point and round."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def of(self, peer: str, point: str, figure: str) -> dict[int, float]:
        """Return a figure by round, of the rounds that have it."""
        return {
            line["repetition"]: float(line[figure])
            for line in self.lines
            if line.get("peer", line.get("way")) == peer and line["point"] == point and figure in line
        }

    def failures(self) -> list[str]:
        """Return the problems, a line each."""
        named = ((line.get("peer", line.get("way")), line) for line in self.lines if "failed" in line)
        return [f"{name} {line['point']}: {line['failed']}" for name, line in named]

    def peers(self) -> list[str]:
        """In the order of their first lines."""
        return list(dict.fromkeys(str(line.get("peer", line.get("way"))) for line in self.lines))


def require() -> None:
    """End with a sentence where the folder is not here."""
    if not FOLDER.is_dir():
        raise SystemExit("this needs the peers to compare with, in ../shared/bench/peers beside the project")


def run(program: str, arguments: Sequence[str], out: Path) -> None:
    """Run a program of the folder for one round; its lines are added to `out`.

    Args:
        program: a file of the folder.
        arguments: what it is given.
        out: JSON lines.
    """
    command = [sys.executable, str(FOLDER / program), *arguments, "--out", str(out)]
    with (out.parent / "runner.log").open("a") as log:
        subprocess.run(command, cwd=FOLDER, stdout=log, stderr=log, check=False)


def read(out: Path) -> Points:
    """Return the lines so far."""
    text = out.read_text(encoding="utf-8") if out.exists() else ""
    return Points([json.loads(line) for line in text.splitlines()])


def print_points(points: Points, title: str, columns: Sequence[tuple[str, str, str, float]]) -> None:
    """Print one line for each peer.

    Args:
        points: what was measured.
        title: above the table.
        columns: heading, point, figure, and what the figure is multiplied by.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("median (min .. max)")
    for heading, *_ in columns:
        table.add_column(heading, justify="right")
    for peer in points.peers():
        cells = [_cell(points.of(peer, point, figure), scale) for _, point, figure, scale in columns]
        if any(cells):
            table.add_row(peer, *cells)
    Console(width=160).print(table)


def _cell(figures: dict[int, float], scale: float) -> str:
    if not figures:
        return ""
    values = [value * scale for value in figures.values()]
    middle = statistics.median(values)
    digits = 0 if middle >= 100 else 2
    return f"{middle:,.{digits}f} ({min(values):,.{digits}f} .. {max(values):,.{digits}f})"
