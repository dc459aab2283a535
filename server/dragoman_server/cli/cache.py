"""`dragoman cache`: what the server knows already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import typer

from dragoman_server.cli.options import ConfigOption, SetOption, fail, flags_of, loaded_config

app = typer.Typer(no_args_is_help=True, help="Look at the answers that the server has kept, or forget them.")
JsonOption = Annotated[bool, typer.Option("--json", help="Print the document as it is.")]
_TIMEOUT_S = 10.0


@app.command()
def stats(config: ConfigOption = None, settings: SetOption = None, *, as_json: JsonOption = False) -> None:
    """Print hits, misses, and what each level holds. The server must be running.

    Example: dragoman cache stats
    """
    sockets = loaded_config(config, flags_of(settings)).sockets
    ops = str(sockets.ops)
    document = _ask(ops, _request(sockets, "/stats"))
    if document is None:
        fail(f"no server answers at {ops}; the figures are those of a running one")
    cache = document["cache"]
    typer.echo(json.dumps(cache, indent=2) if as_json else "\n".join(_lines(cache)))


@app.command()
def clear(config: ConfigOption = None, settings: SetOption = None) -> None:
    """Forget every answer, at every level. The server may be running.

    Example: dragoman cache clear
    """
    loaded = loaded_config(config, flags_of(settings))
    ops = str(loaded.sockets.ops)
    if _ask(ops, _request(loaded.sockets, "/cache/clear", "POST")) is not None:
        typer.echo(f"cleared: the server at {ops} knows nothing")
        return
    typer.echo(_remove(loaded.server.state_dir))


def _request(sockets: Any, path: str, method: str = "GET") -> Request:
    """A question to the server, with the token that it wants to see."""
    from dragoman_server.config.ops_access import TokenError, read_token  # noqa: PLC0415 - needs the extra `server`

    try:
        token = read_token(sockets.ops_token.get_secret_value())
    except TokenError as error:
        fail(str(error))
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    # An address of the configuration, always http.
    return Request(f"{sockets.ops}{path}", method=method, headers=headers)  # noqa: S310


def _ask(ops: str, request: Request) -> dict[str, Any] | None:
    """The server's answer; None where there is no server."""
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310 - see `_request`
            document: dict[str, Any] = json.load(response)
            return document
    except HTTPError as error:
        fail(f"the server at {ops} answered {error.code} {error.reason}")
    except (URLError, TimeoutError):
        return None


def _remove(folder: Path) -> str:
    """Remove the file of a server that does not run."""
    from dragoman_server.cache.file import FILE  # noqa: PLC0415 - needs the extra `server`
    from dragoman_server.state_dir import StateDir, StateDirError  # noqa: PLC0415

    state = StateDir(folder)
    if not state.path.is_dir():
        return f"there is nothing to clear: {state.path} does not exist"
    try:
        state.open()
    except StateDirError as error:
        fail(f"{error}; it does not answer at the address of the configuration (sockets.ops)")
    try:
        files = [path for suffix in ("", "-wal", "-shm") if (path := state.path / f"{FILE}{suffix}").exists()]
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
        left = f"{level['evictions']} have left"
        lines.append(f"{name}: {level['entries']} entries, {size}, {left}, {level['state']}")
    return lines if cache["levels"] else [*lines, "every level is switched off"]
