"""The addresses that the server binds, and what is said where one cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import zmq


class AddressError(Exception):
    """An address cannot be bound; the sentence names its key and says why."""


@contextmanager
def binding(key: str, address: str) -> Iterator[None]:
    """Bind an address of `[sockets]` in this block.

    Raises:
        AddressError: it cannot be had.
    """
    try:
        yield
    except (OSError, zmq.ZMQError) as error:
        reason = zmq.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise AddressError(f"sockets.{key} {address} cannot be bound: {reason}") from error


def port_of(endpoint: str) -> int:
    """The TCP port of an endpoint; 0 of another kind."""
    port = endpoint.rpartition(":")[2]
    return int(port) if endpoint.startswith("tcp://") and port.isdigit() else 0


def with_port(address: str, port: int) -> str:
    """The address with another port."""
    return f"{address.rpartition(':')[0]}:{port}"
