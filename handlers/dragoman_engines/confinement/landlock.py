"""Landlock: from now on this process, and those that it starts, reach only the files that are named here.

The numbers are those of the kernel's linux/landlock.h. What a kernel does not know yet is left out: each version of
the interface only adds rights that can be taken away.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from dragoman_engines.confinement.kernel import Unavailable, call

# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
READ = _READ_FILE | _READ_DIR
"""Read files, and list folders."""
WRITE = READ | _WRITE_FILE | _REMOVE_FILE | _REMOVE_DIR | _MAKE_DIR | _MAKE_REG | _TRUNCATE
"""Also make, change and remove files and folders; no links, devices and sockets."""
_OF_FILES = EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
"""Rights that a rule about a single file may give."""
_FIRST_RIGHTS = (1 << 13) - 1
_RIGHTS_SINCE = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEVICE}
"""Which version of the interface brought which right."""
_TCP_SINCE, _TCP = 4, 0b11
"""Binding and connecting."""
_SCOPES_SINCE, _SCOPES = 6, 0b11
"""Abstract sockets and signals of processes that are not confined with this one."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the version of the interface; 0 where this kernel has none, or where it is switched off."""
    if sys.platform != "linux":
        return 0
    try:
        return call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def restrict(rules: Iterable[tuple[Path, int]]) -> int:
    """Give up all rights but these, in this thread and in what it starts; return the interface's version.

    Args:
        rules: a file or a folder with all that is below it, and the rights there. What does not exist is left out.

    Raises:
        Unavailable: the kernel has no Landlock, or refused.
    """
    found = version()
    if not found:
        raise Unavailable("landlock: this kernel does not have it, or has it switched off")
    handled = _FIRST_RIGHTS
    for since, right in _RIGHTS_SINCE.items():
        handled |= right if found >= since else 0
    ruleset = _Ruleset(
        files=handled, net=_TCP if found >= _TCP_SINCE else 0, scoped=_SCOPES if found >= _SCOPES_SINCE else 0
    )
    try:
        # A kernel refuses a longer structure than it knows, unless the rest is zero; then it takes it.
        descriptor = call(
            _CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(ctypes.sizeof(ruleset)), ctypes.c_uint32(0)
        )
        try:
            for path, rights in rules:
                _allow(descriptor, path, rights & handled)
            call(_RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint32(0))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable(f"landlock: {error.strerror}") from error
    return found


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP}:
            return  # it has no such file: there is nothing to allow
        raise
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        rule = _PathRule(allowed=rights, parent=place)
        call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(place)
