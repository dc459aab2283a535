"""Addresses that the server binds."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

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
        owner = _owner_of(address) if getattr(error, "errno", None) == errno.EADDRINUSE else ""
        raise StartError(f"sockets.{key} {address} cannot be bound: {_reason(error)}{owner}") from error


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None) or 0
    if number in _REASONS:
        return _REASONS[number]
    if number > 0:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)


def _owner_of(address: str) -> str:
    """Return words for the process that has an address; none where the system does not tell."""
    try:
        connections = psutil.net_connections("unix" if address.startswith("ipc:") else "tcp")
        pids = {one.pid for one in connections if one.pid and _is_at(one, address)}
        named = [f"{pid} ({_command(pid)})" for pid in sorted(pids)]
    except (psutil.Error, OSError, ValueError):
        return ""
    if os.getpid() in pids:
        return ", by another socket of this server"
    return f", by process {', '.join(named)}" if named else ", by a process of another user"


def _is_at(one: Any, address: str) -> bool:
    if address.startswith("ipc:"):
        return bool(one.laddr == address.removeprefix("ipc://"))
    return bool(one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == urlsplit(address).port)


def _command(pid: int) -> str:
    """Return the first words of a process's command line; the rest may hold secrets, and is long."""
    words = psutil.Process(pid).cmdline()
    return " ".join([Path(words[0]).name, *words[1:3]]) if words else psutil.Process(pid).name()


def port_of(endpoint: str) -> int:
    """Return the TCP port; 0 for a socket of another kind."""
    port = endpoint.rpartition(":")[2]
    return int(port) if endpoint.startswith("tcp://") and port.isdigit() else 0


def with_port(address: str, port: int) -> str:
    """Return the address with the port that was got for it."""
    return f"{address.rpartition(':')[0]}:{port}"
