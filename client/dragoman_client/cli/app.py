"""The command line's frame: global options, our commands, and those of other installed parts."""

from __future__ import annotations

from importlib.metadata import entry_points, version
from typing import Annotated

import typer

from dragoman_client.cli.commands import (
    detect,
    languages,
    ping,
    speak,
    stats,
    top,
    transcribe,
    translate,
    voice,
    voices,
)
from dragoman_client.cli.correcting import correct
from dragoman_client.cli.load import load
from dragoman_client.cli.schema import schema
from dragoman_client.cli.settings import Settings, connectable
from dragoman_wire.endpoints import DEFAULT_REQUESTS, DEFAULT_ROUTED

PARTS_GROUP = "dragoman.commands"


def build_app() -> typer.Typer:
    """Build the application with the commands of all installed parts."""
    parts, missing = _installed_parts()
    app = typer.Typer(
        name="dragoman",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=f"Not available here: the commands of {'; '.join(missing)}." if missing else None,
    )
    app.callback()(_global_options)
    commands = (
        translate,
        correct,
        detect,
        transcribe,
        voice,
        speak,
        languages,
        voices,
        ping,
        stats,
        top,
        load,
        schema,
    )
    for command in commands:
        app.command()(command)
    for part in parts:
        app.add_typer(part)
    return app


def _installed_parts() -> tuple[list[typer.Typer], list[str]]:
    """Load the applications of other parts; return them, and for each that cannot be loaded its name and why."""
    parts, missing = [], []
    for point in sorted(entry_points(group=PARTS_GROUP), key=lambda point: point.name):
        try:
            part = point.load()
        except (ImportError, AttributeError) as error:
            hint = f"`{point.name}` ({error}; try: pip install 'dragoman[{point.name}]')"
            missing.append(hint.replace("[", r"\["))  # a bracket opens markup in the help
            continue
        parts.append(part)
    return parts, missing


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        typer.echo(f"dragoman {version('dragoman')}")
        raise typer.Exit


def _global_options(
    ctx: typer.Context,
    *,
    requests: Annotated[
        str, typer.Option(envvar="DRAGOMAN_SOCKETS__REQUESTS", help="Endpoint that takes requests.")
    ] = DEFAULT_REQUESTS,
    routed: Annotated[
        str, typer.Option(envvar="DRAGOMAN_SOCKETS__ROUTED", help="Endpoint that publishes routed events.")
    ] = DEFAULT_ROUTED,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            help="Seconds without an answer before giving up; by default 60, for recordings 3600.",
            show_default=False,
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Translate, transcribe and speak through a Dragoman server.

    Example: dragoman --requests tcp://10.0.0.5:5555 --routed tcp://10.0.0.5:5559 translate "Good morning" --to pt
    """
    ctx.obj = Settings(requests=connectable(requests), routed=connectable(routed), timeout_s=timeout)
