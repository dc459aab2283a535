"""A routed peer on bare sockets that keeps requests in flight, in a thread of its own, and writes its ledger."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Mapping
from typing import Any

import zmq

from scripts.chaos_runs.ledger import Ledger, Task
from scripts.chaos_runs.requests import Made, make_request

_WINDOW = 32
"""Requests in flight."""
_POLL_MS = 2
_PROBE_S = 0.1
_REPEAT_S = 3.0
"""Without an event of a request, before it is sent or asked for again."""
_AFTER_REFUSAL_S = 0.3


class LoadPeer(threading.Thread):
    """Sends, hears, and after each cut asks for what it missed. Its owner says when the server is there.

    Args:
        name: its `replyTo`.
        endpoints: of the server.
        seed: of its requests.
    """

    def __init__(self, name: str, endpoints: Mapping[str, str], seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.ledger = Ledger(name)
        self.failure: BaseException | None = None
        self._endpoints = endpoints
        self._rng = random.Random(seed)
        self._context = zmq.Context()
        self._push: zmq.Socket[bytes] = self._connect(zmq.PUSH, "requests")
        self._sub: zmq.Socket[bytes] | None = self._subscribe()
        self._interrupted: list[Task] = []
        self._made: dict[str, Made] = {}
        self._touched_s: dict[str, float] = {}
        self._probes = 0
        self._heard_probe = -1
        self._up = threading.Event()
        self._behind = True
        self._deaf = threading.Event()
        self._closing = threading.Event()
        self._ended = threading.Event()

    # --- the owner's side ----------------------------------------------------------------------------------

    def server_is_up(self) -> None:
        """Catch up with a server that is there again, perhaps another one, then go on."""
        self._behind = True
        self._up.set()

    def server_is_down(self) -> None:
        """Send nothing for now; what is in flight may be lost."""
        self._up.clear()
        self._interrupted = self.ledger.open

    @property
    def recovered(self) -> bool:
        """Return whether everything is complete that was open when the last server ended."""
        return all(task.complete for task in self._interrupted)

    def go_deaf(self) -> None:
        """Close the subscription; requests still go out."""
        self._deaf.set()

    def hear_again(self) -> None:
        """Subscribe again and catch up."""
        self._deaf.clear()

    def finish(self, timeout_s: float) -> None:
        """Send nothing new, see to the end of what was sent as long as `timeout_s` allows, and end the thread."""
        self._closing.set()
        deadline_s = time.monotonic() + timeout_s
        while self.ledger.open and self.is_alive() and time.monotonic() < deadline_s:
            time.sleep(0.01)
        # Whatever would be said twice is said about now.
        time.sleep(0.2)
        self.end()
        if self.failure is not None:
            raise self.failure

    def end(self) -> None:
        """End the thread as things are; safe to repeat."""
        self._ended.set()
        self.join()

    # --- the thread's side ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Until `finish`."""
        try:
            while not self._ended.is_set():
                self._turn()
        except BaseException as error:  # noqa: BLE001 - the owner raises it
            self.failure = error
        finally:
            self._context.destroy(linger=0)

    def _turn(self) -> None:
        self._mind_the_subscription()
        if self._up.is_set() and self._sub is not None:
            if self._behind:
                self._catch_up()
            self._repeat_what_is_due()
        if self._up.is_set() and not self._closing.is_set() and len(self._touched_s) < _WINDOW:
            self._send_new()
        self._receive(_POLL_MS)

    def _mind_the_subscription(self) -> None:
        if self._deaf.is_set() and self._sub is not None:
            self._sub.close(linger=0)
            self._sub = None
        elif not self._deaf.is_set() and self._sub is None:
            self._sub = self._subscribe()
            self._behind = True

    def _catch_up(self) -> None:
        """Ping until a pong shows that the subscription has arrived, then ask for everything that is open."""
        self._behind = False
        self._probes += 1
        probe = self._probes
        while self._heard_probe < probe:
            if self._ended.is_set() or not self._up.is_set() or self._deaf.is_set():
                self._behind = True
                return
            self._send({"type": "ping", "taskId": f"probe-{probe}", "replyTo": self.name, "timestamp": 0})
            until_s = time.monotonic() + _PROBE_S
            while self._heard_probe < probe and time.monotonic() < until_s:
                self._receive(_POLL_MS)
        for task in self.ledger.open:
            self._again(task)

    def _repeat_what_is_due(self) -> None:
        now_s = time.monotonic()
        for task in self.ledger.open:
            patience_s = _REPEAT_S if task.refused is None else _AFTER_REFUSAL_S
            if now_s - self._touched_s[task.task_id] > patience_s:
                self._again(task)

    def _again(self, task: Task) -> None:
        if task.known:
            task.asked += 1
            self._send({"type": "result", "taskId": task.task_id, "replyTo": self.name})
        else:
            task.sent += 1
            task.refused = None
            made = self._made[task.task_id]
            self._send(made.header, *made.binaries)
        self._touched_s[task.task_id] = time.monotonic()

    def _send_new(self) -> None:
        made = make_request(self._rng, self.name, len(self.ledger.tasks))
        task = self.ledger.add(made.header["taskId"], made.expected)
        self._made[task.task_id] = made
        self._again(task)

    def _send(self, header: Mapping[str, Any], *binaries: bytes) -> None:
        self._push.send_multipart([json.dumps(header).encode(), *binaries])

    def _receive(self, wait_ms: int) -> None:
        if self._sub is None:
            time.sleep(wait_ms / 1000)
            return
        while self._sub.poll(wait_ms):
            _, header, *_ = self._sub.recv_multipart()
            self._take(json.loads(header))
            wait_ms = 0

    def _take(self, event: Mapping[str, Any]) -> None:
        task_id = str(event.get("taskId"))
        if event["type"] == "pong":
            self._heard_probe = int(task_id.removeprefix("probe-"))
            return
        task = self.ledger.see(event)
        if task is None:
            return
        if task.complete:
            self._made.pop(task_id, None)
            self._touched_s.pop(task_id, None)
        elif task_id in self._touched_s:
            self._touched_s[task_id] = time.monotonic()

    def _subscribe(self) -> zmq.Socket[bytes]:
        sub = self._connect(zmq.SUB, "routed")
        sub.subscribe(self.name.encode() + b"\0")
        return sub

    def _connect(self, kind: int, name: str) -> zmq.Socket[bytes]:
        made: zmq.Socket[bytes] = self._context.socket(kind)
        made.set(zmq.RECONNECT_IVL, 20)
        made.set(zmq.RCVHWM, 0)
        made.set(zmq.SNDHWM, 0)
        made.connect(self._endpoints[name])
        return made
