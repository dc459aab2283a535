"""Calls of the kernel that Python has no function for, through the C library."""

from __future__ import annotations

import ctypes
import functools
import os
import sys

_PR_SET_NO_NEW_PRIVS = 38


class Unavailable(Exception):
    """The kernel does not offer this, or does not allow it; the sentence is for the log."""


def call(number: int, *arguments: object) -> int:
    """Make a system call; return what it gives.

    Raises:
        OSError: the kernel refused.
    """
    result = int(_libc().syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise _error()
    return result


def forbid_new_privileges() -> None:
    """Have no program that this process starts get more rights than it has, as set-uid programs do.

    Raises:
        Unavailable: this is not Linux, or the kernel refused.
    """
    _prctl("no new privileges", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _prctl(what: str, option: int, *arguments: int) -> None:
    if sys.platform != "linux":
        raise Unavailable(f"{what}: only Linux has it")
    if _libc().prctl(ctypes.c_int(option), *map(ctypes.c_ulong, arguments)) != 0:
        raise Unavailable(f"{what}: {_error().strerror}")


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
