"""One run: an environment is made, works, and goes; and the table of all runs."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts.smoke_runs.environment import Choice, Environment, InstallFailed, install
from scripts.smoke_runs.interpreters import Interpreter
from scripts.smoke_runs.project import ROOT, requirements, untrue_bounds

WORK_S = 300.0
"""Of all steps together; they take about 15 s where the machine is not busy."""
_STOP_S = 90.0
"""Longer than the server's own time to stop."""
_SAID_LINES = 6
_WIDE = 200


@dataclass(kw_only=True)
class Result:
    """What came of one interpreter with one choice of versions."""

    interpreter: Interpreter
    choice: Choice
    passed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    """Of the packages that pyproject.toml names, where they could be installed."""
    install_s: float = 0.0
    work_s: float = 0.0


def run(interpreter: Interpreter, choice: Choice, wheel: Path) -> Result:
    """Make an environment, work in it, and remove it."""
    result = Result(interpreter=interpreter, choice=choice)
    with tempfile.TemporaryDirectory(prefix="dragoman-smoke-") as name:
        folder = Path(name)
        begin_s = time.monotonic()
        try:
            environment = install(folder / "venv", interpreter, choice, wheel)
        except InstallFailed as error:
            result.problems.append(f"install: {error}")
            return result
        finally:
            result.install_s = time.monotonic() - begin_s
        named = {requirement.name for requirement in requirements()}
        result.versions = {name: version for name, version in environment.installed.items() if name in named}
        if choice == "lowest":
            result.problems += untrue_bounds(environment.installed, interpreter.minor)
        begin_s = time.monotonic()
        _work(environment, folder, result)
        result.work_s = time.monotonic() - begin_s
    return result


def _work(environment: Environment, folder: Path, result: Result) -> None:
    """Run the steps in the environment, and read what they report."""
    log = folder / "steps.log"
    variables = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    with log.open("wb") as errors:
        steps = subprocess.Popen(
            [environment.python, "-m", "scripts.smoke_runs.steps"],
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        reports, _ = steps.communicate(timeout=WORK_S)
    except subprocess.TimeoutExpired:
        result.problems.append(f"not done within {WORK_S:g} s")
        reports = _end(steps)
    finally:
        # Also where this is interrupted: the steps stop the server that they have started.
        _end(steps)
    _read(reports, log, result)
    if steps.returncode != 0 and not result.problems:
        result.problems.append(f"the steps ended with exit status {steps.returncode}:\n{_tail(log)}")


def _read(reports: str, log: Path, result: Result) -> None:
    for line in reports.splitlines():
        report: dict[str, Any] = json.loads(line)
        if report["error"] is None:
            result.passed.append(report["step"])
        else:
            result.problems.append(f"{report['step']}: {report['error']}")
    if not reports:
        result.problems.append(f"nothing could be started:\n{_tail(log)}")


def _end(steps: subprocess.Popen[str]) -> str:
    if steps.poll() is None:
        steps.terminate()
    try:
        reports, _ = steps.communicate(timeout=_STOP_S)
    except subprocess.TimeoutExpired:
        steps.kill()
        reports, _ = steps.communicate()
    return reports


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_SAID_LINES:])


def print_table(results: list[Result]) -> None:
    """Print a line for each run, and below it what failed."""
    console = Console(highlight=False, soft_wrap=True)
    table = Table()
    for title in ("Python", "versions", "passed", "install s", "work s", "result"):
        table.add_column(title, justify="right" if title.endswith(" s") else "left", overflow="fold")
    for result in results:
        table.add_row(
            result.interpreter.version,
            result.choice,
            " ".join(result.passed) or "nothing",
            f"{result.install_s:.0f}",
            f"{result.work_s:.0f}",
            "failed" if result.problems else "ok",
        )
    console.print(table)
    for result in results:
        for problem in result.problems:
            console.print(f"Python {result.interpreter.version}, {result.choice} versions: {problem}", markup=False)
        if result.problems and result.versions:
            console.print("  with " + ", ".join(f"{name} {version}" for name, version in result.versions.items()))
