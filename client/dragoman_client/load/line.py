"""The sockets of a load generator. They do less than a client's: nothing is repeated, and nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

import zmq

from dragoman_client.errors import BadAnswer, ServerUnreachable
from dragoman_client.frames import Event, pack, unpack
from dragoman_client.link import Link
from dragoman_wire.limits import WireLimits
from dragoman_wire.outbound import topic_of

log = logging.getLogger("dragoman_client")

_MOST_PER_TURN = 64
"""Events before the loop has a turn again."""
_LOOK_AGAIN_S = 1.0
_PING_S = 0.05
_HEARTBEAT_MS = 10_000


class Line:
    """One connection to push requests and one to read the events of all its peers; made inside a running loop.

    Args:
        requests: endpoint to push requests to.
        routed: endpoint to read routed events from.
        peers: the names that requests come from.
        on_event: called with each event; must not block.

    Raises:
        ServerUnreachable: an endpoint cannot be connected to at all.
    """

    def __init__(self, requests: str, routed: str, peers: Sequence[str], on_event: Callable[[Event], None]) -> None:
        self._where = f"{requests} (requests) on {routed} (routed events)"
        self._peers = peers
        self._on_event = on_event
        self._context = zmq.Context()
        self._push = self._context.socket(zmq.PUSH)
        self._sub = self._context.socket(zmq.SUB)
        self._link = Link(self._context, {"requests": self._push, "routed": self._sub})
        self._loop = asyncio.get_running_loop()
        self._look: asyncio.Handle | None = None
        self._pong = asyncio.Event()
        try:
            self._connect(requests, routed)
        except BaseException:
            self._link.abandon()
            self._context.destroy(linger=0)
            raise
        self._loop.add_reader(self._sub.fileno(), self._turn)
        self._turn()

    def _connect(self, requests: str, routed: str) -> None:
        # Only a peer that is there takes a request: what would queue up for an absent one is late, and says so.
        self._push.setsockopt(zmq.IMMEDIATE, 1)
        # Whoever measures must not lose events by being slow; what is in flight is bounded.
        self._sub.setsockopt(zmq.RCVHWM, 0)
        for socket, endpoint in ((self._push, requests), (self._sub, routed)):
            socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
            socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
            socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3 * _HEARTBEAT_MS)
            try:
                socket.connect(endpoint)
            except zmq.ZMQError as error:
                raise ServerUnreachable(f"cannot connect to {endpoint!r}: {error}") from error
        for peer in self._peers:
            self._sub.subscribe(topic_of(peer))

    async def wait_for_server(self, timeout_s: float) -> None:
        """Ping until a pong comes to the name that was subscribed last: then all subscriptions are there.

        Raises:
            ServerUnreachable: none came in time.
        """
        self._pong.clear()
        ping = pack({"type": "ping", "taskId": "line", "replyTo": self._peers[-1]}, {}, WireLimits())
        try:
            async with asyncio.timeout(timeout_s):
                while not self._pong.is_set():
                    self.send(ping)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_PING_S):
                            await self._pong.wait()
        except TimeoutError as error:
            raise ServerUnreachable(
                f"no pong from {self._where} within {timeout_s:g} s; is the server running there, and is this its "
                "`routed` endpoint?"
            ) from error

    def watch(self, probe: Callable[[], Awaitable[None]], catch_up: Callable[[], None]) -> None:
        """Whenever the connection was cut off: `catch_up` once `probe` returns."""
        self._link.start(probe, catch_up)

    def send(self, frames: Sequence[bytes]) -> bool:
        """Hand a message to the transport without waiting; False where nobody takes it now."""
        try:
            self._push.send_multipart(frames, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        return True

    async def close(self) -> None:
        """Close the sockets; what has not left is dropped."""
        await self._link.close()
        self._loop.remove_reader(self._sub.fileno())
        if self._look is not None:
            self._look.cancel()
        self._context.destroy(linger=0)

    def _turn(self) -> None:
        if self._look is not None:
            self._look.cancel()
        more = self._take()
        # The descriptor is edge-triggered: should an edge ever be missed, the look finds what it announced.
        self._look = self._loop.call_soon(self._turn) if more else self._loop.call_later(_LOOK_AGAIN_S, self._turn)

    def _take(self) -> bool:
        """Hand over what is there; whether there may be more."""
        for _ in range(_MOST_PER_TURN):
            try:
                _, *frames = self._sub.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return False
            try:
                event = unpack(frames)
            except BadAnswer as error:
                log.warning("event.unreadable error=%s", error)
                continue
            if event.task_id == "line":
                self._pong.set()
            else:
                self._on_event(event)
        return True
