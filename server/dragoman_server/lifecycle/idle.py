"""What is put off until the server has nothing to do: free memory goes back to the kernel."""

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

    There is no collection of garbage: what work leaves is kept results, through which it takes a tenth of a second and
    more, and no circles were ever found among them.

    Args:
        messages: how many were received.
        busy: whether any request is in flight or arriving.
        resident_bytes: the memory of the process.
        tidy: gives memory back, in a thread.
    """

    def __init__(
        self,
        messages: Callable[[], int],
        busy: Callable[[], bool],
        resident_bytes: Callable[[], int] = lambda: int(psutil.Process().memory_info().rss),
        tidy: Callable[[], None] = give_memory_back,
    ) -> None:
        self._messages = messages
        self._busy = busy
        self._resident_bytes = resident_bytes
        self._tidy = tidy
        self._seen = 0
        self._left_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tidying: asyncio.Future[None] | None = None

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
        if self._tidying is None and self._resident_bytes() > self._left_bytes + _GROWN_BYTES:
            self._tidying = asyncio.get_running_loop().run_in_executor(None, self._tidy)
            self._tidying.add_done_callback(self._tidied)

    def _tidied(self, _: asyncio.Future[None]) -> None:
        self._tidying = None
        self._left_bytes = self._resident_bytes()

    def _look_again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self._look_again)
        self.look()
