"""An event loop whose time passes only while everything waits: an hour of timers takes a test no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
_LOOK_S = 0.001


class _Selector(selectors.DefaultSelector):
    """Does not wait for a time to come: it tells the loop that it has come."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.loop.outside:  # a thread is at work: its result comes before any timer
            return super().select(_LOOK_S)
        if timeout is None:
            return super().select(None)
        self.loop.now_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that begins at 0 s."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        self.now_s = 0.0
        self.outside = 0
        """Calls in threads."""
        super().__init__(selector)

    def time(self) -> float:
        return self.now_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        self.outside += 1
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._came_back)
        return future

    def _came_back(self, _: asyncio.Future[Any]) -> None:
        self.outside -= 1


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def now_s() -> float:
    """The time of the running loop."""
    return asyncio.get_running_loop().time()
