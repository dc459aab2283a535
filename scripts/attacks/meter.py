"""The server's memory, descriptors and files, measured all the while."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

_EVERY_S = 0.05
_MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One look, or the most of many."""

    server_mib: float = 0.0
    """Resident memory of the server."""
    engines_mib: float = 0.0
    """Resident memory of its children."""
    descriptors: int = 0
    journal_mib: float = 0.0
    spool_mib: float = 0.0
    kept_mib: float = 0.0
    """Of the server's memory: results for repeats and cached answers, within their limits; known at the end only."""

    def most(self, other: Figures) -> Figures:
        """Return the larger figure of each kind."""
        return Figures(
            server_mib=max(self.server_mib, other.server_mib),
            engines_mib=max(self.engines_mib, other.engines_mib),
            descriptors=max(self.descriptors, other.descriptors),
            journal_mib=max(self.journal_mib, other.journal_mib),
            spool_mib=max(self.spool_mib, other.spool_mib),
        )


class Meter:
    """Looks at a server many times a second, in a thread.

    Args:
        pid: of the server.
        state_dir: its state folder.
    """

    def __init__(self, pid: int, state_dir: Path) -> None:
        self._process = psutil.Process(pid)
        self._state_dir = state_dir
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.now = self.peak = self.look()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def look(self) -> Figures:
        """Return the figures of this moment; zeros where the server is gone."""
        with suppress(psutil.Error):
            children = self._process.children(recursive=True)
            return Figures(
                server_mib=self._process.memory_info().rss / _MIB,
                engines_mib=sum(map(_resident_bytes, children)) / _MIB,
                descriptors=self._process.num_fds(),
                journal_mib=sum(map(_size_bytes, self._state_dir.glob("journal*"))) / _MIB,
                spool_mib=sum(map(_size_bytes, self._state_dir.glob("spool/**/*"))) / _MIB,
            )
        return Figures()

    def running(self) -> bool:
        """Return whether the server is still there."""
        with suppress(psutil.Error):
            return bool(self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE)
        return False

    def restart(self) -> Figures:
        """Forget the peak so far; return the figures of this moment."""
        self.now = self.peak = self.look()
        return self.now

    def _run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self.now = self.look()
            self.peak = self.peak.most(self.now)

    def settle(self, most_mib: float, most_descriptors: int, patience_s: float) -> Figures:
        """Wait until the server has given back what it took, at most so long; return the figures then."""
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s:
            now = self.now
            if now.server_mib <= most_mib and now.descriptors <= most_descriptors:
                break
            time.sleep(_EVERY_S)
        return self.now


def _resident_bytes(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _size_bytes(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_blocks * 512 if path.is_file() else 0
    return 0
