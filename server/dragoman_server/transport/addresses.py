"""Addresses that the server binds."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

_REASONS = {
    errno.ENODEV: "this machine has no such address",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EINVAL: "it is no endpoint like tcp://127.0.0.1:5555",
}
"""In words of ours where the system's mislead."""


class StartError(Exception):
    """The server cannot start; the sentence says why."""


@contextmanager
def binding(key: str, address: str) -> Iterator[None]:
    """Say which of the addresses cannot be had.

    Raises:
        StartError: what was bound in the block cannot be.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise StartError(f"sockets.{key} {address} cannot be bound: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None) or 0
    if number in _REASONS:
        return _REASONS[number]
    if number > 0:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)


def port_of(endpoint: str) -> int:
    """Return the TCP port; 0 for a socket of another kind."""
    port = endpoint.rpartition(":")[2]
    return int(port) if endpoint.startswith("tcp://") and port.isdigit() else 0


def with_port(address: str, port: int) -> str:
    """Return the address with the port that was got for it."""
    return f"{address.rpartition(':')[0]}:{port}"
