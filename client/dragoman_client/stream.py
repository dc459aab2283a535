"""The events of one request, as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from dragoman_client.connection import Inbox
from dragoman_client.events import TypedEvent
from dragoman_client.events.read import read_event
from dragoman_client.frames import ReceivedEvent
from dragoman_client.link import ServerLink
from dragoman_client.pool import ServerPool
from dragoman_client.request_state import RequestState, Step, says_unknown
from dragoman_wire.errors import ShuttingDown


class EventStream:
    """An asynchronous iterator over the events of one request; made by `Client.events`.

    It ends after `task_finished`, after the one answer to a control request, or after the errors of a request that was
    refused. Leaving it early forgets the request here; the server goes on with it. Where its server is lost or stops,
    it sends the request to another one, if there is one.

    Args:
        pool: where another server is found; None binds the request to its server.
        link: the server that gets the request first.
        keys: what the request's events are known by.
        state: of the request.
        request: its frames.
        poll: the frames that ask for its stored events.
    """

    def __init__(
        self,
        pool: ServerPool | None,
        link: ServerLink,
        keys: Sequence[str],
        state: RequestState,
        request: list[bytes],
        poll: list[bytes],
    ) -> None:
        self._pool = pool if pool is not None and pool.several else None
        self._link = link
        self._keys = keys
        self._inbox = Inbox(link.connection.router, keys)
        self._state = state
        self._request = request
        self._poll = poll
        self._asked = [link]
        """Servers that were asked about a task that another one may have."""
        self._handed_on = False

    @property
    def task_id(self) -> str:
        """Return the id of the task, for `Client.cancel`."""
        return self._state.task_id

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ReceivedEvent:
        """Wait for the next event.

        Raises:
            TimedOut: no new event for `timeout_s` seconds.
            ServerUnreachable: the same, and no server ever took the request.
            ConnectionClosed: the client was closed.
        """
        try:
            event = await self._next()
        except Exception:
            # A cancelled wait is not among these: the next one goes on where it stopped.
            self._inbox.close()
            raise
        if self._state.ended:
            self._inbox.close()
        if event is None:
            raise StopAsyncIteration
        return event

    async def typed(self) -> AsyncIterator[TypedEvent]:
        """Iterate over the same events as classes of `dragoman_client.events`, for `match`.

        Raises:
            BadAnswer: an event is not readable; and what the stream itself raises.
        """
        async for event in self:
            yield read_event(event)

    async def _next(self) -> ReceivedEvent | None:
        loop = asyncio.get_running_loop()
        if self._handed_on:
            self._handed_on = False
            self._state.resumed(loop.time())
        while not self._state.ended:
            now_s = loop.time()
            if self._inbox.was_cut_off():
                self._state.reconnected(now_s)
            # What a server has said before it was lost counts.
            if not self._inbox.filled and self._inbox.was_lost():
                self._leave(now_s)
            # What has come already is looked at before anything is repeated or given up.
            step, wait_s = (Step.WAIT, 0.0) if self._inbox.filled else self._state.due(now_s)
            if step is Step.SEND:
                self._state.sent(now_s, taken=self._link.connection.send(self._request))
            elif step is Step.POLL:
                self._link.connection.send(self._poll)
                self._state.polled(now_s)
            elif step is Step.FINISH:
                return self._state.finish()
            else:
                came = await self._inbox.get(wait_s)
                event = came and self._taken(came, loop.time())
                if event is not None:
                    self._handed_on = True
                    return event
            if self._state.in_doubt and self._pool is not None:
                self._link.check()
        return None

    def _taken(self, event: ReceivedEvent, now_s: float) -> ReceivedEvent | None:
        """Take an event in; return the event to hand on, None where it is not new or another server is asked."""
        if self._pool is not None and self._answered_elsewhere(self._pool, event, now_s):
            return None
        return self._state.see(event, now_s)

    def _answered_elsewhere(self, pool: ServerPool, event: ReceivedEvent, now_s: float) -> bool:
        """Ask another server instead of taking an event in, where this one stops or does not know the task."""
        if self._state.asks_about_task:
            self._asked.append(self._link)
            return says_unknown(event) and self._move(pool.other_than(*self._asked), now_s)
        error = event.error
        if not isinstance(error, ShuttingDown):
            return False
        self._link.stops(error.retry_after_ms)
        return self._move(pool.other_than(self._link), now_s)

    def _leave(self, now_s: float) -> None:
        """Go to another server, unless this one still has the task."""
        if self._pool is not None and not (self._state.accepted and self._link.finishes_tasks):
            self._move(self._pool.other_than(self._link), now_s)

    def _move(self, link: ServerLink | None, now_s: float) -> bool:
        if link is None or self._pool is None:
            return False
        self._inbox.close()
        self._link, self._inbox = link, Inbox(link.connection.router, self._keys)
        self._state.moved(now_s, server=link.address.requests)
        if not self._state.asks_about_task:
            self._pool.moved(self._state.task_id, link)
        return True

    async def aclose(self) -> None:
        """Forget the request; safe to repeat."""
        self._inbox.close()
        self._state.finish()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        # A caller that breaks out of the loop drops the stream: its place among the waiting calls goes with it.
        inbox: Inbox | None = getattr(self, "_inbox", None)
        if inbox is not None:
            inbox.close()
