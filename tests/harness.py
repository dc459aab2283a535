"""What the tests of a running server share: the server as a process of its own, and a peer with bare sockets."""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgpack
import zmq
from zmq.utils.monitor import recv_monitor_message

from tests.forked import ForkedProgram

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
CASES = ROOT.parent / "shared" / "cases"
PATIENCE_S = 120.0
"""How long a test waits for one thing that must happen; never a measure of anything.

A test may wait for several things in a row: pytest's own limit (`timeout` in pyproject.toml) is several times as long,
and only ends what waits without a bound of its own."""
NEVER_MS = 3_600_000
"""The delay of an engine that is not to come to an end while a test runs."""

TINY = "tiny.en"
"""Tests run on the smallest model for transcription, whatever else is installed, unless they name another."""
FAST = "fast"
"""And with the quickest voices."""
NO_CACHE: dict[str, object] = {"cache__memory_bytes": 0, "cache__disk_bytes": 0}
ECHO_ENGINES: dict[str, object] = {
    f"engines__{kind}__model": "echo" for kind in ("decoder", "transcription", "translation", "speech", "language")
}
ECHO = ECHO_ENGINES | NO_CACHE
"""Engines that do as they are told, every time."""


class ServerProcess:
    """`dragoman_server serve` on free ports, with its log read as it is written."""

    def __init__(self, state_dir: Path, settings: Mapping[str, object], *arguments: str) -> None:
        given: dict[str, object] = {
            "server.state_dir": state_dir,
            "server.log_format": "json",
            "engines.transcription.model": TINY,
            "engines.speech.quality": FAST,
            "sockets.requests": "tcp://127.0.0.1:0",
            "sockets.events": "tcp://127.0.0.1:0",
            "sockets.routed": "tcp://127.0.0.1:0",
            "sockets.ops": "http://127.0.0.1:0",
        }
        flags = [part for key, value in (given | dict(settings)).items() for part in ("--set", f"{key}={value}")]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DRAGOMAN_")}
        self.log: list[dict[str, Any]] = []
        self.errors = ""
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.process = ForkedProgram("dragoman_server", ["serve", *flags, *arguments], environment, state_dir)
        self._readers = [
            threading.Thread(target=self._read_log, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self.endpoints = self.wait_for_log("server.listening")

    def wait_for_log(self, event: str, **fields: object) -> dict[str, Any]:
        """The first line of this event with these fields that has not been looked at yet."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            line = self._lines.get(timeout=max(0.1, deadline - time.monotonic()))
            assert line is not None, f"the server ended before {event}: {self.errors[-2000:]}"
            if line.get("event") == event and all(line.get(key) == value for key, value in fields.items()):
                return line

    def wait_ready(self) -> ServerProcess:
        """Until every engine has loaded or is known to be missing."""
        self.wait_for_log("server.ready")
        return self

    def get(self, path: str) -> dict[str, Any]:
        """A JSON document of the operations endpoint."""
        with urlopen(self.endpoints["ops"] + path, timeout=PATIENCE_S) as response:  # noqa: S310 - our own address
            document: dict[str, Any] = json.load(response)
            return document

    def stats(self) -> dict[str, Any]:
        return self.get("/stats")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status, with the log and the error output complete."""
        status = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return status

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read_log(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            line = json.loads(text)
            self.log.append(line)
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for text in self.process.stderr:
            self.errors += text


@dataclass
class Message:
    """An event as it came."""

    fields: dict[str, Any]
    binaries: list[bytes] = field(default_factory=list)
    topic: bytes | None = None
    received_s: float = 0.0

    @property
    def type(self) -> str:
        return str(self.fields["type"])


class Peer:
    """Bare sockets: PUSH for requests, SUB for *events*, or for *routed events* where `reply_to` is given."""

    def __init__(
        self,
        endpoints: Mapping[str, str],
        reply_to: str | None = None,
        *,
        codec: str = "json",
        topic: bytes | None = None,
    ) -> None:
        self.reply_to = reply_to
        self.codec = codec
        self._context = zmq.Context()
        self.push = self._context.socket(zmq.PUSH)
        self.push.connect(endpoints["requests"])
        self.sub = self._context.socket(zmq.SUB)
        self.sub.set(zmq.RCVHWM, 0)
        self._cuts = self.sub.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        if reply_to is None:
            self.sub.connect(endpoints["events"])
            self.sub.subscribe(b"")
        else:
            self.sub.connect(endpoints["routed"])
            self.sub.subscribe(reply_to.encode() + b"\0" if topic is None else topic)
        self._wait_until_subscribed()

    def send(self, fields: Mapping[str, Any], *binaries: bytes) -> None:
        """A request, with this peer's replyTo."""
        header = dict(fields)
        if self.reply_to is not None:
            header.setdefault("replyTo", self.reply_to)
        packed = json.dumps(header).encode() if self.codec == "json" else msgpack.packb(header)
        self.push.send_multipart([packed, *binaries])

    def send_raw(self, *frames: bytes) -> None:
        self.push.send_multipart(frames)

    def receive(self, timeout_s: float = PATIENCE_S) -> Message:
        """The next event."""
        assert self.sub.poll(round(timeout_s * 1000)), f"no event within {timeout_s} s"
        frames = self.sub.recv_multipart()
        topic = frames.pop(0) if self.reply_to is not None else None
        header = frames.pop(0)
        fields = json.loads(header) if header[:1] == b"{" else msgpack.unpackb(header)
        return Message(fields, frames, topic, time.monotonic())

    def barrier(self) -> list[Message]:
        """What has come by the time that a ping sent now is answered: events keep their order."""
        name = f"barrier-{time.monotonic_ns()}"
        self.send({"type": "ping", "taskId": name})
        return self.collect(lambda message: message.fields.get("taskId") == name)[:-1]

    def rest(self) -> list[Message]:
        """What a server has sent that has ended: everything up to the end of its connection."""
        assert self._cuts.poll(round(PATIENCE_S * 1000)), f"no end of the connection within {PATIENCE_S} s"
        recv_monitor_message(self._cuts)
        messages: list[Message] = []
        while self.sub.poll(0):
            messages.append(self.receive())
        return messages

    def collect(self, until: Callable[[Message], bool]) -> list[Message]:
        """Events up to and with the one that `until` holds for."""
        messages = [self.receive()]
        while not until(messages[-1]):
            messages.append(self.receive())
        return messages

    def run(self, fields: Mapping[str, Any], *binaries: bytes) -> list[Message]:
        """All events of a task, up to its `task_finished`. For a peer with `reply_to`."""
        self.send(fields, *binaries)
        return self.collect(lambda message: message.type == "task_finished")

    def close(self) -> None:
        self._context.destroy(linger=0)

    def _wait_until_subscribed(self) -> None:
        """Ping until a pong comes: from then on nothing is missed."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            probe = f"probe-{time.monotonic_ns()}"
            self.send({"type": "ping", "taskId": probe, "timestamp": 0})
            while self.sub.poll(100):
                if self.receive().fields.get("taskId") == probe:
                    return
        raise AssertionError("no pong")


@contextmanager
def running_server(state_dir: Path, **settings: object) -> Iterator[ServerProcess]:
    """A server for the time of a block. Settings are given as `section__key`."""
    server = ServerProcess(state_dir, {key.replace("__", "."): value for key, value in settings.items()})
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def connected(server: ServerProcess, reply_to: str | None = None, **options: Any) -> Iterator[Peer]:
    """A peer for the time of a block."""
    peer = Peer(server.endpoints, reply_to, **options)
    try:
        yield peer
    finally:
        peer.close()


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Poll for a state that no event announces."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"it did not happen: {what}"
        time.sleep(0.02)
