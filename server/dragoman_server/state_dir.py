"""The state directory: one server at a time owns it."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path
from typing import IO, Self

_LOOK = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS = 0o077


class StateDirError(Exception):
    """The directory cannot be used; the sentence says why and what to do."""


class StateDir:
    """A directory with a lock file that is held as long as the server runs."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser()
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Make it where it is missing, and take it.

        Raises:
            StateDirError: it cannot be written, or another server has it.
        """
        try:
            # The journal holds what people wrote and said.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            lock = os.fdopen(os.open(self.path / "lock", flags, 0o600), "a+", encoding="ascii")
        except OSError as error:
            raise StateDirError(
                f"server.state_dir {self.path} cannot be used: {error.strerror or error}; name another one"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise StateDirError(
                f"server.state_dir {self.path} belongs to a running server (process {owner}); give each its own"
            ) from error
        _close_to_others(self.path)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def close(self) -> None:
        """Let go of it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        """Take it, as `open` does."""
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.close()


def _close_to_others(folder: Path) -> None:
    """Take the rights of other users away, where an earlier version gave them; links stay as they are."""
    for path in (folder, *folder.iterdir()):
        try:
            descriptor = os.open(path, _LOOK if path != folder else _LOOK & ~os.O_NOFOLLOW)
        except OSError:  # a link, a socket, or another user's
            continue
        try:
            found = os.fstat(descriptor)
            own = found.st_uid == os.geteuid() and (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode))
            if own and found.st_mode & _OTHERS:
                os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & ~_OTHERS)
        finally:
            os.close(descriptor)
