"""A peer on bare sockets that asks for translations: as many at a time, or so many a second whatever comes back."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import msgpack
import msgspec
import zmq

from scripts.embedded_server import Server

_PATIENCE_MS = 30_000
_REST_S = 10.0
"""How long answers may come after the last request of an open loop."""
_TEXT = "the quick brown fox jumps over the lazy dogs"


class _Event(msgspec.Struct, rename="camel"):
    """What is read of an event; the rest is skipped."""

    type: str
    task_id: str | None = None
    error_code: str | None = None


_decode = msgspec.msgpack.Decoder(_Event).decode


@dataclass
class Outcome:
    """What came of an open loop. Times are seconds from when a request was due, not from when it was sent."""

    seconds: float
    sent: int = 0
    completed_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    in_time: int = 0
    """Completed while requests were still being sent."""
    unanswered: int = 0

    @property
    def offered(self) -> float:
        """Requests per second that were sent."""
        return self.sent / self.seconds

    @property
    def goodput(self) -> float:
        """Translations per second."""
        return self.in_time / self.seconds


def word_of(number: int) -> str:
    """Return a word for each number: a long number would be kept from the engine, and such texts are equal to it."""
    return "".join("bcdfghjklm"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{number:06d}")


class Translations:
    """Translations on *events*, every text a new one, or one of a few that the cache knows.

    Args:
        server: the server that is asked.
        known: how many different texts there are; 0: no two are equal.
    """

    def __init__(self, server: Server, known: int = 0) -> None:
        self._numbers = itertools.count()
        self._texts = itertools.cycle([f"{word_of(number)} {_TEXT}" for number in range(known)]) if known else None
        self._context = zmq.Context()
        self._push = self._context.socket(zmq.PUSH)
        self._push.connect(server.requests)
        self._sub = self._context.socket(zmq.SUB)
        self._sub.set(zmq.RCVHWM, 0)
        self._sub.subscribe(b"")
        self._sub.connect(server.events)
        while not self._sub.poll(100):
            self._push.send(msgpack.packb({"type": "ping"}))
        while self._sub.poll(100):
            self._sub.recv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.destroy(linger=0)

    def closed(self, outstanding: int, *, seconds: float = 0.0, count: int = 0) -> float:
        """Translations per second with so many at a time, for some time or for a number of them.

        Raises:
            TimeoutError: one is not answered.
            RuntimeError: one fails.
        """
        begin_s = time.perf_counter()
        waiting = done = 0
        sending = True
        while sending or waiting:
            while sending and waiting < outstanding:
                self._send()
                waiting += 1
            if not self._sub.poll(_PATIENCE_MS):
                raise TimeoutError(f"{waiting} requests are without an answer")
            event = _decode(self._sub.recv())
            if event.type != "translation_completed":
                raise RuntimeError(f"a translation failed: {event}")
            waiting -= 1
            done += 1
            sending = done + waiting < count if count else time.perf_counter() < begin_s + seconds
        return done / (time.perf_counter() - begin_s)

    def open(self, rate: float, seconds: float) -> Outcome:
        """Send so many requests a second, each when it is due, and return the outcome."""
        outcome = Outcome(seconds)
        waiting: dict[str, float] = {}
        begin_s = time.perf_counter()
        end_s, last_s = begin_s + seconds, begin_s + seconds + _REST_S
        every = int(seconds * rate)
        while (now_s := time.perf_counter()) < end_s or outcome.sent < every or (waiting and now_s < last_s):
            due = min(int((min(now_s, end_s) - begin_s) * rate) + 1, every)
            while outcome.sent < due:  # also those that this process comes to after the end
                waiting[self._send()] = begin_s + outcome.sent / rate
                outcome.sent += 1
            next_s = begin_s + outcome.sent / rate - time.perf_counter()
            self._sub.poll(max(0, min(10, int(next_s * 1000))))
            for event in self._received():
                self._note(event, waiting, outcome, end_s)
        outcome.unanswered = len(waiting)
        return outcome

    def _note(self, event: _Event, waiting: dict[str, float], outcome: Outcome, end_s: float) -> None:
        due_s = waiting.pop(event.task_id or "", None)
        if due_s is None:
            return
        now_s = time.perf_counter()
        if event.type == "translation_completed":
            outcome.completed_s.append(now_s - due_s)
            outcome.in_time += now_s < end_s
        elif event.error_code == "overloaded":
            outcome.refused_s.append(now_s - due_s)
        else:
            raise RuntimeError(f"a translation failed: {event}")

    def _received(self) -> Iterator[_Event]:
        for _ in range(256):
            try:
                yield _decode(self._sub.recv(zmq.NOBLOCK))
            except zmq.Again:
                return

    def _send(self) -> str:
        number = next(self._numbers)
        request = {
            "taskId": f"task-{number}",
            "text": next(self._texts) if self._texts else f"{word_of(number)} {_TEXT}",
            "sourceLanguage": "en",
            "targetLanguages": ["fr"],
        }
        self._push.send(msgpack.packb(request))
        return f"task-{number}"
