"""Translate a text with nothing but pyzmq, and print each language as soon as it is ready.

Usage: python peer.py TEXT SOURCE TARGET...        e.g. python peer.py "Good morning" en pt
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import zmq

REQUESTS = os.environ.get("DRAGOMAN_SOCKETS__REQUESTS", "tcp://127.0.0.1:5555")
ROUTED = os.environ.get("DRAGOMAN_SOCKETS__ROUTED", "tcp://127.0.0.1:5559")
PING_EVERY_S = 0.1
RESEND_EVERY_S = 1.0
GIVE_UP_S = 30.0


class Peer:
    """Two sockets: requests go out on PUSH, events under our own topic come in on SUB."""

    def __init__(self) -> None:
        self.name = f"peer-{uuid.uuid4().hex}"
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._requests = context.socket(zmq.PUSH)
        self._requests.linger = 1000  # milliseconds, so that a server that is gone does not hold up our exit
        self._requests.connect(REQUESTS)
        self._events = context.socket(zmq.SUB)
        self._events.connect(ROUTED)
        self._events.subscribe(self.name.encode() + b"\0")  # the NUL byte: peer-1 must not match peer-10
        self._due: dict[str, Any] = {}

    def connect(self) -> None:
        """Ping until a pong comes back: from then on no event is missed.

        Raises:
            TimeoutError: no pong within GIVE_UP_S seconds.
        """
        self._due = {"type": "ping", "taskId": str(uuid.uuid4())}
        next(self._events_of_due(PING_EVERY_S))

    def run(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Send a request and yield its events, up to `task_finished` or to the error of a refusal.

        Raises:
            TimeoutError: no event for GIVE_UP_S seconds.
        """
        self._due = {"taskId": str(uuid.uuid4()), **request}
        accepted, seen = False, set()
        for event in self._events_of_due(RESEND_EVERY_S):
            if event["type"] == "accepted":
                # Until now, the request itself was due again; from now on the question for events that were lost.
                accepted = True
                self._due = {"type": "result", "taskId": event["taskId"]}
            key = (event["type"], event.get("targetLanguage"))
            if key in seen or event["type"] == "result_unknown":
                continue  # a repeat may bring an event twice
            seen.add(key)
            yield event
            if event["type"] == "task_finished" or (not accepted and "error" in event):
                return

    def _events_of_due(self, every_s: float) -> Iterator[dict[str, Any]]:
        """Send what is due, now and after each silence of `every_s` seconds; yield the events of its task."""
        task_id = self._due["taskId"]
        self._send()
        last_s = time.monotonic()
        while time.monotonic() - last_s < GIVE_UP_S:
            if not self._events.poll(round(every_s * 1000)):
                self._send()
                continue
            _topic, header, *_sound = self._events.recv_multipart()
            event: dict[str, Any] = json.loads(header)
            if event.get("taskId") == task_id:
                last_s = time.monotonic()
                yield event
        raise TimeoutError(f"no answer from {REQUESTS} within {GIVE_UP_S:g} s")

    def _send(self) -> None:
        # Again: there is no connection yet, or the queue is full. The next turn sends it.
        with contextlib.suppress(zmq.Again):
            self._requests.send_json({**self._due, "replyTo": self.name}, zmq.NOBLOCK)


def main() -> int:
    """Translate what the command line says; 1 where a language failed."""
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    _, text, source, *targets = sys.argv
    peer = Peer()
    failed = False
    try:
        peer.connect()
        request = {"type": "translation", "text": text, "sourceLanguage": source, "targetLanguages": targets}
        for event in peer.run(request):
            if event["type"] == "translation_completed":
                print(f"{event['targetLanguage']}: {event['result']['translatedText']}")
            elif "error" in event:
                failed = True
                print(f"{event.get('targetLanguage') or 'error'}: {event['error']}", file=sys.stderr)
    except TimeoutError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
