"""The one reader of the PULL socket. It takes everything that is there at each wake-up and never waits for work."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Protocol

import structlog
import zmq

from dragoman_server.transport.backpressure import Backpressure, ByteBudget
from dragoman_wire.inbound import BadMessage, Buffer, Inbound, decode_message
from dragoman_wire.limits import WireLimits

log = structlog.get_logger()

_MOST_PER_TURN = 64
"""Messages before the loop has a turn again."""
_LOOK_AGAIN_S = 1.0
_SLOW_S = 0.02
"""Between two messages while the byte budget is used up."""
_LARGE_BYTES = 1 << 16
_NOBLOCK = int(zmq.NOBLOCK)


class Outbox(Protocol):
    """Where answers go; `Outgoing` is one."""

    def hold(self) -> None:
        """Let answers gather."""
        ...

    def release(self) -> None:
        """Send the gathered answers."""
        ...


class Intake:
    """Receives, decodes and hands over.

    Args:
        context: the ZeroMQ context.
        limits: sizes past which a request is refused before it is decoded.
        high_water_mark: messages that wait to be read before libzmq pushes back.
        budget: what may be read beside the requests in flight.
        outbox: what is answered in the turn in which it is read goes out at its end.
        on_request: called with each well-formed request; must not block.
        on_bad: called with each that is not.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        limits: WireLimits,
        high_water_mark: int,
        budget: ByteBudget,
        outbox: Outbox,
        on_request: Callable[[Inbound], None],
        on_bad: Callable[[BadMessage], None],
    ) -> None:
        self._socket = context.socket(zmq.PULL)
        self._socket.set(zmq.RCVHWM, high_water_mark)
        # A single frame past every limit closes its sender's connection before it is allocated; a little room is left
        # so that a request that is only just too large is answered.
        self._socket.set(zmq.MAXMSGSIZE, limits.request_bytes + limits.header_bytes)
        self._turns_to_empty = math.ceil(high_water_mark / _MOST_PER_TURN)
        self.limits = limits
        self._budget = budget
        self._outbox = outbox
        budget.on_relief = self._resume
        self._on_request = on_request
        self._on_bad = on_bad
        self._loop: asyncio.AbstractEventLoop | None = None
        self._again: asyncio.Handle | None = None
        self._look: asyncio.TimerHandle | None = None
        self.received = 0
        self.rejected = 0
        self.last_turn_s = time.monotonic()
        """When the loop last looked at the socket; the health check goes by it."""

    def bind(self, endpoint: str) -> str:
        """Bind the socket; return its endpoint."""
        self._socket.bind(endpoint)
        return self._socket.get_string(zmq.LAST_ENDPOINT)

    def start(self) -> None:
        """Read from now on, whenever something is there."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._turn)
        self._look_again()

    def stop(self) -> None:
        """Take the messages that still wait, if it was started, then close the socket."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            for handle in (self._again, self._look):
                if handle is not None:
                    handle.cancel()
            self.empty()
            self._loop = None
        self._socket.close(linger=0)

    def empty(self) -> None:
        """Take the messages that wait now, as far as the budget goes; no later ones, for a peer may never stop."""
        for _ in range(self._turns_to_empty):
            if not self._take(_MOST_PER_TURN):
                return

    def _turn(self) -> None:
        if self._loop is None:
            return
        self.last_turn_s = time.monotonic()
        if self._again is not None:
            self._again.cancel()
            self._again = None
        self._outbox.hold()
        try:
            pressure = self._budget.pressure
            if pressure is Backpressure.SLOW and self._take(1):
                self._again = self._loop.call_later(_SLOW_S, self._turn)
            elif pressure is Backpressure.NONE and self._take(_MOST_PER_TURN):
                self._again = self._loop.call_soon(self._turn)
        finally:
            self._outbox.release()

    def _look_again(self) -> None:
        """Look at the socket now and then: its descriptor is edge-triggered, and an edge may be missed."""
        if self._loop is not None:
            self._look = self._loop.call_later(_LOOK_AGAIN_S, self._look_again)
            self._turn()

    def _resume(self) -> None:
        if self._loop is None:
            return
        if self._again is not None:
            self._again.cancel()
        self._again = self._loop.call_soon(self._turn)

    def _take(self, most: int) -> bool:
        """Hand over up to `most` messages; return whether there may be more."""
        for _ in range(most):
            if self._budget.pressure is Backpressure.STOP:
                return False
            try:
                frames = self._receive()
            except zmq.Again:
                return False
            self.received += 1
            try:
                inbound = decode_message(frames, self.limits)
            except BadMessage as bad:
                self.rejected += 1
                self._guard(self._on_bad, bad)
            else:
                self._guard(self._on_request, inbound)
        return True

    def _receive(self) -> list[Buffer]:
        frames: list[Buffer] = []
        more = True
        while more:
            frame = self._socket.recv(_NOBLOCK, copy=False)
            frames.append(frame.buffer if len(frame) >= _LARGE_BYTES else frame.bytes)
            more = frame.more
        return frames

    @staticmethod
    def _guard(call: Callable[..., None], message: Inbound | BadMessage) -> None:
        """Hand a message over; one that makes the server fail must not stop the others."""
        try:
            call(message)
        except Exception:
            log.exception("intake.failed", type=message.envelope.request_type, **message.envelope.ids)
