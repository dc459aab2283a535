"""`dragoman cache`: what the server knows already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman_server.cli.options import ConfigOption, SetOption, fail, flags_of, loaded_config
from dragoman_wire.ops import OpsClient, OpsError, OpsSilent
from dragoman_wire.ops_token import TokenError, read_token

app = typer.Typer(no_args_is_help=True, help="Look at the answers that the server has kept, or forget them.")
JsonOption = Annotated[bool, typer.Option("--json", help="Print the document as it is.")]
_TIMEOUT_S = 10.0
"""To clear a large file takes a while."""


@app.command()
def stats(config: ConfigOption = None, settings: SetOption = None, *, as_json: JsonOption = False) -> None:
    """Print hits, misses, and what each level holds. The server must be running.

    Example: dragoman cache stats
    """
    client = _client(loaded_config(config, flags_of(settings)).sockets)
    with _refusals_explained(client):
        try:
            document = client.stats()
        except OpsSilent:
            fail(f"no server answers at {client.address}; the figures are those of a running one")
    cache = document["cache"]
    typer.echo(json.dumps(cache, indent=2) if as_json else "\n".join(_lines(cache)))


@app.command()
def clear(config: ConfigOption = None, settings: SetOption = None) -> None:
    """Forget every answer, at every level. The server may be running.

    Example: dragoman cache clear
    """
    loaded = loaded_config(config, flags_of(settings))
    client = _client(loaded.sockets)
    with _refusals_explained(client):
        try:
            client.clear_cache()
        except OpsSilent:
            typer.echo(_remove(loaded.server.state_dir))
        else:
            typer.echo(f"cleared: the server at {client.address} knows nothing")


def _client(sockets: Any) -> OpsClient:
    """Make a client of the server's operations endpoint, with the token that it asks for."""
    try:
        return OpsClient(sockets.ops, read_token(sockets.ops_token.get_secret_value()), _TIMEOUT_S)
    except (TokenError, ValueError) as error:
        fail(str(error))


@contextmanager
def _refusals_explained(client: OpsClient) -> Iterator[None]:
    """End the command with the sentence of a refusal."""
    try:
        yield
    except OpsError as error:
        fail(f"the server at {client.address} refused: {error}")


def _remove(folder: Path) -> str:
    """Remove the file of a server that does not run; return what was done."""
    from dragoman_server.cache.file import FILE  # noqa: PLC0415 - needs the extra `server`
    from dragoman_server.sqlite_file import files_of  # noqa: PLC0415
    from dragoman_server.state_dir import StateDir, StateDirError  # noqa: PLC0415

    state = StateDir(folder)
    if not state.path.is_dir():
        return f"there is nothing to clear: {state.path} does not exist"
    try:
        state.open()
    except StateDirError as error:
        fail(f"{error}; it does not answer at the address of the configuration (sockets.ops)")
    try:
        files = [path for path in files_of(state.path / FILE) if path.exists()]
        for path in files:
            path.unlink()
    finally:
        state.close()
    return f"cleared: {state.path / FILE}" if files else f"there is nothing to clear in {state.path}"


def _lines(cache: dict[str, Any]) -> list[str]:
    rows = [("answers", "hits", "misses", "hit rate", "model seconds saved")]
    rows += [
        (name, str(one["cache_hits"]), str(one["cache_misses"]), f"{one['cache_hit_rate']:g} %", f"{one['saved_s']:g}")
        for name, one in [*cache["kinds"].items(), ("all", cache)]
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for name, level in cache["levels"].items():
        size = f"{level['bytes'] / 1e6:.1f} of {level['limit_bytes'] / 1e6:.0f} MB"
        left = f"{level['evictions']} evicted"
        lines.append(f"{name}: {level['entries']} entries, {size}, {left}, {level['state']}")
    return lines if cache["levels"] else [*lines, "every level is switched off"]
