"""The innocent peer: a process of its own that pings every 20 ms and tells how long each pong took.

It pings by the clock, whether or not earlier pings are answered: a server that stands still answers many of them late.
A line on its standard input is answered by one with the figures since the line before.
"""

from __future__ import annotations

import json
import math
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import zmq

EVERY_S = 0.02
_NAME = "innocent"
_SUBSCRIBED_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Pings:
    """What an innocent peer noticed."""

    count: int
    p50_ms: float
    worst_ms: float
    """Also of a ping that is not answered yet: so long it has waited."""
    unanswered: int


class Pinger:
    """The pinging process, for the time of a block.

    Args:
        endpoints: by the names of `[sockets]`.
    """

    def __init__(self, endpoints: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.attacks.pinger", endpoints["requests"], endpoints["routed"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def mark(self) -> Pings:
        """Return the figures since the last mark."""
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - for the type checker
        stdin.write("\n")
        stdin.flush()
        return Pings(**self._read())

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the innocent peer ended")
        figures: dict[str, Any] = json.loads(line)
        return figures


class _Loop:
    """What the process does."""

    def __init__(self, requests: str, routed: str) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._push = context.socket(zmq.PUSH)
        self._push.set(zmq.SNDHWM, 100_000)
        self._push.connect(requests)
        self._sub = context.socket(zmq.SUB)
        self._sub.set(zmq.RCVHWM, 0)
        self._sub.connect(routed)
        self._sub.subscribe(_NAME.encode() + b"\0")
        self._waiting: dict[str, float] = {}
        self._took_ms: list[float] = []
        self._number = 0

    def run(self) -> None:
        """Ping until the standard input ends."""
        self._subscribe()
        print("{}", flush=True)
        poller = zmq.Poller()
        poller.register(self._sub, zmq.POLLIN)
        poller.register(sys.stdin.fileno(), zmq.POLLIN)
        next_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            if now_s >= next_s:
                self._ping(next_s)
                next_s += EVERY_S
                continue
            ready = dict(poller.poll(math.ceil((next_s - now_s) * 1000)))
            self._receive()
            if sys.stdin.fileno() in ready:
                if not sys.stdin.readline():
                    return
                print(json.dumps(self._figures()), flush=True)

    def _ping(self, planned_s: float) -> None:
        self._number += 1
        task_id = str(self._number)
        self._waiting[task_id] = planned_s
        self._push.send(json.dumps({"type": "ping", "taskId": task_id, "replyTo": _NAME}).encode())

    def _receive(self) -> None:
        while self._sub.poll(0):
            _, header = self._sub.recv_multipart()
            asked_s = self._waiting.pop(json.loads(header).get("taskId"), None)
            if asked_s is not None:
                self._took_ms.append((time.monotonic() - asked_s) * 1000)

    def _figures(self) -> dict[str, float]:
        now_s = time.monotonic()
        took_ms, self._took_ms = self._took_ms, []
        waits_ms = [(now_s - asked_s) * 1000 for asked_s in self._waiting.values()]
        # One that was sent this moment is late only if it waits longer than the others took.
        return {
            "count": len(took_ms),
            "p50_ms": statistics.median(took_ms) if took_ms else max(waits_ms, default=0.0),
            "worst_ms": max([*took_ms, *waits_ms], default=0.0),
            "unanswered": len(waits_ms),
        }

    def _subscribe(self) -> None:
        """Ping until a pong comes, then wait for the others."""
        deadline_s = time.monotonic() + _SUBSCRIBED_S
        while not self._took_ms:
            if time.monotonic() > deadline_s:
                raise SystemExit("no pong")
            self._ping(time.monotonic())
            select.select([], [], [], EVERY_S)
            self._receive()
        # What was asked before the subscription was heard has no answer.
        self._waiting.clear()
        self._took_ms.clear()


if __name__ == "__main__":
    _Loop(*sys.argv[1:3]).run()
