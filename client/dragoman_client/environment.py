"""The arguments of a client, read from environment variables."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import cast

from dragoman_client.options import ClientOptions
from dragoman_client.servers import Servers, connectable, parse_servers
from dragoman_wire.endpoints import DEFAULT_REQUESTS, DEFAULT_ROUTED

PREFIX = "DRAGOMAN_CLIENT__"
SERVERS = f"{PREFIX}SERVERS"
REQUESTS, ROUTED = "DRAGOMAN_SOCKETS__REQUESTS", "DRAGOMAN_SOCKETS__ROUTED"
"""The server's own variables: one file of them serves both sides."""

OPTIONS: Mapping[str, Callable[[str], object]] = {
    "peer": str,
    "timeout_s": float,
    "connect_timeout_s": float,
    "resend_s": float,
    "poll_s": float,
    "retries": int,
}
"""The options of a client that a variable may set, and what reads them."""


def arguments_from(environment: Mapping[str, str]) -> tuple[Servers, str | None, ClientOptions]:
    """Return the servers, the endpoint of routed events and the options that variables name; empty ones are as unset.

    Raises:
        ValueError: a variable that begins with `DRAGOMAN_CLIENT__` is not known, or its value cannot be read.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    options: ClientOptions = {}
    for name, value in given.items():
        if name.startswith(PREFIX) and name != SERVERS:
            options |= _option(name, value)
    if SERVERS in given:
        return _servers(given[SERVERS]), None, options
    requests, routed = given.get(REQUESTS, DEFAULT_REQUESTS), given.get(ROUTED, DEFAULT_ROUTED)
    return connectable(requests), connectable(routed), options


def _option(name: str, value: str) -> ClientOptions:
    option = name.removeprefix(PREFIX).lower()
    read = OPTIONS.get(option)
    if read is None:
        near = difflib.get_close_matches(option, [*OPTIONS, "servers"], n=1, cutoff=0.5)
        hint = f"did you mean {PREFIX}{near[0].upper()}?" if near else f"known are {', '.join(OPTIONS)} and servers"
        raise ValueError(f"{name} is no variable of the client; {hint}")
    try:
        return cast("ClientOptions", {option: read(value)})
    except ValueError as error:
        raise ValueError(f"{name}: {value!r} is no number") from error


def _servers(value: str) -> Servers:
    try:
        return parse_servers(value)
    except ValueError as error:
        raise ValueError(f"{SERVERS}: {error}") from error
