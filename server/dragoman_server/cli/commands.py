"""The server's part of the `dragoman` command line."""

from __future__ import annotations

from typing import Annotated

import typer

from dragoman_server.cli.cache import app as cache_app
from dragoman_server.cli.dead_letters import app as dead_app
from dragoman_server.cli.models import app as models_app
from dragoman_server.cli.options import ConfigOption, SetOption, flags_of, loaded_config, server_imports

app = typer.Typer()
app.add_typer(dead_app, name="dead")
app.add_typer(cache_app, name="cache")
app.add_typer(models_app, name="models")


@app.command()
def serve(
    config: ConfigOption = None,
    settings: SetOption = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="auto, console or json.")] = None,
    *,
    echo: Annotated[
        bool, typer.Option("--echo", help="Engines that echo what they get, without models: to write a peer.")
    ] = False,
) -> None:
    """Start the server; it stops gracefully on SIGTERM or Ctrl-C.

    Example: dragoman serve --config dragoman.toml --set sockets.requests=tcp://127.0.0.1:0
    """
    flags = flags_of(settings, log_level=log_level, log_format=log_format)
    loaded = loaded_config(config, flags)
    with server_imports():
        from dragoman_server.cli.serve import run_server  # noqa: PLC0415
        from dragoman_server.config import load_config, with_echo  # noqa: PLC0415 - needs the extra `server`

    if echo:
        raise typer.Exit(run_server(with_echo(loaded), lambda: with_echo(load_config(config, flags, pipes=False))))
    raise typer.Exit(run_server(loaded, lambda: load_config(config, flags, pipes=False)))


@app.command()
def check_config(config: ConfigOption = None, settings: SetOption = None) -> None:
    """Print the configuration in force, as TOML: defaults, file, environment and flags together.

    Example: dragoman check-config --config dragoman.toml
    """
    loaded = loaded_config(config, flags_of(settings))
    for old, new in loaded.old_names.items():
        typer.echo(f"{old} is now called {new}; the next version will no longer know the old name", err=True)
    from dragoman_server.config import config_as_toml  # noqa: PLC0415

    typer.echo(config_as_toml(loaded), nl=False)
