"""Limits of a process that the kernel holds, on every Unix."""

from __future__ import annotations

import resource

_MOST_FILES = 4096


def limit_resources(*, memory_bytes: int, file_bytes: int) -> None:
    """Write no core file, open so many files, and take no more memory and disk than this.

    Args:
        memory_bytes: private memory that can be written, in bytes; 0: any.
        file_bytes: the largest file that may be written; 0: any.
    """
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    if file_bytes:
        _lower(resource.RLIMIT_FSIZE, file_bytes)
    if memory_bytes:
        _lower(resource.RLIMIT_DATA, memory_bytes)


def _lower(which: int, most: int) -> None:
    """Set both limits, the one that holds and the one up to which it can be raised; never raise one."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(which, (most, most))
