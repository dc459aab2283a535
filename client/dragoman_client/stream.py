"""The events of one request, as they come."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from dragoman_client.connection import Connection, Inbox
from dragoman_client.frames import ReceivedEvent
from dragoman_client.request_state import RequestState, Step


class EventStream:
    """An asynchronous iterator over the events of one request; made by `Client.events`.

    It ends after `task_finished`, after the one answer to a control request, or after the errors of a request that was
    refused. Leaving it early forgets the request here; the server goes on with it.

    Args:
        connection: of the client.
        inbox: where the request's events arrive.
        state: of the request.
        request: its frames.
        poll: the frames that ask for its stored events.
    """

    def __init__(
        self, connection: Connection, inbox: Inbox, state: RequestState, request: list[bytes], poll: list[bytes]
    ) -> None:
        self._connection = connection
        self._inbox = inbox
        self._state = state
        self._request = request
        self._poll = poll
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

    async def _next(self) -> ReceivedEvent | None:
        loop = asyncio.get_running_loop()
        if self._handed_on:
            self._handed_on = False
            self._state.resumed(loop.time())
        while not self._state.ended:
            now_s = loop.time()
            if self._inbox.was_cut_off():
                self._state.reconnected(now_s)
            # What has come already is looked at before anything is repeated or given up.
            step, wait_s = (Step.WAIT, 0.0) if self._inbox.filled else self._state.due(now_s)
            if step is Step.SEND:
                self._state.sent(now_s, taken=self._connection.send(self._request))
            elif step is Step.POLL:
                self._connection.send(self._poll)
                self._state.polled(now_s)
            elif step is Step.FINISH:
                return self._state.finish()
            else:
                came = await self._inbox.get(wait_s)
                event = came and self._state.see(came, loop.time())
                if event is not None:
                    self._handed_on = True
                    return event
        return None

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
