"""The `scripts/attack` command."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from scripts.attacks import (
    __doc__ as purpose,
)
from scripts.attacks import (
    areas,
)
from scripts.attacks.registry import ATTACKS, Attack
from scripts.attacks.run import Outcome, Pace, run_attack, target
from scripts.embedded_server import exit_on_sigterm


def main() -> int:
    """Run the attacks one after the other; 1 where a goal was missed."""
    arguments = _arguments()
    exit_on_sigterm()
    attacks = _chosen(arguments)
    if arguments.list:
        for each in attacks:
            print(f"{each.area:10} {each.name:32} {(each.run.__doc__ or '').strip().splitlines()[0]}")
        return 0
    outcomes = []
    for each in attacks:
        print(f"{each.name} ...", end=" ", flush=True)
        with target(each.settings) as server:
            outcomes.append(run_attack(each, server, Pace(attack_s=arguments.seconds), arguments.seed))
        last = outcomes[-1]
        print(
            f"{last.sent}; worst {last.pings.worst_ms:.0f} ms; {'; '.join(last.problems) or 'came back'}", flush=True
        )
    print_outcomes(outcomes)
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/attack", description=purpose)
    parser.add_argument("--only", default="", help="the attacks with these names, with commas between them")
    parser.add_argument("--area", default="", choices=["", *areas.NAMES], help="the attacks of one area")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each goes on (default 5)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default 1)")
    parser.add_argument("--list", action="store_true", help="name the attacks, and run none")
    return parser.parse_args()


def _chosen(arguments: argparse.Namespace) -> list[Attack]:
    names = arguments.only.split(",") if arguments.only else list(ATTACKS)
    if unknown := set(names) - set(ATTACKS):
        raise SystemExit(f"no attack {', '.join(sorted(unknown))}; scripts/attack --list names them")
    return [ATTACKS[name] for name in names if arguments.area in ("", ATTACKS[name].area)]


def print_outcomes(outcomes: list[Outcome]) -> None:
    """Print one line for each attack."""
    table = Table(title="an innocent peer's pings; memory, descriptors and files before, at the most, and afterwards")
    for heading in ("attack", "sent"):
        table.add_column(heading)
    for heading in (
        "calm p50",
        "p50 ms",
        "worst ms",
        "server MiB",
        "of it kept",
        "engines MiB",
        "files",
        "journal MiB",
        "spool MiB",
    ):
        table.add_column(heading, justify="right")
    table.add_column("")
    for outcome in outcomes:
        steps = (outcome.before, outcome.peak, outcome.after)
        table.add_row(
            outcome.attack.name,
            outcome.sent,
            f"{outcome.calm.p50_ms:.1f}",
            f"{outcome.pings.p50_ms:.1f}",
            f"{outcome.pings.worst_ms:.0f}",
            " ".join(f"{step.server_mib:.0f}" for step in steps),
            f"{outcome.after.kept_mib:.0f}",
            " ".join(f"{step.engines_mib:.0f}" for step in steps),
            " ".join(str(step.descriptors) for step in steps),
            " ".join(f"{step.journal_mib:.0f}" for step in steps),
            " ".join(f"{step.spool_mib:.0f}" for step in steps),
            "; ".join(outcome.problems) or "came back",
        )
    Console(width=170).print(table)


sys.exit(main())
