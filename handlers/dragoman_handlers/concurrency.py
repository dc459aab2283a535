"""Run the parts of a request at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="texts")
"""Work on a text holds the interpreter: with more than two at once the event loop would hardly have its turn."""
_MOST_SHARED = 8
"""Results that are kept for others: a document has thousands of texts."""


async def off_loop(compute: Callable[[], T]) -> T:
    """Return the result of what would hold the event loop, computed in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, compute)


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
