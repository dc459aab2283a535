"""`dragoman cache`: what the server knows already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from dragoman_server.cli.options import (
    AsJson,
    ConfigOption,
    OpsOption,
    SetOption,
    TokenOption,
    command,
    fail,
    flags_of,
    loaded_config,
    print_json,
)
from dragoman_wire.ops import OpsClient, OpsError, OpsSilent
from dragoman_wire.ops_token import TokenError, read_token

app = typer.Typer(no_args_is_help=True, help="Look at the answers that the server has kept, or forget them.")
_TIMEOUT_S = 10.0
"""To clear a large file takes a while."""


@command(app)
def stats(
    config: ConfigOption = None,
    settings: SetOption = None,
    *,
    ops: OpsOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Print hits, misses, and what each level holds. The server must be running.

    Example: dragoman cache stats
    """
    client = _client(loaded_config(config, flags_of(settings)).sockets, ops, token)
    with _refusals_explained(client):
        try:
            document = client.stats()
        except OpsSilent:
            fail(f"no server answers at {client.address}; the figures are those of a running one", 3)
    cache = document["cache"]
    if as_json:
        print_json(cache)
    else:
        typer.echo("\n".join(_lines(cache)))


@command(app)
def clear(
    config: ConfigOption = None,
    settings: SetOption = None,
    *,
    ops: OpsOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Forget every answer, at every level. The server may be running.

    Example: dragoman cache clear
    """
    loaded = loaded_config(config, flags_of(settings))
    client = _client(loaded.sockets, ops, token)
    with _refusals_explained(client):
        try:
            client.clear_cache()
        except OpsSilent:
            if ops is not None:
                fail(f"no server answers at {client.address}", 3)
            done = _remove(loaded.server.state_dir)
        else:
            done = f"cleared: the server at {client.address} knows nothing"
    if as_json:
        print_json({"cleared": done.startswith("cleared"), "message": done})
    else:
        typer.echo(done)


def _client(sockets: Any, ops: str | None, token: str | None) -> OpsClient:
    """Make a client of a server's operations endpoint: that of the options, or that of the configuration."""
    try:
        known = read_token(token if token is not None else sockets.ops_token.get_secret_value())
        return OpsClient(ops or sockets.ops, known, _TIMEOUT_S)
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
