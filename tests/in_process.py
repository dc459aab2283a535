"""A server in the test's own loop, on echo engines and real sockets, for what has to be seen from inside."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import zmq

from dragoman_server.app import App
from dragoman_server.config import load_config
from dragoman_server.lifecycle.server import Server
from dragoman_server.telemetry.logs import Level
from tests.harness import PATIENCE_S

ENGINES = ("decoder", "transcription", "translation", "speech", "language")
Message = dict[str, Any]


class KeptLines:
    """A log in a list, in place of `Logs`."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.dropped = 0

    def configure(self, _: object) -> None:
        """Everything is kept, whatever the level."""

    def says(self, _: Level) -> bool:
        return True

    def write(self, level: Level, fields: dict[str, Any]) -> None:
        self.lines.append(fields | {"level": level})

    def write_whole(self, lines: Sequence[msgspec.Struct]) -> None:
        self.lines += [
            {name: value for name, value in msgspec.structs.asdict(line).items() if value is not None}
            for line in lines
        ]

    def timestamp(self) -> str:
        return ""

    def close(self) -> None:
        """Nothing is open."""

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


class AsyncPeer:
    """A peer that leaves the loop to the server while it waits."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._context = zmq.Context()
        self._requests = self._context.socket(zmq.PUSH)
        self._requests.connect(f"ipc://{folder}/requests")
        self._events = self._context.socket(zmq.SUB)
        self._events.set(zmq.RCVHWM, 0)
        self._events.connect(f"ipc://{folder}/routed")
        self._events.subscribe(name.encode() + b"\0")

    def send(self, fields: Message, *frames: bytes) -> None:
        header = json.dumps({"replyTo": self.name, **fields}).encode()
        self._requests.send_multipart([header, *frames])

    async def collect(self, last: Callable[[Message], bool]) -> list[Message]:
        """All that comes, up to the first message that is the `last`."""
        found: list[Message] = []
        async with asyncio.timeout(PATIENCE_S):
            while not found or not last(found[-1]):
                try:
                    _, header, *_ = self._events.recv_multipart(zmq.NOBLOCK)
                    found.append(json.loads(header))
                except zmq.Again:
                    await asyncio.sleep(0.001)
        return found

    async def run(self, fields: Message, *frames: bytes) -> list[Message]:
        """Send it and wait for its end."""
        self.send(fields, *frames)
        return await self.collect(lambda message: message["type"] == "task_finished")

    async def connect(self) -> None:
        """Wait until the server hears and is heard."""
        async with asyncio.timeout(PATIENCE_S):
            for number in itertools.count():
                self.send({"type": "ping", "taskId": f"probe-{number}"})
                await asyncio.sleep(0.01)
                if self._events.poll(0):
                    break
            # Every probe that was heard has its pong, in order: the last one's is the end of them.
            await self.collect(lambda message: message["taskId"] == f"probe-{number}")

    def close(self) -> None:
        self._context.destroy(linger=0)


class InProcess:
    """A running server and a peer of it."""

    def __init__(self, app: Server, peer: AsyncPeer, lines: KeptLines) -> None:
        self.app = app
        self.peer = peer
        self.lines = lines

    def tasks(self, which: Any = "all") -> list[dict[str, Any]]:
        """As GET /tasks shows them, the latest first."""
        self.app.dispatcher.report()
        return self.app.telemetry.tasks.select(which, "recent", 50)


@asynccontextmanager
async def in_process(folder: Path, **settings: Any) -> AsyncIterator[InProcess]:
    """A server with these settings, by `section__key`, and one peer."""
    flags: dict[str, Any] = {
        "sockets": {name: f"ipc://{folder}/{name}" for name in ("requests", "events", "routed")},
        "server": {"state_dir": folder},
        "engines": {kind: {"model": "echo"} for kind in ENGINES},
        "cache": {"memory_bytes": 0, "disk_bytes": 0},
    }
    flags["sockets"]["ops"] = "http://127.0.0.1:0"
    for name, value in settings.items():
        *sections, key = name.split("__")
        section = flags
        for each in sections:
            section = section.setdefault(each, {})
        section[key] = value
    lines: Any = KeptLines()
    async with App(load_config(flags=flags), logs=lines).serving() as app:
        peer = AsyncPeer(folder, "peer")
        try:
            await asyncio.gather(*(pool.settled() for pool in app.pools.values()))
            await peer.connect()
            yield InProcess(app, peer, lines)
        finally:
            peer.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is seen from inside."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the server does not report it
            await asyncio.sleep(0.001)


def text(task_id: str, *languages: str, said: str = "Hello there.", **more: Any) -> Message:
    return {"taskId": task_id, "text": said, "sourceLanguage": "en", "targetLanguages": list(languages), **more}
