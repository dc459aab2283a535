"""The command line's root: the common options, our commands, and those of other installed parts."""

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
    translate,
    voice,
    voices,
)
from dragoman_client.cli.correcting import correct
from dragoman_client.cli.frame import Frame, normalized, take_common
from dragoman_client.cli.load import load
from dragoman_client.cli.operating import cancel, drain, result, task, tasks, top
from dragoman_client.cli.schema import schema
from dragoman_client.cli.transcribe import transcribe
from dragoman_wire.endpoints import DEFAULT_OPS, DEFAULT_REQUESTS, DEFAULT_ROUTED

PARTS_GROUP = "dragoman.commands"
_COMMANDS = (
    *(translate, correct, detect, transcribe, voice, speak),
    *(languages, voices, ping, stats),
    *(tasks, task, cancel, result, drain, top),
    *(load, schema),
)


def build_app() -> typer.Typer:
    """Build the application with the commands of all installed parts."""
    parts, missing = _installed_parts()
    app = typer.Typer(
        name="dragoman",
        cls=Frame,
        no_args_is_help=True,
        # Plain text: it fits 80 columns, has no frame that an encoding may lack, and is read aloud well.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": normalized},
        epilog=f"Not available here: the commands of {'; '.join(missing)}." if missing else None,
    )
    app.callback()(_common_options)
    for command in _COMMANDS:
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
            missing.append(f"`{point.name}` ({error}; try: pip install 'dragoman[{point.name}]')")
            continue
        parts.append(part)
    return parts, missing


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        typer.echo(f"dragoman {version('dragoman')}")
        raise typer.Exit


def _common_options(
    *,
    server: Annotated[
        str | None,
        typer.Option(
            help="The server, where it is not on this machine: its host, with the port of the requests if that is not"
            " 5555 (the routed events then come from the port four above it).",
            metavar="HOST[:PORT]",
            callback=take_common,
            show_default=False,
        ),
    ] = None,
    requests: Annotated[
        str | None,
        typer.Option(
            help=f"Its endpoint that takes requests, by default {DEFAULT_REQUESTS} or DRAGOMAN_SOCKETS__REQUESTS.",
            metavar="ENDPOINT",
            callback=take_common,
            show_default=False,
        ),
    ] = None,
    routed: Annotated[
        str | None,
        typer.Option(
            help=f"Its endpoint that publishes routed events, by default {DEFAULT_ROUTED} or"
            " DRAGOMAN_SOCKETS__ROUTED.",
            metavar="ENDPOINT",
            callback=take_common,
            show_default=False,
        ),
    ] = None,
    ops: Annotated[
        str | None,
        typer.Option(
            help=f"Its address for operators, by default {DEFAULT_OPS} or DRAGOMAN_SOCKETS__OPS.",
            metavar="URL",
            callback=take_common,
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help="The token that this address wants, if any; file:PATH reads it. Also DRAGOMAN_SOCKETS__OPS_TOKEN.",
            metavar="TOKEN",
            callback=take_common,
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            help="Seconds without an answer before giving up; by default 60, for recordings 3600.",
            metavar="SECONDS",
            callback=take_common,
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print exactly one JSON document on standard output.", callback=take_common),
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Translate, transcribe and speak through a Dragoman server.

    These options may stand before the command or after it.

    Example: dragoman --server 10.0.0.5 translate "Good morning" --to pt
    """
    del server, requests, routed, ops, token, timeout, as_json, _version  # `take_common` took them in
