"""Which servers a client speaks to: their endpoints, from arguments or from the environment. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dragoman_wire.endpoints import DEFAULT_REQUESTS, DEFAULT_ROUTED

Servers = str | Sequence[str | tuple[str, str]]
"""One endpoint, or one entry for each server: its endpoint of requests, or that and its endpoint of routed events."""

_TCP = re.compile(r"(tcp://(?:\[[^\]]+\]|[^:\[\]]+))(?::(\d+))?")
_PORT = int(DEFAULT_REQUESTS.rpartition(":")[2])
_ROUTED_ABOVE = int(DEFAULT_ROUTED.rpartition(":")[2]) - _PORT
_HIGHEST_PORT = 65535
_ANY_ADDRESS = re.compile(r"tcp://(\*|0\.0\.0\.0|\[::\]):(.+)")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The two endpoints of a server that a client connects to."""

    requests: str
    """Takes requests."""
    routed: str
    """Publishes routed events."""

    def __str__(self) -> str:
        return self.requests


OnServer = Callable[[ServerAddress], None]
"""Called with a server of which there is news."""


def addresses_of(requests: Servers, routed: str | None = None) -> tuple[ServerAddress, ...]:
    """Return the addresses that a client's first arguments name.

    Args:
        requests: one server, or several.
        routed: the endpoint of routed events of the one server; None derives it, see `address_of`.

    Raises:
        ValueError: no server is named, one is named twice, `routed` is given beside several, or an endpoint of routed
            events can be derived of none.
    """
    if isinstance(requests, str):
        return (address_of(requests) if routed is None else ServerAddress(requests, routed),)
    if routed is not None:
        raise ValueError("`routed` belongs to one server; of several, name the two endpoints of each as a pair")
    found = tuple(address_of(each) if isinstance(each, str) else ServerAddress(*each) for each in requests)
    if not found:
        raise ValueError("no server is named")
    twice = next((each for index, each in enumerate(found) if each in found[:index]), None)
    if twice is not None:
        raise ValueError(f"the server {twice} is named twice")
    return found


def address_of(endpoint: str) -> ServerAddress:
    """Return the address of a server that is named by one endpoint.

    Without a port it is that of the default ports. Its routed events are on the same host, on the port that is as far
    above that of the requests as by default: 4.

    Raises:
        ValueError: the endpoint is none of TCP, or no port is that far above it.
    """
    parts = _TCP.fullmatch(endpoint.strip())
    if parts is None:
        raise ValueError(
            f"of {endpoint!r} the endpoint of routed events cannot be derived: name both endpoints, or write it as "
            "tcp://HOST or tcp://HOST:PORT"
        )
    port = int(parts[2] or _PORT)
    if port + _ROUTED_ABOVE > _HIGHEST_PORT:
        raise ValueError(f"of {endpoint!r} the endpoint of routed events cannot be derived: name both endpoints")
    return ServerAddress(f"{parts[1]}:{port}", f"{parts[1]}:{port + _ROUTED_ABOVE}")


def parse_servers(text: str) -> list[str | tuple[str, str]]:
    """Read servers from one text: servers are separated by commas, the endpoints of one by white space.

    Raises:
        ValueError: a server has more than two endpoints.
    """
    found: list[str | tuple[str, str]] = []
    for server in filter(None, map(str.strip, text.split(","))):
        match server.split():
            case [requests]:
                found.append(requests)
            case [requests, routed]:
                found.append((requests, routed))
            case _:
                raise ValueError(f"{server!r}: expected one endpoint, or two with a space between them")
    return found


def connectable(endpoint: str) -> str:
    """Return an endpoint to connect to: where a server binds to all addresses, that is the local one."""
    bound = _ANY_ADDRESS.fullmatch(endpoint.strip())
    if bound is None:
        return endpoint.strip()
    return f"tcp://{'[::1]' if bound[1] == '[::]' else '127.0.0.1'}:{bound[2]}"
