"""Addresses that the server binds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import zmq


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
    except (OSError, zmq.ZMQError) as error:
        reason = zmq.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise StartError(f"sockets.{key} {address} cannot be bound: {reason}") from error


def port_of(endpoint: str) -> int:
    """The TCP port; 0 for a socket of another kind."""
    port = endpoint.rpartition(":")[2]
    return int(port) if endpoint.startswith("tcp://") and port.isdigit() else 0


def with_port(address: str, port: int) -> str:
    """The address with the port that was got for it."""
    return f"{address.rpartition(':')[0]}:{port}"
