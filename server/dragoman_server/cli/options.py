"""What the server's commands share: their options, and how these become a configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from dragoman_wire.printable import printable_json, printable_text

_F = TypeVar("_F", bound=Callable[..., Any])


def _or_before(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> Any:
    """Return an option's value, or that of the same option before the command."""
    before = ctx.find_root().obj
    if value not in (None, False):
        return value
    return getattr(before, {"ops": "explicit_ops"}.get(str(param.name), str(param.name)), value)


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="A TOML file.", envvar="DRAGOMAN_CONFIG", metavar="FILE", show_default=False),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Set one key; may be given several times."),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print exactly one JSON document on standard output.", callback=_or_before),
]
OpsOption = Annotated[
    str | None,
    typer.Option(
        "--ops",
        metavar="URL",
        help="Address of the server's HTTP for operators; by default sockets.ops of the configuration.",
        callback=_or_before,
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option("--token", metavar="TOKEN", help="The token that it wants; file:PATH reads it.", callback=_or_before),
]


class Failed(typer.Exit):
    """The end of a command that failed; `dragoman --json` makes a document of its sentence."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(status)
        self.sentence = sentence


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


def command(app: typer.Typer, name: str | None = None) -> Callable[[_F], _F]:
    """Add a command that needs the extra `server`; where it is not installed, it says how to get it."""

    def add(function: _F) -> _F:
        app.command(name)(server_imports()(function))
        return function

    return add


def print_json(document: object) -> None:
    """Print one JSON document on standard output."""
    encoded = json.dumps(document, indent=2, ensure_ascii=False, default=repr).encode("utf-8", "surrogatepass")
    typer.echo(printable_json(encoded).decode())


def loaded_config(config: Path | None, flags: dict[str, Any]) -> Any:
    """Load the configuration; where it is wrong the command ends with a sentence and status 2."""
    with server_imports():
        from dragoman_server.config import ConfigError, load_config  # noqa: PLC0415 - needs the extra `server`
    try:
        return load_config(config, flags)
    except ConfigError as error:
        fail(f"configuration: {error}")


def fail(message: str, status: int = 2) -> NoReturn:
    """End the command with a sentence; status 2 is wrong usage, 3 a server that does not answer."""
    typer.echo(printable_text(message), err=True)
    raise Failed(message, status)
