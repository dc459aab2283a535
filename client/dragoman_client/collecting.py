"""All events of one request, for calls that wait for its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dragoman_client.errors import TimedOut
from dragoman_client.frames import ReceivedEvent
from dragoman_client.options import CallOptions
from dragoman_client.stream import EventStream
from dragoman_wire.events import TaskProgress


async def collect(events: EventStream, options: CallOptions, call_off: Callable[[str], None]) -> list[ReceivedEvent]:
    """Return all events of a request but its progress, which `options` may want as it comes.

    Args:
        events: of the request.
        options: of the call.
        call_off: tells the server that nobody waits for the task of this id any more; called where the wait is
            cancelled or times out, unless the call is `detach`ed.

    Raises:
        ClientError: see `EventStream`.
    """
    on_event, on_progress = options.get("on_event"), options.get("on_progress")
    kept = []
    try:
        async for event in events:
            if event.type != "task_progress":
                kept.append(event)
            elif on_progress is not None:
                on_progress(event.read_as(TaskProgress))
            if on_event is not None:
                on_event(event)
    except (asyncio.CancelledError, TimedOut):
        if not options.get("detach"):
            call_off(events.task_id)
        raise
    return kept
