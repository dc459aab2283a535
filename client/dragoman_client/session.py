"""A connection to one server: opening, closing, and following requests. `Client` puts the calls on top."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from dragoman_client.cache import TranslationCache
from dragoman_client.connection import Connection, Inbox
from dragoman_client.errors import ConnectionClosed, ServerUnreachable, TimedOut
from dragoman_client.follower import Follower, Patience
from dragoman_client.frames import Event, Header, header_of, pack
from dragoman_client.options import CallOptions
from dragoman_client.results import (
    transient_error,
)
from dragoman_client.stream import EventStream
from dragoman_wire.endpoints import DEFAULT_REQUESTS, DEFAULT_ROUTED
from dragoman_wire.errors import InternalFault
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import (
    PeerId,
    PingRequest,
    Request,
)

_HANDSHAKE_RESEND_S = 0.05
_HANDSHAKE_RESEND_MAX_S = 0.5
_BACKOFF_S = 0.5
_BACKOFF_MAX_S = 10.0


class Session:
    """A connection to one server; `async with Client() as client:`. Any number of calls may run at once.

    Args:
        requests: endpoint that takes requests.
        routed: endpoint that publishes routed events.
        peer: the name under which this client is answered (`replyTo`); by default a random one.
        timeout_s: without a new event of a request, before `TimedOut`.
        connect_timeout_s: for the server's first answer, before `ServerUnreachable`.
        resend_s: without `accepted`, before a request is repeated; doubled up to 5 s.
        poll_s: without an event of an accepted task, before its stored events are asked for; after a lost connection
            that happens as soon as it is there again.
        retries: how often a convenience call sends again what met `overloaded`, `engine_unavailable` or
            `shutting_down`, after the time that the server names.
        limits: sizes past which a request is not even sent.
        cache: where `translate` looks first, and keeps what it has got; by default it asks the server every time.

    Raises:
        ValueError: `peer` is no name of 1 to 64 characters of `A-Za-z0-9._:-`.
    """

    def __init__(
        self,
        requests: str = DEFAULT_REQUESTS,
        routed: str = DEFAULT_ROUTED,
        *,
        peer: str | None = None,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 5.0,
        resend_s: float = 1.0,
        poll_s: float = 10.0,
        retries: int = 0,
        limits: WireLimits | None = None,
        cache: TranslationCache | None = None,
    ) -> None:
        self.peer = f"client-{secrets.token_hex(8)}" if peer is None else peer
        try:
            msgspec.convert(self.peer, PeerId)
        except msgspec.ValidationError as error:
            raise ValueError(f"{peer!r} is no peer name: 1 to 64 characters of A-Za-z0-9._:-") from error
        self._requests, self._routed = requests, routed
        self._connect_timeout_s = connect_timeout_s
        self._patience = Patience(timeout_s=timeout_s, resend_s=resend_s, poll_s=poll_s)
        self._retries = retries
        self._limits = limits or WireLimits()
        self._cache = cache
        self._connection: Connection | None = None

    @property
    def server_stopping_ms(self) -> int | None:
        """How long the server said that it would still work when it began to stop; None while it is not stopping."""
        return self._connection.drain_ms if self._connection else None

    async def __aenter__(self) -> Self:
        """Connect, and wait for the server's first answer.

        Raises:
            ServerUnreachable: there was none within `connect_timeout_s`.
        """
        self._connection = Connection(self._requests, self._routed, self.peer)
        try:
            await self._handshake()
        except BaseException:
            await self.aclose(clean=False)
            raise
        self._connection.watch(self._handshake)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose(clean=error is None)

    async def aclose(self, *, clean: bool = True) -> None:
        """Close; calls that wait raise `ConnectionClosed`. `clean` gives the last messages up to 1 s to leave."""
        if self._connection is not None:
            await self._connection.close(clean=clean)

    async def _handshake(self) -> None:
        # The first pings may be answered before the subscription has reached the server, hence the quick repeats.
        quick = Patience(
            timeout_s=self._connect_timeout_s, resend_s=_HANDSHAKE_RESEND_S, resend_max_s=_HANDSHAKE_RESEND_MAX_S
        )
        try:
            async for _ in self._stream(header_of(PingRequest(timestamp=time.time())), {}, quick):
                pass
        except (TimedOut, ServerUnreachable) as error:
            raise ServerUnreachable(
                f"no pong from {self._requests} (requests) on {self._routed} (routed events) within "
                f"{self._connect_timeout_s:g} s; is the server running there, and is this its `routed` endpoint?"
            ) from error

    def events(
        self,
        request: Request | Mapping[str, Any],
        *,
        binaries: Mapping[str, bytes] | None = None,
        timeout_s: float | None = None,
    ) -> EventStream:
        """The events of any request of the contract, as they come; nothing is retried.

        Args:
            request: typed, or a map with the wire's field names; `replyTo` is set here, `taskId` where it is missing.
            binaries: the binary frames by name, for example `{"audio": recording}`.
            timeout_s: instead of the client's.

        Raises:
            TooLarge: the request is over `limits`.
            ConnectionClosed: the client is not open.
        """
        patience = self._patience
        if timeout_s is not None:
            patience = Patience(timeout_s=timeout_s, resend_s=patience.resend_s, poll_s=patience.poll_s)
        return self._stream(header_of(request), binaries or {}, patience)

    def _stream(self, header: Header, binaries: Mapping[str, bytes], patience: Patience) -> EventStream:
        if self._connection is None:
            raise ConnectionClosed("the client is not open; use `async with`")
        header["replyTo"] = self.peer
        task_id = header["taskId"]
        frames = pack(header, binaries, self._limits)
        poll = pack({"type": "result", "taskId": task_id, "replyTo": self.peer}, {}, self._limits)
        follower = Follower(
            header,
            patience,
            asyncio.get_running_loop().time(),
            server=self._requests,
            size_bytes=sum(map(len, frames)),
        )
        keys = [task_id]
        if follower.control_answer is not None:
            # A server may answer a control request without the id.
            keys.append(f"type:{follower.control_answer}")
        if isinstance(request_id := header.get("request_id"), str):
            keys.append(request_id)
        return EventStream(self._connection, Inbox(self._connection.router, keys), follower, frames, poll)

    async def _attempts(
        self, request: Request, options: CallOptions, binaries: Mapping[str, bytes] | None = None
    ) -> list[Event]:
        """All events of a task; the one place where a request that met a passing error is sent again."""
        header = header_of(request)
        on_event = options.get("on_event")
        for attempt in itertools.count():
            events = []
            async for event in self.events(header, binaries=binaries, timeout_s=options.get("timeout_s")):
                events.append(event)
                if on_event is not None:
                    on_event(event)
            error = transient_error(events)
            if error is None or attempt >= self._retries:
                break
            backoff_s = min(_BACKOFF_S * 2**attempt, _BACKOFF_MAX_S)
            after_s = backoff_s if error.retry_after_ms is None else error.retry_after_ms / 1000
            # Peers that were refused together should not come back together.
            await asyncio.sleep(after_s * random.uniform(1.0, 1.25))  # noqa: S311  # no secret
        return events

    async def _ask(self, request: Request) -> Event:
        async for event in self.events(request):
            error = event.error
            if error is not None:
                raise error
            return event
        raise InternalFault("the server ended a control request without an answer")
