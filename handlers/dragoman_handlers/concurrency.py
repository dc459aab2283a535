"""Run the parts of a request at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="texts")
"""Work on a text holds the interpreter: with more than two at once the event loop would hardly have its turn."""
_MOST_SHARED = 8
"""Results that are kept for others: a document has thousands of texts."""


async def off_loop(compute: Callable[[], T]) -> T:
    """Return the result of what would hold the event loop, computed in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, compute)


class LoopTurns:
    """Steps that take milliseconds in the loop, one in each of its turns: between two of them it reads and sends.

    Without it a thousand requests at once would be a thousand such steps in one turn.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False
        """Whether this turn of the loop has its step."""

    async def wait(self) -> None:
        """Wait for a turn of the loop that has no such step yet; what follows up to the next `await` is the step."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            loop.call_soon(self._next)
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._next)
                return
        self._taken = False


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopTurns] = WeakKeyDictionary()


async def loop_turn() -> None:
    """Wait for a turn of this loop in which nothing else takes milliseconds; see `LoopTurns`."""
    turns = _turns.get(asyncio.get_running_loop())
    if turns is None:
        turns = _turns[asyncio.get_running_loop()] = LoopTurns()
    await turns.wait()


class SharedWork(Generic[T]):
    """Results of work off the loop that several coroutines want: it is done once for all of them."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, asyncio.Future[T]] = OrderedDict()

    async def result(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the result of `compute`, which is done in a thread unless one of the same key was lately."""
        known = self._results.get(key)
        if known is None or known.cancelled():
            known = self._results[key] = asyncio.ensure_future(off_loop(compute))
            while len(self._results) > _MOST_SHARED:
                self._results.popitem(last=False)
        return await asyncio.shield(known)


class InOrder(Generic[T]):
    """The results of tasks, in the order in which they were begun; `async for` waits for each of them."""

    def __init__(self) -> None:
        self._tasks: asyncio.Queue[asyncio.Task[T] | None] = asyncio.Queue()

    def put(self, task: asyncio.Task[T] | None) -> None:
        """Add a task; None: there are no more."""
        self._tasks.put_nowait(task)

    async def __aiter__(self) -> AsyncIterator[T]:
        while (task := await self._tasks.get()) is not None:
            yield await task


async def all_of(coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Return their results, in order. Where one raises, cancel the others and raise its error as it is."""
    if not coroutines:
        return []
    if len(coroutines) == 1:
        return [await coroutines[0]]
    async with one_error(), asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in coroutines]
    return [task.result() for task in tasks]


@asynccontextmanager
async def one_error() -> AsyncIterator[None]:
    """Raise the first error of the task group inside as it is, instead of a group of one or more."""
    try:
        yield
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
