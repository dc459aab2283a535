"""A peer of the protocol with bare sockets: pyzmq, msgpack and the standard library, nothing of any server."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgpack
import zmq

_PROBE_MS = 20
_numbers = itertools.count()


class Broken(Exception):
    """A rule does not hold; the sentence says how."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the server's sockets are."""

    requests: str
    events: str
    routed: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it came."""

    fields: dict[str, Any]
    binaries: list[bytes] = field(default_factory=list)
    topic: bytes | None = None
    codec: str = "json"

    @property
    def type(self) -> str:
        return str(self.fields.get("type"))


class Peer:
    """PUSH for requests; SUB for *events*, or for *routed events* where it has a name.

    Args:
        endpoints: the server's.
        name: its `replyTo`; None reads *events*.
        codec: of its requests, "json" or "msgpack".
        patience_s: how long it waits for an event that must come.
        seen: called with every event that came.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        name: str | None,
        codec: str,
        patience_s: float,
        seen: Callable[[Event], None],
    ) -> None:
        self.name = name
        self.codec = codec
        self._patience_s = patience_s
        self._seen = seen
        self._context = zmq.Context()
        self._push = self._context.socket(zmq.PUSH)
        self._push.connect(endpoints.requests)
        self._sub = self._context.socket(zmq.SUB)
        self._sub.connect(endpoints.events if name is None else endpoints.routed)
        self._sub.subscribe(b"" if name is None else name.encode() + b"\0")

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            probe = self._ping()
            while self._sub.poll(_PROBE_MS):
                if self._receive().fields.get("taskId") == probe:
                    return self
        self._context.destroy(linger=0)
        raise Broken(f"no pong within {self._patience_s:g} s; is there a server?")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._context.destroy(linger=0)

    def pack(self, fields: Mapping[str, Any]) -> bytes:
        """A header in this peer's encoding, with its name in it."""
        header = dict(fields)
        if self.name is not None:
            header.setdefault("replyTo", self.name)
        return json.dumps(header).encode() if self.codec == "json" else bytes(msgpack.packb(header))

    def send(self, fields: Mapping[str, Any], *binaries: bytes) -> None:
        """Push a request."""
        self.send_raw(self.pack(fields), *binaries)

    def send_raw(self, *frames: bytes) -> None:
        """Push frames as they are."""
        self._push.send_multipart(frames)

    def next(self) -> Event:
        """The next event.

        Raises:
            Broken: none came.
        """
        if not self._sub.poll(round(self._patience_s * 1000)):
            raise Broken(f"no event came within {self._patience_s:g} s")
        event = self._receive()
        self._seen(event)
        return event

    def until(self, last: Callable[[Event], bool]) -> list[Event]:
        """Events up to and with the one that `last` holds for."""
        events = [self.next()]
        while not last(events[-1]):
            events.append(self.next())
        return events

    def ask(self, fields: Mapping[str, Any], *binaries: bytes) -> list[Event]:
        """What comes back for a request, up to its answer to a ping that follows: for what is answered at once."""
        self.send(fields, *binaries)
        return self.barrier()

    def run(self, fields: Mapping[str, Any], *binaries: bytes) -> list[Event]:
        """All events of a task, up to its `task_finished`. For a peer with a name."""
        self.send(fields, *binaries)
        return self.until(lambda event: event.type in ("task_finished", "request_rejected"))

    def barrier(self) -> list[Event]:
        """Everything that came before the answer to a ping that is sent now."""
        probe = self._ping()
        return self.until(lambda event: event.fields.get("taskId") == probe)[:-1]

    def _ping(self) -> str:
        probe = f"probe-{next(_numbers)}-{time.monotonic_ns()}"
        self.send({"type": "ping", "taskId": probe})
        return probe

    def _receive(self) -> Event:
        frames = self._sub.recv_multipart()
        topic = frames.pop(0) if self.name is not None else None
        if not frames:
            raise Broken(f"an event without a header came: {topic!r}")
        header = frames.pop(0)
        codec = "json" if header[:1] == b"{" else "msgpack"
        try:
            fields = json.loads(header) if codec == "json" else msgpack.unpackb(header)
        except ValueError as error:
            raise Broken(f"the first frame of an event is no header: {header[:64]!r}") from error
        if not isinstance(fields, dict):
            raise Broken(f"the header of an event is no map: {fields!r}")
        return Event(fields, frames, topic, codec)
