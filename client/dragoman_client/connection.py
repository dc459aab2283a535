"""The two sockets of a client: one pushes requests, the single reader of the other hands events to waiting calls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import zmq

from dragoman_client.connection_monitor import ConnectionMonitor
from dragoman_client.errors import BadAnswer, ClientError, ConnectionClosed
from dragoman_client.frames import ReceivedEvent, unpack
from dragoman_client.sockets import Receiver, connect_sockets
from dragoman_wire.outbound import topic_of

log = logging.getLogger("dragoman_client")

_LINGER_MS = 1000
"""How long the last messages may take to leave on a clean close."""
_SHORT_LINGER_MS = 200
"""The same where the caller was interrupted: the cancellation of its task still leaves."""
_HIGH_WATER_MARK = 10_000
"""Events that may wait to be read."""


class Inbox:
    """Events for one waiting call."""

    def __init__(self, router: Router, keys: Sequence[str]) -> None:
        self._router = router
        self._keys = keys
        self._events: deque[ReceivedEvent] = deque()
        self._error: ClientError | None = None
        self._cut_off = False
        self._lost = False
        self._woken = asyncio.Event()
        router.add(keys, self)

    @property
    def filled(self) -> bool:
        """Return whether an event is here, so that `get` does not wait."""
        return bool(self._events) or self._error is not None

    def put(self, event: ReceivedEvent) -> None:
        """Hand an event over."""
        self._events.append(event)
        self._woken.set()

    def fail(self, error: ClientError) -> None:
        """Raise `error` in the waiting call, after the events that are here."""
        self._error = error
        self._woken.set()

    def reconnected(self) -> None:
        """Let the waiting call ask for the events that it missed: the connection was cut and is there again."""
        self._cut_off = True
        self._woken.set()

    def was_cut_off(self) -> bool:
        """Return whether the connection came back since the last call of this."""
        was, self._cut_off = self._cut_off, False
        return was

    def lost(self) -> None:
        """Let the waiting call look for another server: this one stops, or does not answer."""
        self._lost = True
        self._woken.set()

    def was_lost(self) -> bool:
        """Return whether the server was lost since the last call of this."""
        was, self._lost = self._lost, False
        return was

    async def get(self, wait_s: float) -> ReceivedEvent | None:
        """Wait for the next event; None where none comes within `wait_s` seconds, or the server is lost or back.

        Raises:
            ConnectionClosed: there will be no more.
        """
        if not (self.filled or self._cut_off or self._lost):
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
        if self._events:
            return self._events.popleft()
        if self._error is not None:
            raise self._error
        return None

    def close(self) -> None:
        """Forget the call; safe to repeat."""
        self._router.remove(self._keys, self)


class Router:
    """The calls that wait, by the task whose events they wait for."""

    def __init__(self) -> None:
        self._inboxes: dict[str, set[Inbox]] = {}
        self._error: ClientError | None = None

    def __len__(self) -> int:
        """Return how many keys are waited for: about the number of requests in flight."""
        return len(self._inboxes)

    def add(self, keys: Iterable[str], inbox: Inbox) -> None:
        """Hand events of these keys to `inbox` from now on."""
        for key in keys:
            self._inboxes.setdefault(key, set()).add(inbox)
        if self._error is not None:
            inbox.fail(self._error)

    def remove(self, keys: Iterable[str], inbox: Inbox) -> None:
        """Hand no more events of these keys to `inbox`."""
        for key in keys:
            waiting = self._inboxes.get(key, set())
            waiting.discard(inbox)
            if not waiting:
                self._inboxes.pop(key, None)

    def route(self, event: ReceivedEvent) -> None:
        """Hand an event to all calls that wait for it; there may be none."""
        for inbox in tuple(self._inboxes.get(key_of(event), ())):
            inbox.put(event)

    def reconnected(self) -> None:
        """Tell every waiting call that events may have been missed."""
        for inbox in self._all():
            inbox.reconnected()

    def lost(self) -> None:
        """Tell every waiting call to look for another server."""
        for inbox in self._all():
            inbox.lost()

    def fail(self, error: ClientError) -> None:
        """Tell every call that waits, or will, that nothing comes any more."""
        self._error = error
        for inbox in self._all():
            inbox.fail(error)

    def _all(self) -> set[Inbox]:
        return {inbox for waiting in self._inboxes.values() for inbox in waiting}


def key_of(event: ReceivedEvent) -> str:
    """Return the key of an event: its task, else its voice profile request, else its type."""
    request_id = event.fields.get("request_id")
    return event.task_id or (request_id if isinstance(request_id, str) else f"type:{event.type}")


class Connection:
    """The sockets of a client and their reader; made inside a running event loop.

    Args:
        requests: endpoint to push requests to.
        routed: endpoint to read routed events from.
        peer: the `replyTo` of this client.
        on_change: called when a socket lost the server or has it again, and when the server says that it stops; it
            must not block.

    Raises:
        ServerUnreachable: an endpoint cannot be connected to at all, for example for a misspelt transport.
    """

    def __init__(self, requests: str, routed: str, peer: str, on_change: Callable[[], None]) -> None:
        self.router = Router()
        self.drain_ms: int | None = None
        """How long the server works on after it announced its stop; None while it is not stopping."""
        self._on_change = on_change
        self._topic = topic_of(peer)
        self._context = zmq.Context()
        self._push = self._context.socket(zmq.PUSH)
        self._sub = self._context.socket(zmq.SUB)
        self._closing: asyncio.Task[None] | None = None
        self._monitor = ConnectionMonitor(self._context, {"requests": self._push, "routed": self._sub}, self._changed)
        try:
            connect_sockets(
                self._push,
                self._sub,
                requests=requests,
                routed=routed,
                topics=[self._topic],
                high_water_mark=_HIGH_WATER_MARK,
            )
        except BaseException:
            self._monitor.close()
            self._close_sockets(0)
            self._context.term()
            raise
        self._receiver = Receiver(self._sub, self._receive, self._reader_died)
        self._monitor.start()

    @property
    def cuts(self) -> int:
        """Return how often a socket has lost the server."""
        return self._monitor.cuts

    @property
    def takes_requests(self) -> bool:
        """Return whether the server is connected that takes requests."""
        return self._monitor.connected["requests"]

    @property
    def brings_events(self) -> bool:
        """Return whether the server is connected that publishes events."""
        return self._monitor.connected["routed"]

    def send(self, frames: Sequence[bytes]) -> bool:
        """Hand a message to the transport without waiting; False where no server is connected to take it.

        Raises:
            ConnectionClosed: the connection was closed.
        """
        try:
            self._push.send_multipart(frames, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            raise ConnectionClosed("the client is closed") from error
        return True

    async def close(self, *, clean: bool) -> None:
        """Stop reading, fail the waiting calls, close the sockets; `clean`: the last messages leave first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(clean=clean), name="dragoman-client-close")
        await asyncio.shield(self._closing)

    async def _close(self, *, clean: bool) -> None:
        self.router.fail(ConnectionClosed("the client was closed while it waited for the server"))
        self._monitor.close()
        self._receiver.stop()
        self._close_sockets(_LINGER_MS if clean else _SHORT_LINGER_MS)
        # Terminating waits for the linger time, so it must not happen on the loop.
        await asyncio.to_thread(self._context.term)

    def _changed(self) -> None:
        self._receiver.read_all()  # what came before a cut counts
        self._on_change()

    def _close_sockets(self, linger_ms: int) -> None:
        self._sub.close(linger=0)
        self._push.close(linger=linger_ms)

    def _receive(self, frames: list[bytes]) -> None:
        topic, *rest = frames
        if topic == self._topic:
            self._take(rest)

    def _take(self, frames: list[bytes]) -> None:
        try:
            event = unpack(frames)
        except BadAnswer as error:
            log.warning("event.unreadable error=%s", error)
            return
        if event.type == "server_stopping":
            drain_ms = event.fields.get("drainMs")
            self.drain_ms = drain_ms if isinstance(drain_ms, int) else 0
            log.warning("server.stopping drain_ms=%s: %s", self.drain_ms, _stopping_sentence(event))
            self._on_change()
        elif event.type == "accepted" and event.fields.get("duplicate") is False:
            self.drain_ms = None  # it takes new work: another server stands there now
        self.router.route(event)

    def _reader_died(self, error: Exception) -> None:
        log.error("reader.died error=%r", error)
        failure = ConnectionClosed(f"the reader of routed events died: {error!r}")
        failure.__cause__ = error
        self.router.fail(failure)


def _stopping_sentence(event: ReceivedEvent) -> str:
    if event.fields.get("restartExpected"):
        return "the server stops and is expected back; what it does not finish is sent again"
    return "the server stops, and nobody said that it comes back"
