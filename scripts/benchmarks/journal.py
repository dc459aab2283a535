"""What does the journal cost? Small translations from the cache, with `replyTo`, 64 outstanding."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator

import msgpack
import zmq

from scripts.benchmarks.table import Row
from scripts.embedded_server import Server, embedded_server

OUTSTANDING = 64
SECONDS = 4.0
ECHO = {f"engines.{kind}.model": "echo" for kind in ("decoder", "transcription", "translation", "speech")}


def measure(rounds: int, only: str) -> list[Row]:
    """Both modes in turn, each with the journal off beside it."""
    rows = []
    for mode, goal in (("process", 0.7), ("power", 0.0)):
        if only not in mode:
            continue
        with _load("off") as off, _load(mode) as on:
            for load in (off, on):
                load.rate(1.0)
            pairs = [(on.rate(SECONDS), off.rate(SECONDS)) for _ in range(rounds)]
        ours, other = zip(*pairs, strict=True)
        name = f"journal {mode!r} against 'off'"
        rows.append(Row(name=name, ours=ours, other=other, unit="/s", goal=goal, at_least=True))
    return rows


@contextlib.contextmanager
def _load(mode: str) -> Iterator[Load]:
    with embedded_server({**ECHO, "journal.mode": mode}) as server:
        load = Load(server, mode)
        try:
            yield load
        finally:
            load.close()


class Load:
    """A closed loop on bare sockets; it asks for the same text every time, which the cache knows."""

    def __init__(self, server: Server, peer: str) -> None:
        self._peer = peer
        self._numbers = itertools.count()
        self._context = zmq.Context()
        self._push = self._context.socket(zmq.PUSH)
        self._push.connect(server.requests)
        self._sub = self._context.socket(zmq.SUB)
        self._sub.set(zmq.RCVHWM, 0)
        self._sub.subscribe(peer.encode() + b"\0")
        self._sub.connect(server.routed)
        while not self._sub.poll(100):
            self._push.send(msgpack.packb({"type": "ping", "replyTo": peer}))

    def rate(self, seconds: float) -> float:
        """Finished requests per second."""
        begin_s = time.perf_counter()
        waiting = finished = 0
        while (now_s := time.perf_counter()) < begin_s + seconds or waiting:
            while waiting < OUTSTANDING and now_s < begin_s + seconds:
                self._push.send(self._request())
                waiting += 1
            if not self._sub.poll(30_000):
                raise TimeoutError(f"{waiting} requests are without an answer")
            if msgpack.unpackb(self._sub.recv_multipart()[1])["type"] == "task_finished":
                waiting -= 1
                finished += 1
        return finished / (time.perf_counter() - begin_s)

    def close(self) -> None:
        """Close the sockets."""
        self._context.destroy(linger=0)

    def _request(self) -> bytes:
        packed: bytes = msgpack.packb(
            {
                "taskId": f"task-{next(self._numbers)}",
                "replyTo": self._peer,
                "text": "the quick brown fox jumps over the lazy dogs",
                "sourceLanguage": "en",
                "targetLanguages": ["pt"],
            }
        )
        return packed
