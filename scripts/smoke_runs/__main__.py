"""The `scripts/smoke` command."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.embedded_server import exit_on_sigterm
from scripts.smoke_runs import __doc__ as purpose
from scripts.smoke_runs.environment import Choice, InstallFailed, build_wheel
from scripts.smoke_runs.interpreters import Interpreter, NoSuchPython, find_all, named
from scripts.smoke_runs.project import supported_pythons
from scripts.smoke_runs.runs import Result, print_table, run


def main() -> int:
    """Run what was asked for; 1 where something failed, 2 where there is no such Python."""
    options = _options()
    exit_on_sigterm()
    try:
        interpreters = _chosen(options)
    except NoSuchPython as error:
        print(error, file=sys.stderr)
        return 2
    if not interpreters:
        print("no Python but that of .venv is on this machine: the smoke test of another one is left out")
        return 0
    choices: list[Choice] = [options.choice] if options.choice else ["newest", "lowest"]
    try:
        results = _run_all(interpreters, choices)
    except InstallFailed as error:
        print(f"the wheel cannot be built: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print_table(results)
    return 1 if any(result.problems for result in results) else 0


def _run_all(interpreters: list[Interpreter], choices: list[Choice]) -> list[Result]:
    results = []
    with tempfile.TemporaryDirectory(prefix="dragoman-smoke-") as folder:
        wheel = build_wheel(Path(folder))
        for interpreter in interpreters:
            for choice in choices:
                print(f"Python {interpreter.version}, {choice} versions ...", flush=True)
                results.append(run(interpreter, choice, wheel))
    return results


def _chosen(options: argparse.Namespace) -> list[Interpreter]:
    minors = supported_pythons()
    if options.pythons:
        found = [named(name, minors) for name in options.pythons]
        return list({interpreter.minor: interpreter for interpreter in found}.values())
    if options.other:
        own = ".".join(map(str, sys.version_info[:2]))
        return find_all([minor for minor in minors if minor != own])[-1:]
    return find_all(minors)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/smoke", description=purpose)
    parser.add_argument(
        "pythons", nargs="*", metavar="PYTHON", help="python3.12, 3.12 or a path; by default every one that is here"
    )
    choice = parser.add_mutually_exclusive_group()
    for name in ("newest", "lowest"):
        choice.add_argument(
            f"--{name}", action="store_const", const=name, dest="choice", help=f"only the {name} versions"
        )
    parser.add_argument("--other", action="store_true", help="only the latest Python that is not that of .venv")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
