"""Requests and their answers: what every call of a client goes through."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dragoman_client.collecting import collect
from dragoman_client.errors import ConnectionClosed, ServerUnreachable, TimedOut
from dragoman_client.frames import Header, ReceivedEvent, header_of, pack
from dragoman_client.link import ServerLink
from dragoman_client.options import CallOptions
from dragoman_client.pool import ServerPool
from dragoman_client.request_state import Patience, RequestState
from dragoman_client.retry import RetryPolicy, passing_error
from dragoman_client.servers import OnServer, ServerAddress
from dragoman_client.stream import EventStream
from dragoman_wire.errors import InternalFault
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import CancelRequest, PingRequest, Request, ResultRequest

_HANDSHAKE_RESEND_S = 0.05
_HANDSHAKE_RESEND_MAX_S = 0.5


class Exchange:
    """Sends requests of one peer to its servers, and hands their events over.

    Args:
        addresses: of the servers.
        peer: the `replyTo` of every request.
        patience: how long to wait for what.
        connect_timeout_s: for a server's first answer.
        retry: which attempts a call has.
        limits: sizes past which a request is not even sent.
        on_disconnect: see `Client`.
        on_reconnect: see `Client`.
    """

    def __init__(
        self,
        addresses: Sequence[ServerAddress],
        peer: str,
        *,
        patience: Patience,
        connect_timeout_s: float,
        retry: RetryPolicy,
        limits: WireLimits,
        on_disconnect: OnServer | None,
        on_reconnect: OnServer | None,
    ) -> None:
        if not connect_timeout_s > 0:
            raise ValueError(f"connect_timeout_s: {connect_timeout_s!r} is no time to wait; it is above 0")
        self._addresses = addresses
        self._peer = peer
        self._patience = patience
        # The first pings may be answered before the subscription has reached the server, hence the quick repeats.
        self._handshake_patience = Patience(
            timeout_s=connect_timeout_s, resend_s=_HANDSHAKE_RESEND_S, resend_max_s=_HANDSHAKE_RESEND_MAX_S
        )
        self._retry = retry
        self._limits = limits
        self._callbacks = {"on_disconnect": on_disconnect, "on_reconnect": on_reconnect}
        self._pool: ServerPool | None = None

    @property
    def drain_ms(self) -> int | None:
        """Return how long the servers work on where all of them stop; else None."""
        return self._pool.drain_ms if self._pool is not None else None

    @property
    def answering(self) -> tuple[ServerAddress, ...]:
        """Return the servers that take new requests."""
        return self._pool.answering() if self._pool is not None else ()

    async def open(self) -> None:
        """Connect, and wait for the first answer.

        Raises:
            ServerUnreachable: there was none in time.
        """
        self._pool = ServerPool(self._addresses, self._peer, self._handshake, **self._callbacks)
        await self._pool.open()

    async def close(self, *, clean: bool) -> None:
        """Close; calls that wait raise `ConnectionClosed`."""
        if self._pool is not None:
            await self._pool.close(clean=clean)

    def stream(
        self, request: Request | Mapping[str, Any], binaries: Mapping[str, bytes], timeout_s: float | None
    ) -> EventStream:
        """Return the events of a request, which is sent when the first is asked for.

        Raises:
            TooLarge: the request is over the limits.
            InvalidRequest: its `taskId` is none.
            ConnectionClosed: this is not open.
        """
        if self._pool is None:
            raise ConnectionClosed("the client is not open; use `async with`")
        patience = self._patience if timeout_s is None else replace(self._patience, timeout_s=timeout_s)
        header = header_of(request)
        return self._stream(header, binaries, patience, self._pool.place(header), self._pool)

    async def attempts(
        self, request: Request, options: CallOptions, binaries: Mapping[str, bytes] | None = None
    ) -> list[ReceivedEvent]:
        """Send a request, again after a passing error, and return all events of the last attempt.

        Raises:
            ClientError: see `EventStream`.
        """
        header = header_of(request)
        for attempt in itertools.count():
            stream = self.stream(header, binaries or {}, options.get("timeout_s"))
            events = await collect(stream, options, self.call_off)
            error = passing_error(events)
            wait_s = None if error is None else self._retry.wait_s(attempt, error)
            if wait_s is None:
                break
            if error is not None and error.retry_after_ms is not None:
                wait_s = self._rest(stream.task_id, wait_s)
            await asyncio.sleep(wait_s)
        return events

    async def ask(self, request: Request) -> ReceivedEvent:
        """Return the one event that answers a control request.

        Raises:
            DragomanError: the server's error.
            ClientError: no answer.
        """
        async for event in self.stream(request, {}, None):
            error = event.error
            if error is not None:
                raise error
            return event
        raise InternalFault("the server ended a control request without an answer")

    def _rest(self, task_id: str, wait_s: float) -> float:
        """Leave the server of a task alone for a time; return how long to wait for one that takes requests."""
        return self._pool.rest_s(task_id, wait_s) if self._pool is not None else wait_s

    def call_off(self, task_id: str) -> None:
        """Let the server stop a task that nobody waits for; there is no answer to wait for."""
        if self._pool is not None:
            request = CancelRequest(task_id=task_id, reply_to=self._peer)
            header = header_of(request)
            self._pool.place(header).connection.send(pack(header, {}, self._limits))

    async def _handshake(self, link: ServerLink) -> None:
        ping = header_of(PingRequest(timestamp=time.time()))
        try:
            async for _ in self._stream(ping, {}, self._handshake_patience, link):
                pass
        except (TimedOut, ServerUnreachable) as error:
            raise ServerUnreachable(
                f"no pong from {link.address.requests} (requests) on {link.address.routed} (routed events) within "
                f"{self._handshake_patience.timeout_s:g} s; is the server running there, and is this its `routed` "
                "endpoint?"
            ) from error

    def _stream(
        self,
        header: Header,
        binaries: Mapping[str, bytes],
        patience: Patience,
        link: ServerLink,
        pool: ServerPool | None = None,
    ) -> EventStream:
        header["replyTo"] = self._peer
        task_id = header["taskId"]
        frames = pack(header, binaries, self._limits)
        poll = pack(header_of(ResultRequest(task_id=task_id, reply_to=self._peer)), {}, self._limits)
        state = RequestState(
            header,
            patience,
            asyncio.get_running_loop().time(),
            server=link.address.requests,
            size_bytes=sum(map(len, frames)),
        )
        keys = [task_id]
        if state.control_answer is not None:
            # A server may answer a control request without the id.
            keys.append(f"type:{state.control_answer}")
        if isinstance(request_id := header.get("request_id"), str):
            keys.append(request_id)
        return EventStream(pool, link, keys, state, frames, poll)
