"""Many calls as one: a bounded number of them at a time, each with its own outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from dragoman_client.errors import ClientError, ConnectionClosed, ServerUnreachable
from dragoman_wire.errors import DragomanError

Failure = DragomanError | ClientError
"""What a call may fail with."""

_NOT_TRIED = ConnectionClosed("the call was not tried")
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


async def each_of(
    items: Sequence[_Item], call: Callable[[int, _Item], Awaitable[_Result]], concurrency: int
) -> list[_Result | Failure]:
    """Call once for each item; return the results in the order of the items, a failure in the place of its result.

    Once no server can be reached, the items that are left fail with the same error and are not tried.

    Args:
        items: as many as there are.
        call: gets the place of an item and the item.
        concurrency: how many calls run at a time.

    Raises:
        ValueError: `concurrency` is not 1 or more.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency: {concurrency} is not 1 or more")
    results: list[_Result | Failure] = [_NOT_TRIED] * len(items)
    places = iter(range(len(items)))
    gone: list[Failure] = []

    async def work() -> None:
        for place in places:
            if gone:
                results[place] = gone[0]
                continue
            try:
                results[place] = await call(place, items[place])
            except (ServerUnreachable, ConnectionClosed) as error:
                gone.append(error)
                results[place] = error
            except (DragomanError, ClientError) as error:
                results[place] = error

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(items))):
                group.create_task(work())
    except BaseExceptionGroup as faults:
        raise faults.exceptions[0] from None  # of a caller's callback, or of its argument
    return results
