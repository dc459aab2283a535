"""The server's part of the `dragoman` command line."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dragoman_server.cli.cache import app as cache_app
from dragoman_server.cli.dead_letters import app as dead_app
from dragoman_server.cli.models import app as models_app
from dragoman_server.cli.options import (
    AsJson,
    ConfigOption,
    SetOption,
    command,
    flags_of,
    loaded_config,
    print_json,
)

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
app.add_typer(dead_app, name="dead")
app.add_typer(cache_app, name="cache")
app.add_typer(models_app, name="models")


@command(app)
def serve(
    config: ConfigOption = None,
    settings: SetOption = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.", metavar="LEVEL")] = None,
    log_format: Annotated[str | None, typer.Option(help="auto, console or json.", metavar="FORMAT")] = None,
    *,
    echo: Annotated[
        bool, typer.Option("--echo", help="Engines that echo what they get, without models: to write a peer.")
    ] = False,
) -> None:
    """Start the server; it stops on SIGTERM or Ctrl-C.

    It finishes what it can before it stops; a second signal stops it at once. SIGHUP has it read its configuration
    again; where it was started on a terminal, it stops when the terminal is closed.

    Example: dragoman serve --config dragoman.toml --set sockets.requests=tcp://127.0.0.1:0
    """
    flags = flags_of(settings, log_level=log_level, log_format=log_format)
    loaded = loaded_config(config, flags)
    from dragoman_server.cli.serve import run_server  # noqa: PLC0415 - needs the extra `server`
    from dragoman_server.config import load_config, with_echo  # noqa: PLC0415

    if echo:
        raise typer.Exit(run_server(with_echo(loaded), lambda: with_echo(load_config(config, flags, pipes=False))))
    raise typer.Exit(run_server(loaded, lambda: load_config(config, flags, pipes=False)))


@command(app)
def check_config(
    config: ConfigOption = None,
    settings: SetOption = None,
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is not as by default.")] = False,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Also load every model, and look for every device, file and folder that is named; status 1 where"
            " something is missing.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the configuration in force, as TOML.

    It is what defaults, file, environment and flags come to together.

    Example: dragoman check-config --config dragoman.toml --changed --deep
    """
    loaded = loaded_config(config, flags_of(settings))
    for old, new in loaded.old_names.items():
        typer.echo(f"{old} is now called {new}; the next version will no longer know the old name", err=True)
    from dragoman_server.config import config_as_toml, config_document  # noqa: PLC0415

    findings = _findings(loaded) if deep else []
    if as_json:
        told = [{"key": one.key, "ok": one.ok, "message": one.message} for one in findings]
        print_json({"config": config_document(loaded, changed=changed)} | ({"findings": told} if deep else {}))
    else:
        typer.echo(config_as_toml(loaded, changed=changed), nl=False)
        for one in findings:
            typer.echo(f"{'ok     ' if one.ok else 'MISSING'}  {one.key}: {one.message}", err=True)
    raise typer.Exit(0 if all(one.ok for one in findings) else 1)


def _findings(config: Any) -> list[Any]:
    import asyncio  # noqa: PLC0415

    from dragoman_server.cli.deep_check import deep_findings  # noqa: PLC0415
    from dragoman_wire.early_signals import interruptible  # noqa: PLC0415

    with interruptible():
        return asyncio.run(deep_findings(config))
