"""The common options of the command line: the server that is meant, its token, how long to wait, and JSON.

They count before the command and after it. `Settings` collects them, and finds the addresses that they come to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from dragoman_client.servers import connectable
from dragoman_wire.endpoints import DEFAULT_OPS, DEFAULT_REQUESTS, DEFAULT_ROUTED

WIRE: Final = frozenset({"server", "requests", "routed", "timeout"})
"""Options of commands that speak with the server's sockets."""
OPS: Final = frozenset({"server", "ops", "token", "timeout"})
"""Options of commands that ask its operations endpoint."""

_SERVER = re.compile(r"(?:tcp://)?(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s/:,\[\]]+)(?::(?P<port>\d{1,5}))?/?")
_ENDPOINT = re.compile(r"(?:tcp|ipc)://[^\s,]+")
_PORT_OF_REQUESTS, _PORT_OF_ROUTED = (int(each.rpartition(":")[2]) for each in (DEFAULT_REQUESTS, DEFAULT_ROUTED))
_F = TypeVar("_F", bound=Callable[..., Any])


class Settings:
    """The common options as they were given, and what they come to.

    An option that names one endpoint goes before `--server`, which goes before the variables of the server's own
    configuration, which go before the defaults.
    """

    def __init__(self) -> None:
        self._given: dict[str, Any] = {}

    def give(self, name: str, value: Any) -> None:
        """Take an option in; one that is given again takes the place of the one before.

        Raises:
            ValueError: it names no server.
        """
        if name == "server" and value is not None:
            endpoints_of(value)
        self._given[name] = value

    @property
    def given(self) -> dict[str, Any]:
        """Return the options that were given on the command line, by their names."""
        return {name: value for name, value in self._given.items() if value not in (None, False)}

    @property
    def requests(self) -> str:
        """Return the endpoint that takes requests."""
        return connectable(self._address("requests", 0, "DRAGOMAN_SOCKETS__REQUESTS", DEFAULT_REQUESTS))

    @property
    def routed(self) -> str:
        """Return the endpoint that publishes routed events."""
        return connectable(self._address("routed", 1, "DRAGOMAN_SOCKETS__ROUTED", DEFAULT_ROUTED))

    @property
    def ops(self) -> str:
        """Return the address of the operations endpoint."""
        return self._address("ops", 2, "DRAGOMAN_SOCKETS__OPS", DEFAULT_OPS)

    @property
    def explicit_ops(self) -> str | None:
        """Return that address where the command line names it; None leaves it to a configuration."""
        given = self.given
        return self.ops if "ops" in given or ("server" in given and endpoints_of(given["server"])[2]) else None

    @property
    def token(self) -> str | None:
        """Return the token of the operations endpoint, as it is worded; None where none was named."""
        token: str | None = self._given.get("token") or os.environ.get("DRAGOMAN_SOCKETS__OPS_TOKEN") or None
        return token

    @property
    def timeout_s(self) -> float | None:
        """Return the seconds without an answer before giving up; None leaves it to the command."""
        timeout_s: float | None = self._given.get("timeout")
        return timeout_s

    @property
    def as_json(self) -> bool:
        """Return whether a JSON document is wanted."""
        return bool(self._given.get("as_json"))

    def _address(self, name: str, place: int, variable: str, default: str) -> str:
        given = self.given
        if name in given:
            return str(given[name])
        named = endpoints_of(given["server"])[place] if "server" in given else None
        return named or os.environ.get(variable) or default


def endpoints_of(server: str) -> tuple[str, str, str | None]:
    """Return the endpoints that a server's name stands for: requests, routed events and operations.

    Args:
        server: `HOST`, `HOST:PORT` of the requests (routed events then come from the port four above it, as by
            default), or the two endpoints, `tcp://HOST:PORT,tcp://HOST:PORT`, which say nothing of the operations.

    Raises:
        ValueError: it is none of these.
    """
    text = server.strip()
    pair = text.split(",")
    if len(pair) == 2 and all(_ENDPOINT.fullmatch(each.strip()) for each in pair):
        return pair[0].strip(), pair[1].strip(), None
    found = _SERVER.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{server!r} names no server; it looks like 10.0.0.5, 10.0.0.5:5555 or"
            " tcp://10.0.0.5:5555,tcp://10.0.0.5:5559"
        )
    host, port = found["host"], int(found["port"] or _PORT_OF_REQUESTS)
    routed = port + _PORT_OF_ROUTED - _PORT_OF_REQUESTS
    if not 0 < port <= 65535 - (_PORT_OF_ROUTED - _PORT_OF_REQUESTS):
        raise ValueError(f"{server!r}: there is no such port")
    return f"tcp://{host}:{port}", f"tcp://{host}:{routed}", f"http://{host}:{DEFAULT_OPS.rpartition(':')[2]}"


def takes(options: frozenset[str]) -> Callable[[_F], _F]:
    """Mark a command as one for which these common options mean something."""

    def mark(command: _F) -> _F:
        vars(command)["common_options"] = options
        return command

    return mark
