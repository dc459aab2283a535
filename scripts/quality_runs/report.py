"""What was measured, as lines of a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the report."""

    name: str
    server: float
    direct: float | None
    """The engine on its own, where it was asked."""
    unit: str
    bound: str
    """For people; empty where the figure is only reported."""
    holds: bool = True


def against_engine(name: str, server: float, direct: float, *, unit: str, bound: float) -> Check:
    """Check that the server is as good as the engine it asks, within `bound` either way."""
    return Check(
        name=name,
        server=round(server, 2),
        direct=round(direct, 2),
        unit=unit,
        bound=f"within {bound:g} of the engine",
        holds=abs(server - direct) <= bound,
    )


def at_most(name: str, server: float, *, unit: str, bound: float | None) -> Check:
    """Check a figure of the server's that has a ceiling, or is only reported."""
    return Check(
        name=name,
        server=round(server, 2),
        direct=None,
        unit=unit,
        bound="" if bound is None else f"at most {bound:g}",
        holds=bound is None or server <= bound,
    )


def at_least(name: str, server: float, *, unit: str, bound: float | None) -> Check:
    """Check a figure of the server's that has a floor, or is only reported."""
    return Check(
        name=name,
        server=round(server, 2),
        direct=None,
        unit=unit,
        bound="" if bound is None else f"at least {bound:g}",
        holds=bound is None or server >= bound,
    )


def print_table(checks: Sequence[Check]) -> None:
    """Print the report for people."""
    table = Table()
    for heading in ("check", "server", "engine", "bound", ""):
        table.add_column(heading, justify="right" if heading in ("server", "engine") else "left")
    for check in checks:
        engine = "" if check.direct is None else f"{check.direct:.2f} {check.unit}"
        verdict = ("ok" if check.holds else "BROKEN") if check.bound else ""
        table.add_row(check.name, f"{check.server:.2f} {check.unit}", engine, check.bound, verdict)
    Console(width=140).print(table)


def as_json(checks: Sequence[Check]) -> str:
    """Return the report for programs: a list of the checks."""
    return json.dumps([asdict(check) for check in checks], indent=1)
