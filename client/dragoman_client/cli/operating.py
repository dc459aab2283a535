"""The commands for operators: options in, `operations` does the work."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when a command runs, so that --help is there at once

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dragoman_client.cli.options import AsJson, settings_of
from dragoman_client.cli.settings import OPS, WIRE, takes

TaskIds = Annotated[list[str], typer.Argument(help="As `dragoman tasks` shows it.", metavar="ID")]
OneTaskId = Annotated[str, typer.Argument(help="As `dragoman tasks` shows it.", metavar="ID")]
Peer = Annotated[
    str | None,
    typer.Option(help="The task's peer (replyTo), where several have a task of this id.", metavar="NAME"),
]


class TaskState(StrEnum):
    """Which tasks are listed."""

    ALL = "all"
    ACTIVE = "active"
    FINISHED = "finished"
    FAILED = "failed"


class TaskOrder(StrEnum):
    """Which of them come first."""

    RECENT = "recent"
    SLOWEST = "slowest"
    AGE = "age"


@takes(OPS)
def tasks(
    ctx: typer.Context,
    *,
    state: Annotated[TaskState, typer.Option(help="Which tasks.", case_sensitive=False)] = TaskState.ALL,
    sort: Annotated[
        TaskOrder, typer.Option(help="The newest first, the slowest, or the oldest.", case_sensitive=False)
    ] = TaskOrder.RECENT,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most.", metavar="NUMBER")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the tasks in flight, and the last that ended.

    Example: dragoman tasks --state failed
    """
    from dragoman_client.cli import operations

    operations.tasks(settings_of(ctx), state.value, sort.value, limit, as_json=as_json)


@takes(OPS)
def task(ctx: typer.Context, task_id: OneTaskId, *, peer: Peer = None, as_json: AsJson = False) -> None:
    """Show one task: its parts, and where its time went.

    Example: dragoman task task-1f0c
    """
    from dragoman_client.cli import operations

    operations.task(settings_of(ctx), task_id, peer, as_json=as_json)


@takes(OPS)
def cancel(ctx: typer.Context, task_ids: TaskIds, *, peer: Peer = None, as_json: AsJson = False) -> None:
    """Stop tasks, of whatever peer.

    Example: dragoman cancel task-1f0c
    """
    from dragoman_client.cli import operations

    operations.cancel(settings_of(ctx), task_ids, peer, as_json=as_json)


@takes(OPS | WIRE)
def result(
    ctx: typer.Context,
    task_id: OneTaskId,
    *,
    peer: Peer = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the sound of the results, as ID.LANG.wav or as its format says; made if missing.",
            file_okay=False,
            metavar="DIR",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what came of a task; one at work is waited for.

    Results are kept for 15 minutes, unless the server is configured otherwise.

    Example: dragoman result task-1f0c --out sounds
    """
    from dragoman_client.cli import results

    results.result(settings_of(ctx), task_id, peer, out, as_json=as_json)


@takes(OPS)
def drain(
    ctx: typer.Context,
    *,
    wait: Annotated[bool, typer.Option(help="Whether to wait until the server has stopped.")] = True,
    as_json: AsJson = False,
) -> None:
    """Stop the server gracefully.

    It takes nothing new, finishes what it can, and ends. A service manager that restarts it has a new one come up.

    Example: dragoman drain --server 10.0.0.5
    """
    from dragoman_client.cli import operations

    operations.drain(settings_of(ctx), wait=wait, as_json=as_json)


@takes(OPS)
def top(
    ctx: typer.Context,
    *,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.", metavar="SECONDS")] = 1.0,
) -> None:
    """Watch the server: its lanes, engines and tasks.

    A task can be looked into and cancelled.

    Example: dragoman top --ops http://10.0.0.5:8088
    """
    from dragoman_client.cli import operations
    from dragoman_wire.early_signals import interruptible

    settings = settings_of(ctx)
    if not sys.stdout.isatty():
        raise typer.BadParameter(
            f"this is no terminal; a script reads {settings.ops}/stats and {settings.ops}/tasks", param_hint="top"
        )
    try:
        from dragoman_client.top.app import TopApp
    except ImportError as error:
        typer.echo(f"dragoman top needs {error.name}; run: pip install 'dragoman[top]'", err=True)
        raise typer.Exit(2) from error

    with interruptible():
        TopApp(operations.ops_client(settings), every).run()
