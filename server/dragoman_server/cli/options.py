"""What the server's commands share: their options, and how these become a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from dragoman_wire.printable import printable_text

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="A TOML file.", envvar="DRAGOMAN_CONFIG", show_default=False)
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Set one key; may be given several times."),
]


def flags_of(settings: list[str] | None, **server: str | None) -> dict[str, Any]:
    """Parse the command line's settings into sections of keys."""
    flags: dict[str, Any] = {}
    for setting in settings or ():
        path, equals, value = setting.partition("=")
        if not equals or "." not in path:
            fail(f"--set {setting}: expected SECTION.KEY=VALUE")
        *sections, key = path.strip().split(".")
        at = flags
        for section in sections:
            at = at.setdefault(section, {})
            if not isinstance(at, dict):
                fail(f"--set {setting}: {section} is set to a value as well")
        at[key] = value.strip()
    given = {key: value for key, value in server.items() if value is not None}
    if given:
        flags["server"] = flags.get("server", {}) | given
    return flags


@contextmanager
def server_imports() -> Iterator[None]:
    """Guard imports that need the extra `server`; where it is not installed, or no more in full, the command ends."""
    try:
        yield
    except ImportError as error:
        fail(f"the server is not installed ({error.name} is missing); run: pip install 'dragoman[server,models]'")


def loaded_config(config: Path | None, flags: dict[str, Any]) -> Any:
    """Load the configuration; where it is wrong the command ends with a sentence and status 2."""
    with server_imports():
        from dragoman_server.config import ConfigError, load_config  # noqa: PLC0415 - needs the extra `server`
    try:
        return load_config(config, flags)
    except ConfigError as error:
        fail(f"configuration: {error}")


def fail(message: str) -> NoReturn:
    """End the command with a sentence and status 2."""
    typer.echo(printable_text(message), err=True)
    raise typer.Exit(2)
