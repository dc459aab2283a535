"""Reading the files of the configuration."""

from __future__ import annotations

import os
import select
import stat
import tomllib
from pathlib import Path
from typing import Any

from dragoman_server.config.errors import ConfigError

_MOST_BYTES = 16 << 20


def read_toml(path: Path, where: str, *, pipes: bool = False) -> dict[str, Any]:
    """Read a TOML file.

    Args:
        path: the file.
        where: what it is called in errors.
        pipes: whether it may be a pipe, which is waited for: only at a start, from a shell's `<(...)`.

    Raises:
        ConfigError: it cannot be read, is no file, is too large, or is no TOML.
    """
    try:
        data = _read(path, where, pipes=pipes)
        return tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            raise ConfigError(f"{where}: {error.strerror or error}") from error
        raise ConfigError(f"{where}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{where}: it is nested too deeply") from error


def _read(path: Path, where: str, *, pipes: bool) -> bytes:
    # A pipe that nothing writes to would hold whoever opens it; so it is looked at first, through its descriptor.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISREG(kind):
            data = file.read(_MOST_BYTES + 1)
        elif stat.S_ISDIR(kind):
            raise ConfigError(f"{where}: it is a folder")
        elif stat.S_ISFIFO(kind) and pipes:
            os.set_blocking(descriptor, True)
            select.select([descriptor], [], [])  # until there is a writer: before that, it reads as ended
            data = file.read(_MOST_BYTES + 1)
        else:
            raise ConfigError(f"{where}: it is no regular file, which cannot be read again while the server runs")
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"{where}: it is larger than {_MOST_BYTES >> 20} MiB")
    return data
