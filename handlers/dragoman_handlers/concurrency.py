"""Run the parts of a request at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")


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
