"""The global options of the command line, which every command reads."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ANY_ADDRESS = re.compile(r"tcp://(\*|0\.0\.0\.0|\[::\]):(.+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The global options."""

    requests: str
    routed: str
    timeout_s: float | None
    """Seconds without an event; None leaves it to the command."""


def connectable(endpoint: str) -> str:
    """Return an endpoint to connect to: where a server binds to all addresses, that is the local one."""
    bound = _ANY_ADDRESS.fullmatch(endpoint.strip())
    if bound is None:
        return endpoint.strip()
    return f"tcp://{'[::1]' if bound[1] == '[::]' else '127.0.0.1'}:{bound[2]}"
