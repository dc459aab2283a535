"""What an attack is given: a server of its own, raw and ordinary sockets, and a bound for its time and its harm."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import zmq

from scripts.attacks.meter import Meter
from scripts.attacks.zmtp import RawPeer


@dataclass(kw_only=True)
class Arena:
    """The server under attack.

    Args:
        pid: of the server.
        state_dir: its state folder.
        endpoints: by the names of `[sockets]`.
        seed: of everything random.
        seconds: how long the attack may go on.
        meter: measures the server meanwhile.
        cap_mib: memory of the server at which the attack ends.
    """

    pid: int
    state_dir: Path
    endpoints: Mapping[str, str]
    seed: int
    seconds: float
    meter: Meter
    cap_mib: float
    random: random.Random = field(init=False)
    _end_s: float = field(init=False, default=0.0)
    _raw: list[RawPeer] = field(init=False, default_factory=list)
    _sockets: list[zmq.Socket[bytes]] = field(init=False, default_factory=list)
    _sent: dict[tuple[str | None, str], None] = field(init=False, default_factory=dict)
    """The tasks that were begun, by peer and id."""
    _context: zmq.Context[zmq.Socket[bytes]] = field(init=False, default_factory=zmq.Context)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def begin(self) -> None:
        """Start the clock of the attack."""
        self._end_s = time.monotonic() + self.seconds

    def going(self) -> bool:
        """Return whether the attack is to go on: there is time left, and the machine is not harmed."""
        return time.monotonic() < self._end_s and self.meter.now.server_mib < self.cap_mib

    @property
    def left_s(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self._end_s - time.monotonic())

    def wait(self) -> None:
        """Keep what was sent as it is until the time is over."""
        while self.going():
            time.sleep(0.05)

    def raw(self, kind: bytes = b"PUSH", socket: str = "requests", *, greet: bool = True) -> RawPeer:
        """Connect to one of the server's sockets, below ZeroMQ; closed after the attack.

        Args:
            kind: the type of socket that the peer says it is.
            socket: `requests`, `events` or `routed`.
            greet: whether the handshake is made; else it is a bare connection.

        Raises:
            OSError: the server does not let it in.
        """
        peer = RawPeer(self.endpoints[socket])
        self._raw.append(peer)
        if greet:
            peer.shake_hands(kind)
        return peer

    def push(self) -> zmq.Socket[bytes]:
        """Return an ordinary PUSH socket that gives up after a second; closed after the attack."""
        socket = self._ordinary(zmq.PUSH)
        socket.set(zmq.SNDTIMEO, 1000)
        socket.set(zmq.SNDHWM, 10)  # what is counted has nearly been sent
        socket.connect(self.endpoints["requests"])
        return socket

    def subscriber(self, socket: str, *topics: bytes) -> zmq.Socket[bytes]:
        """Return an ordinary SUB socket; closed after the attack."""
        found = self._ordinary(zmq.SUB)
        found.connect(self.endpoints[socket])
        for topic in topics:
            found.subscribe(topic)
        return found

    def _ordinary(self, kind: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.set(zmq.LINGER, 0)
        self._sockets.append(socket)  # one that nothing refers to would be closed
        return socket

    def send(self, to: zmq.Socket[bytes], fields: Mapping[str, Any], *frames: bytes) -> bool:
        """Send a request; return whether it was taken within a second."""
        if "taskId" in fields and fields.get("type") != "cancel":
            self._sent[fields.get("replyTo"), fields["taskId"]] = None
        return self.send_raw(to, json.dumps(fields).encode(), *frames)

    def cancel_all(self) -> None:
        """Cancel every task that `send` has begun: what is measured later is what stays, not what is still at work."""
        push = self.push()
        for peer, task_id in self._sent:
            self.send_raw(push, json.dumps({"type": "cancel", "replyTo": peer, "taskId": task_id}).encode())

    def is_idle(self) -> bool:
        """Return whether the server has nothing in flight."""
        with suppress(OSError):
            return bool(self.get("/stats")[1]["active_tasks"]["total_active"] == 0)
        return False

    def kept_mib(self) -> float:
        """Return the size of what the server keeps within configured limits: results for repeats, cached answers."""
        with suppress(OSError):
            stats = self.get("/stats")[1]
            return float(stats["results"]["bytes"] + stats["cache"].get("memory", {}).get("bytes", 0)) / (1 << 20)
        return 0.0

    def send_raw(self, to: zmq.Socket[bytes], *frames: bytes) -> bool:
        """Send frames; return whether they were taken within a second."""
        try:
            to.send_multipart(frames, copy=False)
        except zmq.Again:
            return False
        return True

    def get(self, path: str, timeout_s: float = 10.0) -> tuple[int, dict[str, Any]]:
        """GET a JSON document of the operations endpoint; return its status and the document."""
        try:
            with urlopen(self.endpoints["ops"] + path, timeout=timeout_s) as response:  # noqa: S310 - our own address
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Close all connections at the end of a block."""
        try:
            yield
        finally:
            for peer in self._raw:
                peer.close()
            self._context.destroy(linger=0)
