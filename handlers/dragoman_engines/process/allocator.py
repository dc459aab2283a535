"""How the C library keeps memory for messages: the difference between 650 and 1,700 MB/s of large ones."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h."""
_MMAP_BYTES = 32 << 20
"""The most that glibc accepts. A larger piece of memory is asked of the kernel, and zeroed by it, each time."""
_TRIM_BYTES = 64 << 20
"""So much free memory is kept for the next message instead of being given back."""


def give_memory_back() -> None:
    """Give free memory back to the kernel, with glibc; it takes some milliseconds for 100 MB."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def keep_memory_for_messages() -> None:
    """Raise the thresholds of glibc's malloc, as MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ do; else nothing.

    By default a message of a megabyte is memory fresh from the kernel, page by page, and given back after it.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
