"""Log lines go to their stream in a thread of their own, so that a reader that stands still never stops the server."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from typing_extensions import override

_MOST_LINES = 10_000
"""That wait for a stream that takes nothing; a few MiB."""
_MOST_BYTES = 1 << 16
"""Of one line."""
_GATHER_S = 0.01
"""So long the first line of a burst waits for others to be written with it."""


class LogWriter(threading.Thread):
    """Writes lines as they come, many at a time; what a stalled stream has no room for is dropped and counted.

    Args:
        descriptor: the stream.
        notice: a line that says how many were dropped.

    Lines are UTF-8.
    """

    def __init__(self, descriptor: int, notice: Callable[[int], bytes]) -> None:
        super().__init__(name="log", daemon=True)
        self.dropped = 0
        """Lines, since the start."""
        self._descriptor = descriptor
        self._notice = notice
        self._told = 0
        self._lines: deque[bytes] = deque()
        self._some = threading.Event()
        self._closing = False

    def put(self, line: bytes) -> None:
        """Queue a line. Never blocks, whichever thread calls."""
        self.put_all([line])

    def put_all(self, lines: Sequence[bytes]) -> None:
        """Queue several lines, in order."""
        room = max(0, _MOST_LINES - len(self._lines))
        self.dropped += max(0, len(lines) - room)
        self._lines.extend([line if len(line) <= _MOST_BYTES else _cut(line) for line in lines[:room]])
        if not self._some.is_set():
            self._some.set()

    def close(self, timeout_s: float) -> None:
        """Write what waits, for no longer than this."""
        self._closing = True
        self._some.set()
        self.join(timeout_s)

    @override
    def run(self) -> None:
        while True:
            self._some.wait()
            if not self._closing:
                time.sleep(_GATHER_S)
            self._some.clear()
            if not self._write_all() or (self._closing and not self._lines):
                return

    def _write_all(self) -> bool:
        """Write all that is there; return whether the stream takes more."""
        while self._lines:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if self.dropped > self._told:
                self._told, new = self.dropped, self.dropped - self._told
                lines.append(self._notice(new))
            if not self._write(b"\n".join(lines) + b"\n"):
                return False
        return True

    def _write(self, text: bytes) -> bool:
        left = memoryview(text)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                time.sleep(_GATHER_S)  # the stream was made non-blocking
            except OSError:
                return False  # it is not read any more: what comes now is counted as dropped
        return True


def _cut(line: bytes) -> bytes:
    """Return the beginning of a line, without a part of a character at its end."""
    return line[:_MOST_BYTES].decode("utf-8", "ignore").encode() + b"..."
