"""What `dragoman load` does: runs the plan, shows how it goes, prints the report."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from dragoman_client.cli.calls import FAILED, UNREACHABLE
from dragoman_client.cli.output import fail, print_json
from dragoman_client.cli.settings import Settings
from dragoman_client.errors import ClientError, ServerUnreachable
from dragoman_client.load.generator import LoadRun
from dragoman_client.load.materials import MaterialsError, load_materials
from dragoman_client.load.plan import Plan
from dragoman_client.load.report import report_of
from dragoman_client.load.table import print_report
from dragoman_wire.early_signals import INTERRUPTED, interruptible
from dragoman_wire.errors import DragomanError

_SHOW_EVERY_S = 0.25


def load(
    settings: Settings, plan: Plan, texts: Path | None, recordings: Sequence[Path], *, numbered: bool, as_json: bool
) -> None:
    """Run a plan against a server, and print what came of it.

    Raises:
        typer.Exit: answers were lost or did not come, the server is not there, or it was interrupted.
    """
    try:
        materials = load_materials(texts, recordings, numbered=numbered)
    except MaterialsError as error:
        raise typer.BadParameter(str(error)) from error
    run = LoadRun(plan, materials, settings.requests, settings.routed)
    try:
        with interruptible(), asyncio.Runner(loop_factory=_precise_loop) as runner:
            runner.run(_work(run))
    except ServerUnreachable as error:
        fail(error, UNREACHABLE, as_json=as_json)
    except (DragomanError, ClientError) as error:
        fail(error, FAILED, as_json=as_json)
    report = report_of(run)
    if as_json:
        print_json(report)
    else:
        print_report(report)
    _leave(run)


def _precise_loop() -> asyncio.AbstractEventLoop:
    """Make a loop that does not round waits up to whole milliseconds, which would be in every time of an open loop."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def _work(run: LoadRun) -> None:
    async with run:
        with _interruptible(run):
            async with _shown(run):
                await run.run()


def _leave(run: LoadRun) -> None:
    if run.interrupted:
        raise typer.Exit(INTERRUPTED)
    figures = run.tally.together()
    if figures.lost or figures.incomplete:
        raise typer.Exit(FAILED)
    if figures.unanswered:
        raise typer.Exit(UNREACHABLE)


@contextlib.contextmanager
def _interruptible(run: LoadRun) -> Iterator[None]:
    """End the run, with its report, on Ctrl-C or SIGTERM; a second one ends the command."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def interrupt() -> None:
        run.interrupt()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def _shown(run: LoadRun) -> AsyncIterator[None]:
    """Show how the run goes, in one line, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
        showing = asyncio.create_task(_show(run, live))
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)


async def _show(run: LoadRun, live: Live) -> None:
    while True:
        live.update(Text(line_of(run)), refresh=True)
        await asyncio.sleep(_SHOW_EVERY_S)


def line_of(run: LoadRun) -> str:
    """Describe the progress of a run in one line."""
    figures = run.tally.together()
    p99_ms = figures.to_finished.percentile(99)
    parts = [
        f"{run.elapsed_s:.0f} of {run.plan.duration_s:g} s",
        f"{figures.sent} sent",
        f"{len(run.tally.open)} in flight",
        f"{figures.finished.total()} finished",
        f"p99 {p99_ms:.1f} ms" if p99_ms is not None else "",
        f"{figures.refused.total()} refused" if figures.refused else "",
        f"{figures.failed.total()} failed" if figures.failed else "",
        f"{figures.lost} lost" if figures.lost else "",
    ]
    return ", ".join(filter(None, parts))
