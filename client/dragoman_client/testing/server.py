"""A server that speaks the protocol on real sockets of this machine, has no model, and fails when it is told to."""

from __future__ import annotations

import functools
import heapq
import itertools
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import zmq

from dragoman_client.testing.answers import Answer, Answers, Fields, pong, refused
from dragoman_client.testing.echo import EchoScript
from dragoman_client.testing.faults import Delay, Die, Drop, Fault, Garble, Refuse
from dragoman_wire.codec import Codec, decode_header, encode_header
from dragoman_wire.errors import InvalidRequest, error_from_code
from dragoman_wire.events import Event, ServerStopping
from dragoman_wire.families import FAMILIES
from dragoman_wire.outbound import frames_of

Script = Callable[["FakeServer", Fields, list[bytes]], Answers]
"""Answers a request: gets the server, the header and the binary frames."""

PATIENCE_S = 60.0
"""How long `wait_for` waits on a busy machine."""
_LINGER_MS = 1000
_GARBAGE = b"\xc1\x00 no header"


class FakeServer:
    """`with FakeServer() as server:`, then `Client(*server.endpoints)`.

    Faults befall the next requests of a type, in the order in which they were asked for: `drop`, `delay`, `refuse`,
    `die`, `garble`. `kill` and `restart` end it and start it anew at the same endpoints; `announce_stop` says that it
    stops.

    Args:
        script: answers the requests, in the server's thread; by default an `EchoScript`.
        answers_pings: whether pings are answered without the script.
        at: the endpoints of requests and of routed events; by default free ports of this machine.
    """

    def __init__(
        self, script: Script | None = None, *, answers_pings: bool = True, at: tuple[str, str] | None = None
    ) -> None:
        self.requests: list[Fields] = []
        """The headers of all requests, pings included, in the order of their arrival."""
        self.answers_pings = answers_pings
        self.script: Script = EchoScript() if script is None else script
        """What answers from now on."""
        self._faults: list[Fault] = []
        self._changed = threading.Condition()
        self._commands: list[Callable[[], None]] = []
        self._later: list[tuple[float, int, list[Any]]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._serving = False
        self._open(*(at or ("tcp://127.0.0.1:*", "tcp://127.0.0.1:*")))

    @property
    def endpoints(self) -> tuple[str, str]:
        """Return the endpoints of requests and of routed events: the first two arguments of `Client`."""
        return self.requests_endpoint, self.routed_endpoint

    @property
    def alive(self) -> bool:
        """Return whether it serves; not before the `with`, nor after a `die` or a `kill`."""
        return self._thread is not None and self._thread.is_alive() and self._serving

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # --- what a test asks -----------------------------------------------------------------------------------------

    def asked(self, kind: str) -> list[Fields]:
        """Return the requests of a type in order, each once: a client repeats those that are not accepted in time."""
        return list({request["taskId"]: request for request in self.requests if request.get("type") == kind}.values())

    def count(self, kind: str) -> int:
        """Return how many requests of a type have come, repeats included."""
        return sum(request.get("type") == kind for request in self.requests)

    def wait_for(self, kind: str, count: int = 1, *, timeout_s: float = PATIENCE_S) -> None:
        """Wait until so many requests of a type have come, repeats included.

        Raises:
            AssertionError: they have not come in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.count(kind) >= count, timeout_s):
                raise AssertionError(f"{self.count(kind)} of {count} requests {kind!r} came within {timeout_s:g} s")

    def say(self, peer: str, *answers: Answer | Event | Fields) -> None:
        """Publish events to a peer that did not ask for them, or has waited for them."""
        for answer in answers:
            self._tell(functools.partial(self._publish, _frames(answer, Codec.MSGPACK, peer)))

    # --- faults ---------------------------------------------------------------------------------------------------

    def drop(self, kind: str | None = None, *, times: int = 1) -> None:
        """Lose the next requests of a type, as a cut connection does; None: of any type but `ping`."""
        self._add(Drop(kind=kind, times=times))

    def delay(self, seconds: float, kind: str | None = None, *, times: int = 1) -> None:
        """Answer the next requests of a type so many seconds later."""
        self._add(Delay(kind=kind, times=times, seconds=seconds))

    def refuse(self, code: str, kind: str | None = None, *, retry_after_ms: int | None = None, times: int = 1) -> None:
        """Refuse the next requests of a type with an error code of the protocol, such as "overloaded"."""
        error = error_from_code(code, f"refused on demand: {code}", retry_after_ms)
        self._add(Refuse(kind=kind, times=times, error=error))

    def die(self, kind: str | None = None, *, after: int = 0) -> None:
        """End at the next request of a type as if killed, once `after` of its events have left."""
        self._add(Die(kind=kind, times=1, after=after))

    def garble(self, kind: str | None = None, *, times: int = 1) -> None:
        """Answer the next requests of a type with bytes that are no events."""
        self._add(Garble(kind=kind, times=times))

    def kill(self) -> None:
        """End at once; safe to repeat."""
        self._tell(self._end)
        if self._thread is not None:
            self._thread.join()

    def restart(self) -> None:
        """Start anew at the same endpoints, without the faults that are left; an `EchoScript` forgets its tasks."""
        self.kill()
        if isinstance(self.script, EchoScript):
            self.script = EchoScript()
        self._faults.clear()
        self._later.clear()
        self._open(*self.endpoints)
        self._start()

    def announce_stop(self, peer: str, *, drain_ms: int = 1000) -> None:
        """Say to a peer that the server stops, and take no more requests; what was taken may still be answered."""
        self.say(peer, ServerStopping(drain_ms=drain_ms, restart_expected=True))
        self._tell(lambda: self._pull.close(linger=0))

    # --- inside ---------------------------------------------------------------------------------------------------

    def _open(self, requests: str, routed: str) -> None:
        self._context = zmq.Context()
        self._pull = self._context.socket(zmq.PULL)
        self._pub = self._context.socket(zmq.PUB)
        self.requests_endpoint = _bound(self._pull, requests)
        self.routed_endpoint = _bound(self._pub, routed)
        self._wake_reader, self._wake_writer = os.pipe()

    def _start(self) -> None:
        self._serving = True
        self._thread = threading.Thread(target=self._serve, name="fake-dragoman-server", daemon=True)
        self._thread.start()

    def _add(self, fault: Fault) -> None:
        with self._changed:
            self._faults.append(fault)

    def _tell(self, command: Callable[[], None]) -> None:
        """Have the server's thread do something; nothing where it has ended."""
        with self._changed:
            if self._serving:
                self._commands.append(command)
                os.write(self._wake_writer, b"\0")

    def _end(self) -> None:
        with self._changed:
            self._serving = False
            self._commands.clear()

    def _serve(self) -> None:
        try:
            while self._serving:
                self._turn()
        finally:
            self._end()
            self._pull.close(linger=0)
            self._pub.close(linger=_LINGER_MS)
            self._context.term()
            os.close(self._wake_reader)
            os.close(self._wake_writer)

    def _turn(self) -> None:
        """Wait for a request, a command or the time of a late answer, and do what there is to do."""
        poller = zmq.Poller()
        poller.register(self._wake_reader, zmq.POLLIN)
        if not self._pull.closed:
            poller.register(self._pull, zmq.POLLIN)
        wait_ms = max(0, math.ceil(1000 * (self._later[0][0] - time.monotonic()))) if self._later else None
        ready = dict(poller.poll(wait_ms))
        if self._wake_reader in ready:
            os.read(self._wake_reader, 1)
            with self._changed:
                command = self._commands.pop(0) if self._commands else None
            if command is not None:
                command()
        elif self._pull in ready:
            self._take(self._pull.recv_multipart())
        while self._later and self._later[0][0] <= time.monotonic():
            self._publish(heapq.heappop(self._later)[2])

    def _take(self, frames: list[bytes]) -> None:
        try:
            codec, request = decode_header(frames[0])
        except InvalidRequest:
            return
        kind = FAMILIES.canonical_type(request)
        with self._changed:
            self.requests.append(request)
            fault = self._fault_for(kind)
            self._changed.notify_all()
        if isinstance(fault, Drop):
            return
        if isinstance(fault, Refuse):
            answers: Answers = refused(request, fault.error)
        elif kind == "ping":
            answers = [pong(request)] if self.answers_pings else []
        else:
            answers = self.script(self, request, frames[1:])
        self._answer(request, codec, answers, fault)

    def _fault_for(self, kind: str) -> Fault | None:
        """Return the fault that befalls a request, which is the first that is left for its type."""
        for fault in self._faults:
            if fault.kind == kind or (fault.kind is None and kind != "ping"):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def _answer(self, request: Fields, codec: Codec, answers: Answers, fault: Fault | None) -> None:
        due_s = time.monotonic() + (fault.seconds if isinstance(fault, Delay) else 0.0)
        for place, answer in enumerate(answers):
            if isinstance(fault, Die) and place >= fault.after:
                break
            frames = _frames(answer, codec, request.get("replyTo", ""))
            if isinstance(fault, Garble):
                frames[1:] = [_GARBAGE]
            if isinstance(fault, Delay):
                heapq.heappush(self._later, (due_s, next(self._order), frames))
            else:
                self._publish(frames)
        if isinstance(fault, Die):
            self._end()

    def _publish(self, frames: Sequence[Any]) -> None:
        self._pub.send_multipart(frames)


def _frames(answer: Answer | Event | Fields, codec: Codec, peer: str) -> list[Any]:
    event, binaries = answer if isinstance(answer, tuple) else (answer, ())
    return frames_of(encode_header(event, codec), peer, binaries)


def _bound(socket: zmq.Socket[bytes], endpoint: str) -> str:
    socket.bind(endpoint)
    return socket.get_string(zmq.LAST_ENDPOINT)
