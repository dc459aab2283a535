"""The folder of decoded audio, kept while its request is at work."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from dragoman_wire.errors import Overloaded

_BLOCK_BYTES = 512
"""The unit of `st_blocks`, whatever the file system."""
_RETRY_MS = 30_000


class Spool:
    """Files of raw samples that the server and its engine processes share by path; emptied at each start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()
        self._open: set[Path] = set()

    def __enter__(self) -> Self:
        """Make the folder, empty.

        Raises:
            OSError: it cannot be written.
        """
        if self.folder.is_symlink() or self.folder.is_file():
            self.folder.unlink()  # what a link leads to is not ours to empty
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_unnamed(self) -> int:
        """Open a file without a name: it is gone with its last descriptor and mapping. Return its descriptor.

        Raises:
            OSError: it cannot be made.
        """
        try:
            return os.open(self.folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except (AttributeError, OSError):  # a file system that has no such files
            descriptor, path = tempfile.mkstemp(dir=self.folder)
            Path(path).unlink()
            return descriptor

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Provide an empty file of its own, by its path; it is removed at the end.

        Raises:
            OSError: it cannot be made.
        """
        path = self.folder / f"{next(self._numbers)}.pcm"
        path.touch(mode=0o600, exist_ok=False)
        self._open.add(path)
        try:
            yield path
        finally:
            self._open.discard(path)
            path.unlink(missing_ok=True)

    def check(self, path: Path, limit_bytes: int) -> None:
        """Check that all files together take no more of the disk than the limit, now that one has grown.

        Raises:
            Overloaded: they do, and this file has more than an even share: a short recording does not fail because
                of long ones.
        """
        used = {file: _used_bytes(file) for file in self._open}
        total = sum(used.values())
        if total > limit_bytes and used.get(path, 0) > limit_bytes / len(used):
            raise Overloaded(
                f"the recordings at work take {total} bytes of the disk; the limit spool_bytes is {limit_bytes}",
                retry_after_ms=_RETRY_MS,
            )


def _used_bytes(file: Path) -> int:
    """Return what a file takes of the disk: silence that time stamps claim takes nothing."""
    try:
        return file.stat().st_blocks * _BLOCK_BYTES
    except FileNotFoundError:
        return 0
