"""The sockets of a load generator. They do less than a client's: no request is repeated, and no call waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

import zmq

from dragoman_client.connection_monitor import ConnectionMonitor
from dragoman_client.errors import BadAnswer, ServerUnreachable
from dragoman_client.frames import ReceivedEvent, header_of, pack, unpack
from dragoman_client.sockets import Receiver, connect_sockets
from dragoman_wire.limits import WireLimits
from dragoman_wire.outbound import topic_of
from dragoman_wire.requests import PingRequest

log = logging.getLogger("dragoman_client")

_PING_S = 0.05
_PING_ID = "load-ping"


class LoadSockets:
    """One connection to push requests and one to read the events of all its peers; made inside a running loop.

    Args:
        requests: endpoint to push requests to.
        routed: endpoint to read routed events from.
        peers: the names that requests come from.
        on_event: called with each event; must not block.

    Raises:
        ServerUnreachable: an endpoint cannot be connected to at all.
    """

    def __init__(
        self, requests: str, routed: str, peers: Sequence[str], on_event: Callable[[ReceivedEvent], None]
    ) -> None:
        self._where = f"{requests} (requests) on {routed} (routed events)"
        self._peers = peers
        self._on_event = on_event
        self._context = zmq.Context()
        self._push = self._context.socket(zmq.PUSH)
        self._sub = self._context.socket(zmq.SUB)
        self._monitor = ConnectionMonitor(self._context, {"requests": self._push, "routed": self._sub}, self._note)
        self._pong = asyncio.Event()
        self._cuts = 0
        self._back = asyncio.Event()
        self._recovery: asyncio.Task[None] | None = None
        try:
            connect_sockets(
                self._push,
                self._sub,
                requests=requests,
                routed=routed,
                topics=map(topic_of, peers),
                high_water_mark=0,  # a measurement must not lose events by being slow; what is in flight is bounded
            )
        except BaseException:
            self._monitor.close()
            self._context.destroy(linger=0)
            raise
        self._receiver = Receiver(self._sub, self._take, _log_fault)

    async def wait_for_server(self, timeout_s: float) -> None:
        """Ping until a pong comes to the name that was subscribed last: then all subscriptions are there.

        Raises:
            ServerUnreachable: none came in time.
        """
        self._pong.clear()
        ping = pack(header_of(PingRequest(task_id=_PING_ID, reply_to=self._peers[-1])), {}, WireLimits())
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
        """Run `probe` whenever the connection was cut off, and `catch_up` when it returns."""
        self._monitor.start()
        self._recovery = asyncio.create_task(self._recover(probe, catch_up), name="dragoman-load-catch-up")

    def send(self, frames: Sequence[bytes]) -> bool:
        """Hand a message to the transport without waiting; False where no server takes it now."""
        try:
            self._push.send_multipart(frames, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        return True

    async def close(self) -> None:
        """Close the sockets; what has not left is dropped."""
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.gather(self._recovery, return_exceptions=True)
        self._monitor.close()
        self._receiver.stop()
        self._context.destroy(linger=0)

    def _note(self) -> None:
        """Take in what the monitor reports: a connection that is there again may have missed events."""
        if self._monitor.cuts > self._cuts and all(self._monitor.connected.values()):
            self._cuts = self._monitor.cuts
            self._back.set()

    async def _recover(self, probe: Callable[[], Awaitable[None]], catch_up: Callable[[], None]) -> None:
        while True:
            await self._back.wait()
            try:
                await probe()
            except ServerUnreachable:
                continue  # it went away again, or is slow to start; there is nothing to ask before it answers
            self._back.clear()
            catch_up()

    def _take(self, frames: list[bytes]) -> None:
        try:
            event = unpack(frames[1:])
        except BadAnswer as error:
            log.warning("event.unreadable error=%s", error)
            return
        if event.task_id == _PING_ID:
            self._pong.set()
        else:
            self._on_event(event)


def _log_fault(error: Exception) -> None:
    log.error("reader.died error=%r", error)
