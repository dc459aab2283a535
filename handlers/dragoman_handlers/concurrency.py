"""Run the parts of a request at the same time, and what would hold the event loop elsewhere; peers take turns."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

account: ContextVar[str] = ContextVar("account", default="")
"""The peer for whom the present asyncio task works."""
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="texts")
"""Work on a text holds the interpreter: two threads do no more than one, and the loop waits twice as long for it."""
_AHEAD = 2
"""Calls that the thread is given at a time, so that it has the next one when it ends one."""
_AT_ONCE = 16
"""Coroutines that begin in one turn of the loop."""
_MOST_SHARED = 8
"""Results that are kept for others: a document has thousands of texts."""


class Rows(Generic[T]):
    """Things that wait, those of each account in a row of their own; the rows have their turns one by one."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, deque[T]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, one: T) -> None:
        """Put one at the end of the row of the present account."""
        self._rows.setdefault(account.get(), deque()).append(one)

    def take(self) -> T:
        """Take the first one of the row whose turn it is."""
        owner, row = next(iter(self._rows.items()))
        one = row.popleft()
        if row:
            self._rows.move_to_end(owner)
        else:
            del self._rows[owner]
        return one


class OffLoop:
    """Calls that a thread makes for coroutines of one event loop; those of each account in order.

    Args:
        thread: makes the calls.
    """

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self._waiting: Rows[tuple[Callable[[], Any], asyncio.Future[Any]]] = Rows()
        self._given = 0
        """Calls that the thread has and has not ended."""

    async def result(self, compute: Callable[[], T]) -> T:
        """Return the result of a call. One that is no longer wanted before it begins is not made."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.add((compute, done))
        self._give()
        return await done

    def _give(self) -> None:
        while self._given < _AHEAD and self._waiting:
            compute, done = self._waiting.take()
            if done.done():
                continue
            self._given += 1
            call = asyncio.get_running_loop().run_in_executor(self._thread, compute)
            call.add_done_callback(lambda call, done=done: self._ended(call, done))  # type: ignore[misc]

    def _ended(self, call: asyncio.Future[Any], done: asyncio.Future[Any]) -> None:
        self._given -= 1
        self._give()
        if call.cancelled():
            done.cancel()
            return
        error = call.exception()
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(call.result())


_off_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, OffLoop] = WeakKeyDictionary()


async def off_loop(compute: Callable[[], T]) -> T:
    """Return the result of what would hold the event loop, computed in a thread; see `OffLoop`."""
    loop = asyncio.get_running_loop()
    calls = _off_loop.get(loop)
    if calls is None:
        calls = _off_loop[loop] = OffLoop(_THREAD)
    return await calls.result(compute)


class LoopTurns:
    """Steps that take milliseconds in the loop, one in each of its turns: between two of them it reads and sends.

    Without it a thousand requests at once would be a thousand such steps in one turn. The steps of one account do not
    keep those of another waiting.
    """

    def __init__(self) -> None:
        self._waiting: Rows[asyncio.Future[None]] = Rows()
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
        self._waiting.add(turn)
        await turn

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.take()
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
        self._wanted: Counter[asyncio.Future[T]] = Counter()
        """How many wait for one."""

    async def result(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the result of `compute`, which is done in a thread unless one of the same key was lately."""
        known = self._results.get(key)
        if known is None or known.cancelled():
            known = self._results[key] = asyncio.ensure_future(off_loop(compute))
            while len(self._results) > _MOST_SHARED:
                self._results.popitem(last=False)
        self._wanted[known] += 1
        try:
            return await asyncio.shield(known)
        finally:
            self._wanted[known] -= 1
            if not self._wanted[known]:
                del self._wanted[known]
                known.cancel()  # nothing where it is done


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
    waiting, tasks = deque(coroutines), list[asyncio.Task[T]]()
    try:
        async with one_error(), asyncio.TaskGroup() as group:
            while waiting:
                tasks.append(group.create_task(waiting.popleft()))
                if waiting and len(tasks) % _AT_ONCE == 0:
                    await asyncio.sleep(0)
    finally:
        for one in waiting:
            one.close()
    return [task.result() for task in tasks]


class one_error:  # noqa: N801 - it reads as a function: `async with one_error(), asyncio.TaskGroup() as group`
    """Raise the first error of the task group inside as it is, instead of a group of one or more.

    The frames of a task group keep the error that leaves it, which keeps them: such a circle would hold a request with
    its sound until the next collection, which is rare. Here it is broken.
    """

    async def __aenter__(self) -> None:
        """Begin; there is nothing to do."""

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Raise the one error, or let through what is no group."""
        if isinstance(error, asyncio.CancelledError):
            error.__traceback__ = None
        elif isinstance(error, BaseExceptionGroup):
            first = error.exceptions[0]
            error.__traceback__ = None
            try:
                raise first from None
            finally:
                first.__context__ = None
                del first, error, traceback
