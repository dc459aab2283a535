"""What is put off until the server has nothing to do: garbage in circles, and memory that goes back to the kernel."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import psutil

from dragoman_engines.process.allocator import give_memory_back

_LOOK_S = 1.0
_FEW_MESSAGES = 50
"""Between two looks at a server that is idle."""
_GROWN_BYTES = 16 << 20
"""Memory beyond what was left the last time."""


class IdleWork:
    """Looks once a second, and tidies up where work has left much behind and there is none now.

    Neither is done on its own account while requests are served: a full collection takes a third of a second where a
    thousand of them are in flight, and what it frees is next to nothing.

    Args:
        messages: how many were received.
        busy: whether any request is in flight or arriving.
        resident_bytes: the memory of the process.
        tidy: collects, and gives memory back.
    """

    def __init__(
        self,
        messages: Callable[[], int],
        busy: Callable[[], bool],
        resident_bytes: Callable[[], int] = lambda: int(psutil.Process().memory_info().rss),
        tidy: Callable[[], None] | None = None,
    ) -> None:
        self._messages = messages
        self._busy = busy
        self._resident_bytes = resident_bytes
        self._tidy = tidy or self._collect
        self._seen = 0
        self._left_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look from now on. What is there by now stays: it is passed over by all later collections."""
        gc.collect()
        gc.freeze()
        self._left_bytes = self._resident_bytes()
        self._look_again()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def look(self) -> None:
        """Tidy up, if this is the moment for it."""
        messages = self._messages()
        new, self._seen = messages - self._seen, messages
        if new > _FEW_MESSAGES or self._busy():
            return
        if self._resident_bytes() > self._left_bytes + _GROWN_BYTES:
            self._tidy()
            self._left_bytes = self._resident_bytes()

    def _look_again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self._look_again)
        self.look()

    @staticmethod
    def _collect() -> None:
        gc.collect()
        give_memory_back()
