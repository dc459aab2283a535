"""The `scripts/chaos` command."""

from __future__ import annotations

import argparse
import sys

from scripts.chaos_runs import __doc__ as purpose
from scripts.chaos_runs.arena import Options, print_outcomes
from scripts.chaos_runs.cases import CASES, run_case


def main() -> int:
    """Run the cases; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=purpose)
    parser.add_argument("--only", default=",".join(CASES), help=f"some of {','.join(CASES)}")
    rounds = ", ".join(f"{name} {usual}" for name, (_, usual) in CASES.items())
    parser.add_argument("--rounds", type=int, help=f"of each case; else {rounds}")
    parser.add_argument("--seed", type=int, default=1, help="of requests, moments and victims (default 1)")
    parser.add_argument("--journal", default="process", help="the journal's mode (default process)")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    if unknown := set(names) - set(CASES):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    if "server" in names and arguments.journal == "off":
        names.remove("server")
        print("server: left out; without a journal nothing outlives a kill of the server")
    outcomes = []
    for name in names:
        case_rounds = CASES[name][1] if arguments.rounds is None else arguments.rounds
        print(f"{name}: {case_rounds} rounds, seed {arguments.seed} ...", flush=True)
        outcomes.append(run_case(name, Options(rounds=case_rounds, seed=arguments.seed, journal=arguments.journal)))
    print_outcomes(outcomes)
    return 1 if any(outcome.problems for outcome in outcomes) else 0


sys.exit(main())
