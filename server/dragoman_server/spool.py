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


class Spool:
    """Files of raw samples that the server and its engine processes share by path; emptied at each start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()

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
        """Provide a path of its own; the file is removed at the end."""
        path = self.folder / f"{next(self._numbers)}.pcm"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
