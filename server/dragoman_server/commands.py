"""The server's part of the `dragoman` command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer()

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="A TOML file.", envvar="DRAGOMAN_CONFIG", show_default=False)
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Set one key; may be given several times."),
]


@app.command()
def serve(
    config: ConfigOption = None,
    settings: SetOption = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="auto, console or json.")] = None,
) -> None:
    """Start the server; it stops gracefully on SIGTERM or Ctrl-C.

    Example: dragoman serve --config dragoman.toml --set sockets.requests=tcp://127.0.0.1:0
    """
    flags = _flags(settings, log_level=log_level, log_format=log_format)
    loaded = _load(config, flags)
    from dragoman_server.config import load_config  # noqa: PLC0415 - needs the extra `server`
    from dragoman_server.run import run_server  # noqa: PLC0415

    raise typer.Exit(run_server(loaded, lambda: load_config(config, flags)))


@app.command()
def check_config(config: ConfigOption = None, settings: SetOption = None) -> None:
    """Print the configuration in force, as TOML: defaults, file, environment and flags together.

    Example: dragoman check-config --config dragoman.toml
    """
    loaded = _load(config, _flags(settings))
    from dragoman_server.config import config_as_toml  # noqa: PLC0415

    typer.echo(config_as_toml(loaded), nl=False)


def _flags(settings: list[str] | None, **server: str | None) -> dict[str, Any]:
    """The command line's settings as sections of keys."""
    flags: dict[str, Any] = {}
    for setting in settings or ():
        path, equals, value = setting.partition("=")
        if not equals or "." not in path:
            _fail(f"--set {setting}: expected SECTION.KEY=VALUE")
        *sections, key = path.strip().split(".")
        at = flags
        for section in sections:
            at = at.setdefault(section, {})
        at[key] = value.strip()
    given = {key: value for key, value in server.items() if value is not None}
    if given:
        flags["server"] = flags.get("server", {}) | given
    return flags


def _load(config: Path | None, flags: dict[str, Any]) -> Any:
    try:
        from dragoman_server.config import ConfigError, load_config  # noqa: PLC0415 - needs the extra `server`
    except ImportError as error:
        _fail(f"the server is not installed ({error.name} is missing); run: pip install 'dragoman[server,models]'")
    try:
        return load_config(config, flags)
    except ConfigError as error:
        _fail(f"configuration: {error}")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
